//! Requests within a request: what a line of a batch asks is asked of the same mock, as if it had come alone.

use std::fmt;

use serde_json::Value;

use crate::exchange;
use crate::provider::{Provider, Whole};
use crate::request::Request;
use crate::script::Progress;
use crate::state::State;
use crate::store::Shelf;

/// The mock itself, for those of its operations that ask it again. Nothing of that is noted in the journal.
#[derive(Clone, Copy)]
pub struct Inner<'a> {
    state: &'a State,
    provider: &'static dyn Provider,
}

impl<'a> Inner<'a> {
    pub(crate) fn new(state: &'a State, provider: &'static dyn Provider) -> Self {
        Self { state, provider }
    }

    /// The answer to this request, by scripts and seed as always. Its key is not asked for: the outer request has shown one.
    /// Faults of the wire need a wire: only what they change of the bytes is seen here.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Whole {
        let plan = exchange::within(self.state, self.provider, request);
        Whole { status: plan.status, body: plan.body().into(), headers: plan.headers }
    }

    /// What another service keeps, such as the objects of a bucket.
    #[must_use]
    pub fn beside(&self, service: &'a str) -> Shelf<'a> {
        self.state.store.shelf(service)
    }

    /// How the work that this request asks for goes on: as a script says, else as [`Progress`] is by itself.
    #[must_use]
    pub fn progress(&self, request: &Request, body: &Value) -> Progress {
        let found = self.state.scripts.find_progress(self.provider.name(), request, body);
        found.and_then(|found| found.reply().progress).unwrap_or_default()
    }
}

impl fmt::Debug for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inner").field(&self.provider.name()).finish()
    }
}
