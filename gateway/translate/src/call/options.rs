//! What the configuration says about a call, and what comes of it together with what the client says.

use crate::client::responses::Memory;
use crate::openai::Number;
use crate::{Error, Text};

/// What the configuration says about a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The model to ask for, whatever the client named.
    pub model: Option<&'a str>,
    /// Whether the client gets a stream, whatever it asked for.
    pub stream: Option<bool>,
    /// Whether the provider is asked for a stream, whatever the client gets. Without it, for what the client gets.
    pub upstream: Option<bool>,
    /// Tokens to answer with at most.
    pub max_tokens: Option<u32>,
    /// Sampling temperature, on OpenAI's scale of 0 to 2.
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    pub top_p: Option<f64>,
    /// Sampling from the best k tokens only.
    pub top_k: Option<u32>,
    /// Whether the four values above give way where the client names its own. Without it they win, as Kong's do.
    pub client_wins: bool,
    /// `anthropic-version`; the older one where absent.
    pub anthropic_version: Option<&'a str>,
    /// Azure's own settings.
    pub azure: Azure<'a>,
    /// Vertex AI's own settings.
    pub gemini: Gemini<'a>,
    /// Cohere's `input_type` of embeddings.
    pub cohere_input_type: Option<&'a str>,
    /// Hugging Face's `use_cache`.
    pub use_cache: Option<bool>,
    /// Hugging Face's and Cohere's `wait_for_model`.
    pub wait_for_model: Option<bool>,
    /// Length of vectors; the client's own `dimensions` win only with `client_wins`.
    pub dimensions: Option<u32>,
    /// Whether Titan's vectors are brought to length 1.
    pub normalize: bool,
    /// Bedrock's `performanceConfig.latency`.
    pub latency: Option<&'a str>,
    /// Where Bedrock puts videos: `s3://bucket/folder`.
    pub video_output: Option<&'a str>,
    /// Whether usage is wanted of streams whose clients do not ask for it.
    pub wants_usage: bool,
    /// Whether a request is refused when something in it cannot be carried.
    pub strict: bool,
    /// What a request for a response stands on that the gateway keeps.
    pub memory: Memory<'a>,
}

/// Where Azure serves a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Azure<'a> {
    /// The deployment; the model's name where absent.
    pub deployment: Option<&'a str>,
    /// `api-version`
    pub api_version: Option<&'a str>,
}

/// Where Vertex AI serves a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gemini<'a> {
    /// The project's id.
    pub project: Option<&'a str>,
    /// The location: `us-central1`.
    pub location: Option<&'a str>,
    /// An endpoint of Model Garden, instead of a publisher's model.
    pub endpoint: Option<&'a str>,
}

impl Options<'_> {
    /// The model to ask for: the configuration's, or else the client's.
    pub fn model(&self, client: Option<Text<'_>>) -> Result<String, Error> {
        let client = || client.map(|model| model.plain().into_owned());
        self.model
            .map(str::to_owned)
            .or_else(client)
            .filter(|model| !model.is_empty())
            .ok_or_else(Error::no_model)
    }

    /// Whether the provider is asked for a stream.
    pub fn stream(&self, client: bool) -> bool {
        self.upstream.unwrap_or(self.streams(client))
    }

    /// Whether the client gets a stream, which it asked for or not.
    pub fn streams(&self, client: bool) -> bool {
        self.stream.unwrap_or(client)
    }

    /// Tokens to answer with at most.
    pub fn max_tokens(&self, client: Option<u32>) -> Option<u32> {
        self.choose(self.max_tokens, client)
    }

    /// Sampling temperature, 0 to 2.
    pub fn temperature<'a>(&self, client: Option<Number<'a>>) -> Option<Number<'a>> {
        self.choose(self.temperature.map(Number::Value), client)
    }

    /// Nucleus sampling, 0 to 1.
    pub fn top_p<'a>(&self, client: Option<Number<'a>>) -> Option<Number<'a>> {
        self.choose(self.top_p.map(Number::Value), client)
    }

    /// Sampling from the best k tokens only.
    pub fn top_k<'a>(&self, client: Option<Number<'a>>) -> Option<Number<'a>> {
        self.choose(self.top_k.map(|k| Number::Value(k.into())), client)
    }

    /// Length of the vectors.
    pub fn dimensions(&self, client: Option<u32>) -> Option<u32> {
        self.choose(self.dimensions, client)
    }

    fn choose<T>(&self, configured: Option<T>, client: Option<T>) -> Option<T> {
        if self.client_wins { client.or(configured) } else { configured.or(client) }
    }
}
