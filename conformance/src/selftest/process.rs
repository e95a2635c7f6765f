//! Mutants of the process: each has a gateway of its own, started by a script.

use std::path::PathBuf;

use super::Trial;
use crate::Error;
use crate::gateway::Source;
use crate::mutant::Mutant;
use crate::report::model::Report;
use crate::run::{self, Options};

/// Plays the unbroken gateway, then the mutant. A gateway that runs already is nobody's to end.
pub(super) async fn try_one(mutant: &Mutant, script: &str, options: &Options) -> Result<Trial, Error> {
    if matches!(options.source, Source::Url(_)) || options.profile.start.is_none() {
        return Ok(Trial::untried(mutant));
    }
    let baseline = play(mutant, options).await?;
    let mut broken = options.clone();
    if let Some(start) = &mut broken.profile.start {
        let shell = ["sh", "-c", script, "gateway"].map(str::to_owned);
        start.command.splice(0..0, shell);
    }
    let report = play(mutant, &broken).await?;
    Ok(Trial::new(mutant, &baseline.checks, &report))
}

/// One run with a folder of its own: others write theirs at the same time.
async fn play(mutant: &Mutant, options: &Options) -> Result<Report, Error> {
    let folder = folder(mutant);
    let options = Options { folder: Some(folder.clone()), ..options.clone() };
    let report = run::run(options).await?;
    // Its log is part of the evidence already; what is left behind does no harm.
    let _ = std::fs::remove_dir_all(folder);
    Ok(report)
}

fn folder(mutant: &Mutant) -> PathBuf {
    std::env::temp_dir().join(format!("touchstone-{}-{}", std::process::id(), mutant.id))
}
