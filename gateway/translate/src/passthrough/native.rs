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

/// Bedrock's services beside that of the models, signed for under the same name.
/// <https://docs.aws.amazon.com/general/latest/gr/bedrock.html>
const AGENTS: &str = "https://bedrock-agent-runtime.{region}.amazonaws.com";
const CONTROL: &str = "https://bedrock.{region}.amazonaws.com";
/// Vertex AI Search's, by location. <https://cloud.google.com/generative-ai-app-builder/docs/locations>
const RANKING: [(&str, &str); 3] = [
    ("global", "https://discoveryengine.googleapis.com"),
    ("us", "https://us-discoveryengine.googleapis.com"),
    ("eu", "https://eu-discoveryengine.googleapis.com"),
];

/// Gemini's Live API: <https://ai.google.dev/api/live>
const LIVE: [&str; 3] = [
    "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
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
            Self::Bedrock => &[
                "/model",
                "/async-invoke",
                "/guardrail",
                "/rerank",
                "/retrieveAndGenerate",
                "/retrieveAndGenerateStream",
                "/model-invocation-job",
                "/model-invocation-jobs",
            ],
            Self::Cohere => &["/v2/chat", "/v1/rerank", "/v2/rerank"],
            Self::Gemini => &[
                "/v1beta/models",
                "/v1/models",
                "/v1beta/batches",
                "/v1beta/files",
                "/upload/v1beta/files",
                LIVE[0],
                LIVE[1],
                LIVE[2],
            ],
            Self::Huggingface => &["/generate", "/generate_stream"],
            Self::Vertex => &["/v1/projects", "/v1beta1/projects"],
        }
    }

    /// Where a path stands: the address of the service, where it is not that of the models, and the path there. Operations of
    /// Bedrock's other services may be asked for below a model, as Kong has them.
    pub(super) fn place(self, path: &str) -> (Option<&'static str>, String) {
        let base_url = match self {
            Self::Bedrock => {
                let name = path.rsplit('/').next().unwrap_or_default();
                let is_below =
                    path.strip_prefix("/model/").is_some_and(|rest| rest.matches('/').count() == 1);
                let base_url = match name {
                    _ if path.starts_with("/model-invocation-job") => Some(CONTROL),
                    "rerank" | "retrieveAndGenerate" | "retrieveAndGenerateStream" => Some(AGENTS),
                    _ => None,
                };
                if is_below && (base_url == Some(AGENTS) || name == "async-invoke") {
                    return (base_url, format!("/{name}"));
                }
                base_url
            }
            Self::Vertex if path.ends_with(":rank") => {
                let location = path.split_once("/locations/").and_then(|(_, rest)| rest.split('/').next());
                let known = |(name, _): &&(&str, &str)| location == Some(*name);
                Some(RANKING.iter().find(known).map_or(RANKING[0].1, |(_, url)| *url))
            }
            _ => None,
        };
        (base_url, path.to_owned())
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
                "x-amzn-bedrock-service-tier",
                "x-amzn-bedrock-trace",
            ],
            Self::Cohere => &["x-client-name"],
            Self::Gemini => &[
                "x-goog-api-client",
                "x-goog-upload-command",
                "x-goog-upload-header-content-length",
                "x-goog-upload-header-content-type",
                "x-goog-upload-offset",
                "x-goog-upload-protocol",
            ],
            Self::Vertex => &["x-goog-api-client"],
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

    /// Where the body of a request to this path names the model, if it does: one of these, each the names of members within
    /// one another.
    pub fn names_model(self, path: &str) -> &'static [&'static [&'static str]] {
        let last = path.rsplit('/').next().unwrap_or_default();
        match self {
            Self::Anthropic | Self::Cohere => &[&["model"]],
            Self::Bedrock => match last {
                "async-invoke" | "model-invocation-job" => &[&["modelId"]],
                "rerank" => &[&[
                    "rerankingConfiguration",
                    "bedrockRerankingConfiguration",
                    "modelConfiguration",
                    "modelArn",
                ]],
                "retrieveAndGenerate" | "retrieveAndGenerateStream" => &[
                    &["retrieveAndGenerateConfiguration", "knowledgeBaseConfiguration", "modelArn"],
                    &["retrieveAndGenerateConfiguration", "externalSourcesConfiguration", "modelArn"],
                ],
                _ => &[],
            },
            Self::Vertex if last.ends_with(":rank") => &[&["model"]],
            Self::Gemini | Self::Huggingface | Self::Vertex => &[],
        }
    }

    /// Where the answer to a request to this path tells what it cost, if it does.
    pub(super) fn counts(self, path: &str) -> Option<Counts> {
        let last = path.rsplit('/').next().unwrap_or_default();
        match (self, last) {
            (Self::Anthropic, "messages")
            | (Self::Bedrock, "converse" | "converse-stream")
            | (Self::Cohere, "chat") => Some(Counts::Chat),
            (Self::Bedrock, "invoke" | "invoke-with-response-stream") => Some(Counts::Invocation),
            (Self::Cohere, "rerank") => Some(Counts::Ranking),
            (Self::Gemini | Self::Vertex, last) => {
                let generates =
                    last.ends_with(":generateContent") || last.ends_with(":streamGenerateContent");
                generates.then_some(Counts::Chat)
            }
            (Self::Huggingface, _) => Some(Counts::Completion),
            _ => None,
        }
    }
}

/// Where an answer tells what it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// As the provider's chats do.
    Chat,
    /// As its completions do.
    Completion,
    /// Bedrock's: in headers, or in the last piece of a stream.
    Invocation,
    /// Cohere's: in search units.
    Ranking,
    /// As OpenAI's responses do.
    Response,
    /// Pictures or a transcript of OpenAI's.
    Made,
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
