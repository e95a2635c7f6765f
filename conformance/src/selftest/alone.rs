//! Mutants that have a gateway of their own: its process, its configuration or what it remembers is what is wrong.

use std::sync::Arc;

use super::{Lab, Trial, proxy};
use crate::Error;
use crate::gateway::{Profile, Source};
use crate::mutant::{Change, Mutant, Side};
use crate::report::model::Report;
use crate::run::{self, Arena, Options};

/// Plays the unbroken gateway, then the mutant. A gateway that runs already is nobody's to end.
pub(super) async fn try_one(lab: &Lab<'_>, number: usize, options: Options) -> Result<Trial, Error> {
    let mutant = &lab.mutants[number];
    let is_ours = options.source == Source::Profile && options.profile.start.is_some();
    let Some(profile) = broken(mutant, &options.profile).filter(|_| is_ours) else {
        return Ok(Trial::untried(mutant));
    };
    let broken = Options { profile, ..options.clone() };
    let played = if mutant.changes.iter().any(|change| matches!(change, Change::Process(_))) {
        // How it ends is judged, and the mocks end with it.
        in_turn(run::run(options), run::run(broken)).await
    } else {
        in_turn(play(lab, number, &options, false), play(lab, number, &broken, true)).await
    };
    match played {
        Ok((baseline, report)) => Ok(Trial::new(mutant, &baseline.checks, &report)),
        Err(Error::Nothing(_)) => Ok(Trial::untried(mutant)),
        Err(error) => Err(error),
    }
}

async fn in_turn<T>(
    unbroken: impl Future<Output = Result<T, Error>>,
    broken: impl Future<Output = Result<T, Error>>,
) -> Result<(T, T), Error> {
    Ok((unbroken.await?, broken.await?))
}

/// One gateway at the mocks of all, between proxies that change what passes only where it is broken.
async fn play(lab: &Lab<'_>, number: usize, options: &Options, is_broken: bool) -> Result<Report, Error> {
    let mutants = if is_broken { lab.mutants.as_slice() } else { &[] };
    let (front, back) = (proxy(Side::Front, mutants)?, proxy(Side::Back, mutants)?);
    let options = Options { running: Some(Arc::clone(lab.arena.mocks())), ..options.clone() };
    let arena = Arena::start_through(&options, |url| back.before(&url)).await?;
    let (url, name) = (front.before(arena.url()), if is_broken { "m" } else { "u" });
    let url = if is_broken { format!("{url}/m{number}") } else { url };
    let played = match arena.behind(&url, &format!("{name}{number}.")) {
        Ok(stage) => run::judge(&stage, &options).await,
        Err(error) => Err(error),
    };
    arena.dismiss().await?;
    played
}

/// The profile with all that is wrong in it; none where there is nothing like it.
fn broken(mutant: &Mutant, profile: &Profile) -> Option<Profile> {
    let mut profile = profile.clone();
    for change in mutant.changes {
        match change {
            Change::Process(script) => {
                let shell = ["sh", "-c", *script, "gateway"].map(str::to_owned);
                profile.start.as_mut()?.command.splice(0..0, shell);
            }
            Change::Config(texts) => {
                for (text, other) in *texts {
                    let template = profile.templates.values_mut().find(|template| template.contains(text))?;
                    *template = template.replace(text, other);
                }
            }
            _ => {}
        }
    }
    Some(profile)
}
