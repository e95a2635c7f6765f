//! Token counts that are wrong, missing, or in the wrong place.

use serde_json::{Value, json};

use super::message::{Message, remove};
use super::{Change, Mutant};

const WHOLE: &[&str] = &["chat.text.plain@openai.chat/anthropic/whole"];
const ASKED: &[&str] = &["chat.usage.asked@openai.chat/anthropic/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "counts-nothing",
        requirement: "chat.usage.present",
        breaks: "There is no usage.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| reply.forget("usage"))],
    },
    Mutant {
        id: "cannot-add",
        requirement: "chat.usage.total",
        breaks: "total_tokens is the number of the completion's tokens.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| {
            counted(reply, |usage| usage["total_tokens"] = usage["completion_tokens"].clone());
        })],
    },
    Mutant {
        id: "counts-prompts-by-itself",
        requirement: "chat.usage.prompt",
        breaks: "prompt_tokens is a number of the gateway's own.",
        plays: WHOLE,
        changes: &[Change::Reply(|reply| counted(reply, |usage| count(usage, "prompt_tokens", 1)))],
    },
    Mutant {
        id: "sums-running-counts",
        requirement: "chat.usage.completion",
        breaks: "completion_tokens has the provider's first count on top of the final one.",
        plays: ASKED,
        changes: &[Change::Reply(|reply| {
            counted(reply, |usage| {
                let counted = usage["completion_tokens"].as_u64().unwrap_or(0);
                count(usage, "completion_tokens", counted + 1);
            });
        })],
    },
    Mutant {
        id: "counts-fresh-tokens-only",
        requirement: "chat.usage.cache-included",
        breaks: "prompt_tokens leaves out those of the cache.",
        plays: &["chat.usage.cached-whole@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| counted(reply, |usage| count(usage, "prompt_tokens", 10)))],
    },
    Mutant {
        id: "knows-no-cache",
        requirement: "chat.usage.cached",
        breaks: "cached_tokens is always 0.",
        plays: &["chat.usage.cached-whole@openai.chat/anthropic/whole"],
        changes: &[Change::Reply(|reply| {
            counted(reply, |usage| usage["prompt_tokens_details"]["cached_tokens"] = json!(0));
        })],
    },
    Mutant {
        id: "thinks-for-free",
        requirement: "chat.usage.reasoning",
        breaks: "reasoning_tokens is always 0.",
        plays: &["chat.usage.reasoning@openai.chat/openai/stream"],
        changes: &[Change::Reply(|reply| {
            counted(reply, |usage| usage["completion_tokens_details"]["reasoning_tokens"] = json!(0));
        })],
    },
    Mutant {
        id: "usage-with-a-choice",
        requirement: "chat.usage.stream.shape",
        breaks: "The chunk with usage has a choice.",
        plays: ASKED,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| {
                if chunk["usage"].is_object() {
                    chunk["choices"] =
                        json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": null}]);
                }
            });
        })],
    },
    Mutant {
        id: "usage-first",
        requirement: "chat.usage.stream.last",
        breaks: "The chunk with usage comes before the others.",
        plays: ASKED,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                if let Some(at) = events.iter().position(|chunk| chunk["usage"].is_object()) {
                    let usage = events.remove(at);
                    events.insert(0, usage);
                }
            });
        })],
    },
    Mutant {
        id: "always-counts",
        requirement: "chat.usage.stream.unasked",
        breaks: "Who did not ask gets the chunk with usage, too.",
        plays: &["chat.usage.not-asked@openai.chat/anthropic/stream"],
        changes: &[Change::Reply(|reply| reply.events(count_unasked))],
    },
    Mutant {
        id: "has-no-null-before",
        requirement: "chat.usage.stream.null-before",
        breaks: "Chunks before the last one have no usage: null.",
        plays: ASKED,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| {
                if chunk["usage"].is_null() {
                    remove(chunk, "usage");
                }
            });
        })],
    },
];

/// Rewrites the object of usage, wherever it is.
fn counted(reply: &mut Message, edit: impl Fn(&mut Value)) {
    reply.objects(|object| {
        if object["usage"].is_object() {
            edit(&mut object["usage"]);
        }
    });
}

/// Sets one count, and the sum with it.
fn count(usage: &mut Value, member: &str, tokens: u64) {
    usage[member] = json!(tokens);
    let of = |name: &str| usage[name].as_u64().unwrap_or(0);
    usage["total_tokens"] = json!(of("prompt_tokens") + of("completion_tokens"));
}

pub(super) fn count_unasked(events: &mut Vec<Value>) {
    let Some(mut chunk) = events.first().cloned() else { return };
    chunk["choices"] = json!([]);
    chunk["usage"] = json!({"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11});
    events.insert(events.len() - 1, chunk);
}
