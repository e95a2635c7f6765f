//! What there is without the feature `redis`: nobody to share with.

use std::future::Ready;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::balancer::Balancer;
use crate::config::{Redis, Route};

/// There is none.
pub(super) enum Circle {}

impl Circle {
    pub(super) fn new(_: &Redis, _: &ClientConfig) -> io::Result<Self> {
        Err(io::Error::other("this build has not got the feature redis"))
    }

    pub(super) fn meets_at(&self, _: &Redis) -> bool {
        match *self {}
    }

    pub(super) fn add(&mut self, _: &Route, _: &Arc<Balancer>) {
        match *self {}
    }

    pub(super) fn is_lost(&self, _: &Route) -> Option<bool> {
        match *self {}
    }

    pub(super) fn stop(&self) {
        match *self {}
    }

    pub(super) fn run(&self, _: Duration) -> Ready<()> {
        match *self {}
    }
}
