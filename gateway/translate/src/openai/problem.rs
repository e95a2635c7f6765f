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
}

impl Problem {
    /// What OpenAI says with this status, without a message. A status that is no error becomes 502.
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
        let status = if (400..600).contains(&status) { status } else { 502 };
        Self { status, message: String::new(), kind: kind.into(), param: None, code: code.map(Into::into) }
    }

    /// The body of a reply, or the data of an event in a stream.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.message.len());
        self.write(&mut out);
        out
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut body = Object::new(out);
        let mut error = body.object("error");
        error.string("message", &self.message);
        error.string("type", &self.kind);
        optional(&mut error, "param", self.param.as_deref());
        optional(&mut error, "code", self.code.as_deref());
    }
}

/// All four members are required; two may be null.
fn optional(error: &mut Object<'_>, name: &str, value: Option<&str>) {
    match value {
        Some(text) => error.text(name, Text::Plain(text)),
        None => error.raw(name, "null"),
    }
}
