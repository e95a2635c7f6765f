//! Kong's `model`: which model of which provider, and how it is asked.

use super::named::Named;
use super::{Pricing, Provider, Template, UpstreamUrl};

/// One model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Whose API it is. Never a template.
    pub provider: Provider,
    /// The provider's name for the model; `None` leaves the choice to the client.
    pub name: Option<Template>,
    /// What a client may write into `model` to choose this target.
    pub alias: Option<String>,
    /// Everything below `options`.
    pub options: ModelOptions,
}

/// Kong's `model.options`. Strings may be templates; numbers may not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelOptions {
    /// Most tokens in a reply, at least 1.
    pub max_tokens: Option<u32>,
    /// 0 to 5.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// 0 to 500.
    pub top_k: Option<u32>,
    /// Header `anthropic-version`; always there for the provider `anthropic`.
    pub anthropic_version: Option<Template>,
    /// Where requests go instead of the provider's own address.
    pub upstream_url: Option<UpstreamUrl>,
    /// The path alone; deprecated by Kong.
    pub upstream_path: Option<Template>,
    /// `embeddings_dimensions`.
    pub embeddings_dimensions: Option<u32>,
    /// `llama2_format`.
    pub llama2_format: Option<Llama2Format>,
    /// `mistral_format`.
    pub mistral_format: Option<MistralFormat>,
    /// `azure_instance`, `azure_api_version`, `azure_deployment_id`.
    pub azure: AzureOptions,
    /// `bedrock`.
    pub bedrock: BedrockOptions,
    /// `cohere`.
    pub cohere: CohereOptions,
    /// `dashscope`.
    pub dashscope: DashscopeOptions,
    /// `databricks`.
    pub databricks: DatabricksOptions,
    /// `gemini`.
    pub gemini: GeminiOptions,
    /// `huggingface`.
    pub huggingface: HuggingfaceOptions,
    /// What tokens cost.
    pub pricing: Pricing,
}

/// `azure_…`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AzureOptions {
    /// `azure_instance`.
    pub instance: Option<Template>,
    /// `azure_api_version`, `2023-05-15` unless set.
    pub api_version: Option<Template>,
    /// `azure_deployment_id`.
    pub deployment_id: Option<Template>,
}

/// `bedrock`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BedrockOptions {
    /// `aws_region`; from `AWS_REGION` or `AWS_DEFAULT_REGION` unless set. Always there for the provider `bedrock`.
    pub region: Option<Template>,
    /// `aws_assume_role_arn`.
    pub assume_role_arn: Option<Template>,
    /// `aws_role_session_name`.
    pub role_session_name: Option<Template>,
    /// `aws_sts_endpoint_url`.
    pub sts_endpoint_url: Option<Template>,
    /// `batch_bucket_prefix`.
    pub batch_bucket_prefix: Option<Template>,
    /// `batch_role_arn`.
    pub batch_role_arn: Option<Template>,
    /// `embeddings_normalize`.
    pub embeddings_normalize: bool,
    /// `performance_config_latency`: forces Converse's `performanceConfig.latency`.
    pub performance_config_latency: Option<Template>,
    /// `video_output_s3_uri`.
    pub video_output_s3_uri: Option<Template>,
}

/// `cohere`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CohereOptions {
    /// `embedding_input_type`, `classification` unless set.
    pub embedding_input_type: EmbeddingInputType,
    /// `wait_for_model`.
    pub wait_for_model: Option<bool>,
}

/// `dashscope`.
#[derive(Clone, Debug, PartialEq)]
pub struct DashscopeOptions {
    /// `international`: the host outside China. On unless set.
    pub international: bool,
}

impl Default for DashscopeOptions {
    fn default() -> Self {
        Self { international: true }
    }
}

/// `databricks`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabricksOptions {
    /// `workspace_instance_id`.
    pub workspace_instance_id: Option<Template>,
}

/// `gemini`: the first three all or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeminiOptions {
    /// `api_endpoint`, a host name.
    pub api_endpoint: Option<Template>,
    /// `project_id`.
    pub project_id: Option<Template>,
    /// `location_id`.
    pub location_id: Option<Template>,
    /// `endpoint_id`, of a Model Garden deployment.
    pub endpoint_id: Option<Template>,
}

/// `huggingface`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HuggingfaceOptions {
    /// `use_cache`.
    pub use_cache: Option<bool>,
    /// `wait_for_model`.
    pub wait_for_model: Option<bool>,
}

/// `llama2_format`: the dialect of a self-hosted Llama 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the dialects' names")]
pub enum Llama2Format {
    Ollama,
    Openai,
    Raw,
}

impl Named for Llama2Format {
    const NAMES: &'static [(&'static str, Self)] =
        &[("ollama", Self::Ollama), ("openai", Self::Openai), ("raw", Self::Raw)];
}

/// `mistral_format`: the dialect of a Mistral server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the dialects' names")]
pub enum MistralFormat {
    Ollama,
    Openai,
}

impl Named for MistralFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("ollama", Self::Ollama), ("openai", Self::Openai)];
}

/// `cohere.embedding_input_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are Cohere's own names")]
pub enum EmbeddingInputType {
    #[default]
    Classification,
    Clustering,
    Image,
    SearchDocument,
    SearchQuery,
}

impl Named for EmbeddingInputType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("classification", Self::Classification),
        ("clustering", Self::Clustering),
        ("image", Self::Image),
        ("search_document", Self::SearchDocument),
        ("search_query", Self::SearchQuery),
    ];
}
