//! How many calls may be tried again, so that an outage is not made worse by those who ask again.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Tries that each call adds: one call in five may be tried once more.
const EACH: f64 = 0.2;
/// Tries that are there in any case, and come back in a second.
const LEAST: f64 = 10.0;
/// Tries that are saved up at most.
const MOST: f64 = 100.0;

/// What is left of it.
#[derive(Default)]
pub(crate) struct Budget {
    state: Mutex<Option<State>>,
}

struct State {
    left: f64,
    at: Instant,
}

impl Budget {
    /// A call came.
    pub(crate) fn call(&self, now: Instant) {
        self.with(now, |left| *left += EACH);
    }

    /// Whether a call may be tried again; it is then counted.
    pub(crate) fn retry(&self, now: Instant) -> bool {
        self.with(now, |left| {
            let may = *left >= 1.0;
            if may {
                *left -= 1.0;
            }
            may
        })
    }

    fn with<T>(&self, now: Instant, act: impl FnOnce(&mut f64) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = state.get_or_insert(State { left: LEAST, at: now });
        state.left += LEAST * now.saturating_duration_since(state.at).as_secs_f64();
        state.at = now;
        state.left = state.left.min(MOST);
        act(&mut state.left)
    }
}
