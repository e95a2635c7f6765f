//! What the judge knows of each provider: how to read what it is asked, and what it has no words for. One entry each.

use serde_json::Value;

use crate::Surface;
use crate::case::Asked;
use crate::meaning::{self, Facet, Meaning};

/// One provider's dialect.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name of its mock.
    pub provider: &'static str,
    /// How it is asked to chat.
    pub chat: Api,
    /// How it is asked for a completion, be it through its chat; absent where it is not.
    pub completions: Option<Api>,
    /// How it is asked for vectors; absent where it has none.
    pub embeddings: Option<Api>,
    /// Whether replies show what the model thinks.
    pub thinks: bool,
    /// Whether thoughts come with something that proves them.
    pub signs: bool,
    /// Whether refusals are told apart from text.
    pub refuses: bool,
    /// Whether pictures stand among the texts of a message, and not beside them.
    pub mixes: bool,
    /// Whether it takes ids of calls in any form; otherwise a gateway may give them others, the same to a call and its result.
    pub keeps_ids: bool,
    /// Whether cached tokens and those of reasoning are counted apart.
    pub details: bool,
    /// Whether requests must say that they are JSON: some servers read nothing else, and do not look.
    pub looks: bool,
}

/// One API of a provider: how its requests are read.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// Reads a request.
    pub read: fn(&Value) -> Meaning,
    /// Where a request names the model.
    pub model: Place,
    /// Whether a request asks for a stream.
    pub streams: fn(&Asked) -> bool,
    /// What a request cannot say: it is refused, or named as dropped.
    pub lacks: &'static [Facet],
    /// Whether replies tell what they cost.
    pub counts: bool,
    /// Whether its streams tell what they cost where they are asked to; it may refuse to be asked.
    pub counts_streams: bool,
    /// An operation that loads all that its mock needs: path and body.
    pub warm: (&'static str, &'static str),
}

/// Where a request names the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The member `model`.
    Body,
    /// Between these two in the path; up to its end where the second is empty.
    Path(&'static str, &'static str),
    /// The server has one model.
    Nowhere,
    /// The segment behind this in the path; where the path has none, the member `model`.
    Segment(&'static str),
}

const SAID: &str = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"[[ts:warm-up]]"}]}"#;
const ASKED: &str =
    r#"{"model":"claude-2.1","max_tokens_to_sample":1,"prompt":"\n\nHuman: [[ts:warm-up]]\n\nAssistant:"}"#;

