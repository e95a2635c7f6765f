//! One core, and the configuration that it answers by: a call keeps to the one that it began with.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;

use crate::commons::Commons;
use crate::config::Config;
use crate::limits::Limits;
use crate::proxy::Proxy;

/// A core.
pub(crate) struct Core {
    pub(crate) limits: Limits,
    proxy: RefCell<Rc<Proxy>>,
}

/// The next configuration.
pub(crate) struct Generation {
    pub(crate) config: Arc<Config>,
    pub(crate) commons: Arc<Commons>,
    /// Dropped once calls are answered by it.
    pub(crate) adopted: oneshot::Sender<()>,
}

impl Core {
    pub(crate) fn new(proxy: Proxy) -> Self {
        Self { limits: proxy.limits.clone(), proxy: RefCell::new(Rc::new(proxy)) }
    }

    /// What answers the next call.
    pub(crate) fn proxy(&self) -> Rc<Proxy> {
        Rc::clone(&self.proxy.borrow())
    }

    /// Keeps house, and goes over to each next configuration.
    pub(super) async fn run(&self, mut generations: Receiver<Generation>) {
        loop {
            let proxy = self.proxy();
            let next = tokio::select! {
                () = proxy.sweep() => None,
                next = generations.recv() => next,
            };
            let Some(Generation { config, commons, adopted }) = next else { return proxy.sweep().await };
            *self.proxy.borrow_mut() = Rc::new(proxy.next(config, commons));
            drop(adopted);
        }
    }
}
