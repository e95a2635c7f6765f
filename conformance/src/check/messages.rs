//! Anthropic's messages: <https://platform.claude.com/docs/en/api/messages>. What they have in common with chats is judged by the same
//! requirements; here is what only messages have.

use mocks::script::Finish;
use serde_json::{Value, json};

use super::support::{Side, answer, client, finding, fold, got, unless};
use super::{Check, Judged, Verdict, errors, faults, parts, reply, request, same, schema, stream, usage};
use crate::case::{Case, Seen};
use crate::text::or_nothing;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("messages.request.same-dialect", |case| same::same(case, plain)),
    ("messages.request.cache-control", request::members),
    ("messages.request.tool-error", request::members),
    ("messages.request.thinking-kept", request::members),
    ("messages.reply.schema", schema::reply),
    ("messages.reply.nullables", schema::reply_nullables),
    ("messages.reply.stop-reason", stop_reason),
    ("messages.reply.stop-sequence", stop_sequence),
    ("messages.reply.blocks", parts::order),
    ("messages.reply.input", input),
    ("messages.reply.thinking", reply::reasoning),
    ("messages.reply.signature", reply::signature),
    ("messages.stream.named", parts::named),
    ("messages.stream.event", schema::chunk),
    ("messages.stream.nullables", schema::chunk_nullables),
    ("messages.stream.order", stream::order),
    ("messages.stream.start", start),
    ("messages.stream.stop-once", stop_once),
    ("messages.stream.input", streamed_input),
    ("messages.usage.present", usage::present),
    ("messages.usage.input", |case| usage::count(case, "/prompt_tokens", case.expected.usage.prompt)),
    ("messages.usage.output", |case| usage::own(case, "/output_tokens", case.expected.usage.completion)),
    ("messages.usage.cached", |case| {
        usage::own(case, "/cache_read_input_tokens", case.expected.usage.cached)
    }),
    ("messages.error.object", object),
    ("messages.error.type", kind),
    ("messages.refusal.object", refusal_object),
    ("messages.fault.never-stopped", faults::never_done),
    ("messages.fault.error-object", fault_object),
];

/// A member in the plainest of the forms that mean the same: texts are blocks.
fn plain(name: &str, value: &Value) -> Value {
    let blocks = |content: &Value| match content {
        Value::String(text) => json!([{"type": "text", "text": text}]),
        other => other.clone(),
    };
    match (name, value) {
        ("system", system) => blocks(system),
        ("messages", Value::Array(messages)) => {
            let message =
                |message: &Value| json!({"role": message["role"], "content": blocks(&message["content"])});
            messages.iter().map(message).collect()
        }
        (_, value) => value.clone(),
    }
}

/// The very word, of a provider that has it; else the nearest one that is true.
fn stop_reason(case: &Case) -> Judged {
    reply::scripted(case)?;
    let says = case.provider() == "anthropic";
    let wanted: &[&str] = match case.expected.ended {
        None => return Err(Verdict::NotHere),
        // No word of Anthropic's says that an answer cannot be read.
        Some(Finish::Malformed) => return Err(Verdict::NotHere),
        Some(Finish::StopSequence) if says => &["stop_sequence"],
        Some(Finish::Pause) if says => &["pause_turn"],
        Some(Finish::Context) if says => &["model_context_window_exceeded"],
        Some(Finish::Context) => &["max_tokens", "model_context_window_exceeded"],
        Some(Finish::StopSequence) => &["end_turn", "stop_sequence"],
        Some(Finish::Pause) => &["end_turn", "pause_turn"],
        // Where a provider filters nothing, its answer just ends.
        Some(_) => match case.expected.finish.as_str() {
            "length" => &["max_tokens"],
            "tool_calls" => &["tool_use"],
            "content_filter" => &["refusal"],
            _ => &["end_turn"],
        },
    };
    let got = answer(case)?.stop.as_deref().unwrap_or("nothing");
    if wanted.contains(&got) { Ok(()) } else { client("/stop_reason", wanted.join(" | "), got) }
}

/// One of those that the client gave, where that is why it stopped; else null.
fn stop_sequence(case: &Case) -> Judged {
    let answer = answer(case)?;
    let given = &case.sent.json["stop_sequences"];
    let is_given = |text: &String| given.as_array().is_some_and(|given| given.contains(&json!(text)));
    match (answer.stop.as_deref(), &answer.stop_sequence) {
        (Some("stop_sequence"), Some(text)) if is_given(text) => Ok(()),
        (Some("stop_sequence"), other) => client("/stop_sequence", given, or_nothing(other.as_ref())),
        (_, None) => Ok(()),
        (_, Some(text)) => client("/stop_sequence", "null", text),
    }
}

