//! The providers, each as the gateway is told of it: one row a way of speaking.

use mocks::Credentials;
use serde_json::{Value, json};

/// One provider behind the gateway.
pub(super) struct Row {
    /// The first segment of its paths.
    pub(super) id: &'static str,
    /// Kong's name for it.
    provider: &'static str,
    /// The mock that plays it.
    pub(super) mock: &'static str,
    key: Key,
    /// What the configured address has for a path; empty, and the provider's own path is used.
    base: &'static str,
    /// Kong's `model.options`, as JSON; the address is put to them.
    options: &'static str,
    /// Of the plugin.
    tags: &'static [&'static str],
    /// The model of each API that it has.
    pub(super) chat: Option<&'static str>,
    pub(super) completions: Option<&'static str>,
    pub(super) embeddings: Option<&'static str>,
    /// Texts that one request for vectors may hold, as far as is tried.
    pub(super) inputs: usize,
    /// Whether it gives whole texts and nothing else: neither streams nor calls of tools.
    pub(super) text_only: bool,
    /// What is said of a stream that fails amid it: the provider's own words, where it has any.
    pub(super) failure: &'static str,
    /// Whether its completions tell usage.
    pub(super) counts_completions: bool,
    /// Whether its streams tell usage.
    pub(super) counts_streams: bool,
    /// Whether its replies to requests for vectors tell usage.
    pub(super) counts_vectors: bool,
}

