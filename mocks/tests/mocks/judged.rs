//! Requests whose replies are held against the provider's own document, whole or event by event.

use mocks::Mocks;
use serde_json::Value;
use specs::{Operation, Violation};

use crate::client::{Reply, exchange, request};

/// Posts a JSON body to a provider's own path, with its key as a bearer token or as `header` says.
pub(crate) async fn post(mocks: &Mocks, provider: &str, path: &str, body: &Value) -> Reply {
    let key = format!("Bearer {}", mocks.credentials().key(provider));
    post_with(mocks, provider, path, &[("authorization", &key)], body).await
}

/// The same with other headers.
pub(crate) async fn post_with(
    mocks: &Mocks,
    provider: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Reply {
    let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
    let full = format!("/{provider}{path}");
    exchange(mocks, &request("POST", &full, &headers, body.to_string().as_bytes())).await
}

/// Gets a provider's own path.
pub(crate) async fn get(mocks: &Mocks, provider: &str, path: &str) -> Reply {
    let key = format!("Bearer {}", mocks.credentials().key(provider));
    let full = format!("/{provider}{path}");
    exchange(mocks, &request("GET", &full, &[("authorization", &key)], b"")).await
}

/// The operation of a provider's document.
pub(crate) fn operation(provider: &str, method: &str, path: &str) -> Operation {
    let path = path.split('?').next().unwrap();
    let api = specs::api(provider).unwrap();
    api.operation(method, path).unwrap_or_else(|| panic!("{provider} has no {path}"))
}

/// A good reply, whole: its body.
pub(crate) fn whole(operation: &Operation, reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    assert_eq!(operation.reply(200, &body), [], "{body:#}");
    body
}

/// A good reply as server-sent events: their data, ends that are no JSON left out.
pub(crate) fn streamed(operation: &Operation, reply: &Reply) -> Vec<Value> {
    let events = reply.events();
    let named = events.iter().map(|(name, data)| if data == "[DONE]" { "[DONE]" } else { name });
    in_order(operation, reply, named.zip(events.iter().map(|(_, data)| data)));
    events.into_iter().map(|(_, data)| data).filter(|data| data != "[DONE]").collect()
}

/// The same as JSON lines.
pub(crate) fn lines(operation: &Operation, reply: &Reply) -> Vec<Value> {
    let lines: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    in_order(operation, reply, lines.iter().map(|line| ("", line)));
    lines
}

/// The same as the elements of one array.
pub(crate) fn elements(operation: &Operation, reply: &Reply) -> Vec<Value> {
    let elements: Vec<Value> = serde_json::from_slice(&reply.body).unwrap();
    in_order(operation, reply, elements.iter().map(|element| ("", element)));
    elements
}

fn in_order<'a>(operation: &Operation, reply: &Reply, events: impl Iterator<Item = (&'a str, &'a Value)>) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut sequence = operation.sequence().unwrap();
    let mut found: Vec<Violation> = Vec::new();
    for (name, data) in events {
        found.extend(operation.event(name, data));
        found.extend(sequence.event(name, data));
    }
    found.extend(sequence.end());
    assert_eq!(found, [], "{}", reply.text());
    assert!(reply.complete, "HTTP's own end is missing");
}

/// An error in the provider's own shape: status and body.
pub(crate) fn refused(operation: &Operation, reply: &Reply) -> (u16, Value) {
    let body = reply.json();
    assert_eq!(operation.reply(reply.status, &body), [], "{body:#}");
    (reply.status, body)
}
