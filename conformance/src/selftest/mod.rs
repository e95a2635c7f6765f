//! The suite, tested: the unbroken gateway must pass, and every mutant must be caught by the requirement that it breaks.

mod alone;
mod trial;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use crate::gateway::upstream::Mode;
use crate::mutant::{self, Mutant, Proxy, Side};
use crate::report::model::{Check, Status};
use crate::run::{self, Arena, Options, Progress};
use crate::{Error, requirement};

pub use trial::{Trial, Verdict};

/// The `apiVersion` of every such report.
pub const API_VERSION: &str = "touchstone/v1";
/// The `kind` of every such report.
pub const KIND: &str = "SelftestReport";

/// What became of every mutant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selftest {
    /// [`API_VERSION`].
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// Name of the profile of the gateway that the mutants are made of.
    pub gateway: String,
    /// Checks that the unbroken gateway passed.
    pub passed: usize,
    /// Checks that it did not pass, though it should: nothing can be said of mutants there.
    pub failed: Vec<String>,
    /// One entry a mutant, in the order of requirements.
    pub trials: Vec<Trial>,
    /// How long it took.
    pub duration_ms: u64,
    /// 0: the gateway passed and every mutant was caught; 1: not so; 2: no mutant could be tried.
    pub exit_code: u8,
}

/// Makes mutants of the gateway of the options, which must be one that its profile starts, and judges each. `select` chooses mutants, by their id or their
/// requirement's; `progress` hears of every mutant, and of survivors as unexpected.
///
/// # Errors
/// Where nothing can be tried: [`Error::exit_code`] says how the command must end.
pub async fn selftest(options: &Options) -> Result<Selftest, Error> {
    let clock = std::time::Instant::now();
    if options.profile.upstream != Mode::BaseUrl {
        let reason = "mutants stand between a gateway and the mocks, and so need its base URLs".to_owned();
        return Err(Error::Parse { file: format!("{}/profile.yaml", options.profile.name), reason });
    }
    let mutants = chosen(&options.select)?;
    let front = proxy(Side::Front, &mutants)?;
    let back = proxy(Side::Back, &mutants)?;
    let arena = Arena::start_through(options, |url| back.before(&url)).await?;
    let lab = Lab { url: front.before(arena.url()), arena, mutants, options };
    let tried = lab.run().await;
    let ended = lab.arena.dismiss().await;
    let (baseline, trials) = tried?;
    ended?;
    let duration_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Selftest::new(options, &baseline, trials, duration_ms))
}

/// So many mutants have a gateway of their own at once: each takes the machine while it starts.
const GATEWAYS: usize = 2;

/// Everything that is up while mutants are tried.
struct Lab<'a> {
    arena: Arena,
    /// Address of the proxy in front.
    url: String,
    mutants: Vec<Mutant>,
    options: &'a Options,
}

