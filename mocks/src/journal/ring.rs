//! The last exchanges, bounded in number and bytes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Arrived, Entry, Record};
use crate::options::JournalLimits;

/// What the journal keeps.
#[derive(Debug)]
pub(crate) struct Ring {
    limits: JournalLimits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<(Arc<Record>, usize)>,
    bytes: usize,
    last: u64,
}

impl Ring {
    pub(crate) fn new(limits: JournalLimits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    /// Takes a request in.
    pub(crate) fn add(&self, arrived: Arrived) -> Arc<Record> {
        let mut record = Record::new(0, arrived);
        let size = record.request_size();
        let mut kept = self.kept();
        kept.last += 1;
        record.seq = kept.last;
        let record = Arc::new(record);
        kept.bytes += size;
        kept.records.push_back((Arc::clone(&record), size));
        self.trim(kept);
        record
    }

    /// The reply is over.
    pub(crate) fn finish(&self, record: &Record, at_ms: f64, aborted: bool) {
        let size = record.finished(at_ms, aborted, self.limits.reply_bytes);
        let mut kept = self.kept();
        // Numbers rise by one from front to back, so the place follows from the number.
        let first = kept.records.front().map_or(u64::MAX, |(record, _)| record.seq);
        let place = record.seq.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some((_, counted)) = place.and_then(|place| kept.records.get_mut(place)) {
            *counted += size;
            kept.bytes += size;
        }
        self.trim(kept);
    }

    /// Drops what exceeds the limits, after the lock is given back: old records are far from any cache.
    fn trim(&self, mut kept: MutexGuard<'_, Kept>) {
        let mut dropped = Vec::new();
        while kept.records.len() > self.limits.entries || kept.bytes > self.limits.bytes {
            let Some((record, size)) = kept.records.pop_front() else { break };
            kept.bytes -= size;
            dropped.push(record);
        }
        drop(kept);
        drop(dropped);
    }

    /// What came in, oldest first; with a marker, only requests whose body contains it.
    pub(crate) fn entries(&self, marker: Option<&str>) -> Vec<Entry> {
        let mut followed = Followed::default();
        self.follow(&mut followed, marker);
        followed.entries()
    }

    /// Adds what came in since the last time, and drops what the journal dropped. Only what is new is searched: those who
    /// follow a long journal ask often.
    pub(crate) fn follow(&self, followed: &mut Followed, marker: Option<&str>) {
        let kept = self.kept();
        let first = kept.records.front().map_or(u64::MAX, |(record, _)| record.seq);
        // Numbers rise by one from front to back.
        let known = usize::try_from((followed.last + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        let new: Vec<_> = kept.records.iter().skip(known).map(|(record, _)| Arc::clone(record)).collect();
        followed.last = kept.last;
        drop(kept);
        followed.records.retain(|record| record.seq >= first);
        followed
            .records
            .extend(new.into_iter().filter(|record| marker.is_none_or(|marker| record.contains(marker))));
    }

    /// What was meant for nobody here, by what was asked for and the reason, and how often.
    pub(crate) fn refused(&self) -> BTreeMap<(String, String), usize> {
        let mut refused = BTreeMap::new();
        for (asked, reason) in self.kept().records.iter().filter_map(|(record, _)| record.refused()) {
            *refused.entry((asked.to_owned(), reason.to_owned())).or_default() += 1;
        }
        refused
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.records.clear();
        kept.bytes = 0;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What somebody who follows the journal has seen of it.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    last: u64,
    records: Vec<Arc<Record>>,
}

impl Followed {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.records.iter().map(|record| record.entry()).collect()
    }

    /// Whether there are any, and none is under way.
    pub(crate) fn is_over(&self) -> bool {
        !self.records.is_empty() && self.records.iter().all(|record| record.is_over())
    }

    /// Differs whenever the entries do.
    pub(crate) fn progress(&self) -> (Option<u64>, usize, usize) {
        let first = self.records.first().map(|record| record.seq);
        (first, self.records.len(), self.records.iter().map(|record| record.progress()).sum())
    }
}
