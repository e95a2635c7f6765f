//! `touchstone man`: the manual's pages, made of what `--help` says.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};

/// Print the manual page, or write it and one for each command
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone man | man -l -
  touchstone man --to ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write touchstone.1 and a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let command = super::Arguments::command();
        if let Some(folder) = &self.to {
            let failed = || folder.display().to_string();
            std::fs::create_dir_all(folder).with_context(failed)?;
            clap_mangen::generate_to(command, folder).with_context(failed)?;
        } else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            super::say(&String::from_utf8(page)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
