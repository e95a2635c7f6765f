//! Streams of completions: of wrong form, order or time, or broken and told as if they were not.

use serde_json::{Value, json};

use super::alike::{BLAMED, GREEDY, HANG, NO_TIMEOUT, TEXT};
use super::faults::{done_instead_of_error, finish_before_error};
use super::message::{done, finishes, is_error, remove, text};
use super::stream::after_finish;
use super::{Change, Mutant, Wire};

const PLAIN: &[&str] = &["completions.text.plain@*/openai/stream"];
const PACED: &[&str] = &["completions.stream.paced@*/openai/stream"];
const CUT: &[&str] = &["completions.faults.cut-stream@*/ollama/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "calls-streamed-completions-text",
        requirement: "completions.stream.content-type",
        breaks: "A stream is text/plain.",
        plays: PLAIN,
        changes: TEXT,
    },
    Mutant {
        id: "begins-completions-with-a-greeting",
        requirement: "completions.stream.sse",
        breaks: "A line that is no field stands before the first event.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| drop(reply.body.splice(0..0, *b"hello\n")))],
    },
    Mutant {
        id: "names-events-of-completions",
        requirement: "completions.stream.unnamed",
        breaks: "Every event has a name.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            let text = String::from_utf8_lossy(&reply.body);
            reply.body = text.replace("data: ", "event: completion\ndata: ").into_bytes();
        })],
    },
    Mutant {
        id: "streams-completions-as-deltas",
        requirement: "completions.stream.chunk",
        breaks: "The text stands in a delta, as in a chat.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.objects(|chunk| {
                if let Some(choice) = chunk["choices"].get_mut(0) {
                    let text = choice["text"].take();
                    choice["delta"] = json!({"content": text});
                    remove(choice, "text");
                }
            });
        })],
    },
    Mutant {
        id: "streams-completions-without-what-is-null",
        requirement: "completions.stream.nullables",
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
        id: "goes-on-after-the-end-of-completions",
        requirement: "completions.stream.order",
        breaks: "An empty piece follows the finish reason.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                after_finish(events, |chunk| chunk["choices"][0]["finish_reason"] = Value::Null);
            });
        })],
    },
    Mutant {
        id: "changes-id-of-completions",
        requirement: "completions.stream.one-id",
        breaks: "Every chunk has an id of its own.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                for (number, chunk) in events.iter_mut().enumerate().filter(|(_, chunk)| chunk.is_object()) {
                    chunk["id"] = json!(format!("cmpl-{number}"));
                }
            });
        })],
    },
    Mutant {
        id: "finishes-completions-twice",
        requirement: "completions.stream.finish-once",
        breaks: "The finish reason comes in two chunks.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.events(|events| after_finish(events, |_| {})))],
    },
    Mutant {
        id: "speaks-after-the-end-of-completions",
        requirement: "completions.stream.nothing-after-finish",
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
        id: "done-twice-with-completions",
        requirement: "completions.stream.done-once",
        breaks: "[DONE] comes twice.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| reply.events(|events| events.push(done())))],
    },
    Mutant {
        id: "done-too-early-with-completions",
        requirement: "completions.stream.done-last",
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
        id: "cries-error-in-completions",
        requirement: "completions.stream.no-errors",
        breaks: "A good stream has an error event.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                let error = json!({"message": "none", "type": "server_error", "param": null, "code": null});
                events.insert(events.len().saturating_sub(1), json!({"error": error}));
            });
        })],
    },
    Mutant {
        id: "buffers-completions",
        requirement: "completions.stream.timely",
        breaks: "The whole stream is held back until it is over.",
        plays: PACED,
        changes: &[Change::Wire(Wire::Hold(0))],
    },
    Mutant {
        id: "buffers-the-rest-of-completions",
        requirement: "completions.stream.steady",
        breaks: "After the first pieces the rest of the stream is held back until it is over.",
        plays: PACED,
        changes: &[Change::Wire(Wire::Hold(3))],
    },
    Mutant {
        id: "completions-always-done",
        requirement: "completions.fault.never-done",
        breaks: "A stream that was cut ends with [DONE], and with no error.",
        plays: CUT,
        changes: &[Change::Reply(done_instead_of_error)],
    },
    Mutant {
        id: "completions-done-all-the-same",
        requirement: "completions.fault.done-after-error",
        breaks: "Every stream ends with [DONE], also one that was cut, behind its error.",
        plays: CUT,
        changes: &[Change::Reply(|reply| reply.events(|events| events.push(done())))],
    },
    Mutant {
        id: "completions-always-finished",
        requirement: "completions.fault.no-finish",
        breaks: "A stream that was cut is said to have stopped.",
        plays: CUT,
        changes: &[Change::Reply(|reply| reply.events(finish_before_error))],
    },
    Mutant {
        id: "ends-completions-in-silence",
        requirement: "completions.fault.visible",
        breaks: "A stream that was cut just ends.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.retain(|event| !is_error(event)));
            reply.broken = false;
        })],
    },
    Mutant {
        id: "hangs-up-on-completions",
        requirement: "completions.fault.error-event",
        breaks: "A stream that was cut is told by a broken connection alone.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.retain(|event| !is_error(event)));
            reply.broken = true;
        })],
    },
    Mutant {
        id: "break-of-completions-without-code",
        requirement: "completions.fault.error-object",
        breaks: "The error of a broken reply lacks code.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.iter_mut().for_each(|event| remove(&mut event["error"], "code")));
        })],
    },
    Mutant {
        id: "makes-up-words-of-completions",
        requirement: "completions.fault.prefix",
        breaks: "Before the break the client gets words that the provider did not say.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["text"], |said| said.replace("Once", "Twice")));
        })],
    },
    Mutant {
        id: "leaves-completions-waiting",
        requirement: "completions.fault.prompt",
        breaks: "A stream that was cut never ends for the client.",
        plays: CUT,
        changes: HANG,
    },
    Mutant {
        id: "calls-silence-a-bad-completion",
        requirement: "completions.fault.timeout-status",
        breaks: "A provider that is silent from the start is a 502.",
        plays: &["completions.faults.silent@*/openai/whole"],
        changes: NO_TIMEOUT,
    },
    Mutant {
        id: "keeps-the-silent-line-of-completions",
        requirement: "completions.fault.stall-cancelled",
        breaks: "The connection to a provider that fell silent stays open.",
        plays: &["completions.faults.silent-in-stream@*/openai/stream"],
        changes: GREEDY,
    },
    Mutant {
        id: "hides-the-error-within-completions",
        requirement: "completions.fault.message",
        breaks: "An error of the provider in mid-stream loses its words.",
        plays: &["completions.faults.error-in-stream@*/openai/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                let errors = events.iter_mut().filter(|event| is_error(event));
                errors.for_each(|event| event["error"]["message"] = json!("the stream broke"));
            });
        })],
    },
    Mutant {
        id: "blames-the-client-for-completions",
        requirement: "completions.fault.bad-gateway",
        breaks: "A provider's answer that is no answer is a 400.",
        plays: &["completions.faults.html@*/openai/whole"],
        changes: BLAMED,
    },
];
