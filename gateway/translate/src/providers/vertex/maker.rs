//! Who made a model, which its name says.

/// The maker of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Google,
    Anthropic,
    Mistral,
}

/// Families of Mistral's.
const MISTRAL: [&str; 6] = ["mistral", "codestral", "ministral", "magistral", "devstral", "pixtral"];

impl Maker {
    /// By a name: `gemini-2.5-pro`, `claude-sonnet-4-5@20250929`, `publishers/mistralai/models/codestral-2`.
    pub(super) fn of(model: &str) -> Self {
        let name = short(model);
        if name.starts_with("claude-") {
            Self::Anthropic
        } else if MISTRAL.iter().any(|family| name.starts_with(family)) {
            Self::Mistral
        } else {
            Self::Google
        }
    }

    pub(super) fn publisher(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Anthropic => "anthropic",
            Self::Mistral => "mistralai",
        }
    }

    /// What is asked of its models.
    pub(super) fn operation(self, stream: bool) -> &'static str {
        match (self, stream) {
            (Self::Google, false) => "generateContent",
            (Self::Google, true) => "streamGenerateContent",
            (_, false) => "rawPredict",
            (_, true) => "streamRawPredict",
        }
    }
}

/// A name without its publisher.
pub(super) fn short(model: &str) -> &str {
    let name = model.strip_prefix("publishers/").and_then(|rest| rest.split_once("/models/"));
    name.map_or(model, |(_, name)| name).trim_start_matches("models/")
}