/// How it is shown its key.
enum Key {
    Bearer,
    Header(&'static str),
    Query(&'static str),
    Aws,
}

const ROW: Row = Row {
    id: "",
    provider: "",
    mock: "",
    key: Key::Bearer,
    base: "",
    options: "{}",
    tags: &[],
    chat: None,
    completions: None,
    embeddings: None,
    inputs: 2,
    text_only: false,
    failure: "in the middle",
    counts_completions: true,
    counts_streams: true,
    counts_vectors: true,
};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0";
const REGION: &str = r#"{"bedrock": {"aws_region": "us-east-1"}}"#;

const AZURE: Row = Row {
    provider: "azure",
    mock: "azure",
    key: Key::Header("api-key"),
    chat: Some("gpt-4o"),
    completions: Some("gpt-35-turbo-instruct"),
    embeddings: Some("text-embedding-3-small"),
    ..ROW
};
const BEDROCK: Row = Row {
    provider: "bedrock",
    mock: "bedrock",
    key: Key::Aws,
    options: REGION,
    chat: Some(CLAUDE),
    completions: Some(CLAUDE),
    ..ROW
};
const COHERE: Row = Row {
    provider: "cohere",
    mock: "cohere",
    chat: Some("command-a-03-2025"),
    completions: Some("command"),
    embeddings: Some("embed-v4.0"),
    ..ROW
};
const GEMINI: Row = Row {
    provider: "gemini",
    mock: "gemini",
    key: Key::Header("x-goog-api-key"),
    chat: Some("gemini-2.5-flash"),
    completions: Some("gemini-2.5-flash"),
    embeddings: Some("gemini-embedding-001"),
    counts_vectors: false,
    ..ROW
};
const VERTEX: Row = Row {
    provider: "gemini",
    mock: "vertex",
    options: r#"{"gemini": {"api_endpoint": "e", "project_id": "p", "location_id": "us-central1"}}"#,
    ..ROW
};
const OLLAMA: Row = Row {
    provider: "ollama",
    mock: "ollama",
    chat: Some("qwen3:8b"),
    completions: Some("qwen3:8b"),
    embeddings: Some("nomic-embed-text"),
    ..ROW
};
const VLLM: Row = Row {
    provider: "vllm",
    mock: "vllm",
    chat: Some("Qwen/Qwen3-8B"),
    completions: Some("Qwen/Qwen3-8B"),
    embeddings: Some("intfloat/e5-mistral-7b-instruct"),
    ..ROW
};

/// Every row.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "openai",
        provider: "openai",
        mock: "openai",
        chat: Some("gpt-4o"),
        completions: Some("gpt-3.5-turbo-instruct"),
        embeddings: Some("text-embedding-3-small"),
        ..ROW
    },
    Row {
        id: "azure",
        options: r#"{"azure_instance": "i", "azure_deployment_id": "gpt-4o", "azure_api_version": "2024-10-21"}"#,
        ..AZURE
    },
    Row {
        id: "azure-v1",
        options: r#"{"azure_instance": "i", "azure_deployment_id": "gpt-4o", "azure_api_version": "preview"}"#,
        ..AZURE
    },
    Row {
        id: "anthropic",
        provider: "anthropic",
        mock: "anthropic",
        key: Key::Header("x-api-key"),
        options: r#"{"anthropic_version": "2023-06-01", "max_tokens": 256}"#,
        chat: Some("claude-sonnet-4-5"),
        completions: Some("claude-sonnet-4-5"),
        ..ROW
    },
    Row {
        id: "anthropic-newest",
        provider: "anthropic",
        mock: "anthropic",
        options: r#"{"anthropic_version": "2026-10-21", "max_tokens": 256}"#,
        chat: Some("claude-sonnet-4-5"),
        completions: Some("claude-sonnet-4-5"),
        ..ROW
    },
    Row {
        id: "anthropic-text",
        provider: "anthropic",
        mock: "anthropic",
        key: Key::Header("x-api-key"),
        options: r#"{"anthropic_version": "2023-06-01", "max_tokens": 256}"#,
        completions: Some("claude-2.1"),
        counts_completions: false,
        ..ROW
    },
    Row { id: "bedrock", embeddings: Some("amazon.titan-embed-text-v2:0"), inputs: 1, ..BEDROCK },
    Row {
        id: "bedrock-by-profile",
        chat: Some("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"),
        embeddings: Some(PROFILE),
        ..BEDROCK
    },
    Row { id: "bedrock-by-key", key: Key::Bearer, ..BEDROCK },
    Row { id: "cohere", ..COHERE },
    Row {
        id: "cohere-v1",
        options: r#"{"cohere": {"api_version": "v1"}}"#,
        failure: "generation failed",
        ..COHERE
    },
    Row { id: "gemini", ..GEMINI },
    Row { id: "gemini-v1", base: "/v1", key: Key::Query("key"), ..GEMINI },
    Row {
        id: "huggingface",
        provider: "huggingface",
        mock: "huggingface",
        chat: Some("openai/gpt-oss-120b"),
        completions: Some("bigcode/starcoder2-15b"),
        embeddings: Some("sentence-transformers/all-MiniLM-L6-v2"),
        counts_vectors: false,
        ..ROW
    },
    Row {
        id: "huggingface-tgi",
        provider: "huggingface",
        mock: "tgi",
        tags: &["touchstone-format:tgi"],
        chat: Some("meta-llama/Llama-3.1-8B-Instruct"),
        completions: Some("meta-llama/Llama-3.1-8B-Instruct"),
        ..ROW
    },
    Row {
        id: "llama2-raw",
        provider: "llama2",
        mock: "llama2-raw",
        base: "/generate",
        options: r#"{"llama2_format": "raw"}"#,
        chat: Some("llama-2-7b-chat"),
        completions: Some("llama-2-7b-chat"),
        text_only: true,
        ..ROW
    },
    Row {
        id: "vertex",
        chat: Some("gemini-2.5-flash"),
        completions: Some("gemini-2.5-flash"),
        embeddings: Some("gemini-embedding-001"),
        // One text is embedded at the version that is configured, many at one that has it.
        ..VERTEX
    },
    Row {
        id: "vertex-claude",
        chat: Some("claude-sonnet-4-5@20250929"),
        completions: Some("claude-sonnet-4-5@20250929"),
        embeddings: Some("text-embedding-005"),
        base: "/v1beta1",
        ..VERTEX
    },
    Row {
        id: "vertex-mistral",
        chat: Some("mistral-small-2503"),
        completions: Some("codestral-2"),
        ..VERTEX
    },
    Row {
        id: "vertex-deployed",
        options: r#"{"gemini": {"api_endpoint": "e", "project_id": "p", "location_id": "us-central1", "endpoint_id": "12"}}"#,
        chat: Some("gemma-3"),
        ..VERTEX
    },
    Row { id: "ollama", ..OLLAMA },
    Row {
        id: "mistral",
        provider: "mistral",
        mock: "mistral",
        options: r#"{"mistral_format": "openai"}"#,
        chat: Some("mistral-small-latest"),
        completions: Some("codestral-latest"),
        embeddings: Some("mistral-embed"),
        ..ROW
    },
    Row { id: "mistral-ollama", provider: "mistral", options: r#"{"mistral_format": "ollama"}"#, ..OLLAMA },
    Row { id: "llama2-ollama", provider: "llama2", options: r#"{"llama2_format": "ollama"}"#, ..OLLAMA },
    Row { id: "vllm", ..VLLM },
    Row { id: "llama2-openai", provider: "llama2", options: r#"{"llama2_format": "openai"}"#, ..VLLM },
    Row { id: "cerebras", provider: "cerebras", mock: "cerebras", chat: Some("gpt-oss-120b"), ..ROW },
    Row {
        id: "dashscope",
        provider: "dashscope",
        mock: "dashscope",
        chat: Some("qwen-max"),
        embeddings: Some("text-embedding-v4"),
        ..ROW
    },
    Row {
        id: "databricks",
        provider: "databricks",
        mock: "databricks",
        options: r#"{"databricks": {"workspace_instance_id": "dbc-1"}}"#,
        chat: Some("databricks-meta-llama-3-3-70b-instruct"),
        embeddings: Some("databricks-gte-large-en"),
        counts_streams: false,
        ..ROW
    },
    Row { id: "deepseek", provider: "deepseek", mock: "deepseek", chat: Some("deepseek-chat"), ..ROW },
    Row { id: "kimi", provider: "kimi", mock: "kimi", chat: Some("kimi-k2-0905-preview"), ..ROW },
    Row {
        id: "vercel",
        provider: "vercel",
        mock: "vercel",
        chat: Some("openai/gpt-4o"),
        embeddings: Some("openai/text-embedding-3-small"),
        ..ROW
    },
    Row { id: "xai", provider: "xai", mock: "xai", chat: Some("grok-4"), ..ROW },
];

impl Row {
    /// Kong's routes to it, one for each of its APIs. Its mock is at `url`, which has no path.
    pub(super) fn routes(&self, url: &str, credentials: &Credentials) -> Vec<Value> {
        let apis = [
            ("llm/v1/chat", "chat/completions", self.chat),
            ("llm/v1/completions", "completions", self.completions),
            ("llm/v1/embeddings", "embeddings", self.embeddings),
        ];
        let asked = apis.into_iter().filter_map(|(kind, path, model)| Some((kind, path, model?)));
        asked.map(|(kind, path, model)| self.route(kind, path, model, url, credentials)).collect()
    }

    /// Kong's route to its chat for those that speak Anthropic's Messages, where it has one.
    pub(super) fn messages(&self, url: &str, credentials: &Credentials) -> Option<Value> {
        let mut route = self.route("llm/v1/chat", "messages", self.chat?, url, credentials);
        route["plugins"][0]["config"]["llm_format"] = "anthropic".into();
        Some(route)
    }

    /// Kong's route to its chat for those that speak OpenAI's responses, where it has one.
    pub(super) fn responses(&self, url: &str, credentials: &Credentials) -> Option<Value> {
        Some(self.route("llm/v1/responses", "responses", self.chat?, url, credentials))
    }

    fn route(&self, kind: &str, path: &str, model: &str, url: &str, credentials: &Credentials) -> Value {
        let key = credentials.key(self.mock);
        let auth = match self.key {
            Key::Bearer => json!({ "header_name": "Authorization", "header_value": format!("Bearer {key}") }),
            Key::Header(name) => json!({ "header_name": name, "header_value": key }),
            Key::Query(name) => json!({ "param_name": name, "param_value": key, "param_location": "query" }),
            Key::Aws => {
                let pair = &credentials.aws[0];
                json!({ "aws_access_key_id": pair.access_key_id, "aws_secret_access_key": pair.secret_access_key })
            }
        };
        let mut options: Value = serde_json::from_str(self.options).unwrap();
        options["upstream_url"] = format!("{url}{}", self.base).into();
        let model = json!({ "provider": self.provider, "name": model, "options": options });
        let config = json!({ "route_type": kind, "auth": auth, "model": model });
        let name = format!("{}-{}", self.id, path.replace('/', "-"));
        json!({
            "name": name,
            "paths": [format!("/{}/v1/{path}", self.id)],
            "plugins": [{ "name": "ai-proxy", "tags": self.tags, "config": config }],
        })
    }
}
