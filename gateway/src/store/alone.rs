//! What there is without the feature `redis`: memory alone.

use std::io;

use rustls::ClientConfig;

use super::{Kept, Lost, Scope};
use crate::config::Redis;
use crate::limits::Limits;

/// There is none.
pub(super) enum Server {}

#[expect(clippy::unused_async, reason = "the other one waits")]
impl Server {
    pub(super) fn new(_: &Redis, _: &ClientConfig, _: &Limits) -> io::Result<Self> {
        Err(io::Error::other("this build has not got the feature redis"))
    }

    pub(super) fn is_lost(&self) -> bool {
        match *self {}
    }

    pub(super) fn is_at(&self, _: &Redis) -> bool {
        match *self {}
    }

    pub(super) async fn put(&self, _: Scope, _: &str, _: &Kept) -> Result<(), Lost> {
        match *self {}
    }

    pub(super) async fn get(&self, _: Scope, _: &str) -> Result<Option<Kept>, Lost> {
        match *self {}
    }

    pub(super) async fn hold(&self, _: Scope, _: &str) -> Result<Option<Kept>, Lost> {
        match *self {}
    }

    pub(super) async fn remove(&self, _: Scope, _: &str) -> Result<bool, Lost> {
        match *self {}
    }
}
