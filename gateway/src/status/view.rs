//! The state of a gateway as data: what `/status.json` says and `/status` shows. Its shape is in `schema.json`, and members are only
//! ever added.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use super::Station;
use super::shared::{KeptView, SemanticView, SharedView};
use crate::balancer::{Health, State};
use crate::commons::Commons;
use crate::config::{Named, Route, Target, UpstreamUrl};
use crate::metrics::{Key, Meter, Percentiles, Row, Tally, Tokens, Whose, Window};

/// All of it.
#[derive(Serialize)]
pub(super) struct View {
    pub(super) version: &'static str,
    /// `serving` or `draining`.
    pub(super) state: &'static str,
    /// RFC 3339, as all times are.
    pub(super) now: String,
    pub(super) started: String,
    pub(super) uptime_seconds: u64,
    pub(super) threads: usize,
    pub(super) config: ConfigView,
    pub(super) calls: Calls,
    pub(super) connections: Connections,
    pub(super) log: Lost,
    pub(super) telemetry: Lost,
    pub(super) kept: KeptView,
    pub(super) routes: Vec<RouteView>,
}

#[derive(Serialize)]
pub(super) struct ConfigView {
    pub(super) file: Option<String>,
    pub(super) loaded: String,
    /// From 1.
    pub(super) generation: u64,
    pub(super) refused: Option<Refused>,
}

/// A newer file that is not in force.
#[derive(Serialize)]
pub(super) struct Refused {
    pub(super) at: String,
    pub(super) errors: Vec<String>,
}

/// Calls since the start.
#[derive(Serialize)]
pub(super) struct Calls {
    pub(super) in_flight: u64,
    pub(super) total: u64,
    pub(super) failed: u64,
    /// By what went wrong.
    pub(super) errors: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
pub(super) struct Connections {
    pub(super) open: u64,
    pub(super) most: u64,
}

/// What found no room, or nobody to take it.
#[derive(Serialize)]
pub(super) struct Lost {
    pub(super) dropped: u64,
}

#[derive(Serialize)]
pub(super) struct RouteView {
    pub(super) name: Option<String>,
    pub(super) service: Option<String>,
    /// Kong's `algorithm`; absent where there is nothing to choose.
    pub(super) algorithm: Option<&'static str>,
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) errors: BTreeMap<&'static str, u64>,
    /// Where prompts are embedded.
    pub(super) semantic: Option<SemanticView>,
    /// Where the state of its targets is shared with other gateways.
    pub(super) sharing: Option<SharedView>,
    /// Where its responses are kept in Redis.
    pub(super) responses: Option<SharedView>,
    pub(super) targets: Vec<TargetView>,
}

#[derive(Serialize)]
pub(super) struct TargetView {
    /// From 0, in the order of the file.
    pub(super) number: usize,
    pub(super) provider: &'static str,
    /// As the file has it, templates and all.
    pub(super) model: Option<String>,
    pub(super) route_type: &'static str,
    /// Where the file sends its calls, if that is elsewhere than the provider's own address.
    pub(super) host: Option<String>,
    pub(super) description: Option<String>,
    pub(super) weight: u16,
    /// `healthy`, `unhealthy`, `probing` or `set_aside`.
    pub(super) state: &'static str,
    pub(super) in_flight: u64,
    /// Tries that are over.
    pub(super) tries: u64,
    pub(super) failed: u64,
    pub(super) failures: BTreeMap<&'static str, u64>,
    pub(super) last_failure: Option<Failure>,
    /// Failures that count for its breaker now, and how often they have tripped it.
    pub(super) fails: u64,
    pub(super) trips: u64,
    /// How long it is still left alone.
    pub(super) out_for_seconds: Option<u64>,
    pub(super) tokens: TokensView,
    pub(super) cost: f64,
    /// From going upstream to the end of the reply, in the last five minutes.
    pub(super) latency_ms: Option<Percentiles>,
    /// To the first of a stream, in the last five minutes.
    pub(super) first_token_ms: Option<Percentiles>,
}

#[derive(Serialize)]
pub(super) struct Failure {
    pub(super) at: String,
    pub(super) kind: &'static str,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct TokensView {
    pub(super) prompt: u64,
    pub(super) completion: u64,
    pub(super) total: u64,
}

