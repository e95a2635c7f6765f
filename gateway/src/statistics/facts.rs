//! The facts of one call, as plain data.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::request::Parts;
use translate::delta::Usage;

use super::Tried;
use crate::balancer::Pick;
use crate::config::{Route, Target};
use crate::metrics::Running;

/// What is known of a call that is over, whatever became of it. No part of it is a key; bodies are part of it only where the file asks
/// for them.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'r> {
    /// The client's name for the call, or ours.
    pub(crate) request_id: &'r str,
    /// The route that took it, if any did.
    pub(crate) route: Option<&'r Route>,
    /// Who was asked last: with its route type, its prices, and whether the file wants statistics.
    pub(crate) target: Option<&'r Target>,
    /// The client, where it had to say who it is.
    pub(crate) consumer: Option<&'r str>,
    /// Kong's name of the provider that was asked last.
    pub(crate) provider: Option<&'static str>,
    /// The model that was asked for.
    pub(crate) request_model: Option<&'r str>,
    /// The model that says that it answered; known only where the file wants statistics.
    pub(crate) response_model: Option<&'r str>,
    pub(crate) mode: Mode,
    /// What the client got; 499 where it left before it got any.
    pub(crate) status: u16,
    /// `done`, or a word for what went wrong.
    pub(crate) outcome: &'static str,
    pub(crate) upstream_status: Option<u16>,
    /// The provider's name for the call.
    pub(crate) upstream_id: Option<&'r str>,
    /// The code with which a session was closed.
    pub(crate) close_code: Option<u16>,
    /// What of the request the provider could not be told: names, separated by commas.
    pub(crate) dropped: Option<&'r str>,
    /// What it took, as far as it went.
    pub(crate) usage: Option<&'r Usage>,
    /// Whether that was counted here, because the provider did not.
    pub(crate) estimated: bool,
    /// By the prices in the file; `None` where it names none, or one that depends on what is not told.
    pub(crate) cost: Option<f64>,
    pub(crate) latencies: Latencies,
    /// When it was over.
    pub(crate) ended: SystemTime,
    /// Every target that was asked, the last one included, in their order.
    pub(crate) tried: &'r [Tried],
    /// The last try, as its balancer knows it.
    pub(crate) pick: Option<&'r Pick>,
    /// The last try, as its target's meter knows it.
    pub(crate) running: Option<&'r Running>,
    /// Bytes of the client's body, and of those that it got.
    pub(crate) bytes: [u64; 2],
    /// Where the file asks for them.
    pub(crate) payloads: Option<&'r Payloads>,
    /// What HTTP says of it, where somebody wants to know.
    pub(crate) wire: Option<&'r Wire>,
}

impl Facts<'_> {
    /// Kong's `log_statistics`: whether the file wants timings, tokens and costs to be told.
    pub(crate) fn wants_statistics(&self) -> bool {
        self.target.is_some_and(|target| target.logging.log_statistics)
    }

    /// Whether what the client got came piece by piece.
    pub(crate) fn is_streamed(&self) -> bool {
        self.mode != Mode::Oneshot
    }

    /// A word for what went wrong, if anything did.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        failure(self.outcome, self.status)
    }
}

/// A word for what went wrong in a call with this outcome and status, if anything did.
pub(crate) fn failure(outcome: &'static str, status: u16) -> Option<&'static str> {
    match outcome {
        // What passes through is done whatever it says.
        "done" => (status >= 400).then_some("upstream_error"),
        outcome => Some(outcome),
    }
}

/// Kong's `request_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Oneshot,
    Stream,
    Realtime,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Oneshot => "oneshot",
            Self::Stream => "stream",
            Self::Realtime => "realtime",
        }
    }
}

/// What took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Latencies {
    /// From the request's head to the end of its reply, or to when the client left.
    pub(crate) total: Duration,
    /// The gateway's own: from the last byte of the request until it goes upstream, without what earlier tries took. All of the time,
    /// where nobody was asked.
    pub(crate) gateway: Duration,
    /// From the last try's going upstream to the end of its reply: Kong's `llm_latency`.
    pub(crate) upstream: Option<Duration>,
    /// From the same to the first bytes of the reply for the client.
    pub(crate) first: Option<Duration>,
}

impl Latencies {
    /// Milliseconds an output token, as Kong counts: the whole of the reply's time; 0 where there are none.
    pub(crate) fn each(&self, usage: &Usage) -> Option<f64> {
        let upstream = self.upstream?;
        let tokens = f64::from(u32::try_from(usage.completion).unwrap_or(u32::MAX));
        Some(if usage.completion == 0 { 0.0 } else { millis(upstream) / tokens })
    }
}

/// Milliseconds, to the microsecond.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Request and reply as HTTP has them. Their header fields hold keys: whoever shows them leaves those out.
pub(crate) struct Wire {
    /// The client's request, without its body.
    pub(crate) asked: Parts,
    /// The header fields of the client's reply.
    pub(crate) answered: HeaderMap,
    /// Bytes of the request's body, where they were counted.
    pub(crate) taken: Option<u64>,
    /// Bytes of the reply's body that the client was given.
    pub(crate) given: u64,
    /// Where the client is.
    pub(crate) client: Option<IpAddr>,
}

/// Kong's `log_payloads`: what the client sent, and what it got; of a stream what was said, as one reply.
#[derive(Debug, Default)]
pub(crate) struct Payloads {
    pub(crate) request: Vec<u8>,
    pub(crate) response: Vec<u8>,
}

/// Bytes of each body that are told; the rest is left out.
pub(crate) const PAYLOAD: usize = 256 << 10;

impl Payloads {
    pub(crate) fn new(request: &[u8]) -> Self {
        Self { request: request[..request.len().min(PAYLOAD)].to_vec(), response: Vec::new() }
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let room = PAYLOAD - self.response.len();
        self.response.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}
