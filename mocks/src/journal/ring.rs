//! The last exchanges, bounded in number and bytes.

use std::collections::VecDeque;
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

    pub(crate) fn limits(&self) -> JournalLimits {
        self.limits
    }

    /// Takes a request in.
    pub(crate) fn add(&self, arrived: Arrived) -> Arc<Record> {
        let mut kept = self.kept();
        kept.last += 1;
        let record = Arc::new(Record::new(kept.last, arrived));
        let size = record.request_size();
        kept.bytes += size;
        kept.records.push_back((Arc::clone(&record), size));
        kept.trim(self.limits);
        record
    }

    /// Counts the bytes of a reply that is complete.
    pub(crate) fn settle(&self, record: &Record) {
        let size = record.reply_size();
        let mut kept = self.kept();
        // Numbers rise by one from front to back, so the place follows from the number.
        let first = kept.records.front().map_or(u64::MAX, |(record, _)| record.seq);
        let place = record.seq.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some((_, counted)) = place.and_then(|place| kept.records.get_mut(place)) {
            *counted += size;
            kept.bytes += size;
        }
        kept.trim(self.limits);
    }

    /// What came in, oldest first; with a marker, only requests whose body contains it.
    pub(crate) fn entries(&self, marker: Option<&str>) -> Vec<Entry> {
        let records: Vec<_> = self.kept().records.iter().map(|(record, _)| Arc::clone(record)).collect();
        let wanted = records.iter().filter(|record| marker.is_none_or(|marker| record.contains(marker)));
        wanted.map(|record| record.entry()).collect()
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

impl Kept {
    fn trim(&mut self, limits: JournalLimits) {
        while self.records.len() > limits.entries || self.bytes > limits.bytes {
            let Some((_, size)) = self.records.pop_front() else { return };
            self.bytes -= size;
        }
    }
}
