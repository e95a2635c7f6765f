//! Cohere's errors in OpenAI's words: `{"id", "message"}`.
//!
//! <https://docs.cohere.com/reference/errors>
//!
//! The status stays, but for those that only Cohere knows: 498, a request that is blocked, is OpenAI's 400 `content_filter`, and 499 a
//! request that was cancelled. What the message says in so many words becomes OpenAI's `code`.

use serde::Deserialize;

use crate::openai::Problem;
use crate::{Text, json};

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

/// What came with a status other than 2xx.
pub(super) fn problem(status: u16, body: &[u8]) -> Problem {
    let base = Problem::of(if status == 498 { 400 } else { status });
    let message = json::read(body).ok().and_then(|failure: Failure<'_>| failure.message);
    let message = message.unwrap_or_default().plain().into_owned();
    let code = match status {
        498 => Some("content_filter"),
        400 if message.starts_with("too many tokens") => Some("context_length_exceeded"),
        404 if message.contains("model") => Some("model_not_found"),
        422 if message.starts_with("unknown field") => Some("unknown_parameter"),
        _ => None,
    };
    let code = code.map(Into::into).or(base.code.clone());
    Problem { code, ..base.saying(message) }
}

/// What a reply says that was called a success: generation failed, or took too long.
pub(super) fn of_reply(reason: &str, message: Option<Text<'_>>) -> Problem {
    let base = Problem::of(if reason == "TIMEOUT" { 504 } else { 502 });
    let said = message.unwrap_or_default().plain().into_owned();
    let nothing = if reason == "TIMEOUT" { "generation took too long" } else { "generation failed" };
    base.saying(nothing).saying(said)
}
