//! Errors of Google Cloud, and of makers through it, in OpenAI's words.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::openai::Problem;
use crate::providers::{anthropic, gemini, mistral};
use crate::{Text, json};

/// By which members errors are told apart.
#[derive(Deserialize)]
struct Failure<'a> {
    /// Anthropic's: `error`.
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    /// Google's and Anthropic's, not Mistral's.
    error: Option<&'a RawValue>,
}

/// What came with a status other than 2xx.
pub(super) fn problem(status: u16, body: &[u8]) -> Problem {
    match json::read::<Failure<'_>>(body) {
        Ok(Failure { r#type: Some(kind), error: Some(_) }) if kind.is("error") => {
            anthropic::problem(status, body)
        }
        Ok(Failure { error: None, .. }) => mistral::problem(status, body),
        // A list of one, too.
        _ => gemini::problem(status, body),
    }
}
