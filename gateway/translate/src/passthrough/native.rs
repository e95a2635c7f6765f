//! Providers' own APIs, as their own clients call them: neither request nor reply is changed.
//!
//! <https://developer.konghq.com/ai-gateway/llm-format/>

use crate::path;

/// Whose API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the providers' names")]
pub enum Native {
    Anthropic,
    Bedrock,
    Cohere,
    Gemini,
    Huggingface,
    Vertex,
}

/// Gemini's Live API: <https://ai.google.dev/api/live>
const LIVE: [&str; 2] = [
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent",
];

impl Native {
    /// Whether a provider's path is one where messages are exchanged, over a WebSocket.
    pub fn is_live(self, path: &str) -> bool {
        self == Self::Gemini && LIVE.iter().any(|live| path.ends_with(live))
    }

    /// What paths of it begin with.
    pub(super) fn collections(self) -> &'static [&'static str] {
        match self {
            Self::Anthropic => &["/v1/messages"],
            Self::Bedrock => &["/model", "/model-invocation-jobs", "/async-invoke"],
            Self::Cohere => &["/v2/chat", "/v1/rerank", "/v2/rerank"],
            Self::Gemini => {
                &["/v1beta/models", "/v1/models", "/v1beta/batches", "/v1beta/files", LIVE[0], LIVE[1]]
            }
            Self::Huggingface => &["/generate", "/generate_stream"],
            Self::Vertex => &["/v1/projects", "/v1beta1/projects"],
        }
    }

    /// Headers of a client that are part of the API, besides those that always pass.
    pub fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Anthropic => &["anthropic-version"],
            Self::Bedrock => &[
                "x-amzn-bedrock-accept",
                "x-amzn-bedrock-guardrailidentifier",
                "x-amzn-bedrock-guardrailversion",
                "x-amzn-bedrock-performanceconfig-latency",
                "x-amzn-bedrock-trace",
            ],
            Self::Cohere => &["x-client-name"],
            Self::Gemini | Self::Vertex => &["x-goog-api-client"],
            Self::Huggingface => &[],
        }
    }

    /// The model that a path names, where paths do.
    pub fn model(self, path: &str) -> Option<String> {
        match self {
            Self::Bedrock => {
                let rest = path.split("/model/").nth(1)?;
                Some(path::decoded(rest.split('/').next()?))
            }
            Self::Gemini | Self::Vertex => {
                let rest = path.split("/models/").nth(1)?;
                Some(path::decoded(rest.split(['/', ':']).next()?))
            }
            Self::Anthropic | Self::Cohere | Self::Huggingface => None,
        }
    }

    /// Whether a request's body names the model.
    pub fn names_model(self) -> bool {
        matches!(self, Self::Anthropic | Self::Cohere)
    }

    /// Whether a path is that of an answer in the provider's usual form, of which the usage can be read.
    pub fn generates(self, path: &str) -> bool {
        let last = path.rsplit('/').next().unwrap_or_default();
        match self {
            Self::Anthropic => last == "messages",
            Self::Bedrock => matches!(last, "converse" | "converse-stream"),
            Self::Cohere => last == "chat",
            Self::Gemini | Self::Vertex => {
                last.ends_with(":generateContent") || last.ends_with(":streamGenerateContent")
            }
            Self::Huggingface => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_path_is_found_decoded() {
        for (native, path, model) in [
            (Native::Bedrock, "/b/model/us.anthropic.claude%3A0/converse", Some("us.anthropic.claude:0")),
            (Native::Gemini, "/v1beta/models/gemini-2.5-flash:generateContent", Some("gemini-2.5-flash")),
            (Native::Vertex, "/v1/projects/p/locations/l/publishers/google/models/g:predict", Some("g")),
            (Native::Gemini, "/v1beta/files/f", None),
            (Native::Anthropic, "/v1/messages", None),
        ] {
            assert_eq!(native.model(path).as_deref(), model, "{path}");
        }
    }
}
