//! Whose trace a call belongs to: what the client says of it, and what its upstreams are told.
//!
//! <https://www.w3.org/TR/trace-context/>

use std::sync::{Mutex, PoisonError};

use http::HeaderMap;

use crate::config::{OpenTelemetry, SamplingStrategy};

/// A call as a part of a trace.
pub(crate) struct Trace {
    pub(super) id: u128,
    /// The call's own span.
    pub(super) span: u64,
    /// The client's.
    pub(super) parent: Option<u64>,
    /// What else the client says of the trace.
    pub(super) state: Option<String>,
    /// Whether anything is told of it.
    pub(super) is_sampled: bool,
    is_injected: bool,
    /// The span of each try, the last one being on its way.
    tries: Mutex<Vec<u64>>,
}

/// What `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parent {
    id: u128,
    span: u64,
    is_sampled: bool,
}

impl Trace {
    pub(super) fn begin(settings: &OpenTelemetry, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let parent = Some(settings.propagation.extract).filter(|extract| *extract);
        let parent = parent.and_then(|_| Parent::read(text("traceparent")?));
        let id = parent.map_or_else(|| fastrand::u128(1..), |parent| parent.id);
        Self {
            id,
            span: fastrand::u64(1..),
            parent: parent.map(|parent| parent.span),
            state: parent.and_then(|_| text("tracestate").map(str::to_owned)),
            is_sampled: settings.traces.is_some() && samples(settings, id, parent),
            is_injected: settings.propagation.inject && settings.traces.is_some(),
            tries: Mutex::default(),
        }
    }

    /// Another target is asked.
    pub(super) fn next_try(&self) {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).push(fastrand::u64(1..));
    }

    pub(super) fn tries(&self) -> Vec<u64> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The `traceparent` of the try that is on its way; `None`: what the client said stands.
    pub(crate) fn parent_of_upstream(&self) -> Option<String> {
        let span = self.tries().last().copied().unwrap_or(self.span);
        self.is_injected.then(|| format!("00-{:032x}-{span:016x}-{:02x}", self.id, u8::from(self.is_sampled)))
    }

    /// The trace's name as it is shown.
    pub(super) fn name(&self) -> String {
        format!("{:032x}", self.id)
    }
}

/// Kong's `sampling_strategy` and `sampling_rate`; what is not set takes all.
fn samples(settings: &OpenTelemetry, id: u128, parent: Option<Parent>) -> bool {
    let rate = settings.sampling.unwrap_or(1.0);
    // By the trace's name, so that all who see the trace and have the same rate decide the same.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "chance to 53 bits")]
    let chance = || ((id as u64) >> 11) as f64 / (1_u64 << 53) as f64;
    match (settings.strategy, parent) {
        (_, Some(Parent { is_sampled: false, .. })) => false,
        (SamplingStrategy::Parent, Some(_)) => true,
        _ => chance() < rate,
    }
}

impl Parent {
    /// Reads version 00, and of later ones what they have in common with it.
    fn read(text: &str) -> Option<Self> {
        let hex = |part: &str, digits: usize| {
            let legal = part.len() == digits
                && part.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit));
            legal.then(|| u128::from_str_radix(part, 16).ok()).flatten()
        };
        let mut parts = text.trim().split('-');
        let mut next = |digits| hex(parts.next()?, digits);
        let (version, id, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        let more = parts.next().is_some();
        let legal = version != 0xff && id != 0 && span != 0 && !(version == 0 && more);
        let span = u64::try_from(span).ok()?;
        legal.then_some(Self { id, span, is_sampled: flags & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the recommendation's own text, and what it forbids.
    #[test]
    fn a_parent_is_read_as_the_recommendation_says() {
        let id = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
        let read = |is_sampled| Some(Parent { id, span: 0x00f0_67aa_0ba9_02b7, is_sampled });
        let parent = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        for (text, expected) in [
            (format!("00-{parent}-01"), read(true)),
            (format!("00-{parent}-00"), read(false)),
            (format!("00-{parent}-03"), read(true)),
            (format!("cc-{parent}-01-what-the-future-brings"), read(true)),
            (format!("00-{parent}-01-more"), None),
            (format!("ff-{parent}-01"), None),
            (format!("00-{}-01", parent.to_uppercase()), None),
            (format!("00-{parent}"), None),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None),
            (format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)), None),
            (String::new(), None),
            ("00-é-é-é".to_owned(), None),
        ] {
            assert_eq!(Parent::read(&text), expected, "{text}");
        }
    }
}
