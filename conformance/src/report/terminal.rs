//! The report on a terminal: the matrix, every failure with what is needed to understand it, the counts.
//!
//! Plain text unless colour is asked for, so that a log reads like a screen.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::github;
use super::model::{CellResult, Check, Report, ScenarioResult, Statistics, Status};
use crate::requirement::Level;
use crate::{Mode, Surface};

/// How the report is written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Failures told in full; the rest is in the other forms of the report.
    pub most: usize,
    /// Folds the matrix, by the commands of GitHub's log.
    pub folds: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, most: 40, folds: false }
    }
}

/// Matrix, failures, counts.
pub fn render(report: &Report, style: Style) -> String {
    let mut page = Page { text: String::new(), style };
    page.head(report);
    let head = page.text.len();
    page.matrix(report);
    if style.folds {
        let matrix = page.text.split_off(head);
        page.text.push_str(&github::folded("the matrix", &matrix));
    }
    page.failures(report);
    page.expectations(report);
    page.counts(report);
    page.text
}

struct Page {
    text: String,
    style: Style,
}

/// Space for a scenario's id.
const NAME: usize = 46;

impl Page {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn head(&mut self, report: &Report) {
        let (suite, subject) = (&report.suite, &report.implementation);
        let title = self.paint("1", &format!("{} {}", subject.project, subject.version));
        let environment = &report.environment;
        self.line(format_args!(
            "{title} at {}, judged by {} {} ({}), seed {}\n",
            environment.url, suite.name, suite.version, suite.digest, environment.seed
        ));
        if let Some(reason) = &subject.unverified {
            self.line(format_args!(
                "The profile is written from documents, and was not run by its authors: {reason}\n"
            ));
        }
    }

    /// A table a surface: a chat is played on several, and what is played nowhere there has no row.
    fn matrix(&mut self, report: &Report) {
        let mut places: HashMap<(&str, &str), Statistics> = HashMap::new();
        for check in &report.checks {
            places.entry((&check.scenario, &check.cell)).or_default().count(check.status);
        }
        for surface in Surface::ALL {
            let cells: Vec<_> = report.cells.iter().filter(|cell| cell.cell.surface == surface).collect();
            if !cells.is_empty() {
                self.table(report, surface, &cells, &places);
            }
        }
        let legend: Vec<String> =
            SIGNS.iter().map(|(status, sign, _)| format!("{sign} {}", status.name())).collect();
        self.line(format_args!("  {}   · not played", legend.join("   ")));
        if !report.unclaimed.is_empty() {
            self.line(format_args!("  not claimed by the profile: {}", report.unclaimed.join(", ")));
        }
        self.line(format_args!(""));
    }

    fn table(
        &mut self,
        report: &Report,
        surface: Surface,
        cells: &[&CellResult],
        places: &HashMap<(&str, &str), Statistics>,
    ) {
        self.columns(surface, cells);
        let mut group = "";
        let has = |scenario: &str, cell: &CellResult| places.contains_key(&(scenario, cell.id.as_str()));
        let here = |scenario: &&ScenarioResult| cells.iter().any(|cell| has(&scenario.id, cell));
        for scenario in report.scenarios.iter().filter(here) {
            if scenario.group != group {
                group = &scenario.group;
                let title = self.paint("1", group);
                self.line(format_args!("{title}"));
            }
            let mut row = format!("  {:<width$}", scenario.id, width = NAME);
            for cell in cells {
                let worst = places.get(&(scenario.id.as_str(), cell.id.as_str())).and_then(Statistics::worst);
                row.push_str(&worst.map_or_else(|| "·".to_owned(), |status| self.sign(status)));
                row.push_str(gap(cell));
            }
            self.line(format_args!("{}", row.trim_end()));
        }
        self.line(format_args!(""));
    }

    /// One column a cell: a letter for the mode, and above it the provider's name on a line of its own.
    fn columns(&mut self, surface: Surface, cells: &[&CellResult]) {
        let begins = |at: usize| at == 0 || cells[at - 1].cell.provider != cells[at].cell.provider;
        let title = self.paint("1", surface.name());
        self.line(format_args!("{title}"));
        for at in (0..cells.len()).filter(|at| begins(*at)) {
            let bar =
                |before: usize| format!("{}{}", if begins(before) { "│" } else { " " }, gap(cells[before]));
            let bars: String = (0..at).map(bar).collect();
            self.line(format_args!("  {:<NAME$}{bars}┌ {}", "", cells[at].cell.provider));
        }
        let letter = |cell: &&CellResult| {
            format!("{}{}", if cell.cell.mode == Mode::Whole { "w" } else { "s" }, gap(cell))
        };
        let letters: String = cells.iter().map(letter).collect();
        self.line(format_args!("  {:<NAME$}{}", "(w whole, s streamed)", letters.trim_end()));
    }

    fn sign(&self, status: Status) -> String {
        let (_, sign, colour) =
            SIGNS.iter().find(|(known, ..)| *known == status).copied().unwrap_or(SIGNS[0]);
        self.paint(colour, sign)
    }

