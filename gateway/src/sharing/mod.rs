//! Several gateways that share what they know of their targets: what calls took, how long, and who is to be left alone.
//!
//! A plugin shares where its tag `touchstone-share:redis` says so, through its own `vectordb.redis`. No call waits for it: one task of
//! each process tells what is new and learns what others told, again and again ([`Limits::share`](crate::Limits::share)). While Redis
//! is gone each process goes on with what it knows, and tells the rest when Redis is back; so it does when Redis has forgotten all.
//!
//! It takes the feature `redis`.

#[cfg_attr(not(feature = "redis"), path = "alone.rs")]
mod circle;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rustls::ClientConfig;

use crate::balancer::Balancer;
use crate::config::{Redis, Route};
use circle::Circle;

/// What one process shares.
#[derive(Default)]
pub(crate) struct Sharing {
    /// One for each server.
    circles: Vec<Circle>,
}

impl Sharing {
    /// Shares what a route's balancer knows, if its file wants that.
    pub(crate) fn add(&mut self, route: &Route, balancer: &Arc<Balancer>, tls: &ClientConfig) {
        let vectordb = route.plugin.vectordb.as_ref().filter(|_| route.plugin.extensions.share);
        let Some(vectordb) = vectordb else { return };
        match self.circle(&vectordb.redis, tls) {
            Ok(circle) => circle.add(route, balancer),
            Err(why) => tracing::warn!(route = route.name, %why, "nothing is shared with other gateways"),
        }
    }

    fn circle(&mut self, redis: &Redis, tls: &ClientConfig) -> io::Result<&mut Circle> {
        let known = self.circles.iter().position(|circle| circle.meets_at(redis));
        let place = known.unwrap_or(self.circles.len());
        if known.is_none() {
            self.circles.push(Circle::new(redis, tls)?);
        }
        Ok(&mut self.circles[place])
    }

    /// Whether others cannot be asked now; `None`: the route shares nothing.
    pub(crate) fn is_lost(&self, route: &Route) -> Option<bool> {
        self.circles.iter().find_map(|circle| circle.is_lost(route))
    }

    /// Tells nothing more: others have taken over the balancers.
    pub(crate) fn stop(&self) {
        self.circles.iter().for_each(Circle::stop);
    }

    /// Tells and learns, every so often, for as long as it is polled. One of several callers does it.
    pub(crate) async fn run(&self, every: Duration) {
        join_all(self.circles.iter().map(|circle| circle.run(every))).await;
    }
}
