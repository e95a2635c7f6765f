//! What metrics do not count but look at.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::Station;
use super::view::View;
use crate::metrics::{Gauges, TargetGauge};

pub(super) fn of(station: &Station) -> Gauges {
    let loaded = station.loaded();
    let view = View::of(station, Instant::now());
    let asked = |route: usize| {
        let plugin = loaded.config.router.routes()[route].plugins.prometheus;
        plugin.map(|plugin| plugin.upstream_health)
    };
    let mut targets = Vec::new();
    for (number, route) in view.routes.iter().enumerate() {
        let Some(kong) = asked(number) else { continue };
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
        targets,
    }
}

/// Since 1970, to the millisecond.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1e3).round() / 1e3
}
