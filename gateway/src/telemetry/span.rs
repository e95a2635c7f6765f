//! A call as spans: one for the call, under Kong's name, and below it one for each try, as the semantic conventions name it.
//!
//! ```text
//! kong.gen_ai (server)              all that is known of the call
//! ├─ chat gpt-5 (client)            a try that failed: http.response.status_code, error.type
//! └─ chat claude-5 (client)         the one that answered
//! ```
//!
//! <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>, <https://developer.konghq.com/ai-gateway/llm-open-telemetry/>

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::attribute::{Attributes, Value};
use super::protobuf::Message;
use super::seen::{Asked, Said};
use super::{Trace, provider};
use crate::metrics::operation;
use crate::statistics::{Facts, Tried};

/// <https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto>
const SERVER: u64 = 2;
const CLIENT: u64 = 3;
const ERROR: u64 = 2;
/// A span's flags: its trace is sampled, and whether its parent is far is known, and so.
const SAMPLED: u64 = 1;
const KNOWN: u64 = 0x100;
const FAR: u64 = 0x200;

/// The spans of a call, each encoded, in the order in which they began.
pub(super) fn spans(facts: &Facts<'_>, trace: &Trace, asked: &Asked, said: &Said) -> Vec<Bytes> {
    let end = facts.ended;
    let start = end - facts.latencies.total;
    let mut spans = vec![call((facts, trace), (start, end), asked, said)];
    let tries = trace.tries();
    for (index, (tried, span)) in facts.tried.iter().zip(tries).enumerate() {
        if tried.origin.is_none() {
            // It went nowhere: the request was refused here.
            continue;
        }
        let began = start + tried.after;
        let over = facts.tried.get(index + 1).map_or(end, |next| start + next.after);
        let is_last = index + 1 == facts.tried.len();
        spans.push(attempt((facts, trace), (tried, span, is_last), (began, over)));
    }
    spans
}

