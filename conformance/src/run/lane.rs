//! Which plays are under way beside one another, and which begin first.

use crate::scenario::Scenario;

/// Plays that have slots of their own, so that who waits takes none from who works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Keeps the machine so busy that others of its kind must wait for it: what is judged is the gateway, not the machine.
    Heavy,
    /// Waits, and does little else.
    Waiting,
    /// All others.
    Busy,
    /// Judged by when things come: nothing else keeps the gateway or the machine busy meanwhile.
    Timed,
    /// Nothing can be played afterwards.
    Last,
}

impl Lane {
    /// Those that are under way at the same time.
    pub(super) const BESIDE: [Self; 3] = [Self::Heavy, Self::Waiting, Self::Busy];

    /// How many plays of it are under way at once.
    pub(super) fn width(self, jobs: usize) -> usize {
        match self {
            Self::Heavy | Self::Last => 1,
            // Many may wait beside one another; a gateway that says how much it can take is not asked without a bound.
            Self::Waiting | Self::Timed => jobs * 4,
            Self::Busy => jobs,
        }
    }

    pub(super) fn of(scenario: &Scenario) -> Self {
        let client = scenario.client;
        if client.terminate_after.is_some() {
            Self::Last
        } else if client.parallel.is_some_and(|calls| calls > 10) || client.pause.is_some() {
            Self::Heavy
        } else if scenario.judges.iter().any(|id| id.ends_with(".stream.timely")) {
            Self::Timed
        } else if waits_ms(scenario) >= LONG_MS {
            Self::Waiting
        } else {
            Self::Busy
        }
    }
}

/// How long a play takes, roughly, to tell which of a lane begin first: what waits long, then what is large. Large requests come last,
/// for every search of the journal goes through them.
pub(super) fn weight(scenario: &Scenario) -> u64 {
    if scenario.pad > 0 {
        return 0;
    }
    let size = scenario.fill.map_or(0, |fill| fill.pieces) + scenario.client.parallel.unwrap_or(0);
    1 + waits_ms(scenario) * 10 + u64::try_from(size).unwrap_or(0)
}

/// How long it waits, roughly, in milliseconds: for a provider that takes its time, and by its client's own will.
fn waits_ms(scenario: &Scenario) -> u64 {
    let replies = scenario.replies.iter().chain(scenario.at.values().flatten());
    let provider = replies.filter_map(|reply| reply.fault.as_ref()).map(|fault| {
        let silent = if fault.stall.is_some() { SILENT_MS } else { 0 };
        silent + fault.latency_ms.unwrap_or(0) + fault.between_ms.unwrap_or(0) * EVENTS
    });
    let client = scenario.before.iter().filter_map(|step| step.wait_ms);
    provider.chain(client).chain(scenario.client.pause.map(|_| SILENT_MS)).sum()
}

/// Who waits as long has time to spare.
const LONG_MS: u64 = 300;
/// As long as gateways wait for a silent provider, roughly.
const SILENT_MS: u64 = 3_000;
/// So many events has a reply whose pace is told, roughly.
const EVENTS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn found(id: &str) -> &'static Scenario {
        scenario::find(id).unwrap()
    }

    #[test]
    fn who_waits_takes_no_slot_of_who_works() {
        for (id, lane) in [
            ("chat.clients.slow", Lane::Heavy),
            ("chat.clients.parallel", Lane::Heavy),
            ("chat.faults.silent", Lane::Waiting),
            ("chat.failover.timeout", Lane::Waiting),
            ("chat.breaker.probe", Lane::Waiting),
            ("chat.stream.paced", Lane::Timed),
            ("chat.text.plain", Lane::Busy),
            ("chat.text.long-request", Lane::Busy),
            ("chat.lifecycle.terminated", Lane::Last),
        ] {
            assert_eq!(Lane::of(found(id)), lane, "{id}");
        }
    }

    #[test]
    fn the_longest_begin_first() {
        let order =
            ["chat.clients.slow", "chat.clients.parallel", "chat.text.plain", "chat.text.long-request"];
        assert!(order.map(|id| weight(found(id))).is_sorted_by(|first, then| first > then));
    }
}
