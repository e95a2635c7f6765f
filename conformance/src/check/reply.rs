//! The reply as the client has it in the end, whole or folded.

use super::support::{answer, client, equal, got, played};
use super::{Check, Judged, Verdict, schema};
use crate::Surface;
use crate::case::Case;
use crate::report::model::End;
use crate::surface::Place;
use crate::text::{json, or_nothing};

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.reply.ok", ok),
    ("chat.reply.content-type", content_type),
    ("chat.reply.schema", schema::reply),
    ("chat.reply.nullables", schema::reply_nullables),
    ("chat.reply.text", text),
    ("chat.reply.text.blocks", text),
    ("chat.reply.text.unicode", text),
    ("chat.reply.text.empty", empty_text),
    ("chat.reply.id", id),
    ("chat.reply.created", created),
    ("chat.reply.model", model),
    ("chat.reply.finish", finish),
    ("chat.reply.finish.known", known_finish),
    ("chat.reply.blocked", blocked),
    ("chat.reply.refusal", refusal),
    ("chat.reply.reasoning.text", reasoning),
    ("chat.reply.reasoning.apart", reasoning_apart),
    ("chat.reply.reasoning.signature", signature),
    ("chat.client.parallel-apart", text),
];

/// A status of 200, and a body that is complete by HTTP's own framing. That a request upstream is invalid, and refused for it, is told
/// where requests are judged.
pub(crate) fn ok(case: &Case) -> Judged {
    if case.transcript.status == Some(200) && case.transcript.end == End::Complete {
        return Ok(());
    }
    if case.asked.last().is_some_and(|asked| !asked.violations.is_empty()) {
        played(case)?;
    }
    client("status", "200 and a complete body", got(case))
}

/// What cannot be said of a reply that never came whole.
pub(crate) fn missing(case: &Case) -> Verdict {
    Verdict::Untestable(format!("the client got no whole reply: {}", got(case)))
}

pub(super) fn content_type(case: &Case) -> Judged {
    answer(case)?;
    let content_type = case.transcript.header("content-type").unwrap_or("nothing");
    if content_type.starts_with("application/json") {
        Ok(())
    } else {
        client("content-type", "application/json", content_type)
    }
}

pub(super) fn scripted(case: &Case) -> Judged {
    if case.expected.scripted { Ok(()) } else { Err(Verdict::NotHere) }
}

pub(super) fn text(case: &Case) -> Judged {
    scripted(case)?;
    equal(case.place(Place::Text), &case.expected.text, &answer(case)?.text)
}

/// An answer of nothing is an answer: the client gets no text, not an error, and not something that nobody said.
pub(super) fn empty_text(case: &Case) -> Judged {
    equal(case.place(Place::Text), "", &answer(case)?.text)
}

pub(super) fn id(case: &Case) -> Judged {
    match answer(case)?.id.as_deref() {
        Some(id) if !id.is_empty() => Ok(()),
        id => client("/id", "an id", or_nothing(id)),
    }
}

/// Seconds since 1970; a provider that tells no time gets the gateway's.
pub(super) fn created(case: &Case) -> Judged {
    match answer(case)?.created {
        Some(created) if created > 0 => Ok(()),
        created => client(case.place(Place::Created), "seconds since 1970", or_nothing(created)),
    }
}

pub(super) fn model(case: &Case) -> Judged {
    match answer(case)?.model.as_deref() {
        Some(model) if !model.is_empty() => Ok(()),
        model => client("/model", "the model's name", or_nothing(model)),
    }
}

pub(super) fn finish(case: &Case) -> Judged {
    scripted(case)?;
    equal(case.place(Place::Finish), &case.expected.finish, &finishes(case)?.join(", "))
}

/// The reasons that the client got; that there is none, is told once.
pub(super) fn finishes(case: &Case) -> Result<&[String], Verdict> {
    match answer(case)?.finish.as_slice() {
        [] => Err(Verdict::Untestable("the client got no finish reason".to_owned())),
        finishes => Ok(finishes),
    }
}

pub(super) fn known_finish(case: &Case) -> Judged {
    let known: &[&str] = match case.surface() {
        Surface::Completions => &["stop", "length", "content_filter"],
        _ => &["stop", "length", "tool_calls", "content_filter", "function_call"],
    };
    match answer(case)?.finish.as_slice() {
        [finish] if known.contains(&finish.as_str()) => Ok(()),
        other => client("/choices/0/finish_reason", known.join(" | "), other.join(", ")),
    }
}

/// Clients find out by the status that there is no answer, or by the reason that it ended.
fn blocked(case: &Case) -> Judged {
    let is_filtered = case.answer().is_some_and(|answer| answer.finish == ["content_filter"]);
    let is_refused = matches!(case.transcript.status, Some(400..=499)) && case.message().is_some();
    if is_filtered || is_refused {
        Ok(())
    } else {
        client("reply", "an end by content_filter, or an error of status 4xx", got(case))
    }
}

/// Where the provider has refusals, as one; else its words are the text.
fn refusal(case: &Case) -> Judged {
    let answer = answer(case)?;
    equal(case.place(Place::Refusal), &case.expected.refusal, &answer.refusal)?;
    equal(case.place(Place::Text), &case.expected.text, &answer.text)
}

pub(super) fn reasoning(case: &Case) -> Judged {
    equal(case.place(Place::Reasoning), &case.expected.reasoning, &answer(case)?.reasoning)
}

/// What the model thought is not what it said.
fn reasoning_apart(case: &Case) -> Judged {
    let text = &answer(case)?.text;
    let thought = &case.expected.reasoning;
    if thought.is_empty() || !text.contains(thought.as_str()) {
        Ok(())
    } else {
        client(case.place(Place::Text), "no reasoning", json(text))
    }
}

pub(super) fn signature(case: &Case) -> Judged {
    let got = answer(case)?.signatures.concat();
    equal(case.place(Place::Signature), &case.expected.signatures.concat(), &got)
}
