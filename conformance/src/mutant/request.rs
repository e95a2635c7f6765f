//! The request upstream, with a wrong address, wrong credentials, or what the provider does not know.

use serde_json::{Value, json};

use super::message::text;
use super::{Change, Mutant, Wire};

const OPENAI: &[&str] = &["chat.text.plain@openai.chat/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "sends-a-stranger",
        requirement: "chat.request.valid",
        breaks: "A member of the gateway's own stands in the request upstream.",
        plays: OPENAI,
        changes: &[Change::Upstream(|request| request.json(|body| body["gateway_trace"] = json!(true)))],
    },
    Mutant {
        id: "asks-twice",
        requirement: "chat.request.once",
        breaks: "Every request is sent twice.",
        plays: OPENAI,
        changes: &[Change::Wire(Wire::Twice)],
    },
    Mutant {
        id: "never-streams",
        requirement: "chat.request.endpoint",
        breaks: "The provider is asked for a whole reply where the client streams.",
        plays: &["chat.text.plain@openai.chat/openai/stream"],
        changes: &[Change::Upstream(|request| {
            request.json(|body| body["stream"] = json!(false));
            request.forget("stream_options");
        })],
    },
    Mutant {
        id: "has-the-wrong-key",
        requirement: "chat.request.auth",
        breaks: "The request upstream carries a key that opens nothing.",
        plays: OPENAI,
        changes: &[Change::Upstream(|request| request.set("authorization", "Bearer sk-nothing"))],
    },
    Mutant {
        id: "signs-something-else",
        requirement: "chat.request.bedrock.signed",
        breaks: "One byte is added to the body after it was signed.",
        plays: &["chat.text.plain@openai.chat/bedrock/whole"],
        changes: &[Change::Upstream(|request| request.body.push(b' '))],
    },
    Mutant {
        id: "calls-it-text",
        requirement: "chat.request.content-type",
        breaks: "The request upstream says that it is text.",
        plays: OPENAI,
        changes: &[Change::Upstream(|request| request.set("content-type", "text/plain"))],
    },
    Mutant {
        id: "asks-another-model",
        requirement: "chat.request.model",
        breaks: "Another model than the configured one is asked.",
        plays: OPENAI,
        changes: &[Change::Upstream(|request| request.json(|body| body["model"] = json!("gpt-4o")))],
    },
    Mutant {
        id: "leaves-the-colon",
        requirement: "chat.request.bedrock.model-encoded",
        breaks: "The colon of the model's id stands in the path as it is.",
        plays: &["chat.text.plain@openai.chat/bedrock/whole"],
        changes: &[Change::Upstream(|request| {
            request.with_api_key();
            request.path = request.path.replace("%3A", ":");
        })],
    },
    Mutant {
        id: "speaks-another-version",
        requirement: "chat.request.version",
        breaks: "Another version of Anthropic's API is named than the configured one.",
        plays: &["chat.text.plain@openai.chat/anthropic/whole"],
        changes: &[Change::Upstream(|request| request.set("anthropic-version", "2023-01-01"))],
    },
    Mutant {
        id: "counts-in-doubles",
        requirement: "chat.request.numbers",
        breaks: "Numbers in earlier arguments pass through a double.",
        plays: &["chat.tools.big-numbers@openai.chat/anthropic/whole"],
        changes: &[Change::Request(|request| {
            request.messages(|messages| {
                let calls = messages.iter_mut().filter_map(|message| message["tool_calls"].as_array_mut());
                calls.flatten().for_each(|call| text(&mut call["function"]["arguments"], through_doubles));
            });
        })],
    },
];

/// JSON read and written again, as most programs do it.
pub(super) fn through_doubles(json: &str) -> String {
    serde_json::from_str::<Value>(json).map_or_else(|_| json.to_owned(), |json| json.to_string())
}
