//! `OpenAI`'s responses: <https://platform.openai.com/docs/api-reference/responses>. What they have in common with chats is judged by
//! the same requirements; here is what only responses have.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::support::{Side, asked, client, finding, fold, got, unless};
use super::{Check, Judged, Verdict, faults, parts, reply, request, same, schema, stream, usage};
use crate::case::{Case, Seen};
use crate::meaning::is_same_number;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("responses.request.same-dialect", same_dialect),
    ("responses.request.reasoning-kept", request::members),
    ("responses.reply.schema", schema::reply),
    ("responses.reply.nullables", schema::reply_nullables),
    ("responses.reply.status", status),
    ("responses.reply.echo", echo),
    ("responses.reply.items", parts::order),
    ("responses.reply.ids", ids),
    ("responses.reply.reasoning", reasoning),
    ("responses.stream.named", parts::named),
    ("responses.stream.event", schema::chunk),
    ("responses.stream.nullables", schema::chunk_nullables),
    ("responses.stream.order", stream::order),
    ("responses.stream.begins", begins),
    ("responses.stream.done", done),
    ("responses.stream.last", last),
    ("responses.usage.present", usage::present),
    ("responses.usage.input", |case| usage::own(case, "/input_tokens", case.expected.usage.prompt)),
    ("responses.usage.output", |case| usage::own(case, "/output_tokens", case.expected.usage.completion)),
    ("responses.usage.total", usage::total),
    ("responses.usage.cached", |case| {
        usage::own(case, "/input_tokens_details/cached_tokens", case.expected.usage.cached)
    }),
    ("responses.fault.never-completed", faults::never_done),
    ("responses.fault.error-object", fault_object),
];

/// Where the provider was asked by its own responses, and not by its chat.
fn same_dialect(case: &Case) -> Judged {
    if asked(case)?.json["input"].is_null() { Err(Verdict::NotHere) } else { same::same(case, plain) }
}

/// A member in the plainest of the forms that mean the same: a text is a message of the user's with one part.
fn plain(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("input", Value::String(text)) => json!([item(&json!({"role": "user", "content": text}))]),
        ("input", Value::Array(items)) => items.iter().map(item).collect(),
        (_, value) => value.clone(),
    }
}

fn item(item: &Value) -> Value {
    let mut plain: Map<String, Value> = item.as_object().cloned().unwrap_or_default();
    plain.retain(|_, value| !value.is_null());
    plain.entry("type").or_insert_with(|| json!("message"));
    if let Some(Value::String(text)) = plain.get("content") {
        let kind = if plain.get("role") == Some(&json!("assistant")) { "output_text" } else { "input_text" };
        plain.insert("content".into(), json!([{"type": kind, "text": text}]));
    }
    plain.into()
}

/// The response that the client has in the end: whole, or that of the last event.
fn response(case: &Case) -> Result<&Value, Verdict> {
    match &case.seen {
        Seen::Whole(response, _) => Ok(response),
        Seen::Stream(fold) => {
            let last = fold.chunks.iter().rev().find(|(_, event)| event["response"].is_object());
            last.map(|(_, event)| &event["response"])
                .ok_or_else(|| Verdict::Untestable("no event has the response".to_owned()))
        }
        Seen::Error(_) | Seen::Other => {
            Err(Verdict::Untestable(format!("the client got no response: {}", got(case))))
        }
    }
}

/// What is complete says why not nowhere, and what is not says why; nothing in it is still in progress.
fn status(case: &Case) -> Judged {
    let response = response(case)?;
    let (status, details) =
        (response["status"].as_str().unwrap_or("nothing"), &response["incomplete_details"]);
    let mut findings = Vec::new();
    let mut wrong = |pointer: &str, wanted: &str, got: &Value| {
        findings.push(finding(Side::Client, pointer, wanted, got));
    };
    match status {
        "completed" if !details.is_null() => wrong("/incomplete_details", "null", details),
        "incomplete" if !details["reason"].is_string() => {
            wrong("/incomplete_details/reason", "a reason", details);
        }
        "completed" | "incomplete" => {}
        _ => wrong("/status", "completed | incomplete", &response["status"]),
    }
    if !response["error"].is_null() {
        wrong("/error", "null", &response["error"]);
    }
    for (at, item) in response["output"].as_array().into_iter().flatten().enumerate() {
        if item["status"] == "in_progress" || (status == "completed" && item["status"] == "incomplete") {
            wrong(&format!("/output/{at}/status"), "completed", &item["status"]);
        }
    }
    unless(findings)
}

/// What the client asked for stands in the response.
const ECHOED: [&str; 9] = [
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];

fn echo(case: &Case) -> Judged {
    let response = response(case)?;
    let asked = ECHOED.into_iter().filter(|name| !case.sent.json[*name].is_null());
    let differs = |name: &str| {
        let (wanted, got) = (&case.sent.json[name], &response[name]);
        (!echoes(got, wanted)).then(|| finding(Side::Client, &format!("/{name}"), wanted, got))
    };
    let mut findings: Vec<_> = asked.filter_map(differs).collect();
    let (wanted, got) = (&case.sent.json["text"]["format"], &response["text"]["format"]);
    if !wanted.is_null() && !echoes(got, wanted) {
        findings.push(finding(Side::Client, "/text/format", wanted, got));
    }
    unless(findings)
}

