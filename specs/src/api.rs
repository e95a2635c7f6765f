//! Which APIs there are, and which operation a request line means.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use crate::document::{Content, EMBEDDED, Embedded};
use crate::operation::Operation;

/// One provider's API. Its document is parsed when it is first asked for something.
#[derive(Debug)]
pub struct Api {
    embedded: &'static Embedded,
    content: OnceLock<Content>,
}

static APIS: LazyLock<Vec<Api>> =
    LazyLock::new(|| EMBEDDED.iter().map(|embedded| Api { embedded, content: OnceLock::new() }).collect());

/// Those who speak another one's API, and whose document says what they speak.
const ALIASES: &[(&str, &[&str])] = &[
    ("azure", &["azure-v1"]),
    ("cohere", &["cohere-v1"]),
    ("llama2", &["llama2-raw"]),
    ("ollama", &["llama2-ollama", "mistral-ollama"]),
    (
        "openai",
        &[
            "cerebras",
            "dashscope",
            "dashscope-mainland",
            "databricks",
            "deepseek",
            "groq",
            "kimi",
            "kimi-mainland",
            "llama2-openai",
            "together",
            "vercel",
            "vllm",
            "xai",
        ],
    ),
    ("tgi", &["huggingface-tgi"]),
    ("vertex", &["gemini-endpoint", "gemini-openapi", "gemini-vertex"]),
];

/// The API of a provider, by the name of its folder (`openai`), or of one who speaks another one's API (`xai`).
pub fn api(provider: &str) -> Option<&'static Api> {
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&provider));
    let name = alias.map_or(provider, |(name, _)| name);
    apis().find(|api| api.provider() == name)
}

/// All APIs, by name.
pub fn apis() -> impl Iterator<Item = &'static Api> {
    APIS.iter()
}

impl Api {
    /// The provider's name.
    pub fn provider(&self) -> &'static str {
        self.embedded.name
    }

    /// The OpenAPI document.
    pub fn document(&'static self) -> &'static Value {
        &self.content().root
    }

    /// The provider's `SOURCE.md`: where the document's facts come from, and what it leaves out.
    pub fn source(&self) -> &'static str {
        self.embedded.source
    }

    /// The operation of a request line. The path is as sent, percent-encoded, with or without a query.
    pub fn operation(&'static self, method: &str, path: &str) -> Option<Operation> {
        let content = self.content();
        let plans = content.plans.iter().rev().filter(|plan| plan.method == method);
        let fitting = plans.filter_map(|plan| Some((plan, plan.template.matches(path)?)));
        let (plan, parameters) = fitting.max_by_key(|(plan, _)| plan.template.literals())?;
        Some(Operation::new(content, plan, parameters))
    }

    /// Every operation, in the order of their paths; without values for path parameters.
    pub fn operations(&'static self) -> impl Iterator<Item = Operation> {
        let content = self.content();
        content.plans.iter().map(|plan| Operation::new(content, plan, Vec::new()))
    }

    fn content(&'static self) -> &'static Content {
        self.content.get_or_init(|| Content::parse(self.embedded.text))
    }
}
