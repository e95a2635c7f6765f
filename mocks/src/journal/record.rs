//! An exchange as it happens: cheap to write, made readable when somebody asks.

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use specs::Violation;

use super::{Auth, Body, Entry, Sent, SentEvent};
use crate::provider::Headers;
use crate::request::Request;
use crate::scripts::Searched;

/// One exchange.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    arrived: Arrived,
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
    pub(crate) started_ms: f64,
}

#[derive(Debug, Default)]
struct Outcome {
    status: u16,
    headers: Headers,
    writes: Vec<Bytes>,
    length: usize,
    truncated: bool,
    names: Vec<Cow<'static, str>>,
    /// When, and how many bytes were sent until then.
    events: Vec<(f64, usize)>,
    aborted: bool,
    finished_ms: Option<f64>,
}

impl Record {
    pub(crate) fn new(seq: u64, arrived: Arrived) -> Self {
        Self { seq, arrived, outcome: Mutex::default() }
    }

    /// The header goes out.
    pub(crate) fn began(&self, status: u16, headers: &Headers, events: &[Cow<'static, str>]) {
        let mut outcome = self.outcome();
        outcome.status = status;
        outcome.headers.clone_from(headers);
        outcome.names = events.to_vec();
    }

    /// Bytes of the body went out, and with them the end of so many events.
    pub(crate) fn wrote(&self, bytes: &Bytes, events: usize, at_ms: f64, limit: usize) {
        let mut outcome = self.outcome();
        let room = limit.saturating_sub(outcome.length);
        if bytes.len() <= room && !outcome.truncated {
            outcome.writes.push(bytes.clone());
        } else if !outcome.truncated {
            outcome.writes.push(bytes.slice(..room));
            outcome.truncated = true;
        }
        outcome.length += bytes.len();
        let length = outcome.length;
        outcome.events.extend(std::iter::repeat_n((at_ms, length), events));
    }

    /// Nothing more comes.
    pub(crate) fn finished(&self, at_ms: f64, aborted: bool) {
        let mut outcome = self.outcome();
        if outcome.finished_ms.is_none() {
            outcome.finished_ms = Some(at_ms);
            outcome.aborted = aborted;
        }
    }

    /// Bytes kept of the request.
    pub(crate) fn request_size(&self) -> usize {
        let request = &self.arrived.request;
        let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        request.body.len() + headers + request.path.len()
    }

    /// Bytes kept of the reply.
    pub(crate) fn reply_size(&self) -> usize {
        let outcome = self.outcome();
        outcome.writes.iter().map(Bytes::len).sum::<usize>() + outcome.names.len() * 64
    }

    /// Does the request's body contain this text?
    pub(crate) fn contains(&self, marker: &str) -> bool {
        let body = &self.arrived.request.body;
        memchr::memmem::find(body, marker.as_bytes()).is_some() || {
            let json = serde_json::from_slice(body).unwrap_or(Value::Null);
            Searched::new(body, &json).contains(marker)
        }
    }

    pub(crate) fn entry(&self) -> Entry {
        let Arrived { provider, operation, http, request, violations, auth, variant, started_ms } =
            &self.arrived;
        let outcome = self.outcome();
        let events = outcome.names.iter().zip(&outcome.events);
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
            started_ms: *started_ms,
            reply: Sent {
                status: outcome.status,
                headers: outcome
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_string()))
                    .collect(),
                body: Body::new(&outcome.writes.concat()),
                truncated: outcome.truncated,
                events: events
                    .map(|(name, (at_ms, end))| SentEvent {
                        name: name.to_string(),
                        at_ms: *at_ms,
                        end: *end,
                    })
                    .collect(),
            },
            aborted: outcome.aborted,
            finished_ms: outcome.finished_ms,
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        "x-api-key" | "api-key" | "x-goog-api-key" | "x-amz-security-token" | "cookie" => last(value),
        _ => value.to_owned(),
    }
}