/// Arguments are an object, not a text of one.
fn input(case: &Case) -> Judged {
    let calls = &answer(case)?.calls;
    let is_object = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|input| input.is_object());
    let wrong = calls.iter().enumerate().filter(|(_, call)| !is_object(&call.arguments));
    let report = |(position, call): (usize, &crate::fold::Call)| {
        finding(
            Side::Client,
            &format!("/content/* (tool_use {position}) /input"),
            "an object",
            &call.arguments,
        )
    };
    unless(wrong.map(report).collect())
}

/// The message as it is before anything is said.
fn start(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let Some((number, first)) = chunks.iter().find(|(_, event)| event["type"] == "message_start") else {
        return client("events", "message_start", got(case));
    };
    let message = &first["message"];
    let members = [
        ("content", json!([]), &message["content"]),
        ("stop_reason", Value::Null, &message["stop_reason"]),
        ("stop_sequence", Value::Null, &message["stop_sequence"]),
    ];
    let wrong = members.iter().filter(|(_, wanted, got)| wanted != *got);
    let report = |(name, wanted, got): &(&str, Value, &Value)| {
        finding(Side::Client, &format!("event {number} /message/{name}"), wanted, got)
    };
    unless(wrong.map(report).collect())
}

/// Clients keep the last one; two would contradict each other.
fn stop_once(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let reasons = chunks.iter().filter(|(_, event)| event["delta"]["stop_reason"].is_string()).count();
    if reasons == 1 { Ok(()) } else { client("message_delta /delta/stop_reason", "one", reasons) }
}

/// A call begins with nothing; clients add the pieces up, and read them at the end of the block.
fn streamed_input(case: &Case) -> Judged {
    let chunks = &fold(case)?.chunks;
    let calls = chunks.iter().filter(|(_, event)| event["content_block"]["type"] == "tool_use");
    let full = calls.clone().find(|(_, event)| event["content_block"]["input"] != json!({}));
    match full {
        _ if calls.count() == 0 => Err(Verdict::NotHere),
        None => Ok(()),
        Some((number, event)) => {
            client(&format!("event {number} /content_block/input"), "{}", &event["content_block"]["input"])
        }
    }
}

/// `{"type": "error", "error": {"type", "message"}}`.
fn object(case: &Case) -> Judged {
    let Some(error) = case.error() else { return client("body", "an error object", got(case)) };
    unless(object_findings(error))
}

fn object_findings(body: &Value) -> Vec<super::Finding> {
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let members = [
        ("/type", "\"error\"", body["type"] == "error", &body["type"]),
        (
            "/error/type",
            "a word that Anthropic knows",
            is_known(&body["error"]["type"]),
            &body["error"]["type"],
        ),
        ("/error/message", "a sentence", filled(&body["error"]["message"]), &body["error"]["message"]),
    ];
    let wrong = members.into_iter().filter(|(_, _, holds, _)| !holds);
    wrong.map(|(pointer, wanted, _, got)| finding(Side::Client, pointer, wanted, got)).collect()
}

/// <https://platform.claude.com/docs/en/api/errors>
const TYPES: [(u16, &str); 11] = [
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (402, "billing_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (409, "conflict_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (500, "api_error"),
    (504, "timeout_error"),
    (529, "overloaded_error"),
];

fn is_known(kind: &Value) -> bool {
    TYPES.iter().any(|(_, known)| kind == known)
}

/// The one that belongs to the status; a status that Anthropic does not use has the type of its class.
fn kind(case: &Case) -> Judged {
    let Seen::Error(error) = &case.seen else { return Err(Verdict::NotHere) };
    let status = case.transcript.status.unwrap_or_default();
    let own = TYPES.iter().find(|(known, _)| *known == status).map(|(_, kind)| *kind);
    let wanted: &[&str] = match own {
        Some("conflict_error") => &["conflict_error", "invalid_request_error"],
        Some(kind) => &[kind],
        None if status >= 500 => &["api_error", "overloaded_error", "timeout_error"],
        None => &["invalid_request_error"],
    };
    let got = error["error"]["type"].as_str().unwrap_or("nothing");
    if wanted.contains(&got) { Ok(()) } else { client("/error/type", wanted.join(" | "), got) }
}

fn refusal_object(case: &Case) -> Judged {
    if errors::is_served(case) { Err(Verdict::NotHere) } else { object(case) }
}

/// Of an answer that broke: instead of it, or as the event `error` in its stream.
fn fault_object(case: &Case) -> Judged {
    match case.error() {
        Some(error) => unless(object_findings(error)),
        None if matches!(case.seen, Seen::Stream(_)) => Err(Verdict::NotHere),
        None => client("body", "an error object", got(case)),
    }
}
