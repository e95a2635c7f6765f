//! What all cores of a gateway share.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::balancer::Balancer;
use crate::config::{Config, Route};
use crate::egress::Ways;
use crate::identity::Registry;
use crate::limiter::Limiter;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::semantic::Semantic;
use crate::sharing::Sharing;
use crate::shelf::Shelf;
use crate::statistics::{Access, Observer, Observers, Shares, Sinks};
use crate::store::Store;

/// One of each, for all cores.
pub(crate) struct Commons {
    /// Files of batches that are kept here.
    pub(crate) shelf: Arc<Shelf>,
    /// Responses that clients come back to.
    pub(crate) store: Arc<Store>,
    /// What calls were, counted.
    pub(crate) metrics: Arc<Metrics>,
    /// What callers have had of what they may have.
    pub(crate) limiter: Arc<Limiter>,
    /// Who is told what calls were.
    pub(crate) observers: Arc<Observers>,
    /// Where they are told besides, by route.
    pub(crate) sinks: Arc<Sinks>,
    /// Tokens, of all who have some.
    pub(crate) identities: Arc<Registry>,
    /// Who is next, for each route that has several targets.
    balancers: HashMap<usize, Arc<Balancer>>,
    /// What other gateways are told of the balancers' targets, and tell.
    pub(crate) sharing: Sharing,
    /// Which target a prompt is for, for each route that goes by that.
    semantics: HashMap<usize, Arc<Semantic>>,
}

impl Commons {
    pub(crate) fn new(config: &Config, tls: &Arc<ClientConfig>, ways: &Arc<Ways>, limits: &Limits) -> Self {
        let mut sharing = Sharing::default();
        let balancers = config.router.routes().iter().filter_map(|route| {
            let settings = route.plugin.balancer.as_ref()?;
            let balancer = Arc::new(Balancer::new(settings, &route.plugin.targets, None));
            sharing.add(route, &balancer, tls);
            Some((Arc::as_ptr(route).addr(), balancer))
        });
        let balancers = balancers.collect();
        let semantics = config.router.routes().iter().filter_map(|route| {
            Some((Arc::as_ptr(route).addr(), Arc::new(Semantic::new(&route.plugin, tls)?)))
        });
        let metrics = Arc::new(Metrics::new());
        let observers: Vec<Arc<dyn Observer>> =
            vec![Arc::new(Access), Arc::new(Shares), Arc::clone(&metrics) as _];
        Self {
            balancers,
            sinks: Arc::new(Sinks::new(Arc::clone(tls), Arc::clone(ways))),
            metrics,
            observers: Arc::new(Observers::new(observers)),
            semantics: semantics.collect(),
            identities: Arc::new(Registry::new(tls, ways, limits)),
            sharing,
            limiter: Arc::new(Limiter::new(limits.callers)),
            shelf: Arc::new(Shelf::new(limits)),
            store: Arc::new(Store::new(limits)),
        }
    }

    /// The balancer of a route that has one.
    pub(crate) fn balancer(&self, route: &Arc<Route>) -> Option<Arc<Balancer>> {
        self.balancers.get(&Arc::as_ptr(route).addr()).cloned()
    }

    /// What finds the target that a prompt is for, where a route goes by that.
    pub(crate) fn semantic(&self, route: &Arc<Route>) -> Option<Arc<Semantic>> {
        self.semantics.get(&Arc::as_ptr(route).addr()).cloned()
    }
}
