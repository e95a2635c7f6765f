//! Which service a model runs on, by Kong's names.

use super::named::Named;
use super::record::Record;

/// Kong's `model.provider`: every name that Kong AI Gateway 3.6 to 2.0.1 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the providers' names")]
pub enum Provider {
    Anthropic,
    Azure,
    Bedrock,
    Cerebras,
    Cohere,
    Dashscope,
    Databricks,
    Deepseek,
    Gemini,
    Huggingface,
    Kimi,
    Llama2,
    Mistral,
    Ollama,
    Openai,
    Sagemaker,
    Vercel,
    Vllm,
    Xai,
}

impl Named for Provider {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("anthropic", Self::Anthropic),
        ("azure", Self::Azure),
        ("bedrock", Self::Bedrock),
        ("cerebras", Self::Cerebras),
        ("cohere", Self::Cohere),
        ("dashscope", Self::Dashscope),
        ("databricks", Self::Databricks),
        ("deepseek", Self::Deepseek),
        ("gemini", Self::Gemini),
        ("huggingface", Self::Huggingface),
        ("kimi", Self::Kimi),
        ("llama2", Self::Llama2),
        ("mistral", Self::Mistral),
        ("ollama", Self::Ollama),
        ("openai", Self::Openai),
        ("sagemaker", Self::Sagemaker),
        ("vercel", Self::Vercel),
        ("vllm", Self::Vllm),
        ("xai", Self::Xai),
    ];
}

impl Provider {
    pub(super) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[("provider", "Who is asked.")]);
        record.required("provider")?.named()
    }
}
