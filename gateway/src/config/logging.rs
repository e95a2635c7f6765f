//! Kong's `logging`: what of a call is written to the log.

use super::record::Record;

/// Both are off unless a file says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// Token counts and timings.
    pub log_statistics: bool,
    /// Whole bodies, both ways.
    pub log_payloads: bool,
}

impl Logging {
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        Self {
            log_statistics: record.boolean("log_statistics").unwrap_or(false),
            log_payloads: record.boolean("log_payloads").unwrap_or(false),
        }
    }
}
