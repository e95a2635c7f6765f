//! Replies that break, told as if they had not, or not told at all.

use serde_json::{Value, json};

use super::message::{Message, done, is_error, remove, text};
use super::{Change, Mutant, Wire};

const CUT: &[&str] = &["chat.faults.cut-stream@openai.chat/anthropic/stream"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "always-done",
        requirement: "chat.fault.never-done",
        breaks: "A stream that was cut ends with [DONE], and with no error.",
        plays: CUT,
        changes: &[Change::Reply(done_instead_of_error)],
    },
    Mutant {
        id: "done-all-the-same",
        requirement: "chat.fault.done-after-error",
        breaks: "Every stream ends with [DONE], also one that was cut, behind its error.",
        plays: CUT,
        changes: &[Change::Reply(|reply| reply.events(|events| events.push(done())))],
    },
    Mutant {
        id: "always-finished",
        requirement: "chat.fault.no-finish",
        breaks: "A stream that was cut is said to have stopped.",
        plays: CUT,
        changes: &[Change::Reply(|reply| reply.events(finish_before_error))],
    },
    Mutant {
        id: "ends-in-silence",
        requirement: "chat.fault.visible",
        breaks: "A stream that was cut just ends.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.retain(|event| !is_error(event)));
            reply.broken = false;
        })],
    },
    Mutant {
        id: "hangs-up-without-a-word",
        requirement: "chat.fault.error-event",
        breaks: "A stream that was cut is told by a broken connection alone.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.retain(|event| !is_error(event)));
            reply.broken = true;
        })],
    },
    Mutant {
        id: "break-without-code",
        requirement: "chat.fault.error-object",
        breaks: "The error of a broken reply lacks code.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.events(|events| events.iter_mut().for_each(|event| remove(&mut event["error"], "code")));
        })],
    },
    Mutant {
        id: "makes-up-words",
        requirement: "chat.fault.prefix",
        breaks: "Before the break the client gets words that the provider did not say.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.said(|said| text(&mut said["content"], |said| said.replace("Once", "Twice")));
        })],
    },
    Mutant {
        id: "leaves-waiting",
        requirement: "chat.fault.prompt",
        breaks: "A stream that was cut never ends for the client.",
        plays: CUT,
        changes: &[Change::Wire(Wire::Hang)],
    },
    Mutant {
        id: "calls-silence-a-bad-reply",
        requirement: "chat.fault.timeout-status",
        breaks: "A provider that is silent from the start is a 502.",
        plays: &["chat.faults.silent@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| reply.status = 502)],
    },
    Mutant {
        id: "keeps-the-silent-line",
        requirement: "chat.fault.stall-cancelled",
        breaks: "The connection to a provider that fell silent stays open.",
        plays: &["chat.faults.silent-in-stream@openai.chat/anthropic/stream"],
        changes: &[Change::Wire(Wire::Greedy)],
    },
    Mutant {
        id: "hides-the-error-in-mid-stream",
        requirement: "chat.fault.message",
        breaks: "An error of the provider in mid-stream loses its words.",
        plays: &["chat.faults.error-in-stream@openai.chat/anthropic/stream"],
        changes: &[Change::Reply(|reply| {
            reply.events(|events| {
                events
                    .iter_mut()
                    .filter(|event| is_error(event))
                    .for_each(|event| event["error"]["message"] = json!("the stream broke"));
            });
        })],
    },
    Mutant {
        id: "blames-the-client",
        requirement: "chat.fault.bad-gateway",
        breaks: "A provider's answer that is no answer is a 400.",
        plays: &["chat.faults.html@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| reply.status = 400)],
    },
];

/// A stream that broke, passed off as one that ended.
pub(super) fn done_instead_of_error(reply: &mut Message) {
    reply.events(|events| {
        events.retain(|event| !is_error(event));
        events.push(done());
    });
    reply.broken = false;
}

/// The finish chunk that the provider did not send, where a tolerant gateway would put one.
pub(super) fn finish_before_error(events: &mut Vec<Value>) {
    let Some(mut finish) = events.iter().find(|event| event["choices"].is_array()).cloned() else { return };
    let (said, nothing) =
        if finish["choices"][0]["text"].is_string() { ("text", json!("")) } else { ("delta", json!({})) };
    finish["choices"][0][said] = nothing;
    finish["choices"][0]["finish_reason"] = json!("stop");
    let at = events.iter().position(is_error).unwrap_or(events.len());
    events.insert(at, finish);
}
