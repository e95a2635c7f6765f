//! What the log says about one call: one line, when the call is over, under Kong's names where Kong has one.
//!
//! <https://developer.konghq.com/ai-gateway/ai-audit-log-reference/>

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use translate::call::Api;
use translate::delta::Usage;

use super::backend::Backend;
use super::cost::cost;
use crate::balancer::{Pick, Spent};
use crate::config::{Route, Target};

/// Bytes of each body that are logged; the rest is left out.
const PAYLOAD: usize = 256 << 10;

/// A call that the client gave up, as nginx numbers it. Nobody gets to see this status.
const CLIENT_GONE: u16 = 499;

/// One call. It is logged when it is dropped, whatever became of it. No part of it is a key; bodies are part of it
/// only where the file asks for them.
pub(crate) struct Record {
    started: Instant,
    /// Not a call, but a health check: not logged.
    pub(crate) silent: bool,
    pub(crate) id: String,
    /// What it asked for, once that is known.
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) provider: Option<&'static str>,
    /// Who was asked last.
    pub(crate) target: Option<Arc<Target>>,
    /// The try at it, which is over when the call is.
    pub(crate) pick: Option<Pick>,
    /// Who was asked before.
    pub(crate) tried: Vec<Tried>,
    pub(crate) request_model: Option<String>,
    pub(crate) stream: bool,
    /// It became a session.
    pub(crate) realtime: bool,
    /// The code with which that was closed.
    pub(crate) close_code: Option<u16>,
    pub(crate) dropped: Option<String>,
    pub(crate) payloads: Option<Payloads>,
    pub(crate) usage: Option<Usage>,
    pub(crate) upstream_status: Option<u16>,
    pub(crate) upstream_id: Option<String>,
    response_model: Option<String>,
    sent: Option<Instant>,
    first: Option<Instant>,
    last: Option<Instant>,
    status: u16,
    outcome: &'static str,
}

/// A target that was asked, and failed.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) provider: &'static str,
    pub(crate) model: Option<String>,
    pub(crate) upstream_status: Option<u16>,
}

/// Kong's `log_payloads`: what the client sent, and what it got. A stream is told as the client saw it.
#[derive(Default)]
pub(crate) struct Payloads {
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Payloads {
    pub(crate) fn new(request: &[u8]) -> Self {
        Self { request: request[..request.len().min(PAYLOAD)].to_vec(), response: Vec::new() }
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = PAYLOAD - self.response.len();
        self.response.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

impl Record {
    pub(crate) fn new(id: String) -> Self {
        Self {
            started: Instant::now(),
            silent: false,
            id,
            route: None,
            provider: None,
            target: None,
            pick: None,
            tried: Vec::new(),
            request_model: None,
            stream: false,
            realtime: false,
            close_code: None,
            dropped: None,
            payloads: None,
            usage: None,
            upstream_status: None,
            upstream_id: None,
            response_model: None,
            sent: None,
            first: None,
            last: None,
            status: CLIENT_GONE,
            outcome: "client_gone",
        }
    }

    /// The API in whose words the client is told what goes wrong: OpenAI's chat, as long as no route is known.
    pub(crate) fn words(&self) -> Api {
        self.route.as_ref().map_or(Api::Chat, |route| route.plugin.words())
    }

    /// When the call began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// This target is asked next.
    pub(super) fn choose<'b>(&mut self, (backend, pick): (&'b Backend, Option<Pick>)) -> &'b Backend {
        self.provider = Some(backend.provider.name);
        self.target = Some(Arc::clone(&backend.target));
        self.pick = pick;
        backend
    }

    /// The target that was asked last failed, and another one is asked.
    pub(super) fn give_up(&mut self) {
        self.tried.push(Tried {
            provider: self.provider.unwrap_or_default(),
            model: self.request_model.take(),
            upstream_status: self.upstream_status.take(),
        });
        (self.pick, self.upstream_id, self.dropped, self.usage) = (None, None, None, None);
    }

    /// The request goes upstream.
    pub(crate) fn send(&mut self) {
        self.sent = Some(Instant::now());
    }

    /// The first bytes for the client are there; all of them, if the reply is whole.
    pub(crate) fn begin(&mut self, status: u16, bytes: &[u8]) {
        self.first = Some(Instant::now());
        self.status = status;
        if self.statistics() {
            self.response_model = model(bytes);
        }
    }

    /// The upstream says something in a session.
    pub(crate) fn speak(&mut self, status: u16) {
        self.first.get_or_insert_with(Instant::now);
        self.status = status;
    }

    /// Bytes that the client gets.
    pub(crate) fn give(&mut self, bytes: &[u8]) {
        if let Some(payloads) = &mut self.payloads {
            payloads.add(bytes);
        }
    }

    /// The call is over: `done`, or the code of its fault.
    pub(crate) fn end(&mut self, status: u16, outcome: &'static str) {
        self.last = Some(Instant::now());
        self.status = status;
        self.outcome = outcome;
    }

