//! The report as Markdown, for the summary of a step or a comment on a pull request: the verdict, the providers that fail,
//! and what fails, by requirement.

use std::collections::HashMap;
use std::fmt::Write;

use super::model::{Check, Report, Statistics, Status};
use super::worst::{Broken, broken};
use crate::text::short;

/// Bytes that fit a comment on GitHub, which takes 65,536 characters.
const LIMIT: usize = 60_000;
/// Bytes of what was expected, and of what came.
const VALUE: usize = 600;
/// Places of one requirement that are listed; more are counted.
const PLACES: usize = 8;

/// Renders the page, short enough for a comment.
pub fn render(report: &Report) -> String {
    within(report, LIMIT)
}

/// Renders the page within so many bytes: requirements that do not fit are counted.
pub fn within(report: &Report, limit: usize) -> String {
    let mut page = Page { text: String::new(), limit };
    // Writing to a string cannot fail.
    let _ = page.write(report);
    let mut end = page.text.len().min(limit);
    while !page.text.is_char_boundary(end) {
        end -= 1;
    }
    page.text.truncate(end);
    page.text
}

struct Page {
    text: String,
    limit: usize,
}

/// Bytes kept for what comes after a list that is too long.
const REST: usize = 4_000;

impl Page {
    fn write(&mut self, report: &Report) -> std::fmt::Result {
        let verdict = if report.summary.exit_code == 0 { "as expected" } else { "**not** as expected" };
        let subject = format!("{} {}", report.implementation.project, report.implementation.version);
        writeln!(self.text, "## Touchstone: {} is {verdict}\n", text(subject.trim()))?;
        if let Some(reason) = &report.implementation.unverified {
            writeln!(
                self.text,
                "The profile is written from documents, and was not run by its authors: {}\n",
                text(reason)
            )?;
        }
        if let Some(died) = &report.environment.died {
            writeln!(self.text, "**The gateway died while the suite ran**: {}\n", text(died))?;
        }
        self.counts(report)?;
        self.providers(report)?;
        self.expectations(report)?;
        self.section(report, "Not as expected", Check::is_unexpected)?;
        self.section(report, "Warnings", |check| check.status == Status::Warn)?;
        let run = &report.environment;
        writeln!(
            self.text,
            "Suite {} ({}), seed {}, {} plays in {} s, {}.",
            report.suite.version,
            report.suite.digest,
            run.seed,
            report.summary.plays,
            run.duration_ms / 1000,
            run.started
        )
    }

