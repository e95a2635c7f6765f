//! Which evidence a report keeps: what failed must be seen, what holds is only rarely looked at.

use std::collections::{HashMap, HashSet};

use super::model::{Check, Evidence, Report, Status};

/// Whose evidence is kept in `report.json` and in the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Of plays in which something does not hold: the first of each requirement, and others as long as there is room.
    /// The page has those that hold, too, packed.
    #[default]
    Failures,
    /// Of every play.
    All,
    /// Of none.
    None,
}

/// Bytes of evidence beyond which what was seen already is not kept again.
const ROOM: usize = 768 << 10;

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

/// For each play in which something does not hold, how much it adds to what others show: 0 where it is the first in which a
/// requirement does not hold, 1 where it is the first with this provider, then one more for each earlier one in the same cell.
/// What could not be tested shows nothing of its own, unless it is all there is.
fn ranks(report: &Report) -> HashMap<(&str, &str), usize> {
    let mut anywhere: HashSet<&str> = HashSet::new();
    let mut providers: HashSet<(&str, &str)> = HashSet::new();
    let mut cells: HashMap<(&str, &str), usize> = HashMap::new();
    let mut ranks: HashMap<(&str, &str), usize> = HashMap::new();
    let is_untested = |check: &&Check| matches!(check.status, Status::Untestable | Status::Blocked);
    let shows = |check: &&Check| !check.is_quiet() && !is_untested(check);
    for check in report.checks.iter().filter(shows) {
        let provider = check.cell.rsplit_once('/').map_or(check.cell.as_str(), |(provider, _)| provider);
        let before = cells.entry((&check.id, &check.cell)).or_insert(1);
        *before += 1;
        let own = match (anywhere.insert(&check.id), providers.insert((&check.id, provider))) {
            (true, _) => 0,
            (_, true) => 1,
            _ => *before,
        };
        let rank = ranks.entry((&check.scenario, &check.cell)).or_insert(usize::MAX);
        *rank = (*rank).min(own);
    }
    let mut untestable = HashSet::new();
    for check in report.checks.iter().filter(is_untested) {
        let play = (check.scenario.as_str(), check.cell.as_str());
        if !ranks.contains_key(&play) {
            untestable.insert(play);
        }
    }
    ranks.extend(untestable.into_iter().map(|play| (play, 1)));
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
