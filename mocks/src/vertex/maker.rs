//! Whose model is asked, which says whose words are spoken.

use serde_json::Value;

use crate::anthropic::{self, Anthropic};
use crate::gemini::Gemini;
use crate::mistral::Mistral;
use crate::openai::OPENAI;
use crate::provider::{Call, Provider, Whole};
use crate::request::Request;
use crate::script::Kind;

/// Who made the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Google,
    Anthropic,
    Mistral,
    /// Whoever: it is served in OpenAI's words.
    Deployed,
}

/// The versions of Anthropic's API: as a body names them here, and as a header does at home.
const VERSIONS: [(&str, &str); 2] = [("vertex-2023-10-16", "2023-06-01"), ("2026-10-21", "2026-10-21")];

impl Maker {
    /// By the path.
    pub(super) fn of(path: &str) -> Self {
        if path.contains("/publishers/anthropic/") {
            Self::Anthropic
        } else if path.contains("/publishers/mistralai/") {
            Self::Mistral
        } else if path.contains("/endpoints/") {
            Self::Deployed
        } else {
            Self::Google
        }
    }

    /// By the part of the document that a request breaks.
    pub(super) fn of_document(pointer: &str) -> Self {
        let within = |names: [&str; 2]| names.iter().any(|name| pointer.contains(name));
        if within(["anthropic", "Anthropic"]) {
            Self::Anthropic
        } else if within(["mistral", "Mistral"]) {
            Self::Mistral
        } else if within(["openai.", "ChatCompletions"]) {
            Self::Deployed
        } else {
            Self::Google
        }
    }

    /// Whose mock speaks so.
    pub(super) fn provider(self) -> &'static dyn Provider {
        match self {
            Self::Google => &Gemini,
            Self::Anthropic => &Anthropic,
            Self::Mistral => &Mistral,
            Self::Deployed => &OPENAI,
        }
    }

    /// The version of its API that a request names.
    pub(super) fn variant(self, request: &Request) -> Option<&'static str> {
        if self != Self::Anthropic {
            return None;
        }
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        let named = body["anthropic_version"].as_str()?;
        VERSIONS.iter().map(|(here, _)| *here).find(|here| *here == named)
    }

    /// Whether an error of this kind is told in its own words.
    pub(super) fn tells(self, kind: Kind) -> bool {
        let is_frontdoor = matches!(
            kind,
            Kind::Authentication
                | Kind::Permission
                | Kind::Billing
                | Kind::NotFound
                | Kind::Method
                | Kind::RateLimit
                | Kind::Quota
        );
        matches!(self, Self::Anthropic | Self::Mistral) && !is_frontdoor
    }
}

/// Tokens of a message to one of Anthropic's models, as at home.
pub(super) fn count(call: &Call<'_>) -> Whole {
    let mut body = call.body.clone();
    let version = body.as_object_mut().and_then(|members| members.remove("anthropic_version"));
    let version = VERSIONS.iter().find(|(here, _)| version.as_ref().is_some_and(|version| version == here));
    let variant = version.map(|(_, home)| *home);
    Anthropic.direct(&Call { operation: anthropic::COUNT_TOKENS, body: &body, variant, ..*call })
}
