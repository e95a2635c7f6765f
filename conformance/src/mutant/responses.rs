//! Responses, asked for, answered and kept otherwise than `OpenAI`'s document has it.

use serde_json::{Value, json};

use super::anthropic::{each, nameless};
use super::message::{Message, remove, said};
use super::{Change, Mutant};

const WHOLE: &[&str] = &["chat.text.plain@openai.responses/openai/whole"];
const PLAIN: &[&str] = &["chat.text.plain@openai.responses/openai/stream"];
const CUT: &[&str] = &["chat.faults.cut-stream@openai.responses/openai/stream"];
const ECHO: &[&str] = &["responses.items.echo@openai.responses/openai/whole"];
const CALLS: &[&str] = &["responses.items.words-and-calls@openai.responses/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "forgets-order-number",
        requirement: "responses.request.same-dialect",
        breaks: "metadata does not reach a provider that speaks responses.",
        plays: ECHO,
        changes: &[Change::Upstream(|request| request.forget("metadata"))],
    },
    Mutant {
        id: "forgets-what-was-before",
        requirement: "responses.request.previous",
        breaks: "previous_response_id is overlooked.",
        plays: &["responses.store.previous@openai.responses/openai/whole"],
        changes: &[Change::Request(|request| request.forget("previous_response_id"))],
    },
    Mutant {
        id: "forgets-what-was-thought",
        requirement: "responses.request.reasoning-kept",
        breaks: "Thoughts do not reach the provider again.",
        plays: &["responses.reasoning.sent-back@openai.responses/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.messages(|messages| {
                for blocks in messages.iter_mut().filter_map(|message| message["content"].as_array_mut()) {
                    blocks.retain(|block| block["type"] != "thinking");
                }
            });
        })],
    },
    Mutant {
        id: "tells-the-last-turn-only",
        requirement: "responses.request.previous",
        breaks: "A provider that keeps nothing hears the last turn only.",
        plays: &["responses.store.previous@openai.responses/anthropic/whole"],
        changes: &[Change::Upstream(|request| {
            request.messages(|messages| drop(messages.drain(..messages.len().saturating_sub(1))));
        })],
    },
    Mutant {
        id: "response-of-another-kind",
        requirement: "responses.reply.schema",
        breaks: "The reply says that it is a chat.completion.",
        plays: WHOLE,
        changes: super::alike::OTHER_OBJECT,
    },
    Mutant {
        id: "response-without-what-is-null",
        requirement: "responses.reply.nullables",
        breaks: "Instructions that are null are left out.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.forget("instructions"))],
    },
    Mutant {
        id: "is-complete-and-is-not",
        requirement: "responses.reply.status",
        breaks: "A response that is completed has a reason why it is not.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["incomplete_details"] = json!({"reason": "max_output_tokens"}));
        })],
    },
    Mutant {
        id: "echoes-something-else",
        requirement: "responses.reply.echo",
        breaks: "The temperature of the response is not the one that was asked for.",
        plays: ECHO,
        changes: &[Change::Reply(|reply| reply.json(|body| body["temperature"] = json!(1.0)))],
    },
    Mutant {
        id: "turns-items-round",
        requirement: "responses.reply.items",
        breaks: "Items stand in reverse order.",
        plays: CALLS,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["output"].as_array_mut().into_iter().for_each(|items| items.reverse()));
        })],
    },
    Mutant {
        id: "numbers-items-alike",
        requirement: "responses.reply.ids",
        breaks: "All items have one id.",
        plays: CALLS,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| {
                body["output"]
                    .as_array_mut()
                    .into_iter()
                    .flatten()
                    .for_each(|item| item["id"] = json!("item_1"));
            });
        })],
    },
    Mutant {
        id: "response-without-thoughts",
        requirement: "responses.reply.reasoning",
        breaks: "Reasoning items do not reach the client.",
        plays: &["chat.reasoning.text@openai.responses/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| {
                let items = body["output"].as_array_mut();
                items.into_iter().for_each(|items| items.retain(|item| item["type"] != "reasoning"));
            });
        })],
    },
    Mutant {
        id: "response-events-without-names",
        requirement: "responses.stream.named",
        breaks: "Events have no names.",
        plays: PLAIN,
        changes: &[Change::Reply(nameless)],
    },
    Mutant {
        id: "delta-without-its-item",
        requirement: "responses.stream.event",
        breaks: "Deltas do not say of which item they are.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "response.output_text.delta", |event| remove(event, "item_id"));
            });
        })],
    },
    Mutant {
        id: "response-begins-without-what-is-null",
        requirement: "responses.stream.nullables",
        breaks: "Instructions that are null are left out of the first event.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "response.created", |event| remove(&mut event["response"], "instructions"));
            });
        })],
    },
    Mutant {
        id: "counts-events-from-one",
        requirement: "responses.stream.order",
        breaks: "Events count themselves from 1.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                for event in events {
                    event["sequence_number"] = json!(event["sequence_number"].as_u64().unwrap_or(0) + 1);
                }
            });
        })],
    },
    Mutant {
        id: "is-complete-when-it-begins",
        requirement: "responses.stream.begins",
        breaks: "The first event has a response that is completed.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "response.created", |event| event["response"]["status"] = json!("completed"));
            });
        })],
    },
    Mutant {
        id: "says-something-else-when-done",
        requirement: "responses.stream.done",
        breaks: "The whole text is not what its deltas add up to.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "response.output_text.done", |event| {
                    said(event, "text", |text| format!("{text} Bye."));
                });
            });
        })],
    },
    Mutant {
        id: "ends-with-nothing",
        requirement: "responses.stream.last",
        breaks: "The response of the last event has no output.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "response.completed", |event| event["response"]["output"] = json!([]));
            });
        })],
    },
    Mutant {
        id: "response-without-usage",
        requirement: "responses.usage.present",
        breaks: "A response does not tell what it cost.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.json(|body| body["usage"] = Value::Null))],
    },
    Mutant {
        id: "response-counts-input-itself",
        requirement: "responses.usage.input",
        breaks: "The count of input tokens is the gateway's own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| count(reply, "input_tokens"))],
    },
    Mutant {
        id: "response-counts-output-itself",
        requirement: "responses.usage.output",
        breaks: "The count of output tokens is the gateway's own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| count(reply, "output_tokens"))],
    },
    Mutant {
        id: "response-adds-up-wrongly",
        requirement: "responses.usage.total",
        breaks: "The total is another number than the sum.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| count(reply, "total_tokens"))],
    },
    Mutant {
        id: "response-hides-the-cache",
        requirement: "responses.usage.cached",
        breaks: "Tokens read from the cache are not told.",
        plays: &["chat.usage.cached-whole@openai.responses/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["usage"]["input_tokens_details"]["cached_tokens"] = json!(0));
        })],
    },
    Mutant {
        id: "completes-what-was-cut",
        requirement: "responses.fault.never-completed",
        breaks: "A response that was cut is completed.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                let Some(mut last) = events.first().cloned() else { return };
                last["type"] = json!("response.completed");
                last["response"]["status"] = json!("completed");
                events.retain(|event| event["type"] != "error" && event["type"] != "response.failed");
                events.push(last);
            });
            reply.broken = false;
        })],
    },
    Mutant {
        id: "breaks-without-a-message",
        requirement: "responses.fault.error-object",
        breaks: "The error event of a response says nothing.",
        plays: &["chat.faults.error-in-stream@openai.responses/openai/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                each(events, "error", |event| {
                    remove(event, "message");
                    remove(event, "error");
                });
                each(events, "response.failed", |event| remove(&mut event["response"]["error"], "message"));
            });
        })],
    },
    Mutant {
        id: "loses-what-it-keeps",
        requirement: "responses.store.retrieve",
        breaks: "A response that is kept is not found.",
        plays: &["responses.store.retrieve@openai.responses/openai/whole"],
        changes: &[Change::Request(|request| elsewhere(request, &http::Method::GET))],
    },
    Mutant {
        id: "forgets-what-it-was-asked",
        requirement: "responses.store.input-items",
        breaks: "The list of what a response was made of is empty.",
        plays: &["responses.store.input-items@openai.responses/openai/whole"],
        changes: &[Change::Reply(|reply| reply.json(|body| body["data"] = json!([])))],
    },
    Mutant {
        id: "deletes-nothing",
        requirement: "responses.store.delete",
        breaks: "A response that was deleted is said not to be.",
        plays: &["responses.store.delete@openai.responses/openai/whole"],
        changes: &[Change::Reply(|reply| reply.json(|body| body["deleted"] = json!(false)))],
    },
    Mutant {
        id: "keeps-what-was-deleted",
        requirement: "responses.store.missing",
        breaks: "A response that is to be deleted is kept.",
        plays: &["responses.store.deleted@openai.responses/openai/whole"],
        changes: &[Change::Request(|request| elsewhere(request, &http::Method::DELETE))],
    },
];

/// Asks about another response.
fn elsewhere(request: &mut Message, method: &http::Method) {
    if request.method == *method {
        request.path.push('0');
    }
}

fn count(reply: &mut Message, name: &str) {
    reply.json(|body| body["usage"][name] = json!(1));
}
