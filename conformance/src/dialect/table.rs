//! The table of dialects: what each provider does otherwise than OpenAI.

use crate::meaning::{self, Facet};

use super::members::{CEREBRAS, DEEPSEEK, KIMI, MISTRAL, SAMPLING};
use super::{ANY, Api, Dialect, Place};

const SAID: &str = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"[[ts:warm-up]]"}]}"#;
const ASKED: &str =
    r#"{"model":"claude-2.1","max_tokens_to_sample":1,"prompt":"\n\nHuman: [[ts:warm-up]]\n\nAssistant:"}"#;

/// Every dialect.
pub const ALL: &[Dialect] = &[
    OPENAI,
    Dialect {
        provider: "anthropic",
        chat: Api {
            read: meaning::anthropic,
            others: &["service_tier"],
            warm: ("/v1/messages", SAID),
            ..CHAT
        },
        completions: Some(Api {
            read: meaning::anthropic_completion,
            lacks: ONE_TEXT,
            others: &[],
            counts: false,
            warm: ("/v1/complete", ASKED),
            ..COMPLETIONS
        }),
        embeddings: None,
        thinks: true,
        signs: true,
        refuses: false,
        ..PLAIN
    },
    Dialect {
        provider: "azure",
        chat: Api { model: DEPLOYMENT, warm: ("/openai/v1/chat/completions", SAID), ..CHAT },
        completions: Some(Api {
            model: DEPLOYMENT,
            // Its document has no `stream_options` here: https://learn.microsoft.com/en-us/azure/ai-services/openai/reference#completions
            counts_streams: false,
            warm: ("/openai/v1/completions", COMPLETIONS.warm.1),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            model: DEPLOYMENT,
            warm: ("/openai/v1/embeddings", EMBEDDINGS.warm.1),
            ..EMBEDDINGS
        }),
        responses: Some(Api {
            model: DEPLOYMENT,
            warm: ("/openai/v1/responses", RESPONSES.warm.1),
            ..RESPONSES
        }),
        ..OPENAI
    },
    Dialect {
        provider: "bedrock",
        chat: CONVERSE,
        completions: Some(Api { lacks: ONE_TEXT, ..CONVERSE }),
        embeddings: Some(Api {
            read: meaning::bedrock_embedding,
            model: Place::Path("/model/", "/"),
            lacks: ONE_TEXT,
            warm: ("/model/amazon.titan-embed-text-v2:0/invoke", r#"{"inputText":"[[ts:warm-up]]"}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        signs: true,
        refuses: false,
        ..PLAIN
    },
    Dialect { provider: "cerebras", chat: Api { others: CEREBRAS, ..CHAT }, ..ALOUD },
    Dialect {
        provider: "cohere",
        chat: Api {
            read: meaning::cohere,
            lacks: &[Facet::Parallel, Facet::User],
            others: SAMPLING,
            warm: ("/v2/chat", SAID),
            ..CHAT
        },
        completions: Some(Api {
            read: meaning::cohere_completion,
            lacks: ONE_TEXT,
            others: SAMPLING,
            warm: ("/v1/generate", r#"{"prompt":"[[ts:warm-up]]"}"#),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            read: meaning::cohere_embedding,
            lacks: TEXTS,
            warm: ("/v2/embed", r#"{"model":"m","input_type":"classification","texts":["[[ts:warm-up]]"]}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        refuses: false,
        ..PLAIN
    },
    Dialect {
        provider: "dashscope",
        chat: Api { warm: ("/compatible-mode/v1/chat/completions", SAID), ..CHAT },
        embeddings: Some(Api { warm: ("/compatible-mode/v1/embeddings", EMBEDDINGS.warm.1), ..EMBEDDINGS }),
        ..ALOUD
    },
    Dialect {
        provider: "databricks",
        chat: Api { counts_streams: false, warm: ("/serving-endpoints/v1/chat/completions", SAID), ..CHAT },
        completions: None,
        embeddings: Some(Api { warm: ("/serving-endpoints/v1/embeddings", EMBEDDINGS.warm.1), ..EMBEDDINGS }),
        ..PLAIN
    },
    Dialect {
        provider: "deepseek",
        // https://api-docs.deepseek.com/api/create-chat-completion
        chat: Api { lacks: &[Facet::Parallel, Facet::User], others: DEEPSEEK, counts_last: true, ..CHAT },
        ..ALOUD
    },
    Dialect {
        provider: "gemini",
        chat: GENERATE,
        completions: Some(Api { lacks: ONE_TEXT, ..GENERATE }),
        embeddings: Some(Api {
            read: meaning::gemini_embedding,
            model: Place::Path("/models/", ":"),
            lacks: TEXTS,
            counts: false,
            warm: ("/v1beta/models/m:embedContent", r#"{"content":{"parts":[{"text":"[[ts:warm-up]]"}]}}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        signs: true,
        refuses: false,
        withholds: true,
        names_calls: false,
        closes: false,
        ..PLAIN
    },
    Dialect {
        provider: "huggingface",
        // https://huggingface.co/docs/inference-providers/tasks/chat-completion
        chat: Api { lacks: &[Facet::Parallel, Facet::User], others: SAMPLING, ..CHAT },
        completions: Some(Api {
            model: Place::Path("/models/", ""),
            warm: ("/models/m", r#"{"inputs":"[[ts:warm-up]]"}"#),
            ..PROMPT
        }),
        embeddings: Some(Api {
            read: meaning::huggingface_features,
            model: Place::Path("/models/", "/pipeline/"),
            lacks: &[Facet::Tokens, Facet::Dimensions, Facet::User],
            counts: false,
            warm: ("/hf-inference/models/m/pipeline/feature-extraction", r#"{"inputs":"[[ts:warm-up]]"}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        ..PLAIN
    },
    Dialect {
        provider: "llama2-raw",
        chat: RAW,
        completions: Some(Api { lacks: ONE_TEXT, ..RAW }),
        embeddings: None,
        refuses: false,
        details: false,
        ..PLAIN
    },
    Dialect {
        provider: "mistral",
        chat: Api { read: meaning::mistral, lacks: &[Facet::User], others: MISTRAL, ..CHAT },
        completions: Some(Api {
            read: meaning::mistral_completion,
            lacks: ONE_TEXT,
            others: &["metadata", "seed", "suffix"],
            ..CHAT
        }),
        embeddings: Some(Api { read: meaning::mistral_embedding, lacks: TEXTS, ..EMBEDDINGS }),
        thinks: true,
        signs: true,
        refuses: false,
        keeps_ids: false,
        details: false,
        ..PLAIN
    },
    Dialect {
        provider: "ollama",
        chat: Api {
            read: meaning::ollama,
            streams: |asked| asked.json["stream"] != false,
            lacks: &[Facet::Choice, Facet::Parallel, Facet::User],
            others: SAMPLING,
            warm: ("/api/chat", SAID),
            ..CHAT
        },
        completions: Some(Api {
            read: meaning::ollama_completion,
            streams: |asked| asked.json["stream"] != false,
            lacks: ONE_TEXT,
            others: &["frequency_penalty", "logprobs", "presence_penalty", "seed", "suffix"],
            warm: ("/api/generate", r#"{"model":"m","prompt":"[[ts:warm-up]]"}"#),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            read: meaning::ollama_embedding,
            lacks: TEXTS,
            warm: ("/api/embed", r#"{"model":"m","input":"[[ts:warm-up]]"}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        refuses: false,
        mixes: false,
        details: false,
        names_calls: false,
        looks: false,
        ..PLAIN
    },
    Dialect {
        provider: "kimi",
        chat: Api { lacks: &[Facet::Parallel, Facet::User], others: KIMI, ..CHAT },
        ..ALOUD
    },
    Dialect {
        provider: "tgi",
        // Its own document calls the member `model` unused: the server has one.
        chat: Api {
            read: meaning::tgi,
            model: Place::Nowhere,
            lacks: &[Facet::Parallel, Facet::User],
            others: SAMPLING,
            ..CHAT
        },
        completions: Some(PROMPT),
        embeddings: None,
        refuses: false,
        details: false,
        ..PLAIN
    },
    Dialect { provider: "vllm", completions: Some(COMPLETIONS), embeddings: Some(EMBEDDINGS), ..ALOUD },
    Dialect { provider: "xai", responses: Some(RESPONSES), ..ALOUD },
    Dialect {
        provider: "vertex",
        chat: PREDICT,
        completions: Some(Api { lacks: ONE_TEXT, ..PREDICT }),
        embeddings: Some(Api {
            read: meaning::vertex_embedding,
            model: Place::Path("/models/", ":"),
            lacks: TEXTS,
            warm: (
                "/v1/projects/p/locations/l/publishers/google/models/m:embedContent",
                r#"{"content":{"parts":[{"text":"[[ts:warm-up]]"}]}}"#,
            ),
            ..EMBEDDINGS
        }),
        thinks: true,
        signs: true,
        refuses: false,
        withholds: true,
        names_calls: false,
        closes: false,
        ..PLAIN
    },
];

/// That of those who speak OpenAI's, and think aloud.
const ALOUD: Dialect = Dialect { provider: "", completions: None, embeddings: None, thinks: true, ..PLAIN };

/// OpenAI's own.
const OPENAI: Dialect = Dialect {
    provider: "openai",
    chat: CHAT,
    responses: Some(RESPONSES),
    completions: Some(COMPLETIONS),
    embeddings: Some(EMBEDDINGS),
    thinks: false,
    signs: false,
    refuses: true,
    withholds: false,
    mixes: true,
    keeps_ids: true,
    details: true,
    names_calls: true,
    closes: true,
    looks: true,
};

/// That of those who speak it, but for responses.
const PLAIN: Dialect = Dialect { responses: None, ..OPENAI };

/// In Azure's classic API; its newer one has OpenAI's paths.
const DEPLOYMENT: Place = Place::Segment("/deployments/");

const CHAT: Api = Api {
    read: meaning::openai,
    model: Place::Body,
    streams: |asked| asked.json["stream"] == true,
    lacks: &[],
    others: ANY,
    counts: true,
    counts_streams: true,
    counts_last: false,
    warm: ("/v1/chat/completions", SAID),
};

const RESPONSES: Api = Api {
    read: meaning::responses,
    lacks: &[Facet::Stop, Facet::TopK],
    others: &["metadata", "prompt_cache_key", "service_tier", "top_logprobs", "truncation", "verbosity"],
    warm: ("/v1/responses", r#"{"model":"m","max_output_tokens":16,"input":"[[ts:warm-up]]"}"#),
    ..CHAT
};

const COMPLETIONS: Api = Api {
    read: meaning::openai_completion,
    warm: ("/v1/completions", r#"{"model":"m","max_tokens":1,"prompt":"[[ts:warm-up]]"}"#),
    ..CHAT
};

const EMBEDDINGS: Api = Api {
    read: meaning::openai_embedding,
    streams: |_| false,
    warm: ("/v1/embeddings", r#"{"model":"m","input":"[[ts:warm-up]]"}"#),
    ..CHAT
};

const CONVERSE: Api = Api {
    read: meaning::bedrock,
    model: Place::Path("/model/", "/"),
    streams: |asked| asked.path.ends_with("/converse-stream"),
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html: what is logged with a call names no user
    lacks: &[Facet::User],
    others: &[],
    warm: ("/model/m/converse", SAID),
    ..CHAT
};

const GENERATE: Api = Api {
    read: meaning::gemini,
    model: Place::Path("/models/", ":"),
    streams: |asked| asked.path.ends_with(":streamGenerateContent"),
    lacks: &[Facet::Parallel, Facet::User],
    others: &["frequency_penalty", "logprobs", "n", "presence_penalty", "seed", "top_logprobs"],
    warm: ("/v1beta/models/m:generateContent", r#"{"contents":[{"parts":[{"text":"[[ts:warm-up]]"}]}]}"#),
    ..CHAT
};

/// Each maker's models in their own words: [`GENERATE`] of Google's, and Anthropic's.
const PREDICT: Api = Api {
    read: meaning::vertex,
    streams: |asked| asked.path.ends_with(":streamGenerateContent") || asked.json["stream"] == true,
    warm: (
        "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
        r#"{"contents":[{"parts":[{"text":"[[ts:warm-up]]"}]}]}"#,
    ),
    ..GENERATE
};

const RAW: Api = Api {
    read: meaning::llama2,
    model: Place::Nowhere,
    streams: |asked| asked.json["parameters"]["stream"] == true,
    lacks: &[Facet::Parallel, Facet::User],
    others: &["best_of", "frequency_penalty", "seed"],
    warm: ("/", r#"{"inputs":"[[ts:warm-up]]"}"#),
    ..CHAT
};

const PROMPT: Api = Api {
    read: meaning::tgi_prompt,
    model: Place::Nowhere,
    streams: |asked| asked.json["stream"] == true || asked.path.ends_with("/generate_stream"),
    lacks: ONE_TEXT,
    others: &["best_of", "echo", "frequency_penalty", "seed"],
    warm: ("/generate", r#"{"inputs":"[[ts:warm-up]]"}"#),
    ..CHAT
};

/// What lacks an API that takes one text a call.
const ONE_TEXT: &[Facet] = &[Facet::Tokens, Facet::Batch, Facet::User];

/// What lacks an API of vectors that takes texts, and does not ask whose.
const TEXTS: &[Facet] = &[Facet::Tokens, Facet::User];
