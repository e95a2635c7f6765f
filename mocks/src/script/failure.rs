//! An error that the provider reports, in neutral terms.

use serde::{Deserialize, Serialize};

/// Rendered in the provider's own error body. Absent members follow from those that are present.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// HTTP status; absent: the provider's own for `kind`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong; absent: what `status` says; without both an internal error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Absent: a sentence fitting the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The request's member at fault, in the provider's own notation, where its errors name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The provider's own machine-readable code, where its errors have one; absent: as the kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Failure {
    /// An error of this kind with this sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind: Some(kind), message: Some(message.into()), ..Self::default() }
    }

    /// The kind, or what the status says.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind.unwrap_or_else(|| Kind::of_status(self.status.unwrap_or(500)))
    }
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request breaks the provider's rules.
    InvalidRequest,
    /// No key, or an unknown one.
    Authentication,
    /// The account cannot pay.
    Billing,
    /// The key may not do this.
    Permission,
    /// No such path, model or object.
    NotFound,
    /// The path does not know this method.
    Method,
    /// Another request got in the way.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// Well formed, but not to be processed.
    Unprocessable,
    /// Too many requests or tokens in a while.
    RateLimit,
    /// The quota is used up.
    Quota,
    /// The prompt does not fit the model's context.
    ContextLength,
    /// The prompt was refused by a content filter.
    ContentFilter,
    /// The service's own fault.
    Server,
    /// The model failed.
    Model,
    /// The model is loading.
    NotReady,
    /// The service is overloaded.
    Overloaded,
    /// The service is down.
    Unavailable,
    /// The model took too long.
    Timeout,
}

impl Kind {
    /// The kind that an HTTP status suggests.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            405 => Self::Method,
            408 | 504 => Self::Timeout,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            422 => Self::Unprocessable,
            424 => Self::Model,
            429 => Self::RateLimit,
            503 => Self::Unavailable,
            529 => Self::Overloaded,
            400..=499 => Self::InvalidRequest,
            _ => Self::Server,
        }
    }
}
