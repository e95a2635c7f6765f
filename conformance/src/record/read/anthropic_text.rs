//! Anthropic's text completions: <https://docs.claude.com/en/api/complete>.

use mocks::script::Finish;

use super::{Draft, Event, Reader, anthropic};
use crate::Surface;

pub(super) const COMPLETE: Reader =
    Reader { surface: Surface::Completions, asked: None, take, fail: anthropic::fail, known: KNOWN };

pub(super) const KNOWN: &[&str] = &[
    "type",
    "id",
    "model",
    "completion",
    "stop_reason",
    // What was generated and ended it: the human's next turn, or one of the request's.
    "stop",
    "log_id",
    "request_id",
    "error.type",
    "error.message",
    "error.details.error_code",
];

pub(super) fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    match json["type"].as_str().unwrap_or_default() {
        "error" => return draft.interrupt(anthropic::fail(500, "", event)),
        "completion" => {}
        _ => return,
    }
    let is_end = !json["stop_reason"].is_null();
    // The end of a stream says nothing more.
    let said = json["completion"].as_str().filter(|said| !(is_end && said.is_empty()));
    draft.say(Draft::text, "text", said);
    draft.id = draft.id.take().or_else(|| json["id"].as_str().map(str::to_owned));
    draft.model = draft.model.take().or_else(|| json["model"].as_str().map(str::to_owned));
    if json["stop_reason"] == "max_tokens" {
        draft.finish = Some(Finish::Length);
    }
}