/// All of what was said; the service adds what it takes for granted.
fn echoes(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| value.is_null() || got.get(name).is_some_and(|got| echoes(got, value))),
        (Value::Array(got), Value::Array(wanted)) => {
            got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, wanted)| echoes(got, wanted))
        }
        _ => got == wanted || is_same_number(got, wanted),
    }
}

/// Where the client asks to see it.
fn reasoning(case: &Case) -> Judged {
    if case.sent.json["reasoning"]["summary"].is_null() {
        Err(Verdict::NotHere)
    } else {
        reply::reasoning(case)
    }
}

/// Every item has an id of its own, by which it can be referred to later.
fn ids(case: &Case) -> Judged {
    let items = response(case)?["output"].as_array().cloned().unwrap_or_default();
    let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap_or_default()).collect();
    let own: BTreeSet<_> = ids.iter().filter(|id| !id.is_empty()).collect();
    if own.len() == ids.len() {
        Ok(())
    } else {
        client("/output/*/id", format!("{} ids", ids.len()), json(&ids))
    }
}

/// The first response has the id of the last one, and nothing said yet.
fn begins(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let Some((number, first)) = chunks.iter().find(|(_, event)| event["type"] == "response.created") else {
        return client("events", "response.created", got(case));
    };
    let began = &first["response"];
    let is_under_way = began["status"] == "in_progress" || began["status"] == "queued";
    let mut findings = Vec::new();
    if !is_under_way {
        findings.push(finding(
            Side::Client,
            &format!("event {number} /response/status"),
            "in_progress",
            &began["status"],
        ));
    }
    if began["output"].as_array().is_none_or(|output| !output.is_empty()) {
        findings.push(finding(
            Side::Client,
            &format!("event {number} /response/output"),
            "[]",
            &began["output"],
        ));
    }
    unless(findings)
}

/// What deltas add up to is said again when it is done: the same.
fn done(case: &Case) -> Judged {
    let fold = fold(case)?;
    let mut so_far: Vec<((Value, Value, Value), String)> = Vec::new();
    let mut findings = Vec::new();
    for (number, event) in &fold.chunks {
        let Some((kind, step)) = event["type"].as_str().and_then(|kind| kind.rsplit_once('.')) else {
            continue;
        };
        let place = (
            json!(kind),
            event["output_index"].clone(),
            json!([event["content_index"], event["summary_index"]]),
        );
        match (step, event["delta"].as_str()) {
            ("delta", Some(piece)) => match so_far.iter_mut().find(|(known, _)| *known == place) {
                Some((_, text)) => text.push_str(piece),
                None => so_far.push((place, piece.to_owned())),
            },
            ("done", _) => {
                let names = ["text", "refusal", "arguments"];
                let Some(name) = names.into_iter().find(|name| event[*name].is_string()) else { continue };
                let wanted = so_far.iter().find(|(known, _)| *known == place).map_or("", |(_, text)| text);
                if event[name] != wanted {
                    let pointer = format!("event {number} /{name}");
                    findings.push(finding(Side::Client, &pointer, json(wanted), json(&event[name])));
                }
            }
            _ => {}
        }
    }
    unless(findings)
}

/// The last event has the whole response: every item as it was when it was done, in order.
fn last(case: &Case) -> Judged {
    let fold = fold(case)?;
    let items = fold.chunks.iter().filter(|(_, event)| event["type"] == "response.output_item.done");
    let mut items: Vec<_> =
        items.map(|(_, event)| (event["output_index"].as_u64(), &event["item"])).collect();
    items.sort_by_key(|(index, _)| *index);
    let wanted: Vec<&Value> = items.into_iter().map(|(_, item)| item).collect();
    let output = response(case)?["output"].as_array().cloned().unwrap_or_default();
    let differs = wanted.iter().zip(&output).position(|(wanted, got)| **wanted != *got);
    match differs {
        Some(at) => client(&format!("last event /response/output/{at}"), wanted[at], &output[at]),
        None if wanted.len() == output.len() => Ok(()),
        None => client("last event /response/output", format!("{} items", wanted.len()), output.len()),
    }
}

/// Before the first byte, an error object as everywhere; in a stream, one of the events that the document has for it.
fn fault_object(case: &Case) -> Judged {
    match &case.seen {
        Seen::Stream(fold) => {
            let Some((number, error)) = fold.errors.first() else { return Err(Verdict::NotHere) };
            let operation = schema::operation(case)?;
            let name = error["type"].as_str().unwrap_or_default();
            let found = operation.event(name, error);
            let told = |found: &specs::Violation| {
                finding(
                    Side::Client,
                    &format!("event {number} {}", found.pointer),
                    &found.expected,
                    &found.got,
                )
            };
            unless(found.iter().take(3).map(told).collect())
        }
        _ => faults::error_object(case),
    }
}
