//! The report as Markdown, short enough for a step summary: the verdict, a row a cell, and what needs a look.

use std::fmt::Write;

use super::model::{Check, Report, Statistics, Status};

/// Findings listed in full; what is beyond is counted.
const FINDINGS: usize = 50;

/// Renders the page.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    let verdict = if report.summary.exit_code == 0 { "as expected" } else { "**not** as expected" };
    let subject = format!("{} {}", report.implementation.project, report.implementation.version);
    writeln!(out, "## Touchstone: {} is {verdict}\n", text(subject.trim()))?;
    if let Some(reason) = &report.implementation.unverified {
        writeln!(
            out,
            "The profile is written from documents, and was not run by its authors: {}\n",
            text(reason)
        )?;
    }
    table(report, out)?;
    section(report, out, "Not as expected", Check::is_unexpected)?;
    section(report, out, "Warnings", |check| check.status == Status::Warn)?;
    expectations(report, out)?;
    let run = &report.environment;
    let seconds = run.duration_ms / 1000;
    writeln!(
        out,
        "Suite {} ({}), seed {}, {} plays in {seconds} s, {}.",
        report.suite.version, report.suite.digest, run.seed, report.summary.plays, run.started
    )
}

fn table(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "| cell | pass | fail | untestable | stale | warn | expected failure | not claimed |")?;
    writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
    for cell in &report.cells {
        row(out, &cell.id, cell.statistics)?;
    }
    row(out, "**all**", report.summary.statistics)?;
    writeln!(out)
}

fn row(out: &mut String, name: &str, counts: Statistics) -> std::fmt::Result {
    let Statistics { pass, fail, warn, xfail, xpass, skip, untestable, error } = counts;
    writeln!(
        out,
        "| {name} | {pass} | {} | {untestable} | {xpass} | {warn} | {xfail} | {skip} |",
        fail + error
    )
}

fn section(
    report: &Report,
    out: &mut String,
    title: &str,
    wanted: impl Fn(&Check) -> bool,
) -> std::fmt::Result {
    let checks: Vec<_> = report.checks.iter().filter(|check| wanted(check)).collect();
    if checks.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {title}: {}\n", checks.len())?;
    for check in checks.iter().take(FINDINGS) {
        finding(report, out, check)?;
    }
    if let Some(rest) = checks.len().checked_sub(FINDINGS).filter(|rest| *rest > 0) {
        writeln!(out, "… and {rest} more in report.html.\n")?;
    }
    Ok(())
}

fn finding(report: &Report, out: &mut String, check: &Check) -> std::fmt::Result {
    let requirement = report.requirement(&check.id);
    writeln!(
        out,
        "<details><summary><b>{}</b> {} {} <code>{}</code> in <code>{}</code></summary>\n",
        check.status.name(),
        requirement.map_or("", |requirement| requirement.level.name()),
        html(&check.id),
        html(&check.scenario),
        html(&check.cell)
    )?;
    if let Some(it) = requirement {
        writeln!(out, "{} ([source]({}), {})\n", text(&it.sentence), it.source.url, it.source.date)?;
    }
    let rows = [
        ("where", check.pointer.clone()),
        ("expected", check.expected.clone()),
        ("got", check.actual.clone()),
        ("again", report.repro(check)),
    ];
    let lines: Vec<_> =
        rows.iter().filter_map(|(name, value)| Some(format!("{name:<9}{}", value.as_ref()?))).collect();
    fenced(out, &lines.join("\n"))?;
    for note in &check.notes {
        writeln!(out, "{}\n", text(note))?;
    }
    writeln!(out, "</details>\n")
}

fn expectations(report: &Report, out: &mut String) -> std::fmt::Result {
    for stale in &report.expectations.stale {
        writeln!(out, "- Stale expectation, remove it: `{}` ({})", stale.id, text(&stale.reason))?;
    }
    if !report.expectations.stale.is_empty() {
        writeln!(out)?;
    }
    Ok(())
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
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
