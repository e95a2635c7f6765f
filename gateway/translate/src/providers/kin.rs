//! Providers that speak OpenAI's dialect. One entry each; what they do otherwise is data.

use super::{Completions, Dialect, OPENAI, Provider};
use crate::openai::{Limit, Place, Quirks};
use crate::passthrough;

/// The pattern: chat alone, as OpenAI has it.
pub(super) const KIN: Provider =
    Provider { completions: Completions::None, embeddings: Dialect::None, passages: &[], ..OPENAI };

/// Knows the limit of tokens by its older name only.
const OLD_LIMIT: Quirks = Quirks { limit: Limit::Old, ..Quirks::CHAT };
/// The same, and takes its own reasoning back, without which it does not go on amid calls.
/// <https://api-docs.deepseek.com/guides/thinking_mode>, <https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model>
const TAKES_REASONING: Quirks = Quirks { reasoning: true, ..OLD_LIMIT };
/// Samples from the best k tokens, too.
pub(super) const TOP_K: Quirks = Quirks { top_k: true, ..Quirks::CHAT };

/// The same, and counts in its last chunk, unasked.
const COUNTS: Quirks = Quirks { asks_usage: |_| false, ..TOP_K };

/// <https://inference-docs.cerebras.ai/api-reference/chat-completions>,
/// <https://inference-docs.cerebras.ai/resources/openai>
pub const CEREBRAS: Provider = Provider {
    name: "cerebras",
    base_url: "https://api.cerebras.ai",
    chat: Dialect::OpenAi(&Quirks {
        refused: &["frequency_penalty", "logit_bias", "presence_penalty"],
        asks_usage: |_| false,
        ..Quirks::CHAT
    }),
    ..KIN
};

/// <https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference>
pub const DATABRICKS: Provider = Provider {
    name: "databricks",
    base_url: "https://{workspace}.cloud.databricks.com",
    chat: Dialect::OpenAi(&Quirks {
        place: Place::Path("/serving-endpoints/v1/chat/completions"),
        refused: &["stream_options"],
        asks_usage: |_| false,
        ..OLD_LIMIT
    }),
    embeddings: Dialect::OpenAi(&Quirks {
        place: Place::Path("/serving-endpoints/v1/embeddings"),
        ..Quirks::EMBEDDINGS
    }),
    ..KIN
};

/// <https://api-docs.deepseek.com/api/create-chat-completion>
pub const DEEPSEEK: Provider = Provider {
    name: "deepseek",
    base_url: "https://api.deepseek.com",
    chat: Dialect::OpenAi(&TAKES_REASONING),
    ..KIN
};

/// <https://console.groq.com/docs/openai>
pub const GROQ: Provider = Provider { name: "groq", base_url: "https://api.groq.com/openai", ..KIN };

/// Moonshot AI, outside of China. <https://platform.moonshot.ai/docs/api/chat>
pub const KIMI: Provider = Provider {
    name: "kimi",
    base_url: "https://api.moonshot.ai",
    // It counts in its last choice, unasked.
    chat: Dialect::OpenAi(&Quirks { asks_usage: |_| false, ..TAKES_REASONING }),
    ..KIN
};

/// The same in China.
pub const KIMI_MAINLAND: Provider =
    Provider { format: Some("mainland"), base_url: "https://api.moonshot.cn", ..KIMI };

/// <https://docs.together.ai/reference/chat-completions-1>
pub const TOGETHER: Provider = Provider {
    name: "together",
    base_url: "https://api.together.xyz",
    chat: Dialect::OpenAi(&COUNTS),
    ..KIN
};

/// A server of Llama 2 or 3 that speaks so; Kong calls both by the older one's name.
pub const LLAMA2: Provider = Provider { name: "llama2", format: Some("openai"), ..VLLM };

/// Vercel's own gateway. <https://vercel.com/docs/ai-gateway/openai-compat>
pub const VERCEL: Provider = Provider {
    name: "vercel",
    base_url: "https://ai-gateway.vercel.sh",
    embeddings: OPENAI.embeddings,
    ..KIN
};

/// A server of one's own. <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>
pub const VLLM: Provider = Provider {
    name: "vllm",
    base_url: "",
    chat: Dialect::OpenAi(&TOP_K),
    completions: Completions::OpenAi(&Quirks { top_k: true, ..Quirks::COMPLETIONS }),
    embeddings: OPENAI.embeddings,
    ..KIN
};

/// <https://docs.x.ai/docs/api-reference>
pub const XAI: Provider =
    Provider { name: "xai", base_url: "https://api.x.ai", passages: passthrough::XAI, ..KIN };
