//! `touchstone list` and `touchstone explain`: what the suite asks.

use std::process::ExitCode;

use clap::Args;

/// List the requirements and scenarios
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  touchstone list\n  touchstone list tools stream\n  touchstone list --json"
)]
pub(crate) struct List {
    /// Only what has these words in its id, or is of this group
    words: Vec<String>,
    /// Print JSON: sentences, sources, scenarios and mutants too
    #[arg(long)]
    json: bool,
}

/// Explain a requirement or a scenario
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  touchstone explain chat.stream.done-last")]
pub(crate) struct Explain {
    /// The id of a requirement or of a scenario
    id: String,
}

impl List {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.json {
            super::say(&format!("{:#}", conformance::list_json(&self.words)))?;
        } else {
            super::say(&conformance::list(&self.words))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        super::say(&conformance::explain(&self.id)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
