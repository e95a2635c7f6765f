//! Version 1: [chat](https://docs.cohere.com/v1/reference/chat), and [generation](https://docs.cohere.com/v1/reference/generate).

pub(super) mod ask;
pub(super) mod generate;
pub(super) mod own;
pub(super) mod reply;
mod search;
pub(super) mod stream;

use serde_json::Value;

use crate::provider::Event;
use crate::script::Finish;

/// One object a line.
fn line(value: &Value) -> Event {
    framed(value.to_string())
}

fn framed(mut text: String) -> Event {
    text.push('\n');
    Event { name: "".into(), bytes: text.into() }
}

/// [Reasons](https://docs.cohere.com/v1/reference/chat): calling a tool is a way to be complete.
fn finish(finish: Option<Finish>) -> &'static str {
    match finish {
        Some(Finish::StopSequence) => "STOP_SEQUENCE",
        Some(Finish::Length) => "MAX_TOKENS",
        Some(Finish::Context) => "ERROR_LIMIT",
        Some(Finish::ContentFilter | Finish::Guardrail) => "ERROR_TOXIC",
        Some(Finish::Malformed) => "ERROR",
        Some(Finish::Stop | Finish::Pause | Finish::ToolCalls) | None => "COMPLETE",
    }
}
