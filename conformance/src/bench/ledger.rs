//! Measurements as they come, and the report that they make.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::load::{Expects, Tally};
use super::model::{Compared, Measured, Metric, Outcome, Quantiles, Run};
use super::question::Kind;
use super::statistic::Figure;
use super::trial::Trial;

/// Everything that was measured so far.
pub(super) struct Ledger {
    trials: Vec<Trial>,
    /// By trial and subject.
    kept: BTreeMap<(usize, usize), Kept>,
}

struct Kept {
    runs: Vec<Run>,
    latency: Histogram<u64>,
    chunk: Histogram<u64>,
}

/// One measurement, before it is figures.
pub(super) struct Entry<'a> {
    pub(super) repetition: usize,
    pub(super) tally: &'a Tally,
    pub(super) counted: Duration,
    pub(super) cpu: Option<Duration>,
    /// Requests that the mocks got, and that were sent to open connections.
    pub(super) reached: u64,
    pub(super) openers: u64,
}

/// What the curves are drawn through.
const CURVE: [f64; 14] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 1.0];
const NS_PER_MS: f64 = 1e6;

impl Ledger {
    pub(super) fn new(trials: Vec<Trial>) -> Self {
        Self { trials, kept: BTreeMap::new() }
    }

    /// Takes a measurement in.
    pub(super) fn add(&mut self, trial: usize, subject: usize, entry: &Entry<'_>) {
        let kind = self.trials[trial].kind;
        let kept = self.kept.entry((trial, subject)).or_insert_with(|| {
            let Tally { latency, chunk, .. } = Tally::new();
            Kept { runs: Vec::new(), latency, chunk }
        });
        kept.runs.push(run(kind, entry));
        kept.latency.add(&entry.tally.latency).expect("both have the same bounds");
        kept.chunk.add(&entry.tally.chunk).expect("both have the same bounds");
    }

    /// What everybody did at each trial. `direct` and `gateway` are the subjects that others are held against.
    pub(super) fn report(&self, names: &[String], direct: usize, gateway: usize) -> Vec<Measured> {
        let measured = |(number, trial): (usize, &Trial)| {
            let runs = |subject| self.kept.get(&(number, subject)).map_or(&[][..], |kept| &kept.runs);
            let outcome = |(subject, name): (usize, &String)| {
                let kept = self.kept.get(&(number, subject))?;
                Some(Outcome {
                    subject: name.clone(),
                    runs: kept.runs.clone(),
                    figures: figures(&kept.runs, runs(direct), runs(gateway)),
                    latency_curve: curve(&kept.latency),
                    chunk_curve: curve(&kept.chunk),
                })
            };
            let results: Vec<_> = names.iter().enumerate().filter_map(outcome).collect();
            (!results.is_empty()).then(|| Measured { trial: trial.clone(), results })
        };
        self.trials.iter().enumerate().filter_map(measured).collect()
    }
}

fn run(kind: Kind, entry: &Entry<'_>) -> Run {
    let Entry { tally, counted, cpu, .. } = entry;
    let a_second = |count: u64| real(count) / counted.as_secs_f64();
    let sent = tally.sent + entry.openers;
    // Of streams, parts count too: some last longer than what is counted.
    let done = match kind.expects() {
        Expects::End => real(tally.calls),
        Expects::Stamps(pieces) => real(tally.chunks()) / f64::from(pieces),
    };
    Run {
        repetition: entry.repetition,
        sent,
        reached: entry.reached,
        calls: tally.calls,
        chunks: tally.chunks(),
        wrong: tally.wrong,
        reason: tally.reason.as_ref().map(ToString::to_string),
        unfinished: tally.unfinished,
        unsent: tally.unsent,
        cpu_seconds: cpu.map(|cpu| cpu.as_secs_f64()),
        load_busy: tally.busy,
        calls_per_second: a_second(tally.calls),
        chunks_per_second: kind.is_stream().then(|| a_second(tally.chunks())),
        cpu_us_per_call: cpu.filter(|_| done > 0.0).map(|cpu| cpu.as_secs_f64() * 1e6 / done),
        latency_ms: quantiles(&tally.latency),
        first_ms: quantiles(&tally.first),
        chunk_ms: quantiles(&tally.chunk),
    }
}

