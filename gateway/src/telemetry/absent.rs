//! What stands in for telemetry in a build without the feature `otlp`: there is never any, and no file asks for it.

use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use crate::config::Plugins;
use crate::statistics::{Facts, Sinks};

pub(crate) fn dropped() -> u64 {
    0
}

pub(crate) struct Telemetry;

pub(crate) struct Exporter(Infallible);

pub(crate) struct Trace(Infallible);

pub(crate) struct Traced(Infallible);

impl Telemetry {
    pub(crate) fn new(_: &Arc<Sinks>) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as its namesake has it")]
    pub(crate) fn of(&self, _: &Plugins) -> Option<Arc<Exporter>> {
        None
    }
}

impl Trace {
    pub(crate) fn parent_of_upstream(&self) -> Option<String> {
        match self.0 {}
    }
}

impl Traced {
    pub(crate) fn begin(exporter: &Arc<Exporter>, _: &HeaderMap) -> Self {
        match exporter.0 {}
    }

    pub(crate) fn trace(&self) -> &Arc<Trace> {
        match self.0 {}
    }

    pub(crate) fn next_try(&self) {
        match self.0 {}
    }

    pub(crate) fn ask(&mut self, _: &[u8]) {
        match self.0 {}
    }

    pub(crate) fn give(&mut self, _: &[u8]) {
        match self.0 {}
    }

    pub(crate) fn answer(&self) -> Option<(HeaderName, String)> {
        match self.0 {}
    }

    pub(crate) fn tell(&self, _: &Facts<'_>) {
        match self.0 {}
    }
}
