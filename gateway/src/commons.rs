//! What all cores of a gateway share.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::balancer::Balancer;
use crate::config::{Config, Route};
use crate::egress::Ways;
use crate::identity::Registry;
use crate::life::Life;
use crate::limiter::Limiter;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::semantic::Semantic;
use crate::sharing::Sharing;
use crate::statistics::{Access, Observer, Observers, Shares, Sinks};
use crate::store::{Responses, Store};
use crate::telemetry::Telemetry;

/// One of each, for all cores.
pub(crate) struct Commons {
    /// What clients come back to.
    pub(crate) store: Arc<Store>,
    /// Where in it responses are, for each route.
    responses: HashMap<usize, Responses>,
    /// What calls were, counted.
    pub(crate) metrics: Arc<Metrics>,
    /// What callers have had of what they may have.
    pub(crate) limiter: Arc<Limiter>,
    /// Who is sent traces and metrics of calls.
    pub(crate) telemetry: Arc<Telemetry>,
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
    /// Whose all this is.
    routes: Vec<Arc<Route>>,
    /// How the configuration came here.
    pub(crate) life: Arc<Life>,
}

impl Commons {
    /// `before`: those of the configuration until now. What they know lives on, where it is of a route that is still there.
    pub(crate) fn new(
        config: &Config,
        tls: &Arc<ClientConfig>,
        ways: &Arc<Ways>,
        limits: &Limits,
        before: Option<&Self>,
    ) -> Self {
        // From here on what is new is told by those who come after.
        before.inspect(|before| before.sharing.stop());
        let mut sharing = Sharing::default();
        let balancers = config.router.routes().iter().filter_map(|route| {
            let settings = route.plugin.balancer.as_ref()?;
            let known = before.and_then(|before| before.known(route));
            let earlier = before.zip(known).and_then(|(before, (known, _))| before.balancer(known));
            let balancer = match (known, earlier) {
                (Some((_, true)), Some(same)) => same,
                (_, earlier) => Arc::new(Balancer::new(settings, &route.plugin.targets, earlier.as_deref())),
            };
            sharing.add(route, &balancer, tls);
            Some((Arc::as_ptr(route).addr(), balancer))
        });
        let balancers = balancers.collect();
        let semantics = config.router.routes().iter().filter_map(|route| {
            let known = before.and_then(|before| before.known(route));
            let earlier = before.zip(known).and_then(|(before, (known, _))| before.semantic(known));
            let semantic = match (known, earlier) {
                (Some((_, true)), Some(same)) => same,
                (_, earlier) => Arc::new(Semantic::new(&route.plugin, tls, earlier.as_deref())?),
            };
            Some((Arc::as_ptr(route).addr(), semantic))
        });
        let semantics = semantics.collect();
        let store = keep(before, |before| &before.store, || Store::new(limits));
        let routes = config.router.routes().iter();
        let responses =
            routes.map(|route| (Arc::as_ptr(route).addr(), store.responses(route, tls))).collect();
        let metrics = keep(before, |before| &before.metrics, Metrics::new);
        let observers = || {
            let observers: Vec<Arc<dyn Observer>> =
                vec![Arc::new(Access), Arc::new(Shares), Arc::clone(&metrics) as _];
            Observers::new(observers)
        };
        let sinks = keep(before, |before| &before.sinks, || Sinks::new(Arc::clone(tls), Arc::clone(ways)));
        Self {
            balancers,
            telemetry: keep(before, |before| &before.telemetry, || Telemetry::new(&sinks)),
            sharing,
            semantics,
            routes: config.router.routes().to_vec(),
            observers: keep(before, |before| &before.observers, observers),
            sinks,
            identities: keep(before, |before| &before.identities, || Registry::new(tls, ways, limits)),
            store,
            responses,
            life: keep(before, |before| &before.life, Life::default),
            limiter: keep(before, |before| &before.limiter, || Limiter::new(limits.callers)),
            metrics,
        }
    }

    /// The route of these that is a later one's, and whether its plugin says the same.
    fn known(&self, route: &Route) -> Option<(&Arc<Route>, bool)> {
        let key = route.key();
        let known = self.routes.iter().find(|known| known.key() == key)?;
        Some((known, known.plugin == route.plugin))
    }

    /// The balancer of a route that has one.
    pub(crate) fn balancer(&self, route: &Arc<Route>) -> Option<Arc<Balancer>> {
        self.balancers.get(&Arc::as_ptr(route).addr()).cloned()
    }

    /// Where a route's responses are kept.
    pub(crate) fn responses(&self, route: &Arc<Route>) -> Option<&Responses> {
        self.responses.get(&Arc::as_ptr(route).addr())
    }

    /// What finds the target that a prompt is for, where a route goes by that.
    pub(crate) fn semantic(&self, route: &Arc<Route>) -> Option<Arc<Semantic>> {
        self.semantics.get(&Arc::as_ptr(route).addr()).cloned()
    }
}

/// What there was before, or else a new one.
fn keep<T>(before: Option<&Commons>, of: fn(&Commons) -> &Arc<T>, new: impl FnOnce() -> T) -> Arc<T> {
    before.map_or_else(|| Arc::new(new()), |before| Arc::clone(of(before)))
}
