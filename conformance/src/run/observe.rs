//! The mocks' journal, as checks see it: times since the client's request, bytes as bytes.

use std::time::Instant as Clock;

use mocks::journal::{Auth, Entry};
use serde_json::Value;
use tokio::time::Instant;

use crate::case::Asked;

/// The requests with this marker, in order of arrival.
pub(super) fn asked(entries: &[Entry], marker: &str, sent: Instant, epoch: Clock) -> Vec<Asked> {
    let zero = sent.into_std().saturating_duration_since(epoch).as_secs_f64() * 1e3;
    let mine = entries.iter().filter(|entry| entry.says(marker));
    mine.map(|entry| one(entry, zero)).collect()
}

fn one(entry: &Entry, zero: f64) -> Asked {
    Asked {
        provider: entry.provider.clone(),
        operation: entry.operation.clone(),
        method: entry.method.clone(),
        path: entry.path.clone(),
        headers: entry.headers.clone(),
        body: entry.body.bytes(),
        json: json(entry),
        violations: entry.violations.clone(),
        refused: refused(&entry.auth),
        version: entry.variant.clone(),
        at_ms: entry.started_ms - zero,
        status: entry.reply.status,
        reply_headers: entry.reply.headers.clone(),
        reply: entry.reply.body.bytes(),
        events: entry.reply.events.iter().map(|event| (event.name.clone(), event.at_ms - zero)).collect(),
        aborted: entry.aborted,
        finished_ms: entry.finished_ms.map(|at_ms| at_ms - zero),
    }
}

/// The body by the names of the provider's document, however its members are spelt.
fn json(entry: &Entry) -> Value {
    let body = entry.body_json.as_ref().unwrap_or(&Value::Null);
    // A mock that shares its port has its name before the path.
    let path = entry.path.strip_prefix('/').and_then(|path| path.strip_prefix(entry.provider.as_str()));
    let path = path.filter(|path| path.starts_with('/')).unwrap_or(&entry.path);
    let operation = specs::api(&entry.provider).and_then(|api| api.operation(&entry.method, path));
    operation.map_or_else(|| body.clone(), |operation| operation.settled(body).into_owned())
}

fn refused(auth: &Auth) -> Option<String> {
    match auth {
        Auth::Ok | Auth::None => None,
        Auth::Refused { reason, canonical_request: None } => Some(reason.clone()),
        Auth::Refused { reason, canonical_request: Some(request) } => {
            Some(format!("{reason}; expected to be signed: {request:?}"))
        }
    }
}
