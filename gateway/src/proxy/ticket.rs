//! What a call has taken of its caller's limits, from when it is let in until it is over.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use translate::delta::Usage;

use super::admit::{Who, now};
use super::quota::{Counted, Rated};
use crate::config::{AiRateLimiting, Aim, By, Held as Plugin, RateRule, RateScope, Route};
use crate::fault::Fault;
use crate::limiter::{Held, Key, Limiter, Spent, Standing};

/// See the module. Dropping it without [`Ticket::settle`] would leave what is held as used.
pub(crate) struct Ticket {
    pub(super) who: Who,
    route: Arc<Route>,
    limiter: Arc<Limiter>,
    /// How its caller stands with requests.
    pub(super) requests: Vec<Standing>,
    tokens: Vec<Taken>,
    /// Whether it was refused for want of tokens.
    is_refused: bool,
    /// Seconds more that a refused caller is told to wait, so that not all come at once.
    jitter: f64,
}

/// What is taken by one rule.
struct Taken {
    rule: usize,
    key: Key,
    held: Option<Held>,
    standings: Vec<Standing>,
}

impl Ticket {
    pub(super) fn new(who: Who, route: Arc<Route>, limiter: Arc<Limiter>) -> Self {
        let (requests, tokens) = (Vec::new(), Vec::new());
        Self { who, route, limiter, requests, tokens, is_refused: false, jitter: 0.0 }
    }

    /// One request more.
    pub(super) fn take_request(&mut self, head: &Parts, now: Duration) -> Result<(), Fault> {
        let route = Arc::clone(&self.route);
        let Some(plugin) = route.plugins.rate_limiting.of(self.who.consumer.as_deref()) else {
            return Ok(());
        };
        let settings = &plugin.settings;
        let identity = self.identity(&settings.by, head, plugin.group.as_deref());
        let key = Key::of([plugin.name.as_bytes(), identity.as_bytes()]);
        match self.limiter.take(key, &settings.limits, &Spent::REQUEST, now) {
            Ok((_, standings)) => {
                self.requests = standings;
                Ok(())
            }
            Err(standings) => {
                self.requests = standings;
                let message = settings.refusal.message.clone();
                Err(Fault::Limited { status: settings.refusal.status, message, kind: "requests" })
            }
        }
    }

    /// Whether a call may be made to a target at all, and whether anything is left for it. Nothing is taken.
    pub(super) fn may(&self, head: &Parts, aim: Aim<'_>) -> Result<(), Fault> {
        self.permit(head, aim)?;
        let Some(plugin) = self.plugin() else { return Ok(()) };
        let now = now();
        let mut exhausted = Vec::new();
        for (rule, key) in self.rules(plugin, head, aim) {
            let rule = &plugin.settings.rules[rule];
            let standings = self.limiter.look(key, &rule.limits, now);
            if standings.iter().any(|standing| standing.left == crate::config::Amount::NONE) {
                exhausted.push(&*rule.name);
            }
        }
        if exhausted.is_empty() { Ok(()) } else { Err(refused(&plugin.settings, &exhausted)) }
    }

    /// Whether a call may be made to a target at all.
    pub(super) fn permit(&self, head: &Parts, aim: Aim<'_>) -> Result<(), Fault> {
        if !self.route.plugin.acls.permit(&self.who.call(head, Some(aim))) {
            return Err(Fault::Denied);
        }
        self.who.check_model(head, aim)
    }

    /// The call goes to a target now, and may use so much; what another try holds is given back.
    pub(super) fn go(&mut self, head: &Parts, aim: Aim<'_>, wanted: &Spent) -> Result<(), Fault> {
        self.permit(head, aim)?;
        self.release(&Spent::default());
        let route = Arc::clone(&self.route);
        let Some(plugin) = route.plugins.ai_rate_limiting.of(self.who.consumer.as_deref()) else {
            return Ok(());
        };
        let settings = &plugin.settings;
        let now = now();
        let mut exhausted = Vec::new();
        self.tokens.clear();
        for (rule, key) in self.rules(plugin, head, aim) {
            let (held, standings) = match self.limiter.take(key, &settings.rules[rule].limits, wanted, now) {
                Ok((held, standings)) => (Some(held), standings),
                Err(standings) => {
                    exhausted.push(&*settings.rules[rule].name);
                    (None, standings)
                }
            };
            self.tokens.push(Taken { rule, key, held, standings });
        }
        if exhausted.is_empty() {
            return Ok(());
        }
        self.release(&Spent::default());
        (self.is_refused, self.jitter) = (true, fastrand::f64() * settings.jitter);
        Err(refused(settings, &exhausted))
    }

