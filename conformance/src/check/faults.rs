//! Replies that break: what is cut, silent or corrupt must never look like a complete answer.

use super::errors::{object, object_findings};
use super::support::{asked, client, got, played, unless, upstream};
use super::{Check, Judged, Verdict};
use crate::case::{Case, Seen};
use crate::fold::Answer;
use crate::report::model::End;
use crate::surface::Place;
use crate::text::json;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.fault.never-done", done_unless_told),
    ("chat.fault.done-after-error", done_after_error),
    ("chat.fault.no-finish", no_finish),
    ("chat.fault.visible", visible),
    ("chat.fault.error-event", error_event),
    ("chat.fault.error-object", error_object),
    ("chat.fault.prefix", prefix),
    ("chat.fault.prompt", prompt),
    ("chat.fault.timeout-status", timeout_status),
    ("chat.fault.stall-cancelled", stall_cancelled),
    ("chat.fault.message", message),
    ("chat.fault.bad-gateway", bad_gateway),
];

/// An event that is no JSON stops every official client where it stands: it is how the break shows, and nothing behind it is
/// read.
fn is_garbled(case: &Case) -> bool {
    let Seen::Stream(fold) = &case.seen else { return false };
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    fold.strange.iter().filter_map(|event| fold.events.list.get(*event)).any(|event| !is_json(&event.data))
}

/// Whether the body is called JSON: one that is none stops every client that reads it, as an event does.
fn is_called_json(case: &Case) -> bool {
    case.transcript.header("content-type").is_some_and(|kind| kind.starts_with("application/json"))
}

/// No `[DONE]` after a reply that never ended.
pub(super) fn never_done(case: &Case) -> Judged {
    if is_garbled(case) {
        return Err(Verdict::NotHere);
    }
    match &case.seen {
        Seen::Stream(fold) if fold.is_done() => client("data: [DONE]", "never", "there"),
        _ => Ok(()),
    }
}

/// The same where no error event tells of the break before it: `OpenAI`'s clients raise at one, and read nothing behind it.
/// <https://github.com/openai/openai-python/blob/main/src/openai/_streaming.py>
pub(super) fn done_unless_told(case: &Case) -> Judged {
    if is_told(case) { Ok(()) } else { never_done(case) }
}

/// What other clients may take for the end of a good stream; no document forbids it there.
pub(super) fn done_after_error(case: &Case) -> Judged {
    if is_told(case) { never_done(case) } else { Err(Verdict::NotHere) }
}

/// Whether an error event comes before any `[DONE]`.
fn is_told(case: &Case) -> bool {
    let Seen::Stream(fold) = &case.seen else { return false };
    let error = fold.errors.first().map(|(event, _)| event);
    error.is_some_and(|error| fold.done.first().is_none_or(|done| error < done))
}

/// What the client has in hand when it learns of the break: where an error event tells of it, what came before.
/// <https://github.com/openai/openai-python/blob/main/src/openai/_streaming.py>
fn at_break(case: &Case) -> Option<Answer> {
    match &case.seen {
        Seen::Stream(fold) => Some(fold.before_error(case.surface())),
        _ => case.answer().cloned(),
    }
}

/// No finish reason of a good end.
pub(super) fn no_finish(case: &Case) -> Judged {
    if is_garbled(case) {
        return Err(Verdict::NotHere);
    }
    let finish = at_break(case).map(|answer| answer.finish.join(", ")).unwrap_or_default();
    let good = ["stop", "tool_calls", "length"].contains(&finish.as_str());
    if good { client(case.place(Place::Finish), "none, for the reply never ended", finish) } else { Ok(()) }
}

/// An error status; or, in a stream that has begun, an error event or a connection that breaks too.
pub(super) fn visible(case: &Case) -> Judged {
    let broke = matches!(case.transcript.end, End::Truncated | End::Reset | End::Refused);
    let is_visible = match &case.seen {
        Seen::Stream(fold) => !fold.errors.is_empty() || broke || is_garbled(case),
        Seen::Whole(..) => false,
        Seen::Error(_) => case.transcript.status.is_some_and(|status| status >= 400),
        Seen::Other => {
            broke || case.transcript.status.is_some_and(|status| status >= 400) || is_called_json(case)
        }
    };
    if is_visible { Ok(()) } else { client("reply", "an error that the client can see", got(case)) }
}

/// In a stream that has begun, an event: a broken connection tells nobody why.
pub(super) fn error_event(case: &Case) -> Judged {
    match &case.seen {
        Seen::Stream(fold) if fold.errors.is_empty() => client("events", "an error event", got(case)),
        _ => Ok(()),
    }
}

pub(super) fn error_object(case: &Case) -> Judged {
    match case.error() {
        Some(error) => unless(object_findings(error)),
        None if matches!(case.seen, Seen::Stream(_)) => Err(Verdict::NotHere),
        None => object(case),
    }
}

/// What came before the break is what the provider said, and nothing else.
pub(super) fn prefix(case: &Case) -> Judged {
    if is_garbled(case) {
        return Err(Verdict::NotHere);
    }
    let text = at_break(case).map(|answer| answer.text).unwrap_or_default();
    let wanted = &case.expected.text;
    if wanted.starts_with(&text) || !case.expected.scripted {
        Ok(())
    } else {
        client(case.place(Place::Text), format!("a beginning of {}", json(wanted)), json(&text))
    }
}

/// The client is not left waiting.
pub(super) fn prompt(case: &Case) -> Judged {
    if case.transcript.end == End::TimedOut {
        client("reply", "an end", format!("nothing for {:.0} ms", case.transcript.end_ms))
    } else {
        Ok(())
    }
}

/// Before the first byte of the reply: 504, as a gateway says it; 408 and 503 say it to `OpenAI`'s clients too.
pub(super) fn timeout_status(case: &Case) -> Judged {
    played(case)?;
    match case.transcript.status {
        Some(504 | 408 | 503) => Ok(()),
        _ if matches!(case.seen, Seen::Stream(_)) => Err(Verdict::NotHere),
        _ => client("status", "504", got(case)),
    }
}

/// A provider that fell silent is hung up on.
pub(super) fn stall_cancelled(case: &Case) -> Judged {
    let asked = asked(case)?;
    played(case)?;
    if asked.aborted { Ok(()) } else { upstream("connection", "closed after the timeout", "still open") }
}

/// The provider's own words.
pub(super) fn message(case: &Case) -> Judged {
    let Some(Some(wanted)) = &case.expected.breaks.error else { return Err(Verdict::NotHere) };
    played(case)?;
    let message = case.message().unwrap_or_default();
    if message.contains(wanted.as_str()) { Ok(()) } else { client("/error/message", wanted, message) }
}

/// A provider that cannot be reached, or says what is no reply at all: 502, 503 or 504, or 500; never 200 and never 4xx.
pub(super) fn bad_gateway(case: &Case) -> Judged {
    played(case)?;
    if visible(case).is_err() {
        return Err(Verdict::Untestable(format!("the client cannot see that anything broke: {}", got(case))));
    }
    // Who hands on what comes as it comes has said 200 before; that the connection breaks tells the client what the provider's told.
    // <https://www.rfc-editor.org/rfc/rfc9112#section-8>
    let broke = matches!(case.transcript.end, End::Truncated | End::Reset);
    match case.transcript.status {
        Some(500..=599) => Ok(()),
        Some(200) if broke => Err(Verdict::NotHere),
        _ => client("status", "502", got(case)),
    }
}
