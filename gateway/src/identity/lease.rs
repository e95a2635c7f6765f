//! A credential that is held, and when it is time for another: a state machine without clock or chance of its own.
//!
//! ```text
//!            issued            renew             good until    expires
//!  ──wanted────▶│────────────────▶│·····················│··········│
//!               used, and then asked for again          nobody gets it any more
//! ```
//!
//! A credential is renewed ahead of time if anybody used it; one that is not used is let go, and the next who wants one
//! waits. Who fails waits longer each time, and so does everybody whose call would need it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Credential, Failure, Issued};

/// How long before its end a credential is renewed, unless a quarter of its time is less. Google's and AWS's metadata servers
/// give out new ones from five minutes before; Google's clients ask at this moment.
/// <https://github.com/googleapis/google-auth-library-python/blob/main/google/auth/_helpers.py>
const AHEAD: Duration = Duration::from_secs(225);
/// How long before its end it is given to nobody, unless a tenth of its time is less: it must still be good when it arrives.
const SPARE: Duration = Duration::from_secs(10);
/// How long one is held of which nobody says how long it is good: keys in files are changed as well.
const UNSAID: Duration = Duration::from_secs(15 * 60);
/// However long one is said to be good, it is not believed to be so for longer.
const MOST: Duration = Duration::from_secs(30 * 24 * 3600);
/// Between two requests at least, however short what is issued is good.
const PAUSE: Duration = Duration::from_secs(1);
/// After a failure, at most.
const LONGEST: Duration = Duration::from_secs(60);
/// How old one that was issued because another was refused must be before it is believed to be refused for its own sake: who
/// is not allowed what it asks for is refused with any.
const TRUST: Duration = Duration::from_secs(60);

/// What is known of a credential.
#[derive(Debug)]
pub(super) struct Lease {
    held: Option<Held>,
    /// Counts what was issued and what was dropped: while it stays, so does what is held.
    number: u64,
    /// One that was refused has to be replaced.
    refused: bool,
    /// Somebody is there who needs one.
    wanted: bool,
    asking: bool,
    failures: u32,
    failure: Option<Failure>,
    /// Nobody is asked before.
    next: Instant,
}

#[derive(Debug)]
struct Held {
    credential: Arc<Credential>,
    issued: Instant,
    /// When it is renewed if it is used.
    renew: Instant,
    good_until: Option<Instant>,
    used: bool,
    because_refused: bool,
}

/// A credential, as somebody gets it.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    pub(crate) credential: Arc<Credential>,
    pub(super) number: u64,
    pub(super) good_until: Option<Instant>,
}

/// What somebody gets who needs one.
#[derive(Debug)]
pub(super) enum Look {
    Good(Lent),
    /// One is asked for.
    Wait,
    Failed(Failure),
}

impl Lease {
    /// The first is asked for at once.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            held: None,
            number: 0,
            refused: false,
            wanted: true,
            asking: false,
            failures: 0,
            failure: None,
            next: now,
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Somebody needs one.
    pub(super) fn look(&mut self, now: Instant) -> Look {
        let number = self.number;
        if let Some(held) = self.held.as_mut().filter(|held| held.good_until.is_none_or(|end| now < end)) {
            held.used = true;
            let credential = Arc::clone(&held.credential);
            return Look::Good(Lent { credential, number, good_until: held.good_until });
        }
        self.wanted = true;
        match &self.failure {
            Some(failure) if !self.asking && now < self.next => Look::Failed(failure.clone()),
            _ => Look::Wait,
        }
    }

    /// When to ask; `None`: when somebody needs one.
    pub(super) fn due(&self) -> Option<Instant> {
        let at = match &self.held {
            _ if self.wanted => self.next,
            Some(held) if held.used => held.renew.max(self.next),
            _ => return None,
        };
        Some(at).filter(|_| !self.asking)
    }

    /// Notes that one is asked for, if it is time.
    pub(super) fn begin(&mut self, now: Instant) -> bool {
        let is_due = self.due().is_some_and(|at| at <= now);
        self.asking |= is_due;
        is_due
    }

    /// Notes what came of it. `draw`: from 0 to 1, so that not all gateways ask again at once.
    pub(super) fn settle(&mut self, result: Result<Issued, Failure>, now: Instant, draw: f64) {
        self.asking = false;
        match result {
            Ok(issued) => {
                self.held = Some(Held::new(issued, now, std::mem::take(&mut self.refused)));
                self.number += 1;
                (self.wanted, self.failures, self.failure) = (false, 0, None);
                self.next = now + PAUSE;
            }
            Err(failure) => {
                self.failures = self.failures.saturating_add(1);
                let wait = PAUSE.saturating_mul(1 << (self.failures - 1).min(10)).min(LONGEST);
                self.next = now + wait.mul_f64(0.5 + draw.clamp(0.0, 1.0) / 2.0);
                self.failure = Some(failure);
                // Who waits is told, and whoever comes until then; it is asked again once more of them have come.
                self.wanted = false;
                self.held.take_if(|held| held.good_until.is_some_and(|end| end <= now));
            }
        }
    }

    /// The upstream took the one of this number for nobody's. `true`: another one is there, or will be.
    pub(super) fn refuse(&mut self, number: u64, now: Instant) -> bool {
        if number != self.number {
            return true;
        }
        let Some(held) = &self.held else { return true };
        if held.because_refused && now < held.issued + TRUST {
            return false;
        }
        self.held = None;
        self.number += 1;
        (self.refused, self.wanted, self.next) = (true, true, now);
        true
    }
}

impl Held {
    fn new(issued: Issued, now: Instant, because_refused: bool) -> Self {
        let Issued { credential, lasts, .. } = issued;
        let lasts = lasts.map(|lasts| lasts.min(MOST));
        let before_end = |most: Duration, part: u32| {
            let lasts = lasts.unwrap_or(UNSAID);
            now + (lasts - (lasts / part).min(most))
        };
        Self {
            credential: Arc::new(credential),
            issued: now,
            renew: if lasts.is_some() { before_end(AHEAD, 4) } else { now + UNSAID },
            good_until: lasts.map(|_| before_end(SPARE, 10)),
            used: false,
            because_refused,
        }
    }
}

#[cfg(test)]
mod tests;