impl View {
    pub(super) fn of(station: &Station, now: Instant) -> Self {
        let loaded = station.loaded();
        let (metrics, life) = (&loaded.commons.metrics, &loaded.commons.life);
        let rows = metrics.counted().rows;
        let routes = loaded.config.router.routes().iter();
        let routes = routes.map(|route| RouteView::of(route, &rows, &loaded.commons, now)).collect();
        let Sum { calls, failed, errors } = Sum::of(rows.iter());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            state: if station.draining.is_cancelled() { "draining" } else { "serving" },
            now: time(SystemTime::now()),
            started: time(station.started),
            uptime_seconds: station.started.elapsed().unwrap_or_default().as_secs(),
            threads: station.threads,
            config: ConfigView {
                file: loaded.file.map(|file| file.display().to_string()),
                loaded: time(loaded.at),
                generation: life.generation(),
                refused: life
                    .refusal()
                    .map(|refused| Refused { at: time(refused.at), errors: refused.errors }),
            },
            calls: Calls { in_flight: metrics.running(), total: calls, failed, errors },
            connections: Connections {
                open: station.connections() as u64,
                most: station.most_connections as u64,
            },
            log: Lost { dropped: crate::log::dropped() },
            telemetry: Lost { dropped: crate::telemetry::dropped() },
            kept: KeptView::of(&loaded.commons),
            routes,
        }
    }
}

/// Calls, by what became of them.
#[derive(Default)]
struct Sum {
    calls: u64,
    failed: u64,
    errors: BTreeMap<&'static str, u64>,
}

impl Sum {
    fn of<'r>(rows: impl Iterator<Item = (&'r Key<Box<str>>, &'r Row)>) -> Self {
        let mut sum = Self::default();
        for (key, row) in rows {
            sum.calls += row.calls;
            if let Some(failure) = key.failure() {
                sum.failed += row.calls;
                *sum.errors.entry(failure).or_default() += row.calls;
            }
        }
        sum
    }
}

impl RouteView {
    fn of(route: &Arc<Route>, rows: &Rows, commons: &Commons, now: Instant) -> Self {
        let health = commons.balancer(route).map(|balancer| balancer.health(now)).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let own = rows
            .iter()
            .filter(|(key, _)| *key.route == *text(&route.name) && *key.service == *text(&route.service));
        let Sum { calls, failed, errors } = Sum::of(own);
        let targets = route.plugin.targets.iter().enumerate();
        let targets = targets.map(|(number, target)| {
            let whose = Whose { service: route.service.clone(), route: route.name.clone(), target: number };
            TargetView::of(number, target, &commons.metrics.meters(&whose), health.get(number), now)
        });
        Self {
            name: route.name.clone(),
            service: route.service.clone(),
            algorithm: route.plugin.balancer.as_ref().map(|balancer| balancer.algorithm.name()),
            calls,
            failed,
            errors,
            semantic: commons.semantic(route).and_then(|semantic| SemanticView::of(&semantic, route)),
            sharing: SharedView::of_targets(commons, route),
            responses: SharedView::of_responses(commons, route),
            targets: targets.collect(),
        }
    }
}

type Rows = BTreeMap<Key<Box<str>>, Row>;

impl TargetView {
    fn of(
        number: usize,
        target: &Target,
        meters: &[Arc<Meter>],
        health: Option<&Health>,
        now: Instant,
    ) -> Self {
        let (state, out) = health.map_or(("healthy", None), |health| state(health.state));
        let tallies: Vec<Tally> = meters.iter().map(|meter| meter.tally()).collect();
        let mut tally = Tally::default();
        tallies.iter().for_each(|other| tally.add(other));
        let Tokens { prompt, completion, total } = tally.tokens;
        let host = match &target.model.options.upstream_url {
            Some(UpstreamUrl::Fixed(uri)) => uri.authority().map(ToString::to_string),
            Some(UpstreamUrl::Template(_)) => Some("as each request says".to_owned()),
            None => None,
        };
        Self {
            number,
            provider: target.model.provider.name(),
            model: target.model.name.as_ref().map(|name| name.source().to_owned()),
            route_type: target.route_type.name(),
            host,
            description: target.description.clone(),
            weight: target.weight,
            state,
            in_flight: meters.iter().map(|meter| meter.running()).sum(),
            tries: tally.tries,
            failed: tally.failures.iter().map(|(_, count)| count).sum(),
            failures: tally.failures.iter().copied().collect(),
            last_failure: tally.last_failure.map(|(at, kind)| Failure { at: time(at), kind }),
            fails: health.map_or(0, |health| health.fails as u64),
            trips: health.map_or(0, |health| health.trips),
            out_for_seconds: out.map(|out| out.as_secs()),
            tokens: TokensView { prompt, completion, total },
            cost: tally.cost,
            latency_ms: Window::percentiles(tallies.iter().map(|tally| &tally.latency), now),
            first_token_ms: Window::percentiles(tallies.iter().map(|tally| &tally.first_token), now),
        }
    }
}

/// The state of a target in a word, and for how long it is out.
fn state(state: State) -> (&'static str, Option<Duration>) {
    match state {
        State::Closed => ("healthy", None),
        State::HalfOpen | State::Open(Duration::ZERO) => ("probing", None),
        State::Open(left) => ("unhealthy", Some(left)),
        State::Aside(left) => ("set_aside", Some(left)),
    }
}

/// RFC 3339, to the second.
fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map(|time| format!("{time:.0}")).unwrap_or_default()
}
