//! Messages, asked for and answered otherwise than Anthropic's document has it.

use serde_json::{Value, json};

use super::message::{Message, remove, said};
use super::{Change, Mutant};

const WHOLE: &[&str] = &["chat.text.plain@anthropic.messages/anthropic/whole"];
const PLAIN: &[&str] = &["chat.text.plain@anthropic.messages/anthropic/stream"];
const CUT: &[&str] = &["chat.faults.cut-stream@anthropic.messages/anthropic/stream"];
const THOUGHT: &[&str] = &["messages.stream.every-block@anthropic.messages/anthropic/whole"];
const LIMITED: &[&str] = &["chat.errors.rate-limit@anthropic.messages/anthropic/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "forgets-metadata",
        requirement: "messages.request.same-dialect",
        breaks: "metadata does not reach a provider that speaks messages.",
        plays: &["messages.parameters.many@anthropic.messages/anthropic/whole"],
        changes: &[Change::Upstream(|request| request.forget("metadata"))],
    },
    Mutant {
        id: "forgets-cache-control",
        requirement: "messages.request.cache-control",
        breaks: "cache_control is taken away from every block.",
        plays: &["messages.blocks.system@anthropic.messages/anthropic/whole"],
        changes: &[Change::Upstream(|request| request.everywhere(|object| remove(object, "cache_control")))],
    },
    Mutant {
        id: "calls-errors-results",
        requirement: "messages.request.tool-error",
        breaks: "A result that is an error reaches the provider as any other.",
        plays: &["messages.blocks.tool-error@anthropic.messages/anthropic/whole"],
        changes: &[Change::Upstream(|request| request.everywhere(|object| remove(object, "is_error")))],
    },
    Mutant {
        id: "forgets-its-hidden-thoughts",
        requirement: "messages.request.thinking-kept",
        breaks: "Thoughts that the provider hid are not sent back.",
        plays: &["messages.blocks.thinking-kept@anthropic.messages/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.messages(|messages| {
                for blocks in messages.iter_mut().filter_map(|message| message["content"].as_array_mut()) {
                    blocks.retain(|block| block["type"] != "redacted_thinking");
                }
            });
        })],
    },
    Mutant {
        id: "message-of-another-type",
        requirement: "messages.reply.schema",
        breaks: "The reply says that it is a completion.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["type"] = json!("completion")))],
    },
    Mutant {
        id: "message-without-what-is-null",
        requirement: "messages.reply.nullables",
        breaks: "A stop_sequence that is null is left out.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.forget("stop_sequence"))],
    },
    Mutant {
        id: "forgets-why-it-stopped",
        requirement: "messages.reply.stop-reason",
        breaks: "A stop string that was met is the end of the turn.",
        plays: &["chat.finish.stop-sequence@anthropic.messages/anthropic/whole"],
        changes: &[Change::Reply(|reply| reply.json(|body| body["stop_reason"] = json!("end_turn")))],
    },
    Mutant {
        id: "stops-at-a-word-of-its-own",
        requirement: "messages.reply.stop-sequence",
        breaks: "A stop string is named where none was met.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["stop_sequence"] = json!("END")))],
    },
    Mutant {
        id: "turns-blocks-round",
        requirement: "messages.reply.blocks",
        breaks: "Blocks stand in reverse order.",
        plays: &["messages.stream.calls@anthropic.messages/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["content"].as_array_mut().into_iter().for_each(|blocks| blocks.reverse()));
        })],
    },
    Mutant {
        id: "input-as-text",
        requirement: "messages.reply.input",
        breaks: "The input of a tool_use block is a text of JSON.",
        plays: &["chat.tools.call@anthropic.messages/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.blocks(|block| {
                if block["input"].is_object() {
                    block["input"] = json!(block["input"].to_string());
                }
            });
        })],
    },
    Mutant {
        id: "message-without-thoughts",
        requirement: "messages.reply.thinking",
        breaks: "Thinking blocks do not reach the client.",
        plays: THOUGHT,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| {
                let blocks = body["content"].as_array_mut();
                blocks.into_iter().for_each(|blocks| blocks.retain(|block| block["type"] != "thinking"));
            });
        })],
    },
    Mutant {
        id: "message-without-signature",
        requirement: "messages.reply.signature",
        breaks: "The signature over thoughts is empty.",
        plays: THOUGHT,
        changes: &[Change::Reply(|reply| {
            reply.blocks(|block| said(block, "signature", |_| String::new()));
        })],
    },
    Mutant {
        id: "message-events-without-names",
        requirement: "messages.stream.named",
        breaks: "Events have no names.",
        plays: PLAIN,
        changes: &[Change::Reply(nameless)],
    },
    Mutant {
        id: "begins-another-thing",
        requirement: "messages.stream.event",
        breaks: "message_start has an object of another type.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "message_start", |event| event["message"]["type"] = json!("completion"));
            });
        })],
    },
    Mutant {
        id: "begins-without-what-is-null",
        requirement: "messages.stream.nullables",
        breaks: "A stop_sequence that is null is left out of message_start.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "message_start", |event| remove(&mut event["message"], "stop_sequence"));
            });
        })],
    },
    Mutant {
        id: "never-ends-its-blocks",
        requirement: "messages.stream.order",
        breaks: "There is no content_block_stop.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.retain(|event| event["type"] != "content_block_stop"));
        })],
    },
    Mutant {
        id: "knows-the-end-at-the-start",
        requirement: "messages.stream.start",
        breaks: "message_start says already why the model stopped.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "message_start", |event| event["message"]["stop_reason"] = json!("end_turn"));
            });
        })],
    },
    Mutant {
        id: "stops-twice",
        requirement: "messages.stream.stop-once",
        breaks: "message_delta comes twice.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                if let Some(at) = events.iter().position(|event| event["type"] == "message_delta") {
                    events.insert(at, events[at].clone());
                }
            });
        })],
    },
    Mutant {
        id: "begins-with-arguments",
        requirement: "messages.stream.input",
        breaks: "A tool_use block begins with arguments, and then they come again.",
        plays: &["chat.tools.call@anthropic.messages/anthropic/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "content_block_start", |event| {
                    if event["content_block"]["type"] == "tool_use" {
                        event["content_block"]["input"] = json!({"city": "Paris"});
                    }
                });
            });
        })],
    },
    Mutant {
        id: "message-without-usage",
        requirement: "messages.usage.present",
        breaks: "A message does not tell what it cost.",
        plays: WHOLE,
        changes: super::alike::NO_USAGE,
    },
    Mutant {
        id: "counts-input-itself",
        requirement: "messages.usage.input",
        breaks: "The count of input tokens is the gateway's own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| count(reply, "input_tokens"))],
    },
    Mutant {
        id: "counts-output-itself",
        requirement: "messages.usage.output",
        breaks: "The count of output tokens is the gateway's own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| count(reply, "output_tokens"))],
    },
    Mutant {
        id: "hides-the-cache",
        requirement: "messages.usage.cached",
        breaks: "Tokens read from the cache are not told.",
        plays: &["chat.usage.cached-whole@anthropic.messages/anthropic/whole"],
        changes: &[Change::Reply(|reply| count(reply, "cache_read_input_tokens"))],
    },
    Mutant {
        id: "error-without-type",
        requirement: "messages.error.object",
        breaks: "The error object has no type.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| reply.json(|body| remove(&mut body["error"], "type")))],
    },
    Mutant {
        id: "every-error-is-an-api-error",
        requirement: "messages.error.type",
        breaks: "Too many requests are an api_error.",
        plays: LIMITED,
        changes: &[Change::Reply(|reply| reply.json(|body| body["error"]["type"] = json!("api_error")))],
    },
    Mutant {
        id: "refuses-as-openai-does",
        requirement: "messages.refusal.object",
        breaks: "The gateway's own error is OpenAI's error object.",
        plays: &["chat.refusals.no-json@anthropic.messages/openai/whole"],
        changes: &[Change::Reply(|reply| reply.forget("type"))],
    },
    Mutant {
        id: "always-says-message-stop",
        requirement: "messages.fault.never-stopped",
        breaks: "A message that was cut has message_stop.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.push(json!({"type": "message_stop"})));
        })],
    },
    Mutant {
        id: "breaks-as-openai-does",
        requirement: "messages.fault.error-object",
        breaks: "The error in mid-stream has no type that Anthropic knows.",
        plays: &["chat.faults.error-in-stream@anthropic.messages/anthropic/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "error", |event| event["error"]["type"] = json!("server_error"));
            });
        })],
    },
];

/// The same events without their names.
pub(super) fn nameless(reply: &mut Message) {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("event:"));
    reply.body = lines.collect::<String>().into_bytes();
}

/// Rewrites every event of this type.
pub(super) fn each(events: &mut [Value], kind: &str, edit: impl Fn(&mut Value)) {
    events.iter_mut().filter(|event| event["type"] == kind).for_each(edit);
}

fn count(reply: &mut Message, name: &str) {
    reply.json(|body| body["usage"][name] = json!(1));
}