    fn counts(&mut self, report: &Report) -> std::fmt::Result {
        let counts = report.summary.statistics;
        let all = [
            (counts.pass, "pass"),
            (counts.fail, "fail"),
            (counts.untestable, "untestable"),
            (counts.error, "harness errors"),
            (counts.xpass, "stale expectations"),
            (counts.warn, "warn"),
            (counts.xfail, "fail as expected"),
            (counts.blocked, "could not be judged for that"),
            (counts.skip, "not claimed"),
        ];
        let told = all.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, word)| format!("{count} {word}")).collect();
        writeln!(self.text, "{} checks: {}.\n", counts.total(), told.join(", "))
    }

    /// A row for each provider that has something to tell, the worst first; the others in one sentence.
    fn providers(&mut self, report: &Report) -> std::fmt::Result {
        let mut rows: Vec<(String, Statistics)> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for cell in &report.cells {
            let name = format!("{} · {}", cell.cell.provider, cell.cell.surface.word());
            let number = *known.entry(name.clone()).or_insert_with(|| {
                rows.push((name, Statistics::default()));
                rows.len() - 1
            });
            rows[number].1.add(cell.statistics);
        }
        let (loud, quiet): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .filter(|(_, counts)| counts.judged() > 0)
            .partition(|(_, counts)| counts.unexpected() + counts.warn + counts.xfail > 0);
        let mut loud = loud;
        loud.sort_by_key(|(_, counts)| std::cmp::Reverse((counts.unexpected(), counts.xfail, counts.warn)));
        if !loud.is_empty() {
            writeln!(self.text, "| provider | fail | untestable | stale | expected failure | warn | pass |")?;
            writeln!(self.text, "|---|--:|--:|--:|--:|--:|--:|")?;
        }
        for (name, counts) in &loud {
            let Statistics { pass, fail, warn, xfail, xpass, untestable, error, .. } = counts;
            let fail = fail + error;
            writeln!(self.text, "| {name} | {fail} | {untestable} | {xpass} | {xfail} | {warn} | {pass} |")?;
        }
        let names: Vec<&str> = quiet.iter().map(|(name, _)| name.as_str()).collect();
        match names.len() {
            0 => writeln!(self.text),
            _ => writeln!(self.text, "\nEverything passes with {}.\n", names.join(", ")),
        }
    }

    fn section(&mut self, report: &Report, title: &str, wanted: impl Fn(&Check) -> bool) -> std::fmt::Result {
        let all = broken(report, wanted);
        if all.is_empty() {
            return Ok(());
        }
        let checks: usize = all.iter().map(|one| one.checks.len()).sum();
        writeln!(self.text, "### {title}: {}, {}\n", many(all.len(), "requirement"), many(checks, "check"))?;
        for (number, one) in all.iter().enumerate() {
            let mut block = String::new();
            requirement(report, &mut block, one)?;
            if self.text.len() + block.len() + REST > self.limit {
                return writeln!(
                    self.text,
                    "… and {} more requirements in report.html.
",
                    all.len() - number
                );
            }
            self.text.push_str(&block);
        }
        Ok(())
    }

    fn expectations(&mut self, report: &Report) -> std::fmt::Result {
        for stale in &report.expectations.stale {
            writeln!(
                self.text,
                "- Stale expectation, remove it: <code>{}</code> ({})",
                html(&stale.id),
                text(&stale.reason)
            )?;
        }
        if !report.expectations.stale.is_empty() {
            writeln!(self.text)?;
        }
        Ok(())
    }
}

/// The requirement, its first finding, and where else it does not hold.
fn requirement(report: &Report, out: &mut String, one: &Broken<'_>) -> std::fmt::Result {
    let (it, check) = (one.requirement, one.checks[0]);
    writeln!(
        out,
        "<details><summary><b>{}</b> <code>{}</code> {} {} — {}: {}</summary>\n",
        check.status.name(),
        html(&it.id),
        it.level.name(),
        html(&it.sentence),
        many(one.checks.len(), "place"),
        html(&one.providers().join(", "))
    )?;
    writeln!(out, "[Source]({}), {}\n", it.source.url, it.source.date)?;
    let rows = [
        ("where", check.pointer.clone()),
        ("expected", check.expected.clone()),
        ("got", check.actual.clone()),
        ("again", report.repro(check)),
    ];
    let lines: Vec<_> = rows
        .iter()
        .filter_map(|(name, value)| Some(format!("{name:<9}{}", short(value.as_ref()?, VALUE))))
        .collect();
    fenced(out, &lines.join("\n"))?;
    for note in check.notes.iter().take(3) {
        writeln!(out, "{}\n", text(note))?;
    }
    for check in one.checks.iter().take(PLACES) {
        writeln!(
            out,
            "- {} <code>{}</code> in <code>{}</code>",
            check.status.name(),
            html(&check.scenario),
            html(&check.cell)
        )?;
    }
    if one.checks.len() > PLACES {
        writeln!(out, "- … and {} more", one.checks.len() - PLACES)?;
    }
    writeln!(out, "\n</details>\n")
}

fn many(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// A code block whose fence is longer than any in the text.
fn fenced(out: &mut String, text: &str) -> std::fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}text\n{text}\n{fence}\n")
}

/// Text that stays text in Markdown.
pub(super) fn text(raw: &str) -> String {
    raw.chars().fold(String::with_capacity(raw.len()), |mut out, c| {
        if matches!(c, '*' | '_' | '`' | '[' | ']' | '<' | '>' | '|' | '\\') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
        out
    })
}

pub(super) fn html(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}
