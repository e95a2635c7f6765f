//! Completions as the client has them in the end, with one thing wrong.

use serde_json::json;

use super::alike::{BAD_SUM, NO_MODEL, NO_USAGE, OTHER_OBJECT, OWN_COUNT, TEXT, UNENDED};
use super::message::{remove, text};
use super::{Change, Mutant};

const PLAIN: &[&str] = &["completions.text.plain@*/openai/whole"];
const STREAM: &[&str] = &["completions.text.plain@*/openai/stream"];
const ASKED: &[&str] = &["completions.usage.asked@*/ollama/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "breaks-off-completions",
        requirement: "completions.reply.ok",
        breaks: "The connection breaks after the last byte, before the body is complete.",
        plays: STREAM,
        changes: UNENDED,
    },
    Mutant {
        id: "calls-completions-text",
        requirement: "completions.reply.content-type",
        breaks: "A whole reply is text/plain.",
        plays: PLAIN,
        changes: TEXT,
    },
    Mutant {
        id: "completes-as-a-chat",
        requirement: "completions.reply.schema",
        breaks: "The reply says that it is a chat.completion.",
        plays: PLAIN,
        changes: OTHER_OBJECT,
    },
    Mutant {
        id: "completes-without-what-is-null",
        requirement: "completions.reply.nullables",
        breaks: "Logprobs that are null are left out.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.said(|said| remove(said, "logprobs")))],
    },
    Mutant {
        id: "adds-a-word-to-completions",
        requirement: "completions.reply.text",
        breaks: "The gateway adds a word of its own.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["text"], |text| format!("{text} Bye.")));
        })],
    },
    Mutant {
        id: "trims-completions",
        requirement: "completions.reply.text.unicode",
        breaks: "Characters of several bytes become replacement characters.",
        plays: &["completions.text.unicode@*/ollama/whole"],
        changes: &[Change::Reply(|reply| {
            let ascii = |c: char| if c.is_ascii() { c } else { '\u{fffd}' };
            reply.said(|said| text(&mut said["text"], |text| text.chars().map(ascii).collect()));
        })],
    },
    Mutant {
        id: "says-null-for-nothing",
        requirement: "completions.reply.text.empty",
        breaks: "A completion of nothing becomes a sentence.",
        plays: &["completions.text.nothing@*/ollama/whole"],
        changes: &[Change::Reply(|reply| reply.said(|said| said["text"] = json!("(no text)")))],
    },
    Mutant {
        id: "completions-have-no-id",
        requirement: "completions.reply.id",
        breaks: "The id is empty.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.json(|body| body["id"] = json!("")))],
    },
    Mutant {
        id: "completions-have-no-time",
        requirement: "completions.reply.created",
        breaks: "created is 0.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.json(|body| body["created"] = json!(0)))],
    },
    Mutant {
        id: "completions-have-no-model",
        requirement: "completions.reply.model",
        breaks: "The name of the model is empty.",
        plays: PLAIN,
        changes: NO_MODEL,
    },
    Mutant {
        id: "completions-always-stop",
        requirement: "completions.reply.finish",
        breaks: "The finish reason is always stop.",
        plays: &["completions.finish.length@*/bedrock/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["choices"][0]["finish_reason"] = json!("stop"));
        })],
    },
    Mutant {
        id: "passes-native-finish-of-completions",
        requirement: "completions.reply.finish.known",
        breaks: "The finish reason is the provider's own word.",
        plays: &["completions.text.plain@*/bedrock/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| body["choices"][0]["finish_reason"] = json!("end_turn"));
        })],
    },
    Mutant {
        id: "completes-once",
        requirement: "completions.reply.choices",
        breaks: "One choice is given where two were asked for.",
        plays: &["completions.parameters.several-choices@*/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.json(|body| drop(body["choices"].as_array_mut().map(Vec::pop)));
        })],
    },
    Mutant {
        id: "asks-for-choices-in-a-word",
        requirement: "completions.reply.choices",
        breaks: "How many choices are wanted is sent as a text, and the provider's refusal of that is handed on.",
        plays: &["completions.parameters.several-choices@*/openai/whole"],
        changes: &[Change::Upstream(|request| request.json(|body| body["n"] = json!("two")))],
    },
    Mutant {
        id: "does-not-echo",
        requirement: "completions.reply.echo",
        breaks: "echo is overlooked.",
        plays: &["completions.parameters.echo@*/ollama/whole"],
        changes: &[Change::Request(|request| request.forget("echo"))],
    },
    Mutant {
        id: "counts-nothing-of-completions",
        requirement: "completions.usage.present",
        breaks: "There is no usage.",
        plays: PLAIN,
        changes: NO_USAGE,
    },
    Mutant {
        id: "adds-up-completions-wrongly",
        requirement: "completions.usage.total",
        breaks: "total_tokens is one too many.",
        plays: PLAIN,
        changes: BAD_SUM,
    },
    Mutant {
        id: "counts-prompts-of-completions-by-itself",
        requirement: "completions.usage.prompt",
        breaks: "prompt_tokens is a number of the gateway's own.",
        plays: PLAIN,
        changes: OWN_COUNT,
    },
    Mutant {
        id: "sums-running-counts-of-completions",
        requirement: "completions.usage.completion",
        breaks: "completion_tokens is one more than the provider's final count.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.json(|body| {
                for name in ["completion_tokens", "total_tokens"] {
                    body["usage"][name] = json!(body["usage"][name].as_u64().unwrap_or(0) + 1);
                }
            });
        })],
    },
    Mutant {
        id: "usage-of-completions-with-a-choice",
        requirement: "completions.usage.stream.shape",
        breaks: "The chunk with usage has a choice.",
        plays: ASKED,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| {
                if chunk["usage"].is_object() {
                    chunk["choices"] =
                        json!([{"index": 0, "text": "", "logprobs": null, "finish_reason": null}]);
                }
            });
        })],
    },
    Mutant {
        id: "usage-of-completions-first",
        requirement: "completions.usage.stream.last",
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
        id: "always-counts-completions",
        requirement: "completions.usage.stream.unasked",
        breaks: "Who did not ask gets a chunk with usage, too.",
        plays: &["completions.usage.not-asked@*/bedrock/stream"],
        changes: &[Change::Reply(|reply| reply.events(super::usage::count_unasked))],
    },
    Mutant {
        id: "completions-have-no-null-before",
        requirement: "completions.usage.stream.null-before",
        breaks: "usage is missing in every chunk but the last.",
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