fn call(
    (facts, trace): (&Facts<'_>, &Trace),
    times: (SystemTime, SystemTime),
    asked: &Asked,
    said: &Said,
) -> Bytes {
    let mut span = begin(trace, (trace.span, trace.parent), "kong.gen_ai", SERVER, times);
    if trace.parent.is_some() {
        flags(&mut span, KNOWN | FAR);
    }
    let mut attributes = Attributes::of(&mut span, 9);
    common(&mut attributes, facts, facts.provider, facts.request_model);
    let route = facts.route;
    attributes.text("kong.route.name", route.and_then(|route| route.name.as_deref()));
    attributes.text("kong.service.name", route.and_then(|route| route.service.as_deref()));
    attributes.text("kong.auth.consumer.name", facts.consumer);
    attributes.text("kong.request.id", facts.request_id);
    attributes.text("kong.gen_ai.request.mode", facts.mode.name());
    attributes.add("http.response.status_code", Value::Count(facts.status.into()));
    attributes.add("gen_ai.request.max_tokens", asked.max_tokens.map(Value::Count));
    attributes.add("gen_ai.request.temperature", asked.temperature.map(Value::Number));
    attributes.text("gen_ai.response.id", said.id.as_deref());
    attributes.text("gen_ai.response.model", facts.response_model.or(said.model.as_deref()));
    let finish = Some(&said.finish).filter(|finish| !finish.is_empty());
    attributes.add("gen_ai.response.finish_reasons", finish.map(|finish| Value::Texts(finish.clone())));
    attributes.text("gen_ai.output.type", output(facts, asked));
    if let Some(usage) = facts.usage {
        attributes.add("gen_ai.usage.input_tokens", Value::Count(usage.prompt));
        attributes.add("gen_ai.usage.output_tokens", Value::Count(usage.completion));
    }
    attributes.add("kong.gen_ai.llm.cost", facts.cost.map(Value::Number));
    if let Some((name, id)) = &said.tool {
        attributes.text("gen_ai.tool.name", name.as_str());
        attributes.text("gen_ai.tool.call.id", id.as_deref());
        attributes.text("gen_ai.tool.type", "function");
    }
    if let Some(payloads) = facts.payloads {
        let input = messages(&payloads.request);
        attributes.text("gen_ai.input.messages", &*input);
        attributes.text("gen_ai.output.messages", &*String::from_utf8_lossy(&payloads.response));
    }
    attributes.text("error.type", facts.failure());
    // What the client did wrong, or that it left, is no failing of the server's.
    if facts.status >= 500 || facts.failure().is_some_and(|_| facts.status < 400) {
        status(&mut span, facts.failure());
    }
    span.into_bytes().into()
}

fn attempt(
    (facts, trace): (&Facts<'_>, &Trace),
    (tried, id, is_last): (&Tried, u64, bool),
    times: (SystemTime, SystemTime),
) -> Bytes {
    let model = tried.model.as_deref();
    let operation = operation(tried.target.route_type);
    let name = model.map_or(Cow::Borrowed(operation), |model| format!("{operation} {model}").into());
    let mut span = begin(trace, (id, Some(trace.span)), &name, CLIENT, times);
    flags(&mut span, KNOWN);
    let failure = if is_last { facts.failure() } else { tried.failure };
    let mut attributes = Attributes::of(&mut span, 9);
    common(&mut attributes, facts, Some(tried.provider), model);
    if let Some(origin) = &tried.origin {
        attributes.text("server.address", &*origin.host);
        attributes.add("server.port", Value::Count(origin.port.into()));
    }
    let heard = tried.upstream_status;
    attributes.add("http.response.status_code", heard.map(|status| Value::Count(status.into())));
    attributes.text("error.type", failure);
    if failure.is_some() {
        status(&mut span, failure);
    }
    span.into_bytes().into()
}

fn begin(
    trace: &Trace,
    (id, parent): (u64, Option<u64>),
    name: &str,
    kind: u64,
    (start, end): (SystemTime, SystemTime),
) -> Message {
    let mut span = Message::default();
    span.bytes(1, &trace.id.to_be_bytes()).bytes(2, &id.to_be_bytes());
    if let Some(state) = &trace.state {
        span.text(3, state);
    }
    if let Some(parent) = parent {
        span.bytes(4, &parent.to_be_bytes());
    }
    span.text(5, name).count(6, kind).fixed(7, nanos(start)).fixed(8, nanos(end));
    span
}

fn flags(span: &mut Message, flags: u64) {
    span.fixed32(16, u32::try_from(flags | SAMPLED).unwrap_or_default());
}

fn status(span: &mut Message, failure: Option<&str>) {
    span.message(15, |status| {
        if let Some(failure) = failure {
            status.text(2, failure);
        }
        status.count(3, ERROR);
    });
}

fn common(attributes: &mut Attributes<'_>, facts: &Facts<'_>, name: Option<&str>, model: Option<&str>) {
    attributes.text("gen_ai.operation.name", facts.target.map(|target| operation(target.route_type)));
    attributes.text("gen_ai.provider.name", name.map(provider));
    attributes.text("gen_ai.request.model", model);
}

/// `gen_ai.output.type`: what the client wants, where that is known.
fn output(facts: &Facts<'_>, asked: &Asked) -> Option<&'static str> {
    use crate::config::RouteType::{
        AudioSpeech, AudioTranscriptions, AudioTranslations, Chat, Completions, ImageEdits, ImageGenerations,
        Responses,
    };
    match facts.target?.route_type {
        Chat | Completions | Responses if asked.is_json => Some("json"),
        Chat | Completions | Responses | AudioTranscriptions | AudioTranslations => Some("text"),
        AudioSpeech => Some("speech"),
        ImageEdits | ImageGenerations => Some("image"),
        _ => None,
    }
}

/// The messages of a request as they stand; all of it, where it has none or was cut.
fn messages(request: &[u8]) -> Cow<'_, str> {
    #[derive(serde::Deserialize)]
    struct Request<'r> {
        #[serde(borrow)]
        messages: Option<&'r serde_json::value::RawValue>,
    }
    let messages = serde_json::from_slice::<Request<'_>>(request).ok().and_then(|request| request.messages);
    messages.map_or_else(|| String::from_utf8_lossy(request), |messages| messages.get().into())
}

/// Since 1970.
pub(super) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
