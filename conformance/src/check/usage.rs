//! Token counts: <https://platform.openai.com/docs/api-reference/chat/object>.

use serde_json::Value;

use super::support::{answer, client, fold};
use super::{Check, Judged, Verdict};
use crate::Surface;
use crate::case::Case;
use crate::text::or_nothing;

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.usage.present", present),
    ("chat.usage.total", total),
    ("chat.usage.prompt", |case| count(case, "/prompt_tokens", case.expected.usage.prompt)),
    ("chat.usage.completion", |case| count(case, "/completion_tokens", case.expected.usage.completion)),
    ("chat.usage.cached", |case| {
        count(case, "/prompt_tokens_details/cached_tokens", case.expected.usage.cached)
    }),
    ("chat.usage.cache-included", |case| count(case, "/prompt_tokens", case.expected.usage.prompt)),
    ("chat.usage.reasoning", |case| {
        count(case, "/completion_tokens_details/reasoning_tokens", case.expected.usage.reasoning)
    }),
    ("chat.usage.stream.shape", shape),
    ("chat.usage.stream.last", last),
    ("chat.usage.stream.unasked", unasked),
    ("chat.usage.stream.null-before", null_before),
];

/// Whether the client gets usage at all, of a provider that counts: always whole, and streamed when it asks one that can
/// be asked.
///
/// Where usage is a part of the form, nobody need ask.
fn is_asked(case: &Case) -> bool {
    let is_told = || case.api().is_none_or(|api| api.counts_streams);
    let is_chunked = matches!(case.surface(), Surface::Chat | Surface::Completions);
    counts(case) && (!case.is_stream() || (asks(case) || !is_chunked) && is_told())
}

fn asks(case: &Case) -> bool {
    case.sent.json["stream_options"]["include_usage"] == true
}

pub(super) fn counts(case: &Case) -> bool {
    case.api().is_none_or(|api| api.counts)
}

pub(super) fn present(case: &Case) -> Judged {
    match given(case)? {
        Some(usage) if usage.is_object() => Ok(()),
        other => client("/usage", "an object", or_nothing(other)),
    }
}

/// What there is to judge; that there is none, is told once.
pub(super) fn usage(case: &Case) -> Result<&Value, Verdict> {
    let given = given(case)?.filter(|usage| usage.is_object());
    given.ok_or_else(|| Verdict::Untestable("the client got no usage".to_owned()))
}

fn given(case: &Case) -> Result<Option<&Value>, Verdict> {
    if is_asked(case) { Ok(answer(case)?.usage.as_ref()) } else { Err(Verdict::NotHere) }
}

pub(super) fn total(case: &Case) -> Judged {
    let usage = usage(case)?;
    let number = |name: &str| usage[name].as_u64();
    match (number("prompt_tokens"), number("completion_tokens"), number("total_tokens")) {
        (Some(prompt), Some(completion), Some(total)) if prompt + completion == total => Ok(()),
        _ => client("/usage/total_tokens", "prompt_tokens + completion_tokens", usage),
    }
}

pub(super) fn count(case: &Case, pointer: &str, wanted: Option<u64>) -> Judged {
    let usage = usage(case)?;
    let Some(wanted) = wanted else { return Err(Verdict::NotHere) };
    let got = usage.pointer(pointer).unwrap_or(&Value::Null);
    if got.as_u64() == Some(wanted) { Ok(()) } else { client(&format!("/usage{pointer}"), wanted, got) }
}

/// A count by the surface's own name, where it has another one than chats.
pub(super) fn own(case: &Case, pointer: &str, wanted: Option<u64>) -> Judged {
    let usage = usage(case)?;
    let Some(wanted) = wanted else { return Err(Verdict::NotHere) };
    let got = usage["own"].pointer(pointer).unwrap_or(&Value::Null);
    if got.as_u64() == Some(wanted) { Ok(()) } else { client(&format!("/usage{pointer}"), wanted, got) }
}

/// The chunk with usage has no choices.
pub(super) fn shape(case: &Case) -> Judged {
    usage(case)?;
    let chunks = &fold(case)?.chunks;
    let with_usage: Vec<_> = chunks.iter().filter(|(_, chunk)| chunk["usage"].is_object()).collect();
    match with_usage.as_slice() {
        [(_, chunk)] if chunk["choices"].as_array().is_some_and(Vec::is_empty) => Ok(()),
        [(_, chunk)] if counts_last(case) && chunk["choices"][0]["finish_reason"].is_string() => Ok(()),
        [(number, chunk)] => client(&format!("event {number} /choices"), "[]", &chunk["choices"]),
        several => client("/usage", "one chunk with usage", several.len()),
    }
}

/// Whether the provider, whose dialect is OpenAI's otherwise, counts in the chunk with the finish reason: it may be handed on as it is.
fn counts_last(case: &Case) -> bool {
    case.api().is_some_and(|api| api.counts_last)
}

/// The chunk with usage comes after all others.
pub(super) fn last(case: &Case) -> Judged {
    usage(case)?;
    match fold(case)?.chunks.last() {
        Some((_, chunk)) if chunk["usage"].is_object() => Ok(()),
        other => client("last chunk", "the one with usage", or_nothing(other.map(|(_, chunk)| chunk))),
    }
}

/// Who did not ask gets no chunk without choices: many clients read the first choice of every chunk. One that carries an
/// extension, such as a guardrail's trace, was asked for.
pub(super) fn unasked(case: &Case) -> Judged {
    // Also in a streamed play a call may be one that asks for no stream.
    if asks(case) || !case.is_stream() {
        return Err(Verdict::NotHere);
    }
    let known =
        ["id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"];
    let is_extension = |chunk: &Value| {
        chunk["usage"].is_null()
            && chunk
                .as_object()
                .is_some_and(|members| members.keys().any(|name| !known.contains(&name.as_str())))
    };
    let is_strange =
        |chunk: &Value| chunk["choices"].as_array().is_some_and(Vec::is_empty) && !is_extension(chunk);
    match fold(case)?.telling().find(|(_, chunk)| is_strange(chunk)) {
        None => Ok(()),
        Some((number, chunk)) => client(&format!("event {number} /choices"), "at least one choice", chunk),
    }
}

pub(super) fn null_before(case: &Case) -> Judged {
    usage(case)?;
    let chunks = &fold(case)?.chunks;
    let before = chunks.iter().filter(|(_, chunk)| !chunk["usage"].is_object());
    match before.clone().find(|(_, chunk)| chunk.get("usage") != Some(&Value::Null)) {
        None => Ok(()),
        Some((number, _)) => client(&format!("event {number} /usage"), "null", "nothing"),
    }
}
