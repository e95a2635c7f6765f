//! `touchstone diff`: what changed from one report to another.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use conformance::Report;

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
        let diff = conformance::report::diff::diff(&read(&self.old)?, &read(&self.new)?);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&diff)?);
        } else {
            print!("{diff}");
        }
        Ok(ExitCode::from(u8::from(diff.regressed())))
    }
}

/// Reads a report that `touchstone test` wrote.
pub(crate) fn read(path: &Path) -> anyhow::Result<Report> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a report of this version", path.display()))
}
