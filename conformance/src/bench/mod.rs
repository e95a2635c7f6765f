//! `touchstone bench`: what a gateway costs. Mocks and gateways are started, each is asked once and judged, and then all are
//! loaded in turn, A B A B, so that what slows the machine slows all; the mocks alone and nginx are the limits. What counts
//! are ratios within a repetition.
//!
//! ```text
//! load ──▶ gateway ──▶ mocks        each on processors of its own, where there are enough
//! load ──▶ nginx ────▶ mocks        what a hop costs
//! load ──────────────▶ mocks        `direct`: what load and mocks can do at all
//! ```
//!
//! Under open-loop load calls are due at fixed times, and latency counts from then. The mocks write
//! the time of sending into every piece of streamed text ([`mocks::stamp`]), so the way of each piece is known to the
//! client. How to read the figures: `benches/README.md`.

mod columns;
mod cores;
mod environment;
mod files;
mod ledger;
mod load;
pub mod model;
mod notes;
mod options;
pub mod page;
pub mod progress;
mod question;
mod ring;
mod statistic;
mod subject;
pub mod terminal;
mod trial;
mod usage;

use std::time::{Duration, Instant};

pub use cores::Layout;
pub use files::write;
pub use model::Bench;
pub use options::{Contender, Options, Progress, Watcher};
pub use question::Kind;
pub use statistic::Figure;
pub use trial::{Load, Trial};
pub use usage::Memory;

use crate::Error;
use ledger::Ledger;
use load::Shape;
use model::Refused;
use ring::Ring;

/// Measures as the options say. Blocks: it runs on a thread of its own, which is pinned where there are enough processors.
///
/// # Errors
/// Where nothing can be measured: [`Error::exit_code`] says how the command must end. What happens later is told by the
/// report.
pub fn run(options: Options) -> Result<Bench, Error> {
    options.check()?;
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Error::Mocks(error.to_string()))?.block_on(Session::run(&options))
    };
    let thread = std::thread::Builder::new().name("bench".to_owned()).spawn(body);
    let thread = thread.map_err(|error| Error::Mocks(error.to_string()))?;
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Exit code of a benchmark for which a gateway did not come up, or in which one died.
const GATEWAY_FAILED: u8 = 3;

/// A benchmark under way.
struct Session<'a> {
    options: &'a Options,
    trials: Vec<Trial>,
    ledger: Ledger,
    refused: Vec<Refused>,
    notes: Vec<String>,
    died: bool,
}

impl<'a> Session<'a> {
    async fn run(options: &'a Options) -> Result<Bench, Error> {
        let environment = environment::look(options.cores);
        let (started, clock) = (jiff::Timestamp::now(), Instant::now());
        let trials = Trial::all(options);
        let ledger = Ledger::new(trials.clone());
        let mut session = Self { options, trials, ledger, refused: vec![], notes: vec![], died: false };
        let mut ring = Ring::new(options, environment.pinned.clone())?;
        let opened = session.open(&mut ring).await;
        if opened.is_ok() {
            session.measure(&mut ring).await;
        }
        let bench = session.report(&ring, environment, started, clock.elapsed());
        let code = opened.as_ref().map_or_else(Error::exit_code, |()| bench.exit_code);
        ring.close(code == GATEWAY_FAILED).await;
        opened.map(|()| bench)
    }

    async fn open(&mut self, ring: &mut Ring) -> Result<(), Error> {
        ring.start(self.options, &mut self.notes).await?;
        self.refused = ring.judge(self.options).await;
        if self.options.stop.is_cancelled() {
            return Ok(());
        }
        let is_claimed = |provider: &String| ring.gateways().any(|gateway| gateway.route(provider).is_some());
        if !self.options.providers.iter().any(is_claimed) {
            let providers = self.options.providers.join(", ");
            return Err(Error::Unmeasurable(format!("no gateway has a route for the chat of {providers}")));
        }
        Ok(())
    }

    /// Everything, as often as asked for; everybody in turn.
    async fn measure(&mut self, ring: &mut Ring) {
        let mut steps = Vec::new();
        for repetition in 1..=self.options.repeat {
            for (number, trial) in self.trials.iter().enumerate() {
                let key = (trial.provider.clone(), trial.kind);
                let is_right = |subject: &subject::Subject| subject.targets.contains_key(&key);
                let subjects = (0..ring.subjects.len()).filter(|at| is_right(&ring.subjects[*at]));
                steps.extend(subjects.map(|subject| (repetition, number, subject)));
            }
        }
        let clock = Instant::now();
        for (done, (repetition, trial, subject)) in steps.iter().copied().enumerate() {
            self.tell(ring, done, steps.len(), clock, (trial, subject));
            self.step(ring, repetition, trial, subject).await;
            if self.options.stop.is_cancelled() {
                break;
            }
        }
        if let Some(progress) = &self.options.progress {
            let total = steps.len();
            progress(&Progress { done: total, total, left: Duration::ZERO, now: String::new() });
        }
    }