    /// Kong's `log_statistics`: whether timings and tokens are told.
    fn statistics(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.logging.log_statistics)
    }

    /// Kong's `request_mode`.
    fn mode(&self) -> &'static str {
        match (self.realtime, self.stream) {
            (true, _) => "realtime",
            (false, true) => "stream",
            (false, false) => "oneshot",
        }
    }

    /// What the call took of its target.
    fn tell_balancer(&self) {
        let Some(pick) = &self.pick else { return };
        let usage = self.usage.unwrap_or_default();
        let prices = self.target.as_ref().map(|target| &target.model.options.pricing);
        let cost = prices.and_then(|prices| cost(prices, &usage)).unwrap_or_default();
        let latency = self.sent.zip(self.last).map(|(sent, last)| last - sent);
        if let Some(latency) = latency {
            pick.spent(Spent { prompt: usage.prompt, completion: usage.completion, cost, latency });
        }
    }

    /// Who was asked before, and what he said.
    fn tried(&self) -> Option<String> {
        let one = |tried: &Tried| {
            let model = tried.model.as_deref().unwrap_or_default();
            let status =
                tried.upstream_status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
            format!("{}/{model}: {status}", tried.provider)
        };
        let all: Vec<String> = self.tried.iter().map(one).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    fn log(&self) {
        let route = self.route.as_deref();
        let usage = self.usage.filter(|_| self.statistics());
        let timed = self.sent.filter(|_| self.statistics());
        let latency = timed.zip(self.last).map(|(sent, last)| last - sent);
        let first = timed.zip(self.first).map(|(sent, first)| first - sent);
        let each = latency.zip(usage).map(|(latency, usage)| {
            if usage.completion == 0 { 0.0 } else { millis(latency) / count(usage.completion) }
        });
        let model = self.request_model.as_deref();
        let prices = self.target.as_ref().map(|target| &target.model.options.pricing);
        let cost = prices.zip(usage).and_then(|(prices, usage)| cost(prices, &usage));
        let payloads = self.payloads.as_ref();
        let text = |bytes| String::from_utf8_lossy(bytes);
        tracing::info!(
            target: "access",
            request_id = self.id,
            status = self.status,
            outcome = self.outcome,
            route = route.and_then(|route| route.name.as_deref()),
            service = route.and_then(|route| route.service.as_deref()),
            latency = millis(self.started.elapsed()),
            upstream_status = self.upstream_status,
            upstream_request_id = self.upstream_id,
            dropped = self.dropped,
            tried = self.tried(),
            websocket.close_code = self.close_code,
            ai.proxy.meta.provider_name = self.provider,
            ai.proxy.meta.request_model = model,
            ai.proxy.meta.response_model = self.response_model.as_deref().or(model),
            ai.proxy.meta.request_mode = self.provider.map(|_| self.mode()),
            ai.proxy.meta.llm_latency = latency.map(millis),
            ai.proxy.usage.time_to_first_token = first.map(millis),
            ai.proxy.usage.time_per_token = each,
            ai.proxy.usage.cost = cost,
            ai.proxy.usage.prompt_tokens = usage.map(|usage| usage.prompt),
            ai.proxy.usage.completion_tokens = usage.map(|usage| usage.completion),
            ai.proxy.usage.total_tokens = usage.map(|usage| usage.total()),
            ai.proxy.usage.prompt_tokens_details.cached_tokens = usage.and_then(|usage| usage.cached),
            ai.proxy.usage.completion_tokens_details.reasoning_tokens = usage.and_then(|usage| usage.reasoning),
            ai.proxy.usage.search_units = usage.and_then(|usage| usage.search_units),
            ai.proxy.payload.request = payloads.map(|payloads| text(&payloads.request)).as_deref(),
            ai.proxy.payload.response = payloads.map(|payloads| text(&payloads.response)).as_deref(),
        );
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.tell_balancer();
        if !self.silent {
            self.log();
        }
    }
}

/// Milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn count(tokens: u64) -> f64 {
    f64::from(u32::try_from(tokens).unwrap_or(u32::MAX))
}

/// The model that a reply, or the first event of a stream, names.
fn model(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: Option<String>,
        /// Where an event of Anthropic's has it.
        message: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        model: Option<String>,
    }
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let is_stream = bytes.starts_with(b"data: ") || bytes.starts_with(b"event: ");
    let data = if is_stream { lines.find_map(|line| line.strip_prefix(b"data: "))? } else { bytes };
    let named: Named = serde_json::from_slice(data).ok()?;
    named.model.or_else(|| named.message?.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_reply_is_found_in_either_form() {
        assert_eq!(model(br#"{"id":"a","model":"m"}"#).as_deref(), Some("m"));
        assert_eq!(
            model(b"data: {\"model\":\"m\",\"choices\":[]}\n\ndata: {\"model\":\"n\"}\n\n").as_deref(),
            Some("m")
        );
        let start = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\nevent: ping\n";
        assert_eq!(model(start).as_deref(), Some("m"));
        assert_eq!(model(b"data: [DONE]\n\n"), None);
    }
}
