//! What an operator sees: `/metrics` for Prometheus, `/status` for people, `/status.json` for programs, `/status/live` and
//! `/status/ready` for load balancers.
//!
//! As with Kong's `status_listen` they stand on an address of their own, so that nobody on the way to a model gets to see them; an
//! operator who names the clients' address for it wants them there. Nothing here is a secret of the file's, but names of routes and
//! models are told. <https://developer.konghq.com/gateway/configuration/#status-listen>

mod answer;
mod gauges;
mod page;
mod server;
mod shared;
mod view;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub(crate) use answer::Answer;
pub(crate) use server::Post;
use view::View;

use crate::commons::Commons;
use crate::config::Config;

/// Where an operator looks from.
pub(crate) struct Station {
    started: SystemTime,
    /// Where clients connect, and how many may.
    connections: Arc<Semaphore>,
    most_connections: usize,
    draining: CancellationToken,
    threads: usize,
    loaded: Mutex<Loaded>,
}

/// What is in force.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) config: Arc<Config>,
    pub(crate) commons: Arc<Commons>,
    /// Where it was read.
    pub(crate) file: Option<PathBuf>,
    pub(crate) at: SystemTime,
}

impl Loaded {
    /// Read just now, from nowhere that is known.
    pub(crate) fn new(config: &Arc<Config>, commons: &Arc<Commons>) -> Self {
        let (config, commons) = (Arc::clone(config), Arc::clone(commons));
        Self { config, commons, file: None, at: SystemTime::now() }
    }
}

impl Station {
    pub(crate) fn new(
        loaded: Loaded,
        connections: &Arc<Semaphore>,
        draining: CancellationToken,
        threads: usize,
    ) -> Self {
        Self {
            started: SystemTime::now(),
            connections: Arc::clone(connections),
            most_connections: connections.available_permits(),
            draining,
            threads,
            loaded: Mutex::new(loaded),
        }
    }

    /// Another configuration is in force.
    pub(crate) fn load(&self, loaded: Loaded) {
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    pub(crate) fn loaded(&self) -> Loaded {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn connections(&self) -> usize {
        self.most_connections.saturating_sub(self.connections.available_permits())
    }
}
