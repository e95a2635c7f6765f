//! A benchmark as one HTML file that needs nothing else: no network, no fonts, no images, no scripts.

mod chart;

use std::io;

use askama::Template;

use super::model::{Bench, Measured, Metric, Role};
use super::question::Kind;
use super::terminal;
use super::trial::Load;
use chart::{Bar, Series};

/// Renders the page.
///
/// # Errors
/// None that a benchmark of ours can cause: only a template that fails to write.
pub fn render(bench: &Bench) -> io::Result<String> {
    let page = Page {
        title: title(bench),
        facts: facts(bench),
        legend: bench.subjects.iter().map(|subject| series(bench, &subject.name)).collect(),
        sections: sections(bench),
        costs: terminal::costs(&bench.subjects),
        refused: bench
            .refused
            .iter()
            .map(|one| [one.subject.clone(), format!("{}, {}", one.provider, one.kind), one.reason.clone()])
            .collect(),
        notes: &bench.notes,
        interrupted: bench.interrupted,
        style: STYLE,
    };
    page.render().map_err(io::Error::other)
}

const STYLE: &str = include_str!("bench.css");

#[derive(Template)]
#[template(path = "bench.html", whitespace = "preserve")]
struct Page<'a> {
    title: String,
    facts: Vec<[String; 2]>,
    legend: Vec<Series>,
    sections: Vec<Section>,
    costs: Vec<Vec<String>>,
    refused: Vec<[String; 3]>,
    notes: &'a [String],
    interrupted: bool,
    style: &'static str,
}

/// All of one provider.
struct Section {
    title: String,
    plots: Vec<Plot>,
    tables: Vec<Table>,
}

struct Plot {
    title: String,
    what: &'static str,
    svg: String,
}

struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

fn title(bench: &Bench) -> String {
    let gateways = bench.subjects.iter().filter(|subject| subject.role == Role::Gateway);
    let names: Vec<_> = gateways.map(|subject| format!("{} {}", subject.name, subject.version)).collect();
    names.join(", ")
}

fn facts(bench: &Bench) -> Vec<[String; 2]> {
    let environment = &bench.environment;
    let cpu = environment.cpu.as_deref().unwrap_or(&environment.arch);
    let kernel = environment.kernel.as_deref().unwrap_or("");
    let settings = &bench.settings;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let mut facts = vec![
        fact("Measured", format!("{}, by touchstone {}", bench.started, bench.touchstone)),
        fact("Machine", format!("{} × {cpu}, {} {kernel}", environment.processors, environment.os)),
        fact(
            "Each measurement",
            format!("{} s, {} times, in turn", settings.duration_seconds, settings.repeat),
        ),
    ];
    if let Some(load) = environment.load_average {
        facts.push(fact("Load before", format!("{load} runnable tasks in the minute before")));
    }
    facts
}

/// The series of a subject: its name, and its class by role and place.
fn series(bench: &Bench, name: &str) -> Series {
    let class = match bench.subjects.iter().find(|subject| subject.name == name).map(|subject| subject.role) {
        Some(Role::Direct) => "direct".to_owned(),
        Some(Role::Proxy) => "proxy".to_owned(),
        Some(Role::Gateway) | None => {
            let mut gateways = bench.subjects.iter().filter(|subject| subject.role == Role::Gateway);
            let place = gateways.position(|subject| subject.name == name).unwrap_or(0);
            format!("g{}", place % COLOURS)
        }
    };
    Series { name: name.to_owned(), class }
}

/// Gateways that are told apart by colour.
const COLOURS: usize = 6;

fn sections(bench: &Bench) -> Vec<Section> {
    let mut providers: Vec<&str> = bench.trials.iter().map(|trial| trial.trial.provider.as_str()).collect();
    providers.dedup();
    let section = |provider: &str| {
        let trials: Vec<&Measured> =
            bench.trials.iter().filter(|trial| trial.trial.provider == provider).collect();
        let table = |trial: &&Measured| Table {
            title: heading(trial),
            rows: terminal::figures(trial, &bench.subjects),
        };
        let tables = trials.iter().map(table).collect();
        Section { title: format!("openai → {provider}"), plots: plots(bench, &trials), tables }
    };
    providers.into_iter().map(section).collect()
}

/// The trial without its provider.
fn heading(trial: &Measured) -> String {
    let full = trial.trial.to_string();
    full.split_once(", ").map_or(full.clone(), |(_, rest)| rest.to_owned())
}

fn plots(bench: &Bench, trials: &[&Measured]) -> Vec<Plot> {
    let mut plots = Vec::new();
    let of = |kind: Kind| trials.iter().copied().filter(move |trial| trial.trial.kind == kind);
    let closed = |trial: &&Measured| matches!(trial.trial.load, Load::Closed { .. });
    plots.extend(compared(bench, of(Kind::Whole).filter(closed), Metric::CallsPerSecond, "Whole replies: calls/s", "Closed loop: each reply is followed by the next call. Higher is better; the line spans the repetitions."));
    for trial in of(Kind::Whole).filter(|trial| !closed(trial)) {
        let what = "Open loop: calls are due at fixed times, and latency counts from then. Lower is better.";
        plots.push(curve(bench, trial, what, false));
    }
    plots.extend(compared(
        bench,
        of(Kind::Stream),
        Metric::ChunksPerSecond,
        "Streams at full speed: pieces/s",
        "A hundred pieces a stream, sent as fast as they go. Higher is better.",
    ));
    for trial in of(Kind::Paced) {
        let what = "From when the provider sent a piece until the client had it, by the stamp in the piece. Lower is better.";
        plots.push(curve(bench, trial, what, true));
    }
    plots
}

/// Bars of one metric: a group a trial, a bar a subject.
fn compared<'a>(
    bench: &Bench,
    trials: impl Iterator<Item = &'a Measured>,
    metric: Metric,
    title: &str,
    what: &'static str,
) -> Option<Plot> {
    let all: Vec<Series> = bench.subjects.iter().map(|subject| series(bench, &subject.name)).collect();
    let group = |trial: &Measured| {
        let bar = |series: &Series| {
            let result = trial.results.iter().find(|result| result.subject == series.name)?;
            let value = result.figures.get(&metric)?.value;
            Some(Bar { median: value.median, min: value.min, max: value.max })
        };
        let name = match trial.trial.load {
            Load::Closed { concurrency } => format!("{concurrency} at once"),
            Load::Open { rate, .. } => format!("{rate} a second"),
        };
        (name, all.iter().map(bar).collect())
    };
    let groups: Vec<_> = trials.map(group).collect();
    let unit = title.split_once(": ").map_or(title, |(_, unit)| unit);
    (!groups.is_empty()).then(|| Plot {
        title: title.to_owned(),
        what,
        svg: chart::bars(title, unit, &all, &groups),
    })
}

fn curve(bench: &Bench, trial: &Measured, what: &'static str, of_pieces: bool) -> Plot {
    let line = |result: &'_ super::model::Outcome| {
        let points = if of_pieces { result.chunk_curve.clone() } else { result.latency_curve.clone() };
        (series(bench, &result.subject), points)
    };
    let lines: Vec<_> = trial.results.iter().map(line).collect();
    let lines: Vec<_> = lines
        .iter()
        .map(|(series, points)| {
            (Series { name: series.name.clone(), class: series.class.clone() }, points.as_slice())
        })
        .collect();
    let heading = heading(trial);
    let name = if of_pieces { "latency of a piece" } else { "latency" };
    let mut title = format!("{heading}: {name}");
    title[..1].make_ascii_uppercase();
    let svg = chart::curves(&title, &lines);
    Plot { title, what, svg }
}
