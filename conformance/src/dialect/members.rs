//! Members without a neutral form that chats have a place for, by OpenAI's names.

/// What most have who sample.
pub(super) const SAMPLING: &[&str] =
    &["frequency_penalty", "logprobs", "presence_penalty", "seed", "top_logprobs"];

/// <https://inference-docs.cerebras.ai/api-reference/chat-completions>, and the Python client 1.91.
pub(super) const CEREBRAS: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "n",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "seed",
    "service_tier",
    "top_logprobs",
];

/// <https://api-docs.deepseek.com/api/create-chat-completion>
pub(super) const DEEPSEEK: &[&str] = &["frequency_penalty", "logprobs", "presence_penalty", "top_logprobs"];

/// <https://platform.kimi.ai/docs/api/chat>
pub(super) const KIMI: &[&str] =
    &["frequency_penalty", "n", "presence_penalty", "prompt_cache_key", "safety_identifier"];

pub(super) const MISTRAL: &[&str] =
    &["frequency_penalty", "metadata", "n", "presence_penalty", "prediction", "seed"];
