//! The upstream servers that one core has to do with.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::sleep;

use crate::egress::Ways;
use crate::limits::Limits;
use crate::upstream::{Origin, Peer, Scratch};

/// Servers that are remembered. Only addresses that are templates can lead to more.
const MOST: usize = 1024;

/// One [`Peer`] for each origin, whichever routes lead there.
pub(super) struct Peers {
    tls: Arc<ClientConfig>,
    ways: Arc<Ways>,
    scratch: Scratch,
    pub(super) limits: Limits,
    peers: RefCell<Vec<Rc<Peer>>>,
}

impl Peers {
    pub(super) fn new(tls: Arc<ClientConfig>, ways: Arc<Ways>, limits: &Limits) -> Self {
        Self { tls, ways, scratch: Scratch::new(), limits: limits.clone(), peers: RefCell::default() }
    }

    /// `None`: the host is not a name.
    pub(super) fn get(&self, origin: Origin) -> Option<Rc<Peer>> {
        let mut peers = self.peers.borrow_mut();
        if let Some(known) = peers.iter().find(|peer| *peer.origin == origin) {
            return Some(Rc::clone(known));
        }
        if peers.len() >= MOST {
            peers.retain(|peer| Rc::strong_count(peer) > 1);
        }
        let way = self.ways.to(&origin);
        let peer = Rc::new(Peer::new(origin, way, &self.tls, self.scratch.clone(), &self.limits)?);
        peers.push(Rc::clone(&peer));
        Some(peer)
    }

    /// Closes connections that nobody uses, for as long as it is polled.
    pub(super) async fn sweep(&self) {
        loop {
            sleep(self.limits.pool_idle.max(Duration::from_secs(1)) / 2).await;
            self.peers.borrow().iter().for_each(|peer| peer.sweep());
        }
    }
}
