//! `touchstone baseline`: the failures of a report as those that are expected.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use conformance::{Report, baseline};

/// Write the failures of a report into an expected.yaml, so that only what gets worse, or better, fails a run
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  touchstone baseline touchstone-report/report.json
  touchstone baseline touchstone-report/report.json --into my-gateway/expected.yaml
  touchstone baseline monday/report.json tuesday/report.json --into my-gateway/expected.yaml

The file lies beside a profile.yaml, and the next run reads it. What the file knows and still
fails keeps its reason; what holds again is dropped; what is new gets a reason made from its
finding, to be put into better words by hand. Only failures of a MUST or of something observed
are written: warnings fail no run.

Exit codes: 0 written; 2 a report or the file cannot be read.")]
pub(crate) struct Baseline {
    /// The report.json; several where failures come and go
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// The file to bring up to date, or to begin; without it the new text is printed
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
}

impl Baseline {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let reports: Vec<Report> =
            self.reports.iter().map(|path| super::given(path)).collect::<anyhow::Result<_>>()?;
        let (name, text) = match &self.into {
            Some(path) if path.exists() => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                (path.display().to_string(), text)
            }
            _ => ("expected.yaml".to_owned(), String::new()),
        };
        let baseline = baseline::update(&name, &text, &reports)?;
        match &self.into {
            Some(path) => std::fs::write(path, &baseline.text).with_context(|| path.display().to_string())?,
            None => super::say(&baseline.text)?,
        }
        let counts =
            [("kept", baseline.kept), ("new", baseline.added.len()), ("dropped", baseline.dropped.len())];
        let words: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        eprintln!("{}", words.join(", "));
        baseline.dropped.iter().for_each(|id| eprintln!("holds again: {id}"));
        Ok(ExitCode::SUCCESS)
    }
}