/// Every dialect.
pub const ALL: &[Dialect] = &[
    OPENAI,
    Dialect {
        provider: "anthropic",
        chat: Api { read: meaning::anthropic, warm: ("/v1/messages", SAID), ..CHAT },
        completions: Some(Api {
            read: meaning::anthropic_completion,
            lacks: ONE_TEXT,
            counts: false,
            warm: ("/v1/complete", ASKED),
            ..COMPLETIONS
        }),
        embeddings: None,
        thinks: true,
        signs: true,
        refuses: false,
        ..OPENAI
    },
    Dialect {
        provider: "azure",
        chat: Api { model: DEPLOYMENT, warm: ("/openai/v1/chat/completions", SAID), ..CHAT },
        completions: Some(Api {
            model: DEPLOYMENT,
            warm: ("/openai/v1/completions", COMPLETIONS.warm.1),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            model: DEPLOYMENT,
            warm: ("/openai/v1/embeddings", EMBEDDINGS.warm.1),
            ..EMBEDDINGS
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
        ..OPENAI
    },
    Dialect { provider: "cerebras", ..ALOUD },
    Dialect {
        provider: "cohere",
        chat: Api {
            read: meaning::cohere,
            lacks: &[Facet::Parallel, Facet::User],
            warm: ("/v2/chat", SAID),
            ..CHAT
        },
        completions: Some(Api {
            read: meaning::cohere_completion,
            lacks: ONE_TEXT,
            warm: ("/v1/generate", r#"{"prompt":"[[ts:warm-up]]"}"#),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            read: meaning::cohere_embedding,
            lacks: &[Facet::Tokens],
            warm: ("/v2/embed", r#"{"model":"m","input_type":"classification","texts":["[[ts:warm-up]]"]}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        refuses: false,
        ..OPENAI
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
        ..OPENAI
    },
    Dialect { provider: "deepseek", ..ALOUD },
    Dialect {
        provider: "gemini",
        chat: GENERATE,
        completions: Some(Api { lacks: ONE_TEXT, ..GENERATE }),
        embeddings: Some(Api {
            read: meaning::gemini_embedding,
            model: Place::Path("/models/", ":"),
            lacks: &[Facet::Tokens],
            counts: false,
            warm: ("/v1beta/models/m:embedContent", r#"{"content":{"parts":[{"text":"[[ts:warm-up]]"}]}}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        signs: true,
        refuses: false,
        ..OPENAI
    },
    Dialect {
        provider: "huggingface",
        completions: Some(Api {
            model: Place::Path("/models/", ""),
            warm: ("/models/m", r#"{"inputs":"[[ts:warm-up]]"}"#),
            ..PROMPT
        }),
        embeddings: Some(Api {
            read: meaning::huggingface_features,
            model: Place::Path("/models/", "/pipeline/"),
            lacks: &[Facet::Tokens, Facet::Dimensions],
            counts: false,
            warm: ("/hf-inference/models/m/pipeline/feature-extraction", r#"{"inputs":"[[ts:warm-up]]"}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        ..OPENAI
    },
    Dialect {
        provider: "llama2-raw",
        chat: RAW,
        completions: Some(Api { lacks: ONE_TEXT, ..RAW }),
        embeddings: None,
        refuses: false,
        details: false,
        ..OPENAI
    },
    Dialect {
        provider: "mistral",
        chat: Api { read: meaning::mistral, lacks: &[Facet::User], ..CHAT },
        completions: Some(Api { read: meaning::mistral_completion, lacks: ONE_TEXT, ..CHAT }),
        embeddings: Some(Api { read: meaning::mistral_embedding, lacks: &[Facet::Tokens], ..EMBEDDINGS }),
        thinks: true,
        signs: true,
        refuses: false,
        keeps_ids: false,
        details: false,
        ..OPENAI
    },
    Dialect {
        provider: "ollama",
        chat: Api {
            read: meaning::ollama,
            streams: |asked| asked.json["stream"] != false,
            lacks: &[Facet::Choice, Facet::Parallel, Facet::User],
            warm: ("/api/chat", SAID),
            ..CHAT
        },
        completions: Some(Api {
            read: meaning::ollama_completion,
            streams: |asked| asked.json["stream"] != false,
            lacks: ONE_TEXT,
            warm: ("/api/generate", r#"{"model":"m","prompt":"[[ts:warm-up]]"}"#),
            ..COMPLETIONS
        }),
        embeddings: Some(Api {
            read: meaning::ollama_embedding,
            lacks: &[Facet::Tokens],
            warm: ("/api/embed", r#"{"model":"m","input":"[[ts:warm-up]]"}"#),
            ..EMBEDDINGS
        }),
        thinks: true,
        refuses: false,
        mixes: false,
        details: false,
        looks: false,
        ..OPENAI
    },
    Dialect { provider: "kimi", ..ALOUD },
    Dialect {
        provider: "tgi",
        chat: Api { read: meaning::tgi, lacks: &[Facet::Parallel, Facet::User], ..CHAT },
        completions: Some(PROMPT),
        embeddings: None,
        refuses: false,
        details: false,
        ..OPENAI
    },
    Dialect { provider: "vllm", completions: Some(COMPLETIONS), embeddings: Some(EMBEDDINGS), ..ALOUD },
    Dialect { provider: "xai", ..ALOUD },
    Dialect {
        provider: "vertex",
        chat: PREDICT,
        completions: Some(Api { lacks: ONE_TEXT, ..PREDICT }),
        embeddings: Some(Api {
            read: meaning::vertex_embedding,
            model: Place::Path("/models/", ":"),
            lacks: &[Facet::Tokens],
            warm: (
                "/v1/projects/p/locations/l/publishers/google/models/m:embedContent",
                r#"{"content":{"parts":[{"text":"[[ts:warm-up]]"}]}}"#,
            ),
            ..EMBEDDINGS
        }),
        thinks: true,
        signs: true,
        refuses: false,
        ..OPENAI
    },
];

/// That of those who speak OpenAI's, and think aloud.
const ALOUD: Dialect = Dialect { provider: "", completions: None, embeddings: None, thinks: true, ..OPENAI };

/// OpenAI's own, and that of all who speak it.
const OPENAI: Dialect = Dialect {
    provider: "openai",
    chat: CHAT,
    completions: Some(COMPLETIONS),
    embeddings: Some(EMBEDDINGS),
    thinks: false,
    signs: false,
    refuses: true,
    mixes: true,
    keeps_ids: true,
    details: true,
    looks: true,
};

/// In Azure's classic API; its newer one has OpenAI's paths.
const DEPLOYMENT: Place = Place::Segment("/deployments/");

const CHAT: Api = Api {
    read: meaning::openai,
    model: Place::Body,
    streams: |asked| asked.json["stream"] == true,
    lacks: &[],
    counts: true,
    counts_streams: true,
    warm: ("/v1/chat/completions", SAID),
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
    warm: ("/model/m/converse", SAID),
    ..CHAT
};

const GENERATE: Api = Api {
    read: meaning::gemini,
    model: Place::Path("/models/", ":"),
    streams: |asked| asked.path.ends_with(":streamGenerateContent"),
    lacks: &[Facet::Parallel, Facet::User],
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
    warm: ("/", r#"{"inputs":"[[ts:warm-up]]"}"#),
    ..CHAT
};

const PROMPT: Api = Api {
    read: meaning::tgi_prompt,
    model: Place::Nowhere,
    streams: |asked| asked.json["stream"] == true || asked.path.ends_with("/generate_stream"),
    lacks: ONE_TEXT,
    warm: ("/generate", r#"{"inputs":"[[ts:warm-up]]"}"#),
    ..CHAT
};

/// What lacks an API that takes one text a call.
const ONE_TEXT: &[Facet] = &[Facet::Tokens, Facet::Batch];

/// The dialect of a provider; of one whose document is OpenAI's, OpenAI's.
pub fn of(provider: &str) -> Option<&'static Dialect> {
    let known = |name: &str| ALL.iter().find(|dialect| dialect.provider == name);
    known(provider).or_else(|| known(specs::api(provider)?.provider()))
}

/// How a provider is asked for what the client asks on this surface.
pub fn api(provider: &str, surface: Surface) -> Option<&'static Api> {
    of(provider)?.api(surface)
}

impl Dialect {
    /// How it is asked for what the client asks on this surface.
    pub fn api(&self, surface: Surface) -> Option<&Api> {
        match surface {
            Surface::Chat => Some(&self.chat),
            Surface::Completions => self.completions.as_ref(),
            Surface::Embeddings => self.embeddings.as_ref(),
        }
    }
}

impl Api {
    /// Whether it has no words for this.
    pub fn lacks(&self, facet: Facet) -> bool {
        self.lacks.contains(&facet)
    }
}
