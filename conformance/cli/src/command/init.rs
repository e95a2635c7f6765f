//! `touchstone init`: the start of a profile.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::gateway::template;

/// Write the start of a gateway's profile, explained, to be filled in
#[derive(Debug, Args)]
#[command(after_help = "Example:
  touchstone init my-gateway
  touchstone test --gateway my-gateway --dry-run
  touchstone test --gateway my-gateway --quick")]
pub(crate) struct Init {
    /// A folder, made where there is none; files that are there stay
    #[arg(value_name = "FOLDER", default_value = "touchstone-gateway")]
    folder: PathBuf,
}

impl Init {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        for path in template::write(&self.folder)? {
            super::say(&path.display())?;
        }
        let folder = self.folder.display();
        super::say(&format!(
            "\nFill it in, then:\n  touchstone test --gateway {folder} --dry-run    what would be played\n  \
             touchstone test --gateway {folder} --quick      a first verdict\n\nIn GitHub Actions:\n  \
             - uses: <where this project lives>@v{}\n    with: {{ gateway: {folder} }}",
            env!("CARGO_PKG_VERSION")
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
