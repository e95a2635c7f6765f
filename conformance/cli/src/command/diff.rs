//! `touchstone diff`: what changed from one report to another.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::report;

/// Compare two reports; exits 1 when something that held does not hold any more
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone diff main/report.json touchstone-report/report.json
  touchstone diff old.json new.json --markdown >> \"$GITHUB_STEP_SUMMARY\"

What only one of the two was asked, or does not claim, is told, and is no regression.

Exit codes: 0 no regression; 1 something that held does not hold any more; 2 a report that
cannot be read.")]
pub(crate) struct Diff {
    /// The older report.json
    old: PathBuf,
    /// The newer report.json
    new: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    /// Print Markdown instead of text, for a comment on a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let diff = report::diff::diff(&super::given(&self.old)?, &super::given(&self.new)?);
        if self.json {
            super::say(&serde_json::to_string_pretty(&diff)?)?;
        } else if self.markdown {
            super::say(&diff.markdown())?;
        } else {
            super::say(&diff)?;
        }
        Ok(ExitCode::from(u8::from(diff.regressed())))
    }
}
