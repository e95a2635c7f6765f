//! Whether a route streams.

use serde::{Deserialize, Serialize};

/// Whether a route streams: `true`, `false`, or `made`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Spelt", into = "Spelt")]
pub enum Streaming {
    /// As its provider streams.
    #[default]
    Yes,
    /// It refuses to.
    No,
    /// The gateway makes streams of whole replies, because the provider has only those.
    Made,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Spelt {
    Whether(bool),
    How(How),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    Made,
}

impl From<Spelt> for Streaming {
    fn from(spelt: Spelt) -> Self {
        match spelt {
            Spelt::Whether(true) => Self::Yes,
            Spelt::Whether(false) => Self::No,
            Spelt::How(How::Made) => Self::Made,
        }
    }
}

impl From<Streaming> for Spelt {
    fn from(streaming: Streaming) -> Self {
        match streaming {
            Streaming::Yes => Self::Whether(true),
            Streaming::No => Self::Whether(false),
            Streaming::Made => Self::How(How::Made),
        }
    }
}
