//! A benchmark that nobody made: two gateways, one provider, every kind of call, and figures that can be told in advance.

use std::collections::BTreeMap;

use conformance::bench::model::{
    API_VERSION, Bench, Compared, Environment, KIND, Measured, Metric, Outcome, Quantiles, Refused, Role,
    Run, Settings, Subject,
};
use conformance::bench::{Figure, Kind, Layout, Load, Memory, Trial};

const NAMES: [&str; 4] = ["direct", "nginx", "touchstone", "other<gateway>"];

pub(crate) fn sample() -> Bench {
    let closed = |concurrency| Load::Closed { concurrency };
    let loads = [
        (Kind::Whole, closed(1)),
        (Kind::Whole, closed(16)),
        (Kind::Whole, Load::Open { rate: 100.0, connections: 128 }),
        (Kind::Stream, closed(16)),
        (Kind::Paced, closed(16)),
    ];
    let refused = Refused {
        subject: NAMES[3].to_owned(),
        provider: "anthropic".to_owned(),
        kind: Kind::Stream,
        wrong: true,
        reason: "its stream is not chunks and one [DONE]".to_owned(),
    };
    Bench {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        touchstone: "0.0.0".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        took_seconds: 30.5,
        environment: Environment {
            os: "linux".to_owned(),
            kernel: Some("6.1".to_owned()),
            arch: "x86_64".to_owned(),
            cpu: Some("A processor".to_owned()),
            processors: 4,
            load_average: Some(0.25),
            pinned: Some(Layout { gateway: vec![0], mocks: vec![1], load: vec![2, 3] }),
        },
        settings: Settings { duration_seconds: 2.0, repeat: 3 },
        subjects: (0..NAMES.len()).map(subject).collect(),
        trials: loads.into_iter().map(|(kind, load)| measured(kind, load)).collect(),
        refused: vec![refused],
        notes: vec!["a note <b>".to_owned()],
        interrupted: false,
        exit_code: 1,
    }
}

fn subject(number: usize) -> Subject {
    let size = u64::try_from(number + 1).expect("a small number") * (10 << 20);
    let memory = |pss: u64| Memory { rss: pss + (1 << 20), pss: Some(pss) };
    let is_process = number > 0;
    Subject {
        name: NAMES[number].to_owned(),
        role: [Role::Direct, Role::Proxy, Role::Gateway, Role::Gateway][number],
        project: NAMES[number].to_owned(),
        version: format!("1.{number}"),
        start_ms: is_process.then(|| figure(12.0)),
        idle: is_process.then(|| memory(size)),
        loaded: is_process.then(|| memory(size * 2)),
    }
}

fn measured(kind: Kind, load: Load) -> Measured {
    let name = match load {
        Load::Closed { concurrency } => format!("c{concurrency}"),
        Load::Open { rate, .. } => format!("r{rate}"),
    };
    let id = format!("openai/{}/{name}", kind.name());
    let trial = Trial { id, provider: "openai".to_owned(), kind, load };
    Measured { trial, results: (0..NAMES.len()).map(|number| outcome(number, kind)).collect() }
}

fn outcome(number: usize, kind: Kind) -> Outcome {
    let slow = f64::from(u8::try_from(number).expect("a small number") + 1);
    let run = run(slow, number, kind);
    let metrics = Metric::ALL.into_iter().filter_map(|metric| Some((metric, metric.of(&run)?)));
    let compared = |(metric, value): (Metric, f64)| {
        let over_direct = metric.is_time().then(|| figure(value - value / slow));
        let compared = Compared {
            value: figure(value),
            of_direct: Some(figure(1.0 / slow)),
            of_gateway: Some(figure(3.0 / slow)),
            over_direct,
        };
        (metric, compared)
    };
    let curve =
        |ms: f64| vec![(0.0, ms / 2.0), (0.5, ms), (0.9, ms * 2.0), (0.99, ms * 4.0), (1.0, ms * 16.0)];
    Outcome {
        subject: NAMES[number].to_owned(),
        figures: metrics.map(compared).collect::<BTreeMap<_, _>>(),
        latency_curve: curve(slow),
        chunk_curve: if kind.is_stream() { curve(slow / 10.0) } else { Vec::new() },
        runs: vec![run],
    }
}

fn run(slow: f64, number: usize, kind: Kind) -> Run {
    let quantiles =
        |p50: f64| Quantiles { p50, p90: p50 * 2.0, p99: p50 * 4.0, p999: p50 * 8.0, max: p50 * 16.0 };
    Run {
        repetition: 1,
        sent: 1_000,
        reached: 1_000,
        calls: 900,
        calls_per_second: 12_000.0 / slow,
        chunks_per_second: kind.is_stream().then_some(1_200_000.0 / slow),
        cpu_seconds: (number > 0).then_some(1.0),
        cpu_us_per_call: (number > 0).then_some(20.0 * slow),
        latency_ms: Some(quantiles(slow)),
        first_ms: Some(quantiles(slow)),
        chunk_ms: kind.is_stream().then(|| quantiles(slow / 10.0)),
        ..Run::default()
    }
}

fn figure(median: f64) -> Figure {
    Figure { median, min: median * 0.9, max: median * 1.1, unsteady: false }
}