    /// The call is over, or its whole reply is there: what it used counts, and nothing is held any more.
    pub(crate) fn settle(&mut self, usage: Option<&Usage>, cost: Option<f64>) {
        let usage = usage.copied().unwrap_or_default();
        self.release(&Spent {
            requests: 0,
            prompt: usage.prompt,
            completion: usage.completion,
            total: usage.prompt.saturating_add(usage.completion),
            cost: cost.unwrap_or_default(),
        });
    }

    /// Whether it matters which model is asked for.
    pub(super) fn minds_models(&self) -> bool {
        self.route.plugin.acls.mind_models() || self.who.models().any(|models| !models.are_all())
    }

    /// Whether what it uses must be known.
    pub(super) fn counts_tokens(&self) -> bool {
        self.plugin().is_some()
    }

    /// What of this there is to be told.
    pub(super) fn told(&self) -> (Option<Rated<'_>>, Vec<Counted<'_>>) {
        let requests = self.route.plugins.rate_limiting.of(self.who.consumer.as_deref());
        let shown = requests.filter(|plugin| !plugin.settings.refusal.hides);
        let rated = shown.filter(|_| !self.requests.is_empty()).map(|_| Rated { standings: &self.requests });
        let tokens = self.plugin().filter(|plugin| !plugin.settings.refusal.hides);
        let counted = tokens.into_iter().flat_map(|plugin| {
            self.tokens.iter().map(move |taken| {
                let name = &*plugin.settings.rules[taken.rule].name;
                Counted {
                    name,
                    standings: &taken.standings,
                    is_refused: self.is_refused,
                    jitter: self.jitter,
                }
            })
        });
        (rated, counted.collect())
    }

    fn release(&mut self, used: &Spent) {
        let route = Arc::clone(&self.route);
        let Some(plugin) = route.plugins.ai_rate_limiting.of(self.who.consumer.as_deref()) else { return };
        let now = now();
        for taken in &mut self.tokens {
            if let Some(held) = taken.held.take() {
                let limits = &plugin.settings.rules[taken.rule].limits;
                self.limiter.settle(taken.key, limits, &held, used, now);
                taken.standings = self.limiter.look(taken.key, limits, now);
            }
        }
    }

    fn plugin(&self) -> Option<&Plugin<AiRateLimiting>> {
        self.route.plugins.ai_rate_limiting.of(self.who.consumer.as_deref())
    }

    /// The rules that are for a call, each with whose counter it is.
    fn rules(&self, plugin: &Plugin<AiRateLimiting>, head: &Parts, aim: Aim<'_>) -> Vec<(usize, Key)> {
        let whose = |rule: &RateRule| match &rule.scope {
            RateScope::Provider(by) => {
                (rule.name == aim.provider).then(|| self.identity(by, head, plugin.group.as_deref()))
            }
            RateScope::Policy(conditions) => {
                let call = self.who.call(head, Some(aim));
                let mut parts = String::new();
                for condition in conditions {
                    let found = condition.found(&call)?;
                    if condition.partitions {
                        let _ = write!(parts, "{}:{found}", found.len());
                    }
                }
                Some(parts)
            }
            RateScope::Fallback => None,
        };
        let rules = plugin.settings.rules.iter().enumerate();
        let mut found: Vec<_> =
            rules.clone().filter_map(|(number, rule)| Some((number, whose(rule)?))).collect();
        if found.is_empty() {
            let fallback = rules.filter(|(_, rule)| rule.scope == RateScope::Fallback);
            found = fallback.map(|(number, _)| (number, String::new())).collect();
        }
        let key = |(number, whose): (usize, String)| {
            let name = plugin.settings.rules[number].name.as_bytes();
            (number, Key::of([plugin.name.as_bytes(), name, whose.as_bytes()]))
        };
        found.into_iter().map(key).collect()
    }

    /// Whose counter it is; who is not known so, by their address.
    fn identity(&self, by: &By, head: &Parts, group: Option<&str>) -> String {
        let who = &self.who;
        let known = match by {
            By::Consumer => who.consumer.as_ref().map(|consumer| format!("consumer {}", consumer.name())),
            By::ConsumerGroup => group.map(|group| format!("group {group}")),
            By::Credential => {
                who.credential.as_ref().map(|credential| format!("credential {}", credential.name()))
            }
            By::Header(name) => {
                let value = head.headers.get(name);
                value.map(|value| format!("header {}", String::from_utf8_lossy(value.as_bytes())))
            }
            By::Ip => None,
            By::Path(path) => (head.uri.path() == path).then(|| format!("path {path}")),
            By::Service => self.route.service.as_ref().map(|service| format!("service {service}")),
        };
        known.unwrap_or_else(|| who.ip.map_or_else(String::new, |ip| format!("ip {}", ip.to_canonical())))
    }
}

fn refused(settings: &AiRateLimiting, exhausted: &[&str]) -> Fault {
    let message = settings.message(exhausted);
    Fault::Limited { status: settings.refusal.status, message, kind: "tokens" }
}
