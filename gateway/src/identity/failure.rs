//! Why there is no token. It is for the log: the client is told that there is none.

use std::time::Duration;

/// One reason. It names who was asked and what is wrong, and repeats neither a secret nor what a server said but for its code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// None of the places where AWS's clients look has any.
    #[error("no AWS credentials were found; looked in: {0}")]
    Nowhere(String),
    #[error("{0}")]
    Settings(String),
    #[error("cannot read {path}: {why}")]
    File { path: String, why: String },
    #[error("{whom} cannot be asked: {why}")]
    Unreachable { whom: &'static str, why: String },
    #[error("{whom} answered with status {status}{}", code.as_ref().map(|code| format!(", {code}")).unwrap_or_default())]
    Refused { whom: &'static str, status: u16, code: Option<String> },
    #[error("{whom} answered with {what}")]
    Garbage { whom: &'static str, what: &'static str },
    #[error("it took more than {0:?}")]
    Slow(Duration),
}

impl Failure {
    /// Whether the same request may well go better in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}