    /// By requirement: what it says once, then every place where it does not hold.
    fn failures(&mut self, report: &Report) {
        let told = |check: &&Check| check.is_unexpected() || check.status == Status::Warn;
        let failed: Vec<&Check> = report.checks.iter().filter(told).collect();
        let mut ids: Vec<&str> = Vec::new();
        for check in &failed {
            if !ids.contains(&check.id.as_str()) {
                ids.push(&check.id);
            }
        }
        let mut left = self.style.most;
        for id in ids {
            let places: Vec<&Check> = failed.iter().copied().filter(|check| check.id == id).collect();
            let Some(first) = places.first().filter(|_| left > 0) else { break };
            self.requirement(report, first, places.len());
            for check in places.iter().take(left) {
                self.place(report, check);
            }
            left = left.saturating_sub(places.len());
            self.line(format_args!(""));
        }
        if failed.len() > self.style.most {
            let more = failed.len() - self.style.most;
            self.line(format_args!("… and {more} more: see the report.\n"));
        }
    }

    fn requirement(&mut self, report: &Report, check: &Check, times: usize) {
        let Some(requirement) = report.requirement(&check.id) else { return };
        let colour = if requirement.level == Level::Should { "33" } else { "31" };
        let id = self.paint(colour, &check.id);
        self.line(format_args!(
            "{id}  {}  in {times} {}",
            requirement.level.name(),
            if times == 1 { "place" } else { "places" }
        ));
        self.line(format_args!("  {}", requirement.sentence));
        self.line(format_args!("  {} ({})", requirement.source.url, requirement.source.date));
    }

    fn place(&mut self, report: &Report, check: &Check) {
        self.line(format_args!("  {} {} {}", self.sign(check.status), check.scenario, check.cell));
        if let (Some(pointer), Some(expected), Some(actual)) =
            (&check.pointer, &check.expected, &check.actual)
        {
            self.line(format_args!("      at       {}", one_line(pointer)));
            self.line(format_args!("      expected {}", one_line(expected)));
            self.line(format_args!("      got      {}", one_line(actual)));
        }
        for note in &check.notes {
            self.line(format_args!("      {}", one_line(note)));
        }
        if let Some(repro) = report.repro(check) {
            self.line(format_args!("      again    {repro}"));
        }
    }

    fn expectations(&mut self, report: &Report) {
        for stale in &report.expectations.stale {
            let id = self.paint("31", &stale.id);
            self.line(format_args!(
                "stale expectation: {id} passes now; remove it from the profile ({})",
                stale.reason
            ));
        }
    }

    fn counts(&mut self, report: &Report) {
        if let Some(died) = &report.environment.died {
            let told = self.paint("31", "the gateway died while the suite ran");
            self.line(format_args!("{told}: {}", one_line(died)));
        }
        let statistics = report.summary.statistics;
        let all = [
            (statistics.pass, "passed", "32"),
            (statistics.fail, "failed", "31"),
            (statistics.warn, "warned", "33"),
            (statistics.untestable, "untestable", "31"),
            (statistics.error, "errors of the harness", "31"),
            (statistics.xfail, "failed as expected", "33"),
            (statistics.blocked, "could not be judged for that", "33"),
            (statistics.xpass, "passed unexpectedly", "31"),
            (statistics.skip, "skipped", "2"),
        ];
        let told = all.into_iter().filter(|(count, ..)| *count > 0);
        let told: Vec<String> =
            told.map(|(count, word, colour)| self.paint(colour, &format!("{count} {word}"))).collect();
        let seconds = f64::from(u32::try_from(report.environment.duration_ms).unwrap_or(u32::MAX)) / 1e3;
        self.line(format_args!(
            "{} checks in {} plays, {seconds:.1} s: {}",
            statistics.total(),
            report.summary.plays,
            told.join(", ")
        ));
    }
}

/// What stands behind a sign: the two modes of a provider stand together.
fn gap(cell: &CellResult) -> &'static str {
    let is_first_of_two = cell.cell.mode == Mode::Whole && cell.cell.surface.modes().len() > 1;
    if is_first_of_two { " " } else { "  " }
}

const SIGNS: [(Status, &str, &str); 9] = [
    (Status::Pass, "✓", "32"),
    (Status::Fail, "✗", "31"),
    (Status::Warn, "!", "33"),
    (Status::Xfail, "x", "33"),
    (Status::Xpass, "X", "31"),
    (Status::Skip, "-", "2"),
    (Status::Untestable, "?", "31"),
    (Status::Blocked, "/", "33"),
    (Status::Error, "E", "31"),
];

/// What a gateway sent is not trusted with the terminal: control characters are escaped.
pub(super) fn one_line(text: &str) -> String {
    let escape = |character: char| {
        if character.is_control() {
            character.escape_default().collect::<String>()
        } else {
            character.to_string()
        }
    };
    text.chars().map(escape).collect()
}
