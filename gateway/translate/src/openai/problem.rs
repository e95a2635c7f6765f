//! OpenAI's error object.
//!
//! <https://platform.openai.com/docs/guides/error-codes>

use std::borrow::Cow;

use crate::Text;
use crate::json::Object;

/// What went wrong, in OpenAI's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status that fits.
    pub status: u16,
    /// What a human reads.
    pub message: String,
    /// The family: `invalid_request_error`, `server_error`, ….
    pub kind: Cow<'static, str>,
    /// The member of the request that is to blame.
    pub param: Option<String>,
    /// What a program reads.
    pub code: Option<Cow<'static, str>>,
    /// What a content filter of Azure's found: an object, as JSON, that its clients look for beside OpenAI's members.
    pub innererror: Option<Box<str>>,
}

impl Problem {
    /// What OpenAI says with this status, for want of a message. A status that is no error becomes 502.
    pub fn of(status: u16) -> Self {
        let (kind, code) = match status {
            401 => ("invalid_request_error", Some("invalid_api_key")),
            402 => ("insufficient_quota", Some("insufficient_quota")),
            403 => ("invalid_request_error", Some("permission_denied")),
            404 => ("invalid_request_error", Some("not_found")),
            409 => ("invalid_request_error", Some("conflict")),
            413 => ("invalid_request_error", Some("request_too_large")),
            429 => ("rate_limit_error", Some("rate_limit_exceeded")),
            400..500 => ("invalid_request_error", None),
            503 => ("server_error", Some("overloaded")),
            504 => ("server_error", Some("timeout")),
            _ => ("server_error", None),
        };
        let message = format!("the provider answered with status {status}");
        let status = if (400..600).contains(&status) { status } else { 502 };
        Self { status, message, kind: kind.into(), param: None, code: code.map(Into::into), innererror: None }
    }

    /// The same with a message, unless that says nothing.
    pub fn saying(self, message: impl Into<String>) -> Self {
        let message = message.into();
        if message.trim().is_empty() { self } else { Self { message, ..self } }
    }

    /// The body of a reply, or the data of an event in a stream.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.message.len());
        self.write(&mut out);
        out
    }

    /// Reads what [`Self::body`] wrote.
    pub fn read(status: u16, body: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            error: Told<'a>,
        }
        #[derive(serde::Deserialize)]
        struct Told<'a> {
            #[serde(borrow)]
            message: Text<'a>,
        }
        let told = serde_json::from_slice::<Body<'_>>(body);
        Self::of(status).saying(told.map(|body| body.error.message.plain().into_owned()).unwrap_or_default())
    }

    /// The message, for a client.
    pub(crate) fn safe_message(&self) -> Cow<'_, str> {
        without_keys(&self.message)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut body = Object::new(out);
        let mut error = body.object("error");
        error.string("message", &self.safe_message());
        error.string("type", &self.kind);
        optional(&mut error, "param", self.param.as_deref());
        optional(&mut error, "code", self.code.as_deref());
        if let Some(found) = &self.innererror {
            error.raw("innererror", found);
        }
    }
}

/// All four members are required; two may be null.
fn optional(error: &mut Object<'_>, name: &'static str, value: Option<&str>) {
    match value {
        Some(text) => error.text(name, Text::Plain(text)),
        None => error.raw(name, "null"),
    }
}

/// `message` without what looks like a key: OpenAI repeats parts of the one it refuses, which is the gateway's own.
fn without_keys(message: &str) -> Cow<'_, str> {
    const MARKS: [&str; 2] = ["sk-", "AKIA"];
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.');
    if !MARKS.iter().any(|mark| message.contains(mark)) {
        return Cow::Borrowed(message);
    }
    let starts = |word: &str, at: usize| !word[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    let word = |word: &str| match MARKS.iter().find_map(|mark| word.find(mark).filter(|&at| starts(word, at)))
    {
        Some(at) if word.len() - at >= 12 => {
            let rest = word[at..].trim_start_matches(of_key);
            format!("{}[key]{rest}", &word[..at])
        }
        _ => word.to_owned(),
    };
    Cow::Owned(message.split_inclusive(char::is_whitespace).map(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_repeated() {
        let openai = "Incorrect API key provided: sk-proj-********************abcd. Find yours elsewhere.";
        assert_eq!(without_keys(openai), "Incorrect API key provided: [key] Find yours elsewhere.");
        assert_eq!(without_keys("key=sk-ant-0123456789, no"), "key=[key], no");
        assert_eq!(without_keys("a risk-averse ask-me-anything"), "a risk-averse ask-me-anything");
        assert_eq!(without_keys("no key"), "no key");
    }
}
