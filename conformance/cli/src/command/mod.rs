//! The commands, one a file: each parses its arguments and calls the crate that does the work.

mod diff;
mod specs;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit code of a command that was called wrongly, or could not read what it was given.
pub(crate) const USAGE: u8 = 2;

#[derive(Debug, Parser)]
#[command(name = "touchstone", version, about, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Diff),
    Specs(specs::Specs),
}

impl Arguments {
    /// Does what was asked; without a command, what `touchstone test` does.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Some(Command::Diff(diff)) => diff.run(),
            Some(Command::Specs(specs)) => specs.run(),
            None => anyhow::bail!("no command"),
        }
    }
}

const EXAMPLES: &str = "";
