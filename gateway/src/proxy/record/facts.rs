//! What a record says of its call, to whoever is told.

use std::time::SystemTime;

use tokio::time::Instant;

use super::Record;
use crate::statistics::{Facts, Latencies, Mode, cost};

impl Record {
    pub(super) fn facts(&self) -> Facts<'_> {
        let usage = self.usage.as_ref();
        let target = self.target.as_deref();
        let prices = target.map(|target| &target.model.options.pricing);
        Facts {
            request_id: &self.id,
            route: self.route.as_deref(),
            target,
            consumer: self.consumer.as_deref(),
            provider: self.provider,
            request_model: self.request_model.as_deref(),
            response_model: self.response_model.as_deref(),
            mode: self.mode(),
            status: self.status,
            outcome: self.outcome,
            upstream_status: self.upstream_status,
            upstream_id: self.upstream_id.as_deref(),
            close_code: self.close_code,
            dropped: self.dropped.as_deref(),
            usage,
            estimated: self.estimated,
            cost: prices.zip(usage).and_then(|(prices, usage)| cost(prices, usage)),
            latencies: self.latencies(),
            ended: self.over.map_or_else(SystemTime::now, |(_, at)| at),
            tried: &self.tried,
            pick: self.pick.as_ref(),
            running: self.running.as_ref(),
            bytes: [self.body.unwrap_or_default(), self.given],
            payloads: self
                .payloads
                .as_ref()
                .filter(|_| target.is_some_and(|target| target.logging.log_payloads)),
            wire: self.wire.as_deref(),
        }
    }

    fn latencies(&self) -> Latencies {
        let taken = self.taken.unwrap_or(self.started);
        let over = self.over.map_or_else(Instant::now, |(over, _)| over);
        let own = self.sent.unwrap_or(over).duration_since(taken);
        let since = |end: Option<Instant>| self.sent.zip(end).map(|(sent, end)| end - sent);
        Latencies {
            total: over - self.started,
            gateway: own.saturating_sub(self.lost),
            upstream: since(self.last),
            first: since(self.first),
        }
    }

    fn mode(&self) -> Mode {
        match (self.realtime, self.stream) {
            (true, _) => Mode::Realtime,
            (false, true) => Mode::Stream,
            (false, false) => Mode::Oneshot,
        }
    }
}
