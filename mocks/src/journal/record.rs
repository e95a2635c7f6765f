//! An exchange as it happens: cheap to write, made readable when somebody asks.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use specs::Violation;

use super::{Auth, Body, Entry, Sent, SentEvent};
use crate::request::Request;
use crate::searched::{self, Searched};
use crate::wire::Plan;

/// One exchange.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    arrived: Arrived,
    /// Whether the body's bytes may hide a text; asked once, for a long journal is searched often.
    hides: OnceLock<bool>,
    outcome: Mutex<Outcome>,
}

/// What is known before the reply.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) provider: &'static str,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) http: &'static str,
    pub(crate) request: Request,
    pub(crate) violations: Vec<Violation>,
    pub(crate) auth: Auth,
    pub(crate) variant: Option<&'static str>,
    pub(crate) refused: Option<String>,
    pub(crate) started_ms: f64,
}

/// The reply so far. It is the plan itself that is kept, not a copy of what was sent of it.
#[derive(Debug, Default)]
struct Outcome {
    /// Absent until the header goes out.
    plan: Option<Arc<Plan>>,
    /// How many of its writes went out.
    written: usize,
    /// When each event went out.
    times: Vec<f64>,
    /// Where each event ends in the body, once the plan was cut to what the journal keeps.
    ends: Option<Vec<usize>>,
    aborted: bool,
    finished_ms: Option<f64>,
}

impl Record {
    pub(crate) fn new(seq: u64, arrived: Arrived) -> Self {
        Self { seq, arrived, hides: OnceLock::new(), outcome: Mutex::default() }
    }

    /// The header goes out.
    pub(crate) fn began(&self, plan: &Arc<Plan>) {
        let mut outcome = self.outcome();
        outcome.times.reserve(plan.events.len());
        outcome.plan = Some(Arc::clone(plan));
    }

    /// The next write went out, and with it the end of so many events.
    pub(crate) fn wrote(&self, events: usize, at_ms: f64) {
        let mut outcome = self.outcome();
        outcome.written += 1;
        outcome.times.extend(std::iter::repeat_n(at_ms, events));
    }

    /// Nothing more comes. Of a long body only so many bytes are kept. Gives the bytes kept.
    pub(crate) fn finished(&self, at_ms: f64, aborted: bool, limit: usize) -> usize {
        let mut outcome = self.outcome();
        if outcome.finished_ms.is_some() {
            return 0;
        }
        outcome.finished_ms = Some(at_ms);
        outcome.aborted = aborted;
        let Some(plan) = &outcome.plan else { return 0 };
        let length = plan.body_length();
        if length > limit {
            let ends = outcome.event_ends();
            let plan = plan.shortened(limit);
            outcome.ends = Some(ends);
            outcome.plan = Some(Arc::new(plan));
        }
        length.min(limit) + outcome.times.len() * 64
    }

    /// A number that grows with everything that happens to the reply.
    pub(crate) fn progress(&self) -> usize {
        let outcome = self.outcome();
        outcome.written + usize::from(outcome.plan.is_some()) + usize::from(outcome.finished_ms.is_some())
    }

    /// Whether nothing more comes.
    pub(crate) fn is_over(&self) -> bool {
        self.outcome().finished_ms.is_some()
    }

    /// What was asked for, and why it was refused before any provider saw it.
    pub(crate) fn refused(&self) -> Option<(&str, &str)> {
        Some((self.arrived.request.path.as_str(), self.arrived.refused.as_deref()?))
    }

    /// Bytes kept of the request.
    pub(crate) fn request_size(&self) -> usize {
        let request = &self.arrived.request;
        let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        request.body.len() + headers + request.path.len() + OVERHEAD
    }

    /// Does the request's body contain this text?
    pub(crate) fn contains(&self, marker: &str) -> bool {
        let body = &self.arrived.request.body;
        if Searched::bytes(body).contains(marker) {
            return true;
        }
        let read = || serde_json::from_slice(body).ok().map(Cow::Owned);
        *self.hides.get_or_init(|| searched::hides(body)) && Searched::new(body, read).contains(marker)
    }

    pub(crate) fn entry(&self) -> Entry {
        let Arrived { provider, operation, http, request, violations, auth, variant, refused, started_ms } =
            &self.arrived;
        let outcome = self.outcome();
        Entry {
            seq: self.seq,
            provider: (*provider).to_owned(),
            operation: operation.clone().into_owned(),
            method: request.method.clone(),
            path: request.full_path(),
            query: request.query.clone(),
            http: (*http).to_owned(),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), redact(name, value)))
                .collect(),
            body: Body::new(&request.body),
            body_json: serde_json::from_slice(&request.body).ok(),
            violations: violations.clone(),
            auth: auth.clone(),
            variant: variant.map(str::to_owned),
            refused: refused.clone(),
            started_ms: *started_ms,
            reply: outcome.sent(),
            aborted: outcome.aborted,
            finished_ms: outcome.finished_ms,
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outcome {
    fn sent(&self) -> Sent {
        let Some(plan) = &self.plan else { return Sent::default() };
        let text = |text: &Cow<'_, str>| text.clone().into_owned();
        let ends = self.ends.clone().unwrap_or_else(|| self.event_ends());
        let events = plan.events.iter().zip(&self.times).zip(ends);
        let written = plan.writes.iter().take(self.written).flat_map(|write| write.bytes.iter().copied());
        Sent {
            status: plan.status,
            headers: plan.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            body: Body::new(&written.collect::<Vec<u8>>()),
            truncated: self.ends.is_some(),
            events: events
                .map(|((name, at_ms), end)| SentEvent { name: text(name), at_ms: *at_ms, end })
                .collect(),
        }
    }

    /// Where each event ends in the body.
    fn event_ends(&self) -> Vec<usize> {
        let mut end = 0;
        let mut ends = Vec::with_capacity(self.times.len());
        for write in self.plan.iter().flat_map(|plan| &plan.writes) {
            end += write.bytes.len();
            ends.extend(std::iter::repeat_n(end, write.events));
        }
        ends
    }
}

/// What a record takes beside the texts in it.
const OVERHEAD: usize = 1_024;

/// Keys and signatures are cut to their last four characters.
fn redact(name: &str, value: &str) -> String {
    let last = |secret: &str| {
        let count = secret.chars().count();
        let kept: String = secret.chars().skip(count.saturating_sub(4)).collect();
        if count > 8 { format!("****{kept}") } else { "****".to_owned() }
    };
    match name {
        "authorization" | "proxy-authorization" => {
            match (value.rsplit_once("Signature="), value.split_once(' ')) {
                (Some((head, signature)), _) => format!("{head}Signature={}", last(signature)),
                (None, Some((scheme, key))) => format!("{scheme} {}", last(key.trim())),
                (None, None) => last(value),
            }
        }
        "x-api-key"
        | "api-key"
        | "x-goog-api-key"
        | "x-amz-security-token"
        | "x-aws-ec2-metadata-token"
        | "x-identity-header"
        | "secret"
        | "cookie" => last(value),
        _ => value.to_owned(),
    }
}
