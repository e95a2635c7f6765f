//! A benchmark on a terminal: a table each trial, what it takes to run each gateway, what was not measured, what to know.

use std::fmt::Write as _;

use super::columns::{self, number};
use super::model::{Bench, Environment, Measured, Role, Subject};
use super::usage::Memory;

/// The whole, as plain text.
pub fn render(bench: &Bench) -> String {
    let mut text = head(bench);
    for trial in &bench.trials {
        let _ = write!(text, "\n{}\n{}", trial.trial, table(&figures(trial, &bench.subjects)));
    }
    let _ = write!(text, "\nto run it\n{}", table(&costs(&bench.subjects)));
    if !bench.refused.is_empty() {
        text += "\nnot measured\n";
    }
    for refused in &bench.refused {
        let sign = if refused.wrong { "✗" } else { "·" };
        let (provider, kind) = (&refused.provider, refused.kind.name());
        let _ = writeln!(text, "  {sign} {}, {provider}/{kind}: {}", refused.subject, refused.reason);
    }
    if !bench.notes.is_empty() {
        text += "\n";
    }
    for note in &bench.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if bench.interrupted {
        text += "note: ended early; these are the measurements until then\n";
    }
    text
}

fn head(bench: &Bench) -> String {
    let Environment { os, arch, cpu, processors, .. } = &bench.environment;
    let cpu = cpu.as_deref().unwrap_or(arch);
    let (seconds, repeat) = (bench.settings.duration_seconds, bench.settings.repeat);
    let date = bench.started.split('T').next().unwrap_or_default();
    format!(
        "touchstone bench {}, {date}, {processors} × {cpu}, {os}: {seconds} s each, {repeat} times, in turn\n",
        bench.touchstone
    )
}

/// A trial's table, titles first.
pub(super) fn figures(trial: &Measured, subjects: &[Subject]) -> Vec<Vec<String>> {
    let gateways = || subjects.iter().filter(|subject| subject.role == Role::Gateway);
    let first = gateways().next().map_or("", |subject| &subject.name);
    let columns: Vec<_> = columns::of(trial, gateways().count()).collect();
    let titles = columns.iter().map(|column| column.title(first));
    let mut rows = vec![[String::new()].into_iter().chain(titles).collect()];
    rows.extend(trial.results.iter().map(|result| {
        let cells = columns.iter().map(|column| column.cell(result));
        [result.subject.clone()].into_iter().chain(cells).collect()
    }));
    rows
}

/// What it takes to run each, titles first.
pub(super) fn costs(subjects: &[Subject]) -> Vec<Vec<String>> {
    let titles = ["", "version", "start ms", "memory MiB, idle", "under load"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    let others = subjects.iter().filter(|subject| subject.role != Role::Direct);
    rows.extend(others.map(|subject| {
        let start = subject.start_ms.map_or("–".to_owned(), |start| number(start.median));
        let [idle, loaded] = [subject.idle, subject.loaded].map(memory);
        vec![subject.name.clone(), subject.version.clone(), start, idle, loaded]
    }));
    rows
}

/// What they share counts once where the system says it.
fn memory(memory: Option<Memory>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let mib = |bytes: u64| number(bytes as f64 / f64::from(1 << 20));
    match memory {
        None => "not available".to_owned(),
        Some(Memory { pss: Some(pss), .. }) => mib(pss),
        Some(Memory { rss, pss: None }) => format!("{} (rss)", mib(rss)),
    }
}

/// Names to the left, figures to the right.
fn table(rows: &[Vec<String>]) -> String {
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (at, cell) in row.iter().enumerate() {
            let room = (width(at).unwrap_or(0)).saturating_sub(cell.chars().count());
            let pad = " ".repeat(room);
            let _ = if at == 0 { write!(line, " {cell}{pad}") } else { write!(line, "  {pad}{cell}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
