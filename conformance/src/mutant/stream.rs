//! Streams of wrong form, order or time.

use serde_json::{Value, json};

use super::message::{done, finishes, remove};
use super::{Change, Mutant, Wire};

const PLAIN: &[&str] = &["chat.text.plain@openai.chat/openai/stream"];
const PACED: &[&str] = &["chat.stream.paced@openai.chat/openai/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "calls-the-stream-text",
        requirement: "chat.stream.content-type",
        breaks: "A stream is text/plain.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.set("content-type", "text/plain"))],
    },
    Mutant {
        id: "begins-with-a-greeting",
        requirement: "chat.stream.sse",
        breaks: "A line that is no field stands before the first event.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| drop(reply.body.splice(0..0, *b"hello\n")))],
    },
    Mutant {
        id: "names-events",
        requirement: "chat.stream.unnamed",
        breaks: "Every event has a name.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            let text = String::from_utf8_lossy(&reply.body);
            reply.body = text.replace("data: ", "event: message\ndata: ").into_bytes();
        })],
    },
    Mutant {
        id: "chunks-are-completions",
        requirement: "chat.stream.chunk",
        breaks: "Every chunk says that it is a chat.completion.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| chunk["object"] = json!("chat.completion"));
        })],
    },
    Mutant {
        id: "empties-azures-filter-chunk",
        requirement: "chat.stream.chunk",
        breaks: "Before the first chunk comes Azure's without what its filters found: it says nothing, not even what it is.",
        plays: &["chat.text.plain@openai.chat/azure/stream"],
        changes: &[Change::Reply(|reply| {
            let blank = json!({"id": "", "object": "", "created": 0, "model": "", "choices": []});
            reply.events(|events| events.insert(0, blank));
        })],
    },
    Mutant {
        id: "streams-without-what-is-null",
        requirement: "chat.stream.nullables",
        breaks: "A finish reason that is null is left out.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| {
                if let Some(choice) =
                    chunk["choices"].get_mut(0).filter(|choice| choice["finish_reason"].is_null())
                {
                    remove(choice, "finish_reason");
                }
            });
        })],
    },
    Mutant {
        id: "goes-on-after-the-end",
        requirement: "chat.stream.order",
        breaks: "An empty delta follows the finish reason.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                after_finish(events, |chunk| {
                    chunk["choices"][0]["finish_reason"] = Value::Null;
                    chunk["choices"][0]["delta"] = json!({});
                });
            });
        })],
    },
    Mutant {
        id: "changes-id",
        requirement: "chat.stream.one-id",
        breaks: "Every chunk has an id of its own.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                for (number, chunk) in events.iter_mut().enumerate().filter(|(_, chunk)| chunk.is_object()) {
                    chunk["id"] = json!(format!("chatcmpl-{number}"));
                }
            });
        })],
    },
    Mutant {
        id: "has-no-role",
        requirement: "chat.stream.role-first",
        breaks: "No delta says who speaks.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.said(|delta| remove(delta, "role")))],
    },
    Mutant {
        id: "repeats-the-role",
        requirement: "chat.stream.role-once",
        breaks: "Every delta says who speaks.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.said(|delta| delta["role"] = json!("assistant")))],
    },
    Mutant {
        id: "passes-azures-filter-chunk",
        requirement: "chat.stream.filter-results",
        breaks: "Before the first chunk comes what Azure's filters found in the prompt, without id, model and object.",
        plays: &["chat.text.plain@openai.chat/azure/stream"],
        changes: &[Change::Reply(|reply| {
            let found = json!({
                "id": "", "object": "", "created": 0, "model": "", "choices": [],
                "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
            });
            reply.events(|events| events.insert(0, found));
        })],
    },
    Mutant {
        id: "finishes-twice",
        requirement: "chat.stream.finish-once",
        breaks: "The finish reason comes in two chunks.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.events(|events| after_finish(events, |_| {})))],
    },
    Mutant {
        id: "speaks-after-the-end",
        requirement: "chat.stream.nothing-after-finish",
        breaks: "The last piece of text follows the finish reason.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                if let Some(at) = events.iter().position(finishes).filter(|at| *at > 0) {
                    events.swap(at - 1, at);
                }
            });
        })],
    },
    Mutant {
        id: "done-twice",
        requirement: "chat.stream.done-once",
        breaks: "[DONE] comes twice.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.events(|events| events.push(done())))],
    },
    Mutant {
        id: "done-too-early",
        requirement: "chat.stream.done-last",
        breaks: "[DONE] comes before the last chunk.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                if let [.., before, last] = events.as_mut_slice() {
                    std::mem::swap(before, last);
                }
            });
        })],
    },
    Mutant {
        id: "cries-error",
        requirement: "chat.stream.no-errors",
        breaks: "A good stream has an error event.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                let error = json!({"message": "none", "type": "server_error", "param": null, "code": null});
                events.insert(events.len() - usize::from(!events.is_empty()), json!({"error": error}));
            });
        })],
    },
    Mutant {
        id: "buffers-the-stream",
        requirement: "chat.stream.timely",
        breaks: "The whole stream is held back until it is over.",
        plays: PACED,
        changes: &[Change::Wire(Wire::Hold(0))],
    },
    Mutant {
        id: "buffers-the-rest",
        requirement: "chat.stream.steady",
        breaks: "After the first pieces the rest of the stream is held back until it is over.",
        plays: PACED,
        changes: &[Change::Wire(Wire::Hold(3))],
    },
];

/// Puts a copy of the finish chunk, rewritten, right behind it.
pub(super) fn after_finish(events: &mut Vec<Value>, edit: impl Fn(&mut Value)) {
    let Some(at) = events.iter().position(finishes) else { return };
    let mut copy = events[at].clone();
    edit(&mut copy);
    events.insert(at + 1, copy);
}
