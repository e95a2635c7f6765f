//! What GitHub shows by itself, where the suite runs there: annotations, folds, and the summary of a step.
//!
//! Commands: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::markdown;
use super::model::{Check, Expectation, Report, Status};
use super::worst::{Broken, broken};

/// GitHub shows so many annotations of each kind for a step, and drops the rest without a word.
const ANNOTATIONS: usize = 10;
/// Bytes that the summary of a step may have; a longer one is refused whole.
const SUMMARY: usize = 1 << 20;
/// Characters of an annotation's message: more is not read there.
const MESSAGE: usize = 2_000;

/// Appends the summary to the file that GitHub names in `GITHUB_STEP_SUMMARY`; shorter where there is little room left.
///
/// # Errors
/// Where the file cannot be written.
pub fn summarize(report: &Report, file: &Path) -> std::io::Result<()> {
    let written =
        std::fs::metadata(file).map_or(0, |known| usize::try_from(known.len()).unwrap_or(usize::MAX));
    let text = markdown::within(report, SUMMARY.saturating_sub(written + 1));
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?
        .write_all(format!("{text}\n").as_bytes())
}

/// The annotations: an error for each requirement that unexpectedly does not hold and for each stale expectation, at its
/// line in the profile; a warning for each that should hold.
pub fn annotations(report: &Report, profile: Option<&Path>) -> String {
    let mut errors: Vec<String> = Vec::new();
    if let Some(died) = &report.environment.died {
        errors.push(command("error", &[("title", "the gateway died")], died));
    }
    errors.extend(report.expectations.stale.iter().map(|one| stale(one, profile)));
    let unexpected = |check: &Check| check.is_unexpected() && check.status != Status::Xpass;
    errors.extend(broken(report, unexpected).iter().map(|one| annotation(report, "error", one)));
    let warnings = broken(report, |check| check.status == Status::Warn);
    let warnings = warnings.iter().map(|one| annotation(report, "warning", one)).collect();
    let mut lines = bounded("error", errors);
    lines.extend(bounded("warning", warnings));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The last one tells how many more there are.
fn bounded(kind: &str, mut all: Vec<String>) -> Vec<String> {
    if all.len() > ANNOTATIONS {
        let more = all.len() - (ANNOTATIONS - 1);
        all.truncate(ANNOTATIONS - 1);
        all.push(command(
            kind,
            &[("title", "Touchstone")],
            &format!("and {more} more: see the summary and the report"),
        ));
    }
    all
}

fn annotation(report: &Report, kind: &str, one: &Broken<'_>) -> String {
    let check = one.checks[0];
    let places = match one.checks.len() {
        1 => "1 place".to_owned(),
        number => format!("{number} places"),
    };
    let title = format!("{} in {places}", one.requirement.id);
    let part = |word: &str, text: &Option<String>| text.as_ref().map(|text| format!("{word}: {text}"));
    let lines = [
        Some(format!("{} {}", one.requirement.level.name(), one.requirement.sentence)),
        Some(format!("{} {}", check.scenario, check.cell)),
        part("where", &check.pointer),
        part("expected", &check.expected),
        part("got", &check.actual),
        check.notes.first().filter(|_| check.pointer.is_none()).cloned(),
        report.repro(check),
    ];
    let message = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    command(kind, &[("title", &title)], &crate::text::short(&message, MESSAGE))
}

fn stale(one: &Expectation, profile: Option<&Path>) -> String {
    let message = format!("`{}` holds now: remove the expectation ({})", one.id, one.reason);
    match profile.and_then(|folder| line_of(folder, &one.id)) {
        Some((file, line)) => {
            let (file, line) = (file.display().to_string(), line.to_string());
            command("error", &[("file", &file), ("line", &line), ("title", "stale expectation")], &message)
        }
        None => command("error", &[("title", "stale expectation")], &message),
    }
}

/// Where a text first stands in the YAML files of a folder; counted from one.
fn line_of(folder: &Path, text: &str) -> Option<(PathBuf, usize)> {
    ["expected.yaml", "profile.yaml"].iter().find_map(|name| {
        let file = folder.join(name);
        let lines = std::fs::read_to_string(&file).ok()?;
        let line = lines.lines().position(|line| line.contains(text))?;
        Some((file, line + 1))
    })
}

/// A fold in the log around a text.
pub fn folded(title: &str, text: &str) -> String {
    format!("{}\n{}\n::endgroup::\n", command("group", &[], title), text.trim_end())
}

/// One command: what ends a property or a line is escaped.
fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let space = if properties.is_empty() { "" } else { " " };
    format!("::{name}{space}{}::{}", properties.join(","), data(message))
}
