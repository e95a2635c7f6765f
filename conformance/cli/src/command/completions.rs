//! `touchstone completions`: what a shell needs to complete this binary's commands.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the script by which a shell completes commands and options
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone completions bash > ~/.local/share/bash-completion/completions/touchstone
  touchstone completions zsh > \"${fpath[1]}/_touchstone\"
  touchstone completions fish > ~/.config/fish/completions/touchstone.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "touchstone", &mut script);
        super::say(&String::from_utf8(script)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
