//! Errors of the router, of HF Inference and of the inference server, in OpenAI's words.
//!
//! | from | body |
//! |---|---|
//! | router | OpenAI's; or `{"error": "text"}` of the gate before it |
//! | HF Inference | `{"error": "text" or ["text"], "estimated_time": 20.0}`, the latter while a model loads |
//! | inference server | `{"error": "text", "error_type": "validation"}`; plain text where a body cannot be read |
//!
//! <https://huggingface.co/docs/text-generation-inference/reference/api_reference>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::openai::{self, Problem};
use crate::{Text, json};

#[derive(Default, Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    error_type: Option<Text<'a>>,
    estimated_time: Option<f64>,
}

/// What came with a status other than 2xx.
pub(super) fn problem(status: u16, body: &[u8]) -> Problem {
    let Ok(failure) = json::read::<Failure<'_>>(body) else {
        let text = str::from_utf8(body).ok().filter(|text| is_sentence(text)).unwrap_or_default();
        return of(status, None).saying(text.trim());
    };
    if let Some(kind) = failure.error_type {
        return of(status, Some(&kind.plain())).saying(failure.error.map(said).unwrap_or_default());
    }
    let is_list = failure.error.is_some_and(|error| error.get().starts_with('['));
    let problem = match failure.error {
        Some(error) if is_list => of(status, None).saying(said(error)),
        _ => Problem { message: openai::problem(status, body).message, ..openai::problem(status, body) },
    };
    match failure.estimated_time {
        Some(seconds) if status == 503 => Problem {
            message: format!("{}; it takes about {:.0} seconds", problem.message, seconds.max(0.0)),
            code: Some("model_not_ready".into()),
            ..problem
        },
        _ => problem,
    }
}

/// What is said where a status had been sent already.
pub(super) fn in_stream(error: &RawValue, kind: Option<Text<'_>>) -> Problem {
    let status = match kind.map(Text::plain).as_deref() {
        Some("validation") => 422,
        Some("overloaded") => 429,
        Some("incomplete_generation" | "incomplete_generation_stream") => 500,
        None if error.get().starts_with('{') => return openai::in_stream(error),
        Some(_) | None => 502,
    };
    of(status, None).saying(said(error))
}

/// A status in OpenAI's terms. That the model failed is the upstream's failure, and a client may try again.
fn of(status: u16, kind: Option<&str>) -> Problem {
    match kind {
        Some("generation") => Problem { code: Some("model_error".into()), ..Problem::of(502) },
        Some("overloaded") => Problem { code: Some("overloaded".into()), ..Problem::of(status) },
        _ => Problem::of(status),
    }
}

/// A sentence, or several.
fn said(error: &RawValue) -> String {
    let text = |json: &str| Text::token(json).map(|text| text.plain().into_owned());
    text(error.get()).unwrap_or_else(|| match serde_json::from_str::<Vec<String>>(error.get()) {
        Ok(sentences) => sentences.join("; "),
        Err(_) => error.get().to_owned(),
    })
}

/// Whether a body that is no JSON is something to read: what proxies send is not.
fn is_sentence(text: &str) -> bool {
    text.len() <= 1_000 && !text.trim_start().starts_with('<') && !text.trim().is_empty()
}
