//! `touchstone diff`: what changed from one report to another.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::report;

/// Compare two reports; exits 1 when something that held does not hold any more
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  touchstone diff main/report.json touchstone-report/report.json")]
pub(crate) struct Diff {
    /// The older report.json
    old: PathBuf,
    /// The newer report.json
    new: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let diff = report::diff::diff(&super::given(&self.old)?, &super::given(&self.new)?);
        if self.json {
            super::say(&serde_json::to_string_pretty(&diff)?)?;
        } else {
            super::say(&diff)?;
        }
        Ok(ExitCode::from(u8::from(diff.regressed())))
    }
}
