//! Mistral's errors in OpenAI's words.
//!
//! | status | body |
//! |---|---|
//! | 422 | `{"detail": [{"type", "loc", "msg", "input"}]}`, or that as the message of the next |
//! | others | `{"object": "error", "message", "type", "param", "code", "raw_status_code"}` |
//! | of what stands before the service | `{"detail": "text"}`, `{"message": "text", "request_id"}` |
//!
//! OpenAI's `type` follows from the status, and so does its `code`, but where Mistral's type says more.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::openai::Problem;
use crate::{Text, json};

#[derive(Default, Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    r#type: Option<&'a RawValue>,
    param: Option<&'a RawValue>,
    detail: Option<&'a RawValue>,
}

/// What is wrong with one member.
#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(borrow, default)]
    loc: Vec<&'a RawValue>,
    msg: String,
}

/// What came with a status other than 2xx.
pub(in crate::providers) fn problem(status: u16, body: &[u8]) -> Problem {
    let base = Problem::of(status);
    let Ok(failure) = json::read::<Failure<'_>>(body) else { return base };
    if let Some(detail) = failure.detail {
        return base.detailed(detail);
    }
    let Some(message) = failure.message else { return base };
    let base = Problem {
        param: failure.param.and_then(word),
        code: match failure.r#type.and_then(word).as_deref() {
            Some("invalid_model") => Some("model_not_found".into()),
            _ => base.code.clone(),
        },
        ..base
    };
    match json::read::<Failure<'_>>(message.get().as_bytes()) {
        Ok(Failure { detail: Some(detail), .. }) => base.detailed(detail),
        _ => base.saying(word(message).unwrap_or_else(|| message.get().to_owned())),
    }
}

impl Problem {
    /// The same with what is wrong, member by member; or a text.
    fn detailed(self, detail: &RawValue) -> Self {
        let Ok(details) = serde_json::from_str::<Vec<Detail<'_>>>(detail.get()) else {
            return self.saying(word(detail).unwrap_or_default());
        };
        let said: Vec<String> = details.iter().map(Detail::sentence).collect();
        let param = details.first().map(Detail::path).filter(|path| !path.is_empty());
        Self { param, ..self.saying(said.join("; ")) }
    }
}

impl Detail<'_> {
    fn sentence(&self) -> String {
        match self.path() {
            path if path.is_empty() => self.msg.clone(),
            path => format!("{path}: {}", self.msg),
        }
    }

    /// Where it is, as a path: `messages[2].content`.
    fn path(&self) -> String {
        let mut path = String::new();
        for (at, place) in self.loc.iter().enumerate() {
            match word(place) {
                Some(name) if at == 0 && name == "body" => (),
                Some(name) if path.is_empty() => path.push_str(&name),
                Some(name) => {
                    path.push('.');
                    path.push_str(&name);
                }
                None => {
                    path.push('[');
                    path.push_str(place.get());
                    path.push(']');
                }
            }
        }
        path
    }
}

fn word(json: &RawValue) -> Option<String> {
    Text::token(json.get()).map(|text| text.plain().into_owned())
}
