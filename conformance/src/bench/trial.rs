//! What is measured: one kind of call, under one kind of load.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::options::Options;
use super::question::Kind;

/// One kind of call under one kind of load; every gateway is measured at it in turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// `<provider>/<kind>/<load>`: `openai/whole/c16`.
    pub id: String,
    /// Whose dialect is spoken upstream.
    pub provider: String,
    /// What is asked.
    pub kind: Kind,
    /// How.
    pub load: Load,
}

/// How calls follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "loop")]
pub enum Load {
    /// So many at once: each reply is followed by the next call.
    Closed {
        /// Calls under way.
        concurrency: usize,
    },
    /// So many a second, whether replies come or not.
    Open {
        /// Calls a second.
        rate: f64,
        /// Calls under way at most.
        connections: usize,
    },
}

/// Under open-loop load. What finds no free one waits, and its latency counts from when it was due.
const CONNECTIONS: usize = 128;

impl Trial {
    fn new(provider: &str, kind: Kind, load: Load) -> Self {
        Self {
            id: format!("{provider}/{}/{}", kind.name(), load.name()),
            provider: provider.to_owned(),
            kind,
            load,
        }
    }

    /// All that the options ask for.
    pub(super) fn all(options: &Options) -> Vec<Self> {
        let closed = |concurrency: &usize| Load::Closed { concurrency: *concurrency };
        let open = |rate: &f64| Load::Open { rate: *rate, connections: CONNECTIONS };
        let mut trials = Vec::new();
        for provider in &options.providers {
            let mut add = |kind, load| trials.push(Self::new(provider, kind, load));
            options.concurrency.iter().for_each(|concurrency| add(Kind::Whole, closed(concurrency)));
            options.rates.iter().for_each(|rate| add(Kind::Whole, open(rate)));
            options.concurrency.iter().for_each(|concurrency| add(Kind::Stream, closed(concurrency)));
            let most = options.concurrency.iter().max();
            most.into_iter().for_each(|concurrency| add(Kind::Paced, closed(concurrency)));
        }
        trials
    }
}

impl Load {
    fn name(self) -> String {
        match self {
            Self::Closed { concurrency } => format!("c{concurrency}"),
            Self::Open { rate, .. } => format!("r{rate}"),
        }
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, kind, load, .. } = self;
        match load {
            Load::Closed { concurrency } => write!(f, "openai → {provider}, {kind}, {concurrency} at once"),
            Load::Open { rate, .. } => write!(f, "openai → {provider}, {kind}, {rate} a second"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Profile;

    #[test]
    fn each_load_is_put_on_each_kind_of_call() {
        let options = Options::new(Profile::load("touchstone").unwrap());
        let ids: Vec<String> = Trial::all(&options).into_iter().map(|trial| trial.id).collect();
        let of = |provider: &str| {
            [
                "whole/c1",
                "whole/c16",
                "whole/c64",
                "whole/r100",
                "whole/r1000",
                "stream/c1",
                "stream/c16",
                "stream/c64",
                "paced/c64",
            ]
            .map(|rest| format!("{provider}/{rest}"))
        };
        assert_eq!(ids, [of("openai"), of("anthropic")].concat());
    }
}