    fn tell(&self, ring: &Ring, done: usize, total: usize, clock: Instant, now: (usize, usize)) {
        let Some(progress) = &self.options.progress else { return };
        let guess = self.options.duration.mul_f64(1.3) + Duration::from_millis(30);
        let each =
            u32::try_from(done).ok().and_then(|done| clock.elapsed().checked_div(done)).unwrap_or(guess);
        let left = each * u32::try_from(total - done).unwrap_or(u32::MAX);
        let now = format!("{}: {}", self.trials[now.0], ring.subjects[now.1].name);
        progress(&Progress { done, total, left, now });
    }

    /// One measurement.
    async fn step(&mut self, ring: &mut Ring, repetition: usize, number: usize, at: usize) {
        let trial = &self.trials[number];
        let subject = &ring.subjects[at];
        let Some(target) = subject.targets.get(&(trial.provider.clone(), trial.kind)).cloned() else {
            return;
        };
        let (connections, rate) = match trial.load {
            Load::Closed { concurrency } => (concurrency, None),
            Load::Open { rate, connections } => (connections, Some(rate)),
        };
        let shape = Shape { connections, rate, duration: self.options.duration };
        let (tree, before) = (subject.tree(), question::seen(ring.mocks()));
        let on = ring.layout.as_ref().map_or(&[][..], |layout| &layout.load);
        let cpu = || tree.and_then(usage::Tree::cpu);
        let measured = load::measure(&target, shape, on, &self.options.stop, cpu).await;
        let reached = question::seen(ring.mocks()) - before;
        let subject = &mut ring.subjects[at];
        match measured {
            Ok(Some((tally, [begin, end]))) => {
                let cpu = begin.zip(end).map(|(begin, end)| end.since(begin));
                let openers = u64::try_from(connections).unwrap_or(0);
                let counted = shape.duration;
                let entry = ledger::Entry { repetition, tally: &tally, counted, cpu, reached, openers };
                self.ledger.add(number, at, &entry);
                subject.look();
            }
            Ok(None) => return,
            Err(wrong) => self.drop_out(subject, number, &wrong.to_string()),
        }
        if let Some(status) = subject.exited() {
            self.died = true;
            let log = subject.log().display().to_string();
            self.drop_out(subject, number, &format!("it died ({status}); its log: {log}"));
            subject.targets.clear();
        }
    }

    /// It is not measured at this again.
    fn drop_out(&mut self, subject: &mut subject::Subject, trial: usize, reason: &str) {
        let trial = &self.trials[trial];
        subject.targets.remove(&(trial.provider.clone(), trial.kind));
        self.refused.push(Refused {
            subject: subject.name.clone(),
            provider: trial.provider.clone(),
            kind: trial.kind,
            wrong: true,
            reason: format!("under load, {trial}: {reason}"),
        });
    }

    fn report(
        mut self,
        ring: &Ring,
        environment: model::Environment,
        started: jiff::Timestamp,
        took: Duration,
    ) -> Bench {
        let names: Vec<String> = ring.subjects.iter().map(|subject| subject.name.clone()).collect();
        let gateway = ring.subjects.iter().position(|subject| subject.role == model::Role::Gateway);
        let trials = self.ledger.report(&names, 0, gateway.unwrap_or(0));
        self.notes.extend(notes::of(&environment, &trials));
        let was_wrong = self.refused.iter().any(|refused| refused.wrong);
        Bench {
            api_version: model::API_VERSION.to_owned(),
            kind: model::KIND.to_owned(),
            touchstone: env!("CARGO_PKG_VERSION").to_owned(),
            started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            took_seconds: took.as_secs_f64(),
            environment,
            settings: model::Settings {
                duration_seconds: self.options.duration.as_secs_f64(),
                repeat: self.options.repeat,
            },
            subjects: ring.subjects.iter().map(subject::Subject::report).collect(),
            trials,
            exit_code: if self.died { GATEWAY_FAILED } else { u8::from(was_wrong) },
            refused: self.refused,
            notes: self.notes,
            interrupted: self.options.stop.is_cancelled(),
        }
    }
}
