//! When a target is left alone, and how it comes back.
//!
//! ```text
//!        `max_fails` failures within `fail_timeout`           `fail_timeout` later
//! closed ────────────────────────────────────────▶ open ─────────────────────────▶ half-open
//!   ▲                                               ▲                                │  one call
//!   │                                               └────── it fails ────────────────┤  probes
//!   └────────────────────────────────────────────────────── it is answered ──────────┘
//! ```
//!
//! Failures are counted in total: answers between them change nothing, and only time forgets them. How calls end that began before
//! it opened changes nothing either.
//!
//! <https://developer.konghq.com/ai-gateway/load-balancing/>

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Kong's `max_fails` and `fail_timeout`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// 0: never open.
    pub(super) max_fails: u16,
    pub(super) fail_timeout: Duration,
}

/// The breaker of one target.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// When calls failed, the oldest first; fewer than `max_fails`.
    fails: VecDeque<Instant>,
    open: Option<Open>,
    /// How often it opened.
    pub(super) trips: u64,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    /// A call is on its way to find out.
    probing: bool,
}

/// Whether a target is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Closed,
    /// The next call finds out.
    HalfOpen,
    /// A call is finding out.
    Probing,
    Open {
        until: Instant,
    },
}

impl Breaker {
    pub(super) fn stand(&self, rule: Rule, now: Instant) -> Stand {
        match &self.open {
            Some(open) if rule.max_fails > 0 => match open {
                Open { probing: true, .. } => Stand::Probing,
                Open { until, .. } if *until > now => Stand::Open { until: *until },
                Open { .. } => Stand::HalfOpen,
            },
            _ => Stand::Closed,
        }
    }

    /// A call begins. `true`: it is the one that finds out, and must say what it found, or that it found nothing.
    pub(super) fn begin(&mut self, rule: Rule, now: Instant) -> bool {
        let probes = self.stand(rule, now) == Stand::HalfOpen;
        if let Some(open) = self.open.as_mut().filter(|_| probes) {
            open.probing = true;
        }
        probes
    }

    /// A call failed. `probe`: what [`Breaker::begin`] said of it.
    pub(super) fn failed(&mut self, probe: bool, rule: Rule, now: Instant) {
        match &mut self.open {
            Some(open) if probe => *open = Open { until: now + rule.fail_timeout, probing: false },
            Some(_) if rule.max_fails > 0 => (),
            _ => {
                self.open = None;
                self.count(rule, now);
            }
        }
    }

    /// A call was answered.
    pub(super) fn answered(&mut self, probe: bool) {
        if probe {
            *self = Self { trips: self.trips, ..Self::default() };
        }
    }

    /// The call that was to find out found nothing: its client has left.
    pub(super) fn abandoned(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }

    /// Others have found it out, and leave it alone until then. A call that is finding out here goes on.
    #[cfg(feature = "redis")]
    pub(super) fn open(&mut self, until: Instant, rule: Rule) {
        match &mut self.open {
            _ if rule.max_fails == 0 => (),
            Some(Open { probing: true, .. }) => (),
            Some(open) => open.until = open.until.max(until),
            None => self.open = Some(Open { until, probing: false }),
        }
    }

    /// Failures that are not forgotten yet.
    pub(super) fn fails(&self, rule: Rule, now: Instant) -> usize {
        self.fails.iter().filter(|at| rule.remembers(**at, now)).count()
    }

    fn count(&mut self, rule: Rule, now: Instant) {
        while self.fails.front().is_some_and(|at| !rule.remembers(*at, now)) {
            self.fails.pop_front();
        }
        if rule.max_fails == 0 {
            return;
        }
        self.fails.push_back(now);
        if self.fails.len() >= usize::from(rule.max_fails) {
            self.fails = VecDeque::new();
            self.trips += 1;
            self.open = Some(Open { until: now + rule.fail_timeout, probing: false });
        }
    }
}

impl Rule {
    fn remembers(self, at: Instant, now: Instant) -> bool {
        now.saturating_duration_since(at) < self.fail_timeout
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: Rule = Rule { max_fails: 3, fail_timeout: Duration::from_secs(10) };

    /// Seconds after the start.
    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// A breaker that opened at `start`.
    fn opened(start: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..3).for_each(|_| breaker.failed(false, RULE, start));
        assert_eq!(breaker.stand(RULE, start), Stand::Open { until: at(start, 10) });
        breaker
    }

