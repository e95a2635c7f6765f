//! What a run would do, without doing it: for whoever writes a profile.

use std::collections::BTreeMap;
use std::fmt;

use globset::Glob;

use super::Options;
use super::plan::{Plan, Planned};
use super::summary::unclaimed;
use crate::{Error, repro};

/// What would be played and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The gateway, by the names in its profile.
    pub gateway: String,
    /// One a cell, in the order of the profile's routes.
    pub columns: Vec<Column>,
    /// Surfaces and providers that the profile has no route for.
    pub unclaimed: Vec<String>,
    /// Why checks would be skipped, and how many.
    pub skipped: BTreeMap<String, usize>,
    /// Expected failures that name no check of this run.
    pub idle: Vec<String>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// `openai.chat/anthropic/stream`.
    pub cell: String,
    /// Where the client posts to.
    pub path: String,
    /// Scenarios played.
    pub plays: usize,
    /// Requirements judged, over all plays.
    pub checks: usize,
}

/// Plans a run, fills in the profile's templates for made up addresses, and starts nothing.
///
/// # Errors
/// [`Error::Template`], [`Error::Glob`], [`Error::Nothing`].
pub fn rehearse(options: &Options) -> Result<Rehearsal, Error> {
    let profile = &options.profile;
    repro::configured(profile)?;
    let plan = Plan::new(profile, options, profile.start.is_some())?;
    let mut skipped = BTreeMap::new();
    for (_, reason) in plan.plays.iter().flat_map(|play| &play.skipped) {
        *skipped.entry(reason.clone()).or_insert(0) += 1;
    }
    let implementation = &profile.implementation;
    Ok(Rehearsal {
        gateway: format!("{} {}", implementation.project, implementation.version),
        columns: columns(&plan),
        unclaimed: unclaimed(profile),
        skipped,
        idle: idle(&plan, options)?,
    })
}

fn columns(plan: &Plan) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for play in plan.plays.iter().filter(|play| !play.requirements.is_empty()) {
        let Some(route) = &play.route else { continue };
        let (cell, checks) = (play.cell.to_string(), play.requirements.len());
        match columns.iter_mut().find(|column| column.cell == cell) {
            Some(column) => {
                column.plays += 1;
                column.checks += checks;
            }
            None => columns.push(Column { cell, path: route.path.clone(), plays: 1, checks }),
        }
    }
    columns.sort_by(|one, other| one.cell.cmp(&other.cell));
    columns
}

/// An expectation that can never come true is most likely misspelt.
fn idle(plan: &Plan, options: &Options) -> Result<Vec<String>, Error> {
    let keys = |play: &Planned| {
        let (scenario, cell) = (play.scenario.id.clone(), play.cell.to_string());
        let ids = play.requirements.iter().map(|requirement| requirement.id.as_str());
        ids.map(|id| [id.to_owned(), format!("{id}@{scenario}@{cell}")]).collect::<Vec<_>>()
    };
    let keys: Vec<_> = plan.plays.iter().flat_map(keys).flatten().collect();
    let mut idle = Vec::new();
    for expectation in &options.profile.expected {
        let glob = Glob::new(&expectation.id)
            .map_err(|error| Error::Glob { glob: expectation.id.clone(), reason: error.to_string() })?;
        let glob = glob.compile_matcher();
        if !keys.iter().any(|key| glob.is_match(key)) {
            idle.push(expectation.id.clone());
        }
    }
    Ok(idle)
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: fn(&Column) -> usize| self.columns.iter().map(count).sum::<usize>();
        let (plays, checks) = (sum(|column| column.plays), sum(|column| column.checks));
        writeln!(f, "{}: {checks} checks in {plays} plays\n", self.gateway.trim_end())?;
        let width = self.columns.iter().map(|column| column.cell.len()).max().unwrap_or_default();
        for Column { cell, path, plays, checks } in &self.columns {
            writeln!(f, "  {cell:<width$}  {plays:>4} plays  {checks:>6} checks  {path}")?;
        }
        if !self.unclaimed.is_empty() {
            writeln!(f, "\nnot claimed: {}", self.unclaimed.join(", "))?;
        }
        for (reason, count) in &self.skipped {
            writeln!(f, "skipped: {count} checks, for {reason}")?;
        }
        for glob in &self.idle {
            writeln!(f, "expected, but no check of this run: {glob}")?;
        }
        Ok(())
    }
}