fn quantiles(times: &Histogram<u64>) -> Option<Quantiles> {
    let at = |quantile| real(times.value_at_quantile(quantile)) / NS_PER_MS;
    (!times.is_empty()).then(|| Quantiles {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: at(1.0),
    })
}

fn curve(times: &Histogram<u64>) -> Vec<(f64, f64)> {
    let point = |quantile| (quantile, real(times.value_at_quantile(quantile)) / NS_PER_MS);
    if times.is_empty() { Vec::new() } else { CURVE.into_iter().map(point).collect() }
}

fn figures(runs: &[Run], direct: &[Run], gateway: &[Run]) -> BTreeMap<Metric, Compared> {
    let figure = |metric: Metric| {
        let values = runs.iter().filter_map(|run| metric.of(run));
        let beside = |others: &[Run], compare: fn(f64, f64) -> f64| -> Vec<f64> {
            let other = |run: &Run| others.iter().find(|other| other.repetition == run.repetition);
            runs.iter().filter_map(|run| Some(compare(metric.of(run)?, metric.of(other(run)?)?))).collect()
        };
        let value = Figure::new(values)?;
        let over = beside(direct, |one, other| one - other);
        let over = if metric.is_time() { Figure::beside(over, value.median) } else { None };
        let ratio = |one: f64, other: f64| one / other;
        let of_direct = Figure::new(beside(direct, ratio));
        let of_gateway = Figure::new(beside(gateway, ratio));
        Some((metric, Compared { value, of_direct, of_gateway, over_direct: over }))
    };
    Metric::ALL.into_iter().filter_map(figure).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds of minutes are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::options::Options;
    use crate::gateway::Profile;

    fn entry(repetition: usize, tally: &Tally) -> Entry<'_> {
        let cpu = Some(Duration::from_millis(100));
        Entry { repetition, tally, counted: Duration::from_secs(2), cpu, reached: 7, openers: 1 }
    }

    fn tally(calls: u64, ms: u64) -> Tally {
        let mut tally = Tally { calls, sent: calls, ..Tally::new() };
        (0..calls).for_each(|_| tally.latency.saturating_record(ms * 1_000_000));
        tally
    }

    #[test]
    fn figures_are_compared_within_a_repetition() {
        let options = Options::new(Profile::load("touchstone").unwrap());
        let mut ledger = Ledger::new(Trial::all(&options));
        for (repetition, [direct, gateway]) in [[1_000, 500], [100, 80], [400, 240]].into_iter().enumerate() {
            ledger.add(0, 0, &entry(repetition, &tally(direct, 1)));
            ledger.add(0, 1, &entry(repetition, &tally(gateway, 3)));
        }
        let names = ["direct", "touchstone"].map(str::to_owned);
        let measured = ledger.report(&names, 0, 1);
        assert_eq!(measured.len(), 1, "what nobody was measured at is not told");
        let [direct, gateway] = measured[0].results.as_slice() else { panic!("two results") };
        let calls = gateway.figures[&Metric::CallsPerSecond];
        assert_eq!((calls.value.median, calls.value.min, calls.value.max), (120.0, 40.0, 250.0));
        let of_direct = calls.of_direct.unwrap();
        assert_eq!((of_direct.median, of_direct.min, of_direct.max), (0.6, 0.5, 0.8));
        assert_eq!(calls.over_direct, None, "a rate is compared by ratio");
        assert!(calls.of_gateway.unwrap().max == 1.0 && calls.value.unsteady);
        let over = gateway.figures[&Metric::LatencyP50Ms].over_direct.unwrap();
        assert!((over.median - 2.0).abs() < 0.01 && !over.unsteady);
        assert_eq!(direct.runs[0].cpu_us_per_call, Some(100.0));
        assert_eq!((direct.runs[0].sent, direct.runs[0].reached), (1_001, 7));
        assert!(!direct.figures.contains_key(&Metric::ChunkP50Ms));
        assert_eq!(direct.latency_curve.len(), CURVE.len());
    }
}