impl Lab<'_> {
    async fn run(&self) -> Result<(Vec<Check>, Vec<Trial>), Error> {
        let unbroken = self.arena.behind(&self.url, "")?;
        let shared = self.mutants.iter().filter(|mutant| !mutant.is_alone());
        let every: BTreeSet<_> = shared.flat_map(|mutant| mutant.plays).copied().collect();
        let mut baseline = Vec::new();
        if !every.is_empty() {
            baseline = run::judge(&unbroken, &self.options(&every)).await?.checks;
        }
        let mut order: Vec<usize> = (0..self.mutants.len()).collect();
        // Those that wait for a timeout begin first, so that none is left alone at the end.
        order.sort_by_key(|number| !self.mutants[*number].waits());
        let try_one = |number: usize| self.try_one(number, &baseline);
        let (alone, shared): (Vec<_>, Vec<_>) =
            order.into_iter().partition(|number| self.mutants[*number].is_alone());
        let alone = stream::iter(alone.into_iter().map(try_one)).buffer_unordered(GATEWAYS);
        // A mutant has a play or two, and most of them wait.
        let shared =
            stream::iter(shared.into_iter().map(try_one)).buffer_unordered(self.options.jobs.div_ceil(2));
        let mut tries = stream::select(alone, shared);
        let mut trials: Vec<(usize, Trial)> = Vec::new();
        let mut survivors = 0;
        while let Some(tried) = tries.next().await {
            let (number, trial) = tried?;
            survivors += usize::from(trial.verdict == Verdict::Survived);
            if let Some(progress) = &self.options.progress {
                let (done, total) = (trials.len() + 1, self.mutants.len());
                progress(&Progress { done, total, unexpected: survivors, play: trial.mutant.clone() });
            }
            trials.push((number, trial));
        }
        drop(tries);
        trials.sort_by_key(|(number, _)| *number);
        Ok((baseline, trials.into_iter().map(|(_, trial)| trial).collect()))
    }

    async fn try_one(&self, number: usize, baseline: &[Check]) -> Result<(usize, Trial), Error> {
        let mutant = &self.mutants[number];
        let plays = mutant.plays.iter().copied().collect();
        if mutant.is_alone() {
            return Ok((number, alone::try_one(self, number, self.options(&plays)).await?));
        }
        let arena = self.arena.behind(&format!("{}/m{number}", self.url), &format!("m{number}."))?;
        match run::judge(&arena, &self.options(&plays)).await {
            Ok(report) => Ok((number, Trial::new(mutant, baseline, &report))),
            Err(Error::Nothing(_)) => Ok((number, Trial::untried(mutant))),
            Err(error) => Err(error),
        }
    }

    fn options(&self, plays: &BTreeSet<&str>) -> Options {
        Options {
            select: plays.iter().map(|glob| (*glob).to_owned()).collect(),
            quick: false,
            progress: None,
            ..self.options.clone()
        }
    }
}

impl Selftest {
    fn new(options: &Options, baseline: &[Check], trials: Vec<Trial>, duration_ms: u64) -> Self {
        let of = |wanted: Status| baseline.iter().filter(move |check| check.status == wanted);
        let failed = baseline.iter().filter(|check| check.is_unexpected());
        let mut selftest = Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            gateway: options.profile.name.clone(),
            passed: of(Status::Pass).count(),
            failed: failed.map(Check::key).collect(),
            trials,
            duration_ms,
            exit_code: 0,
        };
        let tried = selftest.count(Verdict::Caught) + selftest.count(Verdict::Survived);
        selftest.exit_code = match (tried, selftest.count(Verdict::Survived), selftest.failed.len()) {
            (0, ..) => 2,
            (_, 0, 0) => 0,
            _ => 1,
        };
        selftest
    }

    /// How many mutants ended like this.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.trials.iter().filter(|trial| trial.verdict == verdict).count()
    }
}

/// The mutants whose id, or whose requirement's id, matches; all where no glob is given. In the order of requirements.
fn chosen(select: &[String]) -> Result<Vec<Mutant>, Error> {
    let globs = globs(select)?;
    let position = |mutant: &Mutant| {
        requirement::all().iter().position(|requirement| requirement.id == mutant.requirement)
    };
    let wanted = |mutant: &&Mutant| {
        select.is_empty() || globs.is_match(mutant.id) || globs.is_match(mutant.requirement)
    };
    let mut mutants: Vec<_> = mutant::all().filter(wanted).copied().collect();
    mutants.sort_by_key(position);
    if mutants.is_empty() { Err(Error::Nothing(select.join(", "))) } else { Ok(mutants) }
}

fn globs(select: &[String]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    let failed =
        |glob: &str, error: globset::Error| Error::Glob { glob: glob.to_owned(), reason: error.to_string() };
    for glob in select {
        set.add(Glob::new(glob).map_err(|error| failed(glob, error))?);
    }
    set.build().map_err(|error| failed(&select.join(", "), error))
}

fn proxy(side: Side, mutants: &[Mutant]) -> Result<Proxy, Error> {
    let failed = |source| Error::File { path: "(a proxy's port)".into(), source };
    Proxy::start(side, mutants.to_vec()).map_err(failed)
}
