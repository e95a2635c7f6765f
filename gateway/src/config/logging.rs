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
        record.says(&[
            ("log_statistics", "Whether tokens, costs and times are told."),
            ("log_payloads", "Whether bodies are told, both ways."),
        ]);
        Self {
            log_statistics: record.boolean_or("log_statistics", false),
            log_payloads: record.boolean_or("log_payloads", false),
        }
    }
}
