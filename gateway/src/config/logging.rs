//! Kong's `logging`: what of a call is written to the log.

/// Both are off unless a file says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// Token counts and timings.
    pub log_statistics: bool,
    /// Whole bodies, both ways.
    pub log_payloads: bool,
}
