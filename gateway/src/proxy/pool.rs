//! The targets of one route, and which of them may take a call.

use std::sync::Arc;

use http::HeaderValue;
use tokio::time::Instant;

use super::Peers;
use super::backend::{Backend, Values};
use super::finder::Finder;
use super::serves::Serves;
use crate::balancer::{Ask, Balancer, Budget, Pick};
use crate::commons::Commons;
use crate::config::{self, Route};
use crate::fault::Fault;
use crate::statistics::Sink;
use crate::telemetry::Exporter;

/// One route, made ready for one core.
pub(crate) struct Pool {
    route: Arc<Route>,
    /// Where its calls are told, besides the log.
    pub(super) sinks: Arc<[Arc<Sink>]>,
    /// Who is sent their traces and metrics.
    pub(super) exporter: Option<Arc<Exporter>>,
    /// One for each target; at least one.
    backends: Vec<Backend>,
    /// `None`: there is only one, and nowhere else to go.
    balancer: Option<Arc<Balancer>>,
    /// What finds the target that a prompt is for, where the file wants that.
    pub(super) finder: Option<Finder>,
}

/// The targets that may take a call, and what is known of it for the choice.
pub(super) struct Choice<'c> {
    pool: &'c Pool,
    candidates: Vec<bool>,
    hash: Option<&'c [u8]>,
    /// Every try, by number.
    tried: Vec<usize>,
    /// The targets by how well they fit; empty: all are alike.
    nearest: Vec<usize>,
    /// It takes several steps, of which no one knows which are done.
    once: bool,
}

impl Pool {
    /// `None`: a provider that a configuration file cannot name, or an API that it has not.
    pub(super) fn new(route: &Arc<Route>, commons: &Commons, peers: &Peers) -> Option<Self> {
        let targets = route.plugin.targets.iter().enumerate();
        let backends = targets.map(|(number, target)| {
            let mut backend = Backend::new(route, target, &commons.identities, peers)?;
            backend.meter = commons.metrics.meter(route, number);
            Some(backend)
        });
        let backends = backends.collect::<Option<_>>()?;
        let finder = match commons.semantic(route) {
            Some(semantic) => Some(Finder::new(route, semantic, &commons.identities, peers)?),
            None => None,
        };
        let sinks = commons.sinks.of(&route.plugins).into();
        let exporter = commons.telemetry.of(&route.plugins);
        let (route, balancer) = (Arc::clone(route), commons.balancer(route));
        Some(Self { route, sinks, exporter, backends, balancer, finder })
    }

    /// The first target whose API stands at a path: all who serve the same may take the call.
    pub(super) fn lead(&self, path: &str) -> &Backend {
        let mut serving = self.backends.iter().filter(|backend| backend.takes(path));
        serving.next().unwrap_or(&self.backends[0])
    }

    /// Whether there is nothing to choose.
    pub(super) fn is_one(&self) -> bool {
        self.backends.len() == 1
    }

    /// What the file says of choosing, and how many calls may still be tried again; `None` where there is only one target.
    pub(super) fn balancing(&self) -> Option<(&config::Balancer, &Budget)> {
        Some((self.route.plugin.balancer.as_ref()?, self.balancer.as_ref()?.budget()))
    }

    /// Who may take a call like `lead`'s. `model`: the one that the client asks for.
    pub(super) fn choice<'c>(
        &'c self,
        lead: &Backend,
        values: &Values<'c>,
        model: Option<&str>,
    ) -> Choice<'c> {
        let same: Vec<bool> =
            self.backends.iter().map(|backend| backend.serves.is_like(lead.serves)).collect();
        let narrow = |fits: &dyn Fn(&Backend) -> bool| {
            let kept: Vec<bool> =
                self.backends.iter().zip(&same).map(|(backend, same)| *same && fits(backend)).collect();
            kept.contains(&true).then_some(kept)
        };
        // Who has the model by a name of the file's; else who takes any; else nobody, and the first says so.
        let candidates = model.filter(|model| !model.is_empty()).and_then(|model| {
            narrow(&|backend| backend.goes_by(model, values))
                .or_else(|| narrow(&|backend| backend.target.model.name.is_none()))
        });
        // What is kept is found again where it is, though a look at it names no model: all goes to the first.
        let first = same.iter().position(|may| *may);
        let candidates = if lead.serves.keeps(values.head.uri.path()) {
            (0..same.len()).map(|target| Some(target) == first).collect()
        } else {
            candidates.unwrap_or(same)
        };
        let settings = self.route.plugin.balancer.as_ref();
        let header = settings.and_then(|settings| values.head.headers.get(&settings.hash_on_header));
        Choice {
            pool: self,
            candidates,
            hash: header.map(HeaderValue::as_bytes),
            tried: Vec::new(),
            nearest: self.finder.as_ref().map(|finder| finder.semantic.fallback()).unwrap_or_default(),
            once: matches!(lead.serves, Serves::Batches(..)),
        }
    }
}

impl<'c> Choice<'c> {
    /// Leaves out who may not be asked; the reason for the first of them, where nobody is left. Who is alone is asked about later.
    pub(super) fn keep(&mut self, may: &dyn Fn(&Backend) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.pool.is_one() {
            return Ok(());
        }
        let mut refused = None;
        for (candidate, backend) in self.candidates.iter_mut().zip(&self.pool.backends) {
            if *candidate && let Err(fault) = may(backend) {
                *candidate = false;
                refused.get_or_insert(fault);
            }
        }
        match refused {
            Some(fault) if !self.candidates.contains(&true) => Err(fault),
            _ => Ok(()),
        }
    }

    /// Whether more than one target may take the call.
    pub(super) fn is_open(&self) -> bool {
        self.candidates.iter().filter(|may| **may).count() > 1
    }

    /// What is known now of the targets that fit.
    pub(super) fn prefer(&mut self, nearest: Vec<usize>) {
        self.nearest = nearest;
    }

    /// Whether it must not be tried twice, not even at the same target.
    pub(super) fn is_once(&self) -> bool {
        self.once
    }

    /// The target of the next try.
    pub(super) fn next(&mut self, now: Instant) -> Result<(&'c Backend, Option<Pick>), Fault> {
        let pool = self.pool;
        let Some(balancer) = &pool.balancer else { return Ok((&pool.backends[0], None)) };
        // Where the client's model, or what it may have, leaves none that fits, all that are left are alike.
        let fits = |target: &usize| self.candidates[*target];
        let nearest = Some(&*self.nearest).filter(|nearest| nearest.iter().any(fits));
        let ask = Ask { hash: self.hash, candidates: &self.candidates, tried: &self.tried, nearest };
        let pick = balancer.pick(&ask, now).map_err(Fault::NoTarget)?;
        self.tried.push(pick.target);
        Ok((&pool.backends[pick.target], Some(pick)))
    }
}
