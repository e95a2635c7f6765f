//! What the gateway keeps for clients that come back to it: bounded in number, bytes and time.
//!
//! ```text
//! Responses ─▶ a Shelf in memory, or Redis, for all gateways at once     Files ─▶ a Shelf of files, and one of batches
//! Runs ─▶ what is made in the background by this process
//! ```
//!
//! Every core has the same store. What is kept belongs to a [`Scope`]: one client of one route. Nobody else finds it, by whatever id.

mod files;
#[cfg_attr(not(feature = "redis"), path = "alone.rs")]
mod redis;
mod responses;
mod runs;
mod scope;
mod shelf;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::{Instant, sleep};

pub(crate) use files::{File, Files};
pub(crate) use responses::{Broken, Kept, Lost, Responses};
pub(crate) use runs::{Begun, Run, Runs};
pub(crate) use scope::Scope;

use crate::config::{self, Route};
use crate::limits::Limits;
use redis::Server;
use responses::Near;

/// All that is kept.
pub(crate) struct Store {
    pub(crate) files: Files,
    pub(crate) runs: Arc<Runs>,
    near: Arc<Near>,
    /// Those that some route goes to.
    servers: Mutex<Vec<Weak<Server>>>,
    limits: Limits,
}

impl Store {
    /// An empty one.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            files: Files::new(limits),
            runs: Arc::new(Runs::new(limits)),
            near: Arc::new(Near::new(limits)),
            servers: Mutex::default(),
            limits: limits.clone(),
        }
    }

    /// Where the responses of a route are kept.
    pub(crate) fn responses(&self, route: &Route, tls: &ClientConfig) -> Responses {
        let is_far = route.plugin.extensions.store == config::Store::Redis;
        let vectordb = route.plugin.vectordb.as_ref().filter(|_| is_far);
        let server = vectordb.and_then(|vectordb| {
            let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
            servers.retain(|server| server.strong_count() > 0);
            let known = servers.iter().filter_map(Weak::upgrade).find(|server| server.is_at(&vectordb.redis));
            if known.is_some() {
                return known;
            }
            match Server::new(&vectordb.redis, tls, &self.limits) {
                Ok(server) => {
                    let server = Arc::new(server);
                    servers.push(Arc::downgrade(&server));
                    Some(server)
                }
                Err(why) => {
                    tracing::warn!(route = route.name, %why, "responses are kept in memory");
                    None
                }
            }
        });
        Responses::new(Arc::clone(&self.near), server)
    }

    /// How many responses lie in memory, and their bytes.
    pub(crate) fn held(&self) -> (usize, usize) {
        self.near.held()
    }

    /// Forgets what is too old, for as long as it is polled: so that memory is given back though nobody comes.
    pub(crate) async fn forget(&self) {
        let age = self.limits.kept_for.min(self.limits.files_age);
        loop {
            sleep((age / 8).max(Duration::from_secs(1))).await;
            let now = Instant::now();
            self.near.sweep(now);
            self.files.sweep(now);
            self.runs.sweep(now);
        }
    }
}
