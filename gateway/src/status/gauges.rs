//! What metrics do not count but look at.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Station;
use super::view::View;
use crate::metrics::{EmbeddingGauge, Gauges, SharedGauge, TargetGauge};

pub(super) fn of(station: &Station) -> Gauges {
    let loaded = station.loaded();
    let view = View::of(station, Instant::now());
    let asked = |route: usize| {
        let plugin = loaded.config.router.routes()[route].plugins.prometheus;
        plugin.map(|plugin| plugin.upstream_health)
    };
    let (mut targets, mut embeddings, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for (number, route) in view.routes.iter().enumerate() {
        let Some(kong) = asked(number) else { continue };
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let database = route.semantic.as_ref().and_then(|semantic| semantic.database.as_ref());
        let states = [
            ("targets", route.sharing.as_ref().map(|sharing| sharing.state)),
            ("responses", route.responses.as_ref().map(|responses| responses.state)),
            ("vectors", database.map(|database| database.state)),
        ];
        shared.extend(states.into_iter().filter_map(|(what, state)| {
            let (service, route, is_there) = (name(&route.service), name(&route.name), state? == "available");
            Some(SharedGauge { service, route, what, is_there })
        }));
        embeddings.extend(route.semantic.as_ref().map(|semantic| EmbeddingGauge {
            service: name(&route.service),
            route: name(&route.name),
            provider: semantic.provider.to_owned(),
            model: semantic.model.clone().unwrap_or_default(),
            done: semantic.calls.saturating_sub(semantic.failed),
            failed: semantic.failed,
            tokens: semantic.tokens,
            seconds: semantic.seconds,
        }));
        targets.extend(route.targets.iter().map(|target| TargetGauge {
            service: route.service.clone().unwrap_or_default(),
            route: route.name.clone().unwrap_or_default(),
            target: target.number.to_string(),
            provider: target.provider.to_owned(),
            model: target.model.clone().unwrap_or_default(),
            running: target.in_flight,
            state: target.state,
            trips: target.trips,
            kong,
        }));
    }
    Gauges {
        version: env!("CARGO_PKG_VERSION"),
        started: seconds(station.started),
        loaded: seconds(loaded.at),
        calls: view.calls.in_flight,
        connections: view.connections.open,
        log_dropped: view.log.dropped,
        spans_dropped: view.telemetry.dropped,
        kept: [view.kept.responses, view.kept.bytes, view.kept.in_background],
        targets,
        embeddings,
        shared,
    }
}

/// Since 1970, to the millisecond.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1e3).round() / 1e3
}
