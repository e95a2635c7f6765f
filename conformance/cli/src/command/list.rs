//! `touchstone list` and `touchstone explain`: what the suite asks.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::scenario::Own;

/// List the requirements and scenarios, or the bundled gateways
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  touchstone list\n  touchstone list tools stream\n  touchstone list --json\n  touchstone list --scenarios my-scenarios/\n  touchstone list --gateways"
)]
pub(crate) struct List {
    /// Only what has these words in its id, or is of this group
    words: Vec<String>,
    /// Print JSON: sentences, sources, scenarios and mutants too
    #[arg(long)]
    json: bool,
    /// A folder of scenarios of your own, besides the suite's; several add up
    #[arg(long, value_name = "FOLDER")]
    scenarios: Vec<PathBuf>,
    /// Print the JSON Schema of a file of scenarios instead, for editors
    #[arg(long, conflicts_with_all = ["words", "scenarios"])]
    schema: bool,
    /// The bundled profiles instead: version, what each claims, and whether it was run by those who wrote it
    #[arg(long, conflicts_with_all = ["words", "scenarios", "schema"])]
    gateways: bool,
}

/// Explain a requirement or a scenario
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  touchstone explain chat.stream.done-last")]
pub(crate) struct Explain {
    /// The id of a requirement or of a scenario
    id: String,
    /// A folder of scenarios of your own, besides the suite's; several add up
    #[arg(long, value_name = "FOLDER")]
    scenarios: Vec<PathBuf>,
}

impl List {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.schema {
            super::say(&conformance::scenario::SCHEMA)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.gateways {
            let text = if self.json {
                format!("{:#}", conformance::gateways_json()?)
            } else {
                conformance::gateways()?
            };
            super::say(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
        let own = Own::read(&self.scenarios)?;
        if self.json {
            super::say(&format!("{:#}", conformance::list_json(&self.words, &own)))?;
        } else {
            super::say(&conformance::list(&self.words, &own))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        super::say(&conformance::explain(&self.id, &Own::read(&self.scenarios)?)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
