//! Ollama's lines: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use mocks::script::{Failure, Finish, Kind};

use super::{Draft, Event, Reader};
use crate::Surface;

pub(super) const CHAT: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };
pub(super) const GENERATE: Reader = Reader { surface: Surface::Completions, ..CHAT };

const KNOWN: &[&str] = &[
    "model",
    "created_at",
    "done",
    "done_reason",
    "message.role",
    "message.content",
    "message.thinking",
    "message.tool_calls.*.id",
    "message.tool_calls.*.function.**",
    "response",
    "thinking",
    "prompt_eval_count",
    "eval_count",
    "error",
    // The times of this moment.
    "total_duration",
    "load_duration",
    "prompt_eval_duration",
    "eval_duration",
];

fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    if !json["error"].is_null() {
        return draft.interrupt(fail(500, "", event));
    }
    draft.model = json["model"].as_str().map(str::to_owned);
    let message = if json["message"].is_object() { &json["message"] } else { json };
    let text = |name: &str| message[name].as_str().filter(|text| !text.is_empty());
    draft.say(Draft::thought, "thinking", text("thinking"));
    // A line without anything else is a piece of nothing, unless it is the last.
    let is_alone = draft.is_stream
        && json["done"] != true
        && text("thinking").is_none()
        && message["tool_calls"].is_null();
    let spoken = message["content"].as_str().or(message["response"].as_str());
    draft.say(Draft::text, "text", spoken.filter(|text| is_alone || !text.is_empty()));
    for (number, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let key = format!("{}.{number}", draft.event);
        let function = &call["function"];
        draft.call(
            &key,
            call["id"].as_str().unwrap_or_default(),
            function["name"].as_str().unwrap_or_default(),
        );
        let written = event.written(&format!("/message/tool_calls/{number}/function/arguments"));
        draft.arguments(&key, &written.unwrap_or_default());
    }
    if json["done"] == true {
        draft.finish = (json["done_reason"] == "length").then_some(Finish::Length);
        draft.usage.prompt = json["prompt_eval_count"].as_u64();
        draft.usage.completion = json["eval_count"].as_u64();
    }
}

fn fail(status: u16, _: &str, event: &Event) -> Failure {
    let error = &event.json["error"];
    let message = error.as_str().or(error["message"].as_str());
    Failure {
        status: Some(status),
        kind: Some(Kind::of_status(status)),
        message: message.map(str::to_owned),
        ..Failure::default()
    }
}
