//! The names by which `ai-proxy` says what a route offers: API, dialect, streaming, category.

use translate::call::Api;
use translate::passthrough::Resource;

use super::named::Named;

/// Kong's `route_type`: the API that a route serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the APIs' names")]
pub enum RouteType {
    AudioSpeech,
    AudioTranscriptions,
    AudioTranslations,
    ImageEdits,
    ImageGenerations,
    Assistants,
    Batches,
    Chat,
    Completions,
    Embeddings,
    Files,
    Responses,
    Preserve,
    Realtime,
    VideoGenerations,
}

impl RouteType {
    /// The API that is translated for such a route, where this gateway does.
    pub fn api(self) -> Option<Api> {
        match self {
            Self::Chat => Some(Api::Chat),
            Self::Completions => Some(Api::Completions),
            Self::Embeddings => Some(Api::Embeddings),
            _ => None,
        }
    }
}

impl RouteType {
    /// The API that passes through untranslated for such a route, where this gateway has it.
    pub fn resource(self) -> Option<Resource> {
        Some(match self {
            Self::Assistants => Resource::Assistants,
            Self::AudioSpeech => Resource::Speech,
            Self::AudioTranscriptions => Resource::Transcriptions,
            Self::AudioTranslations => Resource::Translations,
            Self::Batches => Resource::Batches,
            Self::Files => Resource::Files,
            Self::ImageEdits => Resource::ImageEdits,
            Self::ImageGenerations => Resource::ImageGenerations,
            Self::Preserve => Resource::Preserve,
            Self::Realtime => Resource::Realtime,
            Self::Responses => Resource::Responses,
            Self::VideoGenerations => Resource::Videos,
            _ => return None,
        })
    }
}

impl Named for RouteType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("audio/v1/audio/speech", Self::AudioSpeech),
        ("audio/v1/audio/transcriptions", Self::AudioTranscriptions),
        ("audio/v1/audio/translations", Self::AudioTranslations),
        ("image/v1/images/edits", Self::ImageEdits),
        ("image/v1/images/generations", Self::ImageGenerations),
        ("llm/v1/assistants", Self::Assistants),
        ("llm/v1/batches", Self::Batches),
        ("llm/v1/chat", Self::Chat),
        ("llm/v1/completions", Self::Completions),
        ("llm/v1/embeddings", Self::Embeddings),
        ("llm/v1/files", Self::Files),
        ("llm/v1/responses", Self::Responses),
        ("preserve", Self::Preserve),
        ("realtime/v1/realtime", Self::Realtime),
        ("video/v1/videos/generations", Self::VideoGenerations),
    ];
}

/// Kong's `response_streaming`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseStreaming {
    /// The client decides.
    #[default]
    Allow,
    /// Every reply is a stream.
    Always,
    /// A request for a stream is refused.
    Deny,
}

impl Named for ResponseStreaming {
    const NAMES: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("always", Self::Always), ("deny", Self::Deny)];
}

/// Kong's `llm_format`: the dialect that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the dialects' names")]
pub enum LlmFormat {
    Anthropic,
    Bedrock,
    Cohere,
    Gemini,
    Huggingface,
    #[default]
    Openai,
}

impl Named for LlmFormat {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("anthropic", Self::Anthropic),
        ("bedrock", Self::Bedrock),
        ("cohere", Self::Cohere),
        ("gemini", Self::Gemini),
        ("huggingface", Self::Huggingface),
        ("openai", Self::Openai),
    ];
}

/// Kong's `genai_category` of `ai-proxy` (`realtime/generation` is `ai-proxy-advanced`'s alone).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the categories' names")]
pub enum GenaiCategory {
    AudioSpeech,
    AudioTranscription,
    ImageGeneration,
    TextEmbeddings,
    #[default]
    TextGeneration,
    VideoGeneration,
}

impl Named for GenaiCategory {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("audio/speech", Self::AudioSpeech),
        ("audio/transcription", Self::AudioTranscription),
        ("image/generation", Self::ImageGeneration),
        ("text/embeddings", Self::TextEmbeddings),
        ("text/generation", Self::TextGeneration),
        ("video/generation", Self::VideoGeneration),
    ];
}
