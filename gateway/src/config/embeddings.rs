//! Kong's `embeddings`: which model turns texts into vectors, for the `semantic` algorithm.
//!
//! Its `model.options` are spelt otherwise than those of a target: `azure.instance` here is `azure_instance` there.
//! <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/#schema--config-embeddings>

use std::sync::Arc;

use translate::call::Api;

use super::ai_proxy::DEFAULT_WEIGHT;
use super::error::Problem;
use super::field::Field;
use super::named::Named;
use super::options::{AzureOptions, BedrockOptions, DatabricksOptions, GeminiOptions, HuggingfaceOptions};
use super::record::Record;
use super::upstream::UpstreamUrl;
use super::{Auth, Logging, MistralFormat, Model, ModelOptions, Provider, RouteType, Target, Template};

/// The model, as a target of calls for embeddings.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// Never chosen among others; only the gateway itself calls it.
    pub target: Arc<Target>,
}

impl Embeddings {
    /// `dimensions`: how long vectors shall be, where the file says it.
    pub(super) fn read(record: &mut Record<'_>, dimensions: Option<u32>) -> Option<Self> {
        record.says(&[("model", "Which model, and where."), ("auth", "As whom.")]);
        let read = |record: &mut Record<'_>| model(record, dimensions);
        let model = record.required("model").and_then(|field| field.record(read)).flatten();
        let provider = model.as_ref().map(|model| model.provider);
        let auth = record.nested("auth", |record| Auth::read(record, provider));
        let target = Target {
            route_type: RouteType::Embeddings,
            auth: auth?,
            model: model?,
            logging: Logging::default(),
            weight: DEFAULT_WEIGHT,
            description: None,
            metadata: None,
        };
        Some(Self { target: Arc::new(target) })
    }
}

/// Those that Kong's `embeddings` knows up to AI Gateway 2.0, and `cohere`, which it does not.
const PROVIDERS: [Provider; 10] = [
    Provider::Azure,
    Provider::Bedrock,
    Provider::Cohere,
    Provider::Databricks,
    Provider::Gemini,
    Provider::Huggingface,
    Provider::Mistral,
    Provider::Ollama,
    Provider::Openai,
    Provider::Vercel,
];

fn model(record: &mut Record<'_>, dimensions: Option<u32>) -> Option<Model> {
    record.says(&[
        ("provider", "Who is asked."),
        ("name", "The model."),
        ("options", "What is said besides, and where it is said."),
    ]);
    let field = record.required("provider");
    let provider: Option<Provider> = field.as_ref().and_then(Field::named);
    let known = provider.filter(|provider| PROVIDERS.contains(provider));
    if let Some(field) = field.filter(|_| provider.is_some() && known.is_none()) {
        let names = PROVIDERS.map(Named::name).join(", ");
        field.error(Problem::OneOf { names, nearest: None });
    }
    // A plain name: there is no request to fill it in from when the descriptions are embedded.
    let name = record.required("name").and_then(|field| field.parse(plain));
    let options = record.nested("options", |record| options(record, known));
    let (provider, name, mut options) = (known?, name?, options?);
    options.embeddings_dimensions = dimensions.filter(|_| has_lengths(provider, name.source()));
    let model = Model { provider, name: Some(name), alias: None, options, format: None };
    check(record, &model);
    Some(model)
}

/// Whether a model makes vectors of the length that it is asked for; the others refuse to be asked.
/// <https://platform.openai.com/docs/api-reference/embeddings/create>, <https://docs.mistral.ai/capabilities/embeddings/>,
/// <https://docs.cohere.com/reference/embed>
fn has_lengths(provider: Provider, model: &str) -> bool {
    match provider {
        Provider::Azure | Provider::Openai => !model.contains("ada"),
        Provider::Cohere => model.contains("embed-v4"),
        Provider::Mistral => model.contains("codestral"),
        _ => true,
    }
}

fn plain(text: &str) -> Result<Template, Problem> {
    let template = Template::parse(text)?;
    match template.fixed() {
        Some("") => Err(Problem::Rule("length must be at least 1".to_owned())),
        Some(_) => Ok(template),
        None => Err(Problem::Rule("a model of embeddings cannot be filled in from a request".to_owned())),
    }
}

fn options(record: &mut Record<'_>, provider: Option<Provider>) -> ModelOptions {
    record.says(&[
        ("upstream_url", "The whole address that is called, instead of the provider's."),
        ("azure", "Where the provider is `azure`."),
        ("bedrock", "Where the provider is `bedrock`."),
        ("databricks", "Where the provider is `databricks`."),
        ("gemini", "Where the provider is `gemini`."),
        ("huggingface", "Where the provider is `huggingface`."),
    ]);
    ModelOptions {
        upstream_url: record.get("upstream_url").and_then(|field| field.parse(UpstreamUrl::parse)),
        azure: record.nested("azure", AzureOptions::read_nested).unwrap_or_default(),
        bedrock: record
            .nested("bedrock", |record| BedrockOptions::read(record, provider))
            .unwrap_or_default(),
        databricks: record.nested("databricks", DatabricksOptions::read).unwrap_or_default(),
        gemini: record.nested("gemini", GeminiOptions::read).unwrap_or_default(),
        huggingface: record.nested("huggingface", HuggingfaceOptions::read).unwrap_or_default(),
        mistral_format: Some(MistralFormat::Openai),
        ..ModelOptions::default()
    }
}

/// What a provider must be told so that it can be found.
fn check(record: &Record<'_>, model: &Model) {
    let Model { provider, options, .. } = model;
    let is_placed = options.upstream_url.is_some();
    let needs = |name: &str, missing: bool, whom: &str| {
        record.rule(missing, &format!("must set 'model.options.{name}' for {whom}"));
    };
    let Some(dialect) = model.dialect().filter(|dialect| dialect.serves(Api::Embeddings)) else {
        record.rule(true, &format!("{} has no API for embeddings", provider.name()));
        return;
    };
    needs("upstream_url", dialect.base_url.is_empty() && !is_placed, "self-hosted providers/models");
    if *provider == Provider::Azure {
        needs("azure.deployment_id", options.azure.deployment_id.is_none(), "azure provider");
        needs("azure.instance", options.azure.instance.is_none() && !is_placed, "azure provider");
    }
    let workspace = options.databricks.workspace_instance_id.is_some() || is_placed;
    let name = "databricks.workspace_instance_id";
    needs(name, *provider == Provider::Databricks && !workspace, "databricks provider");
}
