//! A requirement: one sentence that binds a gateway, with the place where it is written.

use serde::{Deserialize, Serialize};

/// How much a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The provider's text, or the form the client was promised, leaves no choice.
    Must,
    /// There may be reasons to do otherwise; a failure is a warning.
    Should,
    /// No text says it; traffic shows it.
    Observed,
}

impl Level {
    /// As it stands in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Observed => "OBSERVED",
        }
    }
}
