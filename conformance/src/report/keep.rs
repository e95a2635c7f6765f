//! Which evidence a report keeps: what failed must be seen, what holds is only rarely looked at.

use std::collections::{HashMap, HashSet};

use super::model::{Check, Evidence, Report, Status};

/// Whose evidence is kept in `report.json` and in the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Of plays in which something does not hold: each requirement's first in each cell, and more as long as there is room.
    /// The page has those that hold, too, packed.
    #[default]
    Failures,
    /// Of every play.
    All,
    /// Of none.
    None,
}

/// Bytes of evidence beyond which what was seen already is not kept again.
const ROOM: usize = 1 << 20;

impl Keep {
    /// Each by its word on the command line.
    pub const ALL: [Self; 3] = [Self::Failures, Self::All, Self::None];

    /// As on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failures => "failures",
            Self::All => "all",
            Self::None => "none",
        }
    }

    /// The evidence that `report.json` keeps, in the report's order.
    pub fn of(self, report: &Report) -> Vec<&Evidence> {
        match self {
            Self::All => report.evidence.iter().collect(),
            Self::None => Vec::new(),
            Self::Failures => failures(report),
        }
    }

    /// The evidence that the page keeps.
    pub fn of_page(self, report: &Report) -> Vec<&Evidence> {
        match self {
            Self::None => Vec::new(),
            Self::All | Self::Failures => report.evidence.iter().collect(),
        }
    }
}

fn failures(report: &Report) -> Vec<&Evidence> {
    let ranks = ranks(report);
    let place = |seen: &Evidence| ranks.get(&(seen.scenario.as_str(), seen.cell.as_str())).copied();
    let mut ranked: Vec<(usize, usize, &Evidence)> = report
        .evidence
        .iter()
        .enumerate()
        .filter_map(|(number, seen)| Some((place(seen)?, number, seen)))
        .collect();
    ranked.sort_by_key(|(rank, number, _)| (*rank, *number));
    let mut room = ROOM;
    let fits = |(rank, _, seen): &(usize, usize, &Evidence)| {
        let size = size(seen);
        let fits = *rank == 0 || size <= room;
        room = room.saturating_sub(if fits { size } else { 0 });
        fits
    };
    let mut kept: Vec<_> = ranked.into_iter().filter(fits).collect();
    kept.sort_by_key(|(_, number, _)| *number);
    kept.into_iter().map(|(.., seen)| seen).collect()
}

/// For each play in which something does not hold, the least number of earlier ones that show the same: a requirement that
/// does not hold in the same cell. What could not be tested shows nothing of its own, unless it is all there is.
fn ranks(report: &Report) -> HashMap<(&str, &str), usize> {
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    let mut ranks: HashMap<(&str, &str), usize> = HashMap::new();
    let shows = |check: &&Check| !check.is_quiet() && check.status != Status::Untestable;
    for check in report.checks.iter().filter(shows) {
        let before = seen.entry((&check.id, &check.cell)).or_default();
        let rank = ranks.entry((&check.scenario, &check.cell)).or_insert(usize::MAX);
        *rank = (*rank).min(*before);
        *before += 1;
    }
    let shown: HashSet<_> = ranks.keys().copied().collect();
    for check in report.checks.iter().filter(|check| check.status == Status::Untestable) {
        let play = (check.scenario.as_str(), check.cell.as_str());
        if !shown.contains(&play) {
            ranks.entry(play).or_insert(0);
        }
    }
    ranks
}

/// Bytes in the report, roughly.
fn size(seen: &Evidence) -> usize {
    let client = seen.client.iter().flat_map(|call| {
        [Some(&call.request), call.reply.as_ref()]
            .into_iter()
            .flatten()
            .map(|one| one.body.len())
            .chain([call.timeline.len() * 24])
    });
    let upstream = seen
        .upstream
        .iter()
        .map(|call| call.request.body.len() + call.reply.body.len() + call.timeline.len() * 40 + 600);
    500 + client.sum::<usize>() + upstream.sum::<usize>()
}
