//! What a scenario says itself, and a gateway that does otherwise.

use serde_json::json;

use super::message::text;
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "says-it-its-own-way",
        requirement: "scenario.reply",
        breaks: "The text has another full stop than the scenario states.",
        plays: &["chat.stated.reply@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["content"], |text| text.replace('.', "!")));
        })],
    },
    Mutant {
        id: "counts-differently",
        requirement: "scenario.reply",
        breaks: "The total is another than the scenario states.",
        plays: &["chat.stated.reply@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.json(|body| body["usage"]["total_tokens"] = json!(16)))],
    },
    Mutant {
        id: "weighs-differently",
        requirement: "scenario.reply",
        breaks: "A call's arguments are others than the scenario states.",
        plays: &["chat.stated.tool-calls@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.calls(|call| {
                text(&mut call["function"]["arguments"], |arguments| arguments.replace("12.5", "12.6"));
            });
        })],
    },
    Mutant {
        id: "fails-its-own-way",
        requirement: "scenario.error",
        breaks: "The error has another sentence than the scenario states.",
        plays: &["chat.stated.error@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["error"]["message"] = json!("something went wrong"));
        })],
    },
    Mutant {
        id: "asks-its-own-way",
        requirement: "scenario.upstream",
        breaks: "A member upstream has another value than the scenario states.",
        plays: &["chat.stated.upstream@openai.chat/openai/whole"],
        changes: &[Change::Upstream(|request| request.json(|body| body["temperature"] = json!(0.4)))],
    },
];
