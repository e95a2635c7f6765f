//! How the configuration that is served came here, and what was refused since.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What is known of it.
pub(crate) struct Life(Mutex<State>);

struct State {
    generation: u64,
    refused: Option<Refused>,
}

/// A newer file that is not served.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) at: SystemTime,
    /// Its mistakes, a line for each.
    pub(crate) errors: Vec<String>,
}

impl Default for Life {
    fn default() -> Self {
        Self(Mutex::new(State { generation: 1, refused: None }))
    }
}

impl Life {
    /// How many configurations were served, this one included.
    pub(crate) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// What a newer file was refused for.
    pub(crate) fn refusal(&self) -> Option<Refused> {
        self.state().refused.clone()
    }

    /// Another configuration is served.
    pub(crate) fn loaded(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.refused = None;
    }

    /// The file says again what is served.
    pub(crate) fn settled(&self) {
        self.state().refused = None;
    }

    /// A newer one is not served, for these mistakes.
    pub(crate) fn refuse(&self, errors: Vec<String>) {
        self.state().refused = Some(Refused { at: SystemTime::now(), errors });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
