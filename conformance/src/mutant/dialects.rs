//! What the same break looks like in each dialect in which one can converse: shared requirements are broken on each surface.

use serde_json::{Value, json};

use super::message::{Message, said};
use super::{Change, Mutant};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "adds-a-word-to-a-message",
        requirement: "chat.reply.text",
        breaks: "A text block has a word of the gateway's own.",
        plays: &["chat.text.plain@anthropic.messages/anthropic/*"],
        changes: &[Change::Reply(|reply| {
            reply.blocks(|block| said(block, "text", |text| text.replace("stone", "stone!")));
        })],
    },
    Mutant {
        id: "adds-a-word-to-a-response",
        requirement: "chat.reply.text",
        breaks: "A part of text has a word of the gateway's own.",
        plays: &["chat.text.plain@openai.responses/openai/*"],
        changes: &[Change::Reply(|reply| reply.words(|words| words.replace("stone", "stone!")))],
    },
    Mutant {
        id: "loses-arguments-of-a-message",
        requirement: "chat.reply.tools.arguments",
        breaks: "Arguments of a tool_use block are lost.",
        plays: &["chat.tools.call@anthropic.messages/anthropic/*"],
        changes: &[Change::Reply(|reply| {
            reply.blocks(|block| {
                if block["input"].is_object() {
                    block["input"] = json!({});
                }
                said(block, "partial_json", |_| String::new());
            });
        })],
    },
    Mutant {
        id: "loses-arguments-of-a-response",
        requirement: "chat.reply.tools.arguments",
        breaks: "Another city stands in the arguments.",
        plays: &["chat.tools.call@openai.responses/openai/*"],
        changes: &[Change::Reply(|reply| reply.words(|words| words.replace("Paris", "Nancy")))],
    },
    Mutant {
        id: "renames-calls-of-a-message",
        requirement: "chat.reply.tools.calls",
        breaks: "Every call has another id than the provider gave it.",
        plays: &["chat.tools.parallel-calls@anthropic.messages/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.blocks(|block| said(block, "id", |id| format!("{id}-2"))))],
    },
    Mutant {
        id: "numbers-calls-of-a-response-alike",
        requirement: "chat.reply.tools.ids",
        breaks: "All calls have one id.",
        plays: &["chat.tools.parallel-calls@openai.responses/openai/*"],
        changes: &[Change::Reply(|reply| {
            reply.everywhere(|object| {
                if object["call_id"].is_string() {
                    object["call_id"] = json!("call_same");
                }
            });
        })],
    },
    Mutant {
        id: "message-always-ends-its-turn",
        requirement: "chat.reply.finish",
        breaks: "The stop reason is always end_turn.",
        plays: &["chat.finish.length@anthropic.messages/anthropic/*"],
        changes: &[Change::Reply(|reply| {
            reply.everywhere(|object| said(object, "stop_reason", |_| "end_turn".to_owned()));
        })],
    },
    Mutant {
        id: "response-is-always-completed",
        requirement: "chat.reply.finish",
        breaks: "A response that the limit cut is said to be complete.",
        plays: &["chat.finish.length@openai.responses/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| {
                body["status"] = json!("completed");
                body["incomplete_details"] = Value::Null;
            });
        })],
    },
    Mutant {
        id: "forgets-system-of-a-message",
        requirement: "chat.request.system.kept",
        breaks: "The member system is overlooked.",
        plays: &["chat.messages.system@anthropic.messages/anthropic/whole"],
        changes: &[Change::Request(|request| request.forget("system"))],
    },
    Mutant {
        id: "forgets-instructions",
        requirement: "chat.request.system.kept",
        breaks: "The member instructions is overlooked.",
        plays: &["chat.messages.system@openai.responses/openai/whole"],
        changes: &[Change::Request(|request| request.forget("instructions"))],
    },
    Mutant {
        id: "forgets-results-of-a-message",
        requirement: "chat.request.tools.history.results",
        breaks: "A tool_result block has no content.",
        plays: &["chat.tools.results@anthropic.messages/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.everywhere(|object| {
                if object["type"] == "tool_result" {
                    object["content"] = json!("nothing");
                }
            });
        })],
    },
    Mutant {
        id: "forgets-outputs-of-a-response",
        requirement: "chat.request.tools.history.results",
        breaks: "The output of an earlier call is another one.",
        plays: &["chat.tools.results@openai.responses/openai/whole"],
        changes: &[Change::Upstream(|request| {
            request.everywhere(|object| said(object, "output", |_| "nothing".to_owned()));
        })],
    },
    Mutant {
        id: "message-errors-are-500",
        requirement: "chat.error.status",
        breaks: "Every error is a 500, also in messages.",
        plays: &["chat.errors.rate-limit@anthropic.messages/anthropic/whole"],
        changes: super::alike::SERVER_ERROR,
    },
    Mutant {
        id: "response-errors-are-500",
        requirement: "chat.error.status",
        breaks: "Every error is a 500, also in responses.",
        plays: &["chat.errors.rate-limit@openai.responses/openai/whole"],
        changes: super::alike::SERVER_ERROR,
    },
    Mutant {
        id: "messages-end-in-silence",
        requirement: "chat.fault.visible",
        breaks: "A message that was cut just ends.",
        plays: &["chat.faults.cut-stream@anthropic.messages/anthropic/stream"],
        changes: &[Change::Reply(silent)],
    },
    Mutant {
        id: "responses-end-in-silence",
        requirement: "chat.fault.visible",
        breaks: "A response that was cut just ends.",
        plays: &["chat.faults.cut-stream@openai.responses/openai/stream"],
        changes: &[Change::Reply(silent)],
    },
];

/// A stream without its errors that ends in order.
pub(super) fn silent(reply: &mut Message) {
    reply.events(|events| {
        events.retain(|event| event["type"] != "error" && event["type"] != "response.failed");
    });
    reply.broken = false;
}