    #[test]
    fn failures_are_counted_in_total() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        breaker.failed(false, RULE, start);
        breaker.answered(false);
        breaker.failed(false, RULE, at(start, 5));
        breaker.answered(false);
        assert_eq!(
            (breaker.fails(RULE, at(start, 9)), breaker.stand(RULE, at(start, 9))),
            (2, Stand::Closed)
        );
        breaker.failed(false, RULE, at(start, 9));
        assert_eq!(breaker.stand(RULE, at(start, 9)), Stand::Open { until: at(start, 19) });
    }

    #[test]
    fn failures_are_forgotten() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for second in [0, 5, 10, 15, 20, 25] {
            breaker.failed(false, RULE, at(start, second));
            assert_eq!(breaker.stand(RULE, at(start, second)), Stand::Closed, "after {second} s");
        }
        breaker.failed(false, RULE, at(start, 29));
        assert_eq!(breaker.stand(RULE, at(start, 29)), Stand::Open { until: at(start, 39) });
    }

    #[test]
    fn one_call_finds_out_and_closes_it() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert!(!breaker.begin(RULE, at(start, 9)));
        assert_eq!(breaker.stand(RULE, at(start, 10)), Stand::HalfOpen);
        assert!(breaker.begin(RULE, at(start, 10)));
        assert_eq!(breaker.stand(RULE, at(start, 30)), Stand::Probing);
        assert!(!breaker.begin(RULE, at(start, 30)));
        breaker.answered(true);
        assert_eq!(breaker.stand(RULE, at(start, 30)), Stand::Closed);
        assert_eq!(breaker.fails(RULE, at(start, 30)), 0);
    }

    #[test]
    fn a_probe_that_fails_keeps_it_open_for_as_long_again() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert!(breaker.begin(RULE, at(start, 12)));
        breaker.failed(true, RULE, at(start, 14));
        assert_eq!(breaker.stand(RULE, at(start, 23)), Stand::Open { until: at(start, 24) });
        assert_eq!(breaker.stand(RULE, at(start, 24)), Stand::HalfOpen);
    }

    #[test]
    fn a_probe_that_finds_nothing_leaves_it_to_the_next() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert!(breaker.begin(RULE, at(start, 10)));
        breaker.abandoned();
        assert!(breaker.begin(RULE, at(start, 11)));
    }

    #[test]
    fn calls_that_began_before_it_opened_change_nothing() {
        let start = Instant::now();
        let mut breaker = opened(start);
        breaker.answered(false);
        breaker.failed(false, RULE, at(start, 8));
        assert_eq!(breaker.stand(RULE, at(start, 8)), Stand::Open { until: at(start, 10) });
    }

    #[test]
    fn without_a_number_it_never_opens() {
        let off = Rule { max_fails: 0, ..RULE };
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        (0..100_000).for_each(|_| breaker.failed(false, off, start));
        assert_eq!(breaker.stand(off, start), Stand::Closed);
        // Nor does one that opened under an earlier rule stay out.
        assert_eq!(opened(start).stand(off, start), Stand::Closed);
    }

    proptest! {
        /// Whatever happens: at most one call at a time finds out, and no call begins while it is open.
        #[test]
        fn exactly_one_call_finds_out(steps in prop::collection::vec((0..4_000_u64, 0..4_u8), 1..400)) {
            let (mut breaker, start) = (Breaker::default(), Instant::now());
            let (mut time, mut probe, mut others) = (0, false, 0_u32);
            for (pause, what) in steps {
                time += pause;
                let now = start + Duration::from_millis(time);
                let stand = breaker.stand(RULE, now);
                prop_assert_eq!(stand == Stand::Probing, probe);
                match what {
                    0 if matches!(stand, Stand::Closed | Stand::HalfOpen) => {
                        let probes = breaker.begin(RULE, now);
                        prop_assert_eq!(probes, stand == Stand::HalfOpen);
                        prop_assert!(!(probes && probe));
                        if probes { probe = true } else { others += 1 }
                    }
                    1 if probe => { breaker.failed(true, RULE, now); probe = false }
                    2 if probe => { breaker.answered(true); probe = false }
                    3 if probe => { breaker.abandoned(); probe = false }
                    1 if others > 0 => { breaker.failed(false, RULE, now); others -= 1 }
                    2 if others > 0 => { breaker.answered(false); others -= 1 }
                    _ => (),
                }
            }
        }
    }
}
