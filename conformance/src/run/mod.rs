//! A run: mocks, gateway, every scenario in every cell, and the report.

mod arena;
mod evidence;
mod judge;
mod lane;
mod observe;
mod once;
mod options;
mod plan;
mod play;
mod rehearse;
mod secrets;
mod summary;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;

pub use arena::{Arena, start_mocks};
pub(crate) use once::is_told_elsewhere;
pub use options::{Notice, Options, Progress, Watcher};
pub(crate) use plan::binds;
pub(crate) use play::{complete, headers};
pub use rehearse::{Column, Rehearsal, rehearse};
pub use summary::suite;
pub(crate) use summary::suite_with;

use crate::Error;
use crate::report::model::{Check, Evidence, Report, Status};
use evidence::{FEW, MANY};
use judge::Judge;
use lane::Lane;
use plan::{Plan, Planned};

/// Runs the suite as the options say. A gateway that dies meanwhile is told by the report, with exit code 3.
///
/// # Errors
/// Where no report can be made: [`Error::exit_code`] says how the command must end.
pub async fn run(options: Options) -> Result<Report, Error> {
    let arena = Arena::start(&options).await?;
    let report = judge(&arena, &options).await;
    tell_refused(&arena, &options);
    let (temporary, redactor) = (arena.temporary(), arena.stage().redactor.clone());
    let ended = arena.shutdown().await;
    let mut report = report?;
    if let Err(Error::Died { status, log }) = ended {
        // The report may go round the world; where the log is on this machine, whoever runs it is told.
        let died = format!("{status}; its log: {}", log.display());
        report.environment.died = Some(redactor.text(&died).into_owned());
        options.notice.iter().for_each(|notice| notice(&format!("the gateway died: {died}")));
        report.summary.exit_code = 3;
    }
    if let Some(folder) = temporary {
        // Nobody needs the log of a gateway that did nothing wrong, nor an empty folder. What is left does no harm.
        let _ = match report.summary.exit_code {
            0 => std::fs::remove_dir_all(folder),
            _ => std::fs::remove_dir(folder),
        };
    }
    Ok(report)
}

/// A gateway whose calls are refused fails everything, and nothing in the report says why.
fn tell_refused(arena: &Arena, options: &Options) {
    let Some(notice) = &options.notice else { return };
    for ((asked, reason), times) in arena.mocks().refused().into_iter().take(REFUSED) {
        notice(&format!("the mocks refused {asked} ({times} times): {reason}"));
    }
}

/// So many sentences are enough.
const REFUSED: usize = 10;

/// Runs the suite against a gateway that is up already.
///
/// # Errors
/// [`Error::Glob`], [`Error::Nothing`].
pub async fn judge(arena: &Arena, options: &Options) -> Result<Report, Error> {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    let owns_gateway = arena.owns_gateway().await;
    let plan = Plan::new(arena.profile(), options, owns_gateway)?;
    let judge = Judge::new(arena.profile())?;
    let outcomes = play_all(arena, &plan, &judge, options).await;
    let took = clock.elapsed();
    let unplayed = || match options.whole() {
        Some(whole) => Ok(judge::beyond(&Plan::new(arena.profile(), &whole, owns_gateway)?, &plan)),
        None => Ok(Vec::new()),
    };
    let expectations = judge.expectations(unplayed)?;
    Ok(summary::report(arena, options, &plan, expectations, outcomes, started, took))
}

/// Plays the longest of each lane first, so that none is left alone at the end; then what is judged by time, and last what ends the
/// gateway. Gives the outcomes back in the plan's order.
async fn play_all(arena: &Arena, plan: &Plan, judge: &Judge, options: &Options) -> Vec<Outcome> {
    let total = plan.plays.len();
    let mut order: Vec<usize> = (0..total).collect();
    order.sort_by_key(|number| std::cmp::Reverse(lane::weight(&plan.plays[*number].scenario)));
    let play = |number: usize| async move { (number, play_one(arena, &plan.plays[number], judge).await) };
    let played = |lane: Lane| {
        let own = order.iter().copied().filter(move |number| Lane::of(&plan.plays[*number].scenario) == lane);
        stream::iter(own.map(play)).buffer_unordered(lane.width(options.jobs.max(1)))
    };
    let beside = stream::select_all(Lane::BESIDE.map(played));
    let mut outcomes: Vec<Option<Outcome>> = (0..total).map(|_| None).collect();
    let mut plays = std::pin::pin!(beside.chain(played(Lane::Timed)).chain(played(Lane::Last)));
    let mut done = 0;
    let mut unexpected = 0;
    while let Some((number, outcome)) = plays.next().await {
        done += 1;
        unexpected += outcome.checks.iter().filter(|check| check.is_unexpected()).count();
        if let Some(progress) = &options.progress {
            let play = plan.plays[number].id();
            progress(&Progress { done, total, unexpected, play });
        }
        outcomes[number] = Some(outcome);
    }
    outcomes.into_iter().flatten().collect()
}

/// What came of one play.
pub(crate) struct Outcome {
    pub(crate) checks: Vec<Check>,
    pub(crate) evidence: Option<Evidence>,
    /// How long the play took; absent where there was none.
    pub(crate) took: Option<Duration>,
}

impl Outcome {
    fn unplayed(checks: Vec<Check>) -> Self {
        Self { checks, evidence: None, took: None }
    }
}

/// A task of its own, so that a panic of the harness costs one play, and says so.
async fn play_one(arena: &Arena, planned: &Planned, judge: &Judge) -> Outcome {
    let Some(route) = &planned.route else {
        return Outcome::unplayed(judge::skipped(planned));
    };
    if planned.requirements.is_empty() {
        return Outcome::unplayed(judge::skipped(planned));
    }
    let (stage, play) = (Arc::clone(arena.stage()), planned.play(route));
    let playing = tokio::spawn(async move {
        let clock = Instant::now();
        (play::play(&stage, play).await, clock.elapsed())
    });
    match playing.await {
        Ok((cases, took)) => {
            let mut checks = judge.judge(planned, &cases);
            let keep = if checks.iter().all(|check| check.status == Status::Pass) { &FEW } else { &MANY };
            let evidence = evidence::collect(&cases, &arena.stage().redactor, keep);
            checks.extend(judge::skipped(planned));
            Outcome { checks, evidence: Some(evidence), took: Some(took) }
        }
        Err(error) => Outcome::unplayed(judge::harness_error(planned, &error.to_string())),
    }
}
