//! A reply byte for byte, at its times.

use std::borrow::Cow;
use std::time::Duration;

use super::{End, Plan, Write};
use crate::script::Raw;

/// The writes of a raw reply. Each piece counts as an event, so that the journal tells when it went out.
pub(crate) fn raw(raw: &Raw) -> Plan {
    let (mut pauses, mut writes) = (Vec::new(), Vec::new());
    for (after_ms, bytes) in raw.writes() {
        pauses.push(Duration::from_millis(after_ms));
        writes.push(Write { bytes, events: usize::from(!raw.pieces.is_empty()) });
    }
    let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
    let announced =
        raw.headers.iter().find(|(name, _)| is_length(name)).and_then(|(_, value)| value.parse().ok());
    let counted = raw.pieces.is_empty().then(|| writes.iter().map(|write| write.bytes.len()).sum());
    let headers = raw.headers.iter().filter(|(name, _)| !is_length(name));
    Plan {
        status: raw.status,
        headers: headers
            .map(|(name, value)| (Cow::Owned(name.to_ascii_lowercase()), Cow::Owned(value.clone())))
            .collect(),
        length: announced.or(counted),
        latency: Duration::from_millis(raw.latency_ms),
        events: raw.pieces.iter().map(|_| Cow::Borrowed("")).collect(),
        end: raw.cut.map_or(End::Whole, End::Cut),
        pauses,
        writes,
        ..Plan::default()
    }
}
