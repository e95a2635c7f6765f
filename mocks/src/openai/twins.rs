//! Those who speak OpenAI's dialect. One entry each; what they do otherwise is data.

use super::{COMPLETION, Counts, EMBEDDING, OPENAI, OpenAi, RESPONSE, images, responses};

/// The pattern: chat alone, and unknown members are passed over.
const TWIN: OpenAi = OpenAi { operations: &[], is_keeper: false, is_open: true, ..OPENAI };

/// What stands at `/compatible-mode` of DashScope, which has an API of its own besides.
pub const DASHSCOPE: OpenAi = OpenAi {
    name: "dashscope",
    base: "/compatible-mode",
    operations: &[EMBEDDING],
    is_aloud: true,
    models: &["qwen-max", "qwen-plus", "text-embedding-v4"],
    ..TWIN
};

/// Every other twin.
pub const TWINS: &[OpenAi] = &[
    OpenAi {
        name: "cerebras",
        // https://inference-docs.cerebras.ai/resources/openai
        refused: &["frequency_penalty", "logit_bias", "presence_penalty"],
        is_aloud: true,
        // https://github.com/Cerebras/cerebras-cloud-sdk-python: `usage` and `time_info` of a chunk
        counts: Counts::Unasked,
        models: &["gpt-oss-120b", "llama-3.3-70b"],
        ..TWIN
    },
    OpenAi {
        name: "databricks",
        base: "/serving-endpoints",
        // https://docs.databricks.com/aws/en/machine-learning/model-serving/score-chat-models: OpenAI's client, with this base
        is_unversioned: true,
        operations: &[EMBEDDING],
        // https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference
        refused: &["stream_options"],
        models: &["databricks-meta-llama-3-3-70b-instruct", "databricks-gte-large-en"],
        ..TWIN
    },
    OpenAi {
        name: "deepseek",
        // https://api-docs.deepseek.com: with /v1 and without
        is_unversioned: true,
        is_aloud: true,
        // https://api-docs.deepseek.com/api/create-chat-completion
        counts: Counts::Last,
        models: &["deepseek-chat", "deepseek-reasoner"],
        ..TWIN
    },
    OpenAi { name: "kimi", is_aloud: true, models: &["kimi-k2-0905-preview", "moonshot-v1-8k"], ..TWIN },
    OpenAi {
        name: "vercel",
        operations: &[EMBEDDING],
        models: &["openai/gpt-4o", "openai/text-embedding-3-small"],
        ..TWIN
    },
    OpenAi {
        name: "vllm",
        operations: &[COMPLETION, EMBEDDING],
        is_aloud: true,
        models: &["Qwen/Qwen3-8B", "intfloat/e5-mistral-7b-instruct"],
        ..TWIN
    },
    OpenAi {
        name: "xai",
        // https://docs.x.ai/docs/api-reference
        operations: &[RESPONSE, responses::RETRIEVE, responses::DELETE, images::GENERATE],
        is_aloud: true,
        // https://docs.x.ai/docs/key-information/debugging
        is_flat: true,
        models: &["grok-4", "grok-3-mini", "grok-2-image"],
        ..TWIN
    },
];
