//! `touchstone matrix`: several reports as a static site.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use conformance::report::site;

/// Make a static site of reports: gateways by requirements, a page for each gateway, badges
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone matrix conformance/results -o site/
  touchstone matrix litellm/report.json portkey/report.json -o site/

The site works from a disk, and needs nothing from outside. Evidence is loaded when a square is
opened. badges/<gateway>.json is for https://shields.io/badges/endpoint-badge;
badges/<gateway>.svg needs nobody.")]
pub(crate) struct Matrix {
    /// report.json files, or folders with one in them or in folders below
    #[arg(required = true)]
    reports: Vec<PathBuf>,
    /// Where the site is written
    #[arg(short, long, value_name = "FOLDER", default_value = "site")]
    output: PathBuf,
}

impl Matrix {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        // A report that cannot be read is the caller's mistake, not the harness's.
        let entries = site::read(&self.reports).map_err(|error| anyhow::Error::msg(error.to_string()))?;
        let files = site::write(&entries, &self.output)?;
        super::say(&format!(
            "{} gateways, {files} files: {}",
            entries.len(),
            self.output.join("index.html").display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
