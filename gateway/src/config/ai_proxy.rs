//! The `ai-proxy` plugin, one target and how it is offered to clients; and `ai-proxy-advanced`, which has several.
//!
//! Fields, defaults and rules: <https://developer.konghq.com/plugins/ai-proxy/reference/>,
//! <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/>

use std::num::NonZeroU64;
use std::sync::Arc;

use translate::call::Api;
use translate::passthrough::{Native, Passage, Resource};

use super::error::Problem;
use super::field::{Field, MOST};
use super::named::Named;
use super::record::Record;
use super::{
    Acls, Auth, Balancer, Embeddings, Extensions, Format, GenaiCategory, LlmFormat, Logging, Model, Provider,
    ResponseStreaming, RouteType, Store, Strategy, Template, Vectordb,
};

/// One configured `ai-proxy` or `ai-proxy-advanced`.
#[derive(Clone, Debug, PartialEq)]
pub struct AiProxy {
    /// The plugin's `id`, or else its `instance_name`.
    pub id: Option<String>,
    /// Where requests go: one of these; there is at least one.
    pub targets: Vec<Arc<Target>>,
    /// How it is chosen, and what happens when it fails; `None` for `ai-proxy`, which has only one.
    pub balancer: Option<Balancer>,
    /// What turns texts into vectors, for the algorithm `semantic`.
    pub embeddings: Option<Embeddings>,
    /// Where the vectors lie, and how they are compared.
    pub vectordb: Option<Vectordb>,
    /// Who may ask for what.
    pub acls: Acls,
    /// Whether clients may, may not or must stream.
    pub response_streaming: ResponseStreaming,
    /// Largest request body in bytes; `None` is Kong's 0, no limit of this plugin's.
    pub max_request_body_size: Option<NonZeroU64>,
    /// Whether replies carry `X-Kong-LLM-Model: <provider>/<model>`.
    pub model_name_header: bool,
    /// The dialect that clients speak.
    pub llm_format: LlmFormat,
    /// What kind of work the route does; for metrics.
    pub genai_category: GenaiCategory,
    /// What this gateway adds to Kong's settings.
    pub extensions: Extensions,
}

/// Kong's default for `max_request_body_size` since 3.13.
pub const DEFAULT_MAX_REQUEST_BODY_SIZE: u64 = 1_048_576;

/// Targets that one plugin may have: a bound of this gateway's.
const MOST_TARGETS: usize = 256;

/// One model behind one credential: all of `ai-proxy`'s own, and an element of `ai-proxy-advanced`'s `targets`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The API that the route serves.
    pub route_type: RouteType,
    /// How the gateway identifies itself.
    pub auth: Auth,
    /// What is asked.
    pub model: Model,
    /// What is logged.
    pub logging: Logging,
    /// Its share beside the others, or its rank where these go by priority.
    pub weight: u16,
    /// What it is good at, in words; [`Target::CATCHALL`] takes what fits no other.
    pub description: Option<String>,
    /// What the file's author notes of it, as it stands: an object.
    pub metadata: Option<serde_json::Value>,
}

/// Kong's default for `weight`.
pub(super) const DEFAULT_WEIGHT: u16 = 100;

impl AiProxy {
    /// Reads the `config` of `ai-proxy`.
    pub(super) fn read(record: &mut Record<'_>, extensions: Extensions) -> Option<Self> {
        let target = Target::read(record, extensions.format);
        check_redis(record, extensions, None);
        Self::around(record, extensions, target.map(|target| (vec![Arc::new(target)], None)))
    }

    /// Reads the `config` of `ai-proxy-advanced`.
    pub(super) fn read_advanced(record: &mut Record<'_>, extensions: Extensions) -> Option<Self> {
        record.says(&[
            ("targets", "Who may be asked, in their order."),
            ("balancer", "Which of them is, and what happens when that fails."),
            ("vectordb", "Where vectors are kept for the algorithm `semantic`, and what gateways share."),
            ("embeddings", "The model that makes vectors of prompts and descriptions."),
            ("acls", "Which calls get in."),
        ]);
        let fields = record.required("targets").map(|field| field.list("an array")).unwrap_or_default();
        let one = |record: &mut Record<'_>| Target::read_one(record, extensions.format).map(Arc::new);
        let targets: Vec<_> = fields.iter().map(|field| field.record(one).flatten()).collect();
        record.rule(
            targets.is_empty() || targets.len() > MOST_TARGETS,
            &format!("targets must have from 1 to {MOST_TARGETS} members"),
        );
        let balancer = record.nested("balancer", Balancer::read);
        let vectordb = record.get("vectordb").map(|field| field.record(Vectordb::read).flatten());
        let dimensions = vectordb.iter().flatten().map(|vectordb| vectordb.dimensions).next();
        let read = |record: &mut Record<'_>| Embeddings::read(record, dimensions);
        let embeddings = record.get("embeddings").map(|field| field.record(read).flatten());
        if let Some(balancer) = &balancer {
            balancer.check(record, &targets, embeddings.is_some());
        }
        check_redis(record, extensions, vectordb.as_ref());
        let acls = record.nested("acls", Acls::read).flatten();
        let targets: Option<Vec<_>> = targets.into_iter().collect();
        let targets = targets.filter(|targets| !targets.is_empty());
        let mut read = Self::around(record, extensions, targets.zip(balancer.map(Some)))?;
        read.embeddings = embeddings.flatten();
        read.vectordb = vectordb.flatten();
        read.acls = acls?;
        Some(read)
    }

    /// Reads what both plugins have in common around the targets that were found.
    fn around(
        record: &mut Record<'_>,
        extensions: Extensions,
        found: Option<(Vec<Arc<Target>>, Option<Balancer>)>,
    ) -> Option<Self> {
        record.says(&[
            (
                "response_streaming",
                "Whether clients may have streams: `allow`, `deny`, or `always`, whatever they ask for.",
            ),
            ("max_request_body_size", "Bytes of a request's body at most; 0: as many as the gateway takes."),
            ("model_name_header", "Whether replies tell in `X-Kong-LLM-Model` who answered."),
            ("llm_format", "What clients speak: OpenAI's dialect, which is translated, or a provider's own."),
            ("genai_category", "What kind of content it is about; told, and nothing else."),
        ]);
        let response_streaming = record.choice("response_streaming");
        record.default("max_request_body_size", DEFAULT_MAX_REQUEST_BODY_SIZE);
        let size = record.integer("max_request_body_size", 0..=MOST);
        let size = size.map_or(Some(DEFAULT_MAX_REQUEST_BODY_SIZE), |size| u64::try_from(size).ok());
        let model_name_header = record.boolean_or("model_name_header", true);
        record.default("llm_format", LlmFormat::default().name());
        let format = record.get("llm_format");
        let llm_format = format.as_ref().and_then(Field::named).unwrap_or_default();
        let genai_category = record.choice("genai_category");
        let (targets, balancer) = found?;
        for target in &targets {
            check_format(record, llm_format, target);
        }
        let is_served = |target: &Arc<Target>| {
            target.api(llm_format).is_some()
                || llm_format == LlmFormat::Openai
                || target.native(llm_format).is_some()
        };
        if let Some(field) = format.filter(|_| !targets.iter().all(is_served)) {
            field.error(Problem::UnsupportedName(llm_format.name().to_owned()));
        }
        let max_request_body_size = size.and_then(NonZeroU64::new);
        Some(Self {
            id: None,
            targets,
            balancer,
            embeddings: None,
            vectordb: None,
            acls: Acls::default(),
            response_streaming,
            max_request_body_size,
            model_name_header,
            llm_format,
            genai_category,
            extensions,
        })
    }
}

impl AiProxy {
    /// The only target of `ai-proxy`, and the first of several.
    ///
    /// # Panics
    /// Never for what was read from a file: it has one.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.targets[0]
    }

    /// The API in whose words clients are told what goes wrong.
    pub fn words(&self) -> Api {
        if self.llm_format == LlmFormat::Anthropic { Api::Messages } else { Api::Chat }
    }
}

impl Target {
    /// The description of a target that takes what no other description fits.
    pub const CATCHALL: &'static str = "CATCHALL";

    /// Reads one of `targets`.
    fn read_one(record: &mut Record<'_>, format: Option<Format>) -> Option<Self> {
        record.says(&[
            ("weight", "Its share of calls; its priority, where the algorithm is `priority`."),
            (
                "description",
                "What it is for, where the algorithm is `semantic`; `CATCHALL` takes what no other one fits.",
            ),
            ("metadata", "Remarks of any form."),
        ]);
        let target = Self::read(record, format);
        let weight = record.small_or("weight", 1..=65_535, DEFAULT_WEIGHT);
        let description = record.filled("description");
        let metadata = record.get("metadata").and_then(|field| field.object());
        Some(Self { weight, description, metadata, ..target? })
    }

    /// Reads the members that `ai-proxy` and each target of `ai-proxy-advanced` have in common.
    pub(super) fn read(record: &mut Record<'_>, format: Option<Format>) -> Option<Self> {
        record.says(&[
            ("route_type", "Which API is called."),
            ("model", "Which model, and where."),
            ("auth", "As whom."),
            ("logging", "What is told of calls."),
        ]);
        let route_type = record.required("route_type").and_then(|field| {
            let route_type: RouteType = field.named()?;
            if route_type.api().is_none() && route_type.resource().is_none() {
                field.error(Problem::UnsupportedName(route_type.name().to_owned()));
            }
            Some(route_type)
        });
        let read = |record: &mut Record<'_>| Model::read(record, format);
        let model = record.required("model").and_then(|field| field.record(read)).flatten();
        let provider = model.as_ref().map(|model| model.provider);
        let auth = record.nested("auth", |record| Auth::read(record, provider));
        let logging = record.nested("logging", Logging::read);
        let target = Self {
            route_type: route_type?,
            auth: auth?,
            model: model?,
            logging: logging?,
            weight: DEFAULT_WEIGHT,
            description: None,
            metadata: None,
        };
        target.check(record);
        Some(target)
    }

    /// The API that is translated, as clients call it, where this gateway does.
    pub fn api(&self, format: LlmFormat) -> Option<Api> {
        if self.route_type == RouteType::Responses {
            // Those who have the API themselves get its bytes as they are.
            let dialect = self.model.dialect()?;
            let is_translated =
                dialect.passage(Resource::Responses).is_none() && dialect.serves(Api::Responses);
            return (is_translated && format == LlmFormat::Openai).then_some(Api::Responses);
        }
        match (self.route_type.api()?, format) {
            (api, LlmFormat::Openai) => Some(api),
            (Api::Chat, LlmFormat::Anthropic) => Some(Api::Messages),
            _ => None,
        }
    }

    /// The provider's own API, where that is what clients are to speak.
    pub fn native(&self, format: LlmFormat) -> Option<&'static Passage> {
        let passage = self.model.dialect()?.native()?;
        let speaks = match passage.resource.native()? {
            Native::Anthropic => LlmFormat::Anthropic,
            Native::Bedrock => LlmFormat::Bedrock,
            Native::Cohere => LlmFormat::Cohere,
            Native::Gemini | Native::Vertex => LlmFormat::Gemini,
            Native::Huggingface => LlmFormat::Huggingface,
        };
        (speaks == format).then_some(passage)
    }

    /// Kong's rules over several fields, in Kong's words.
    fn check(&self, record: &Record<'_>) {
        let Model { provider, options, .. } = &self.model;
        let azure = &options.azure;
        let needs = |owner, name, set: bool, whom| {
            record.rule(*provider == owner && !set, &format!("must set 'model.options.{name}' for {whom}"));
        };
        needs(Provider::Llama2, "llama2_format", options.llama2_format.is_some(), "llama2 provider");
        needs(Provider::Mistral, "mistral_format", options.mistral_format.is_some(), "mistral provider");
        let version = options.anthropic_version.is_some();
        needs(Provider::Anthropic, "anthropic_version", version, "anthropic provider");
        needs(Provider::Azure, "azure_api_version", azure.api_version.is_some(), "azure provider");
        needs(Provider::Azure, "azure_deployment_id", azure.deployment_id.is_some(), "azure provider");
        if self.route_type == RouteType::VideoGenerations {
            let output = options.bedrock.video_output_s3_uri.is_some();
            needs(Provider::Bedrock, "bedrock.video_output_s3_uri", output, "videos of the bedrock provider");
        }
        let dialect = self.model.dialect();
        let is_placed =
            options.upstream_url.is_some() || dialect.is_none_or(|known| !known.base_url.is_empty());
        needs(*provider, "upstream_url", is_placed, "self-hosted providers/models");
        let own_place = |part: &Option<Template>| part.is_some() || options.upstream_url.is_some();
        needs(Provider::Azure, "azure_instance", own_place(&azure.instance), "azure provider");
        let workspace = own_place(&options.databricks.workspace_instance_id);
        needs(Provider::Databricks, "databricks.workspace_instance_id", workspace, "databricks provider");
        if let Some(dialect) = dialect {
            let text = format!("{} has no API for route_type {}", provider.name(), self.route_type.name());
            let is_translated = self.route_type.api().is_none_or(|api| dialect.serves(api));
            let has = |resource| {
                dialect.passage(resource).is_some()
                    || dialect.work(resource).is_some()
                    || dialect.translates(resource)
                    || resource == Resource::Videos && dialect.videos().is_some()
                    || resource == Resource::Responses && dialect.serves(Api::Responses)
            };
            let is_passed = self.route_type.resource().is_none_or(has);
            record.rule(!(is_translated && is_passed), &text);
        }
        record.rule(
            self.model.format == Some(Format::Tgi) && *provider != Provider::Huggingface,
            "the tag touchstone-format:tgi is for the huggingface provider",
        );
        record.rule(
            *provider == Provider::Anthropic
                && self.route_type == RouteType::Completions
                && self.logging.log_statistics,
            "anthropic does not support statistics when route_type is llm/v1/completions",
        );
    }
}

/// What is shared or kept in Redis goes through the one that the plugin names for its vectors. `vectordb`: one that could not be read is noted
/// already.
fn check_redis(record: &Record<'_>, extensions: Extensions, vectordb: Option<&Option<Vectordb>>) {
    let has = match vectordb {
        None => false,
        Some(None) => true,
        Some(Some(vectordb)) => vectordb.strategy == Strategy::Redis,
    };
    for (name, wants) in [("share", extensions.share), ("store", extensions.store == Store::Redis)] {
        let text = format!(
            "the tag touchstone-{name}:redis needs 'vectordb' of ai-proxy-advanced, with the strategy redis"
        );
        record.rule(wants && !has, &text);
    }
}

/// A native dialect is for chat, and for its own provider; Anthropic's is translated to others.
fn check_format(record: &Record<'_>, format: LlmFormat, target: &Target) {
    let owner = match format {
        LlmFormat::Bedrock => Provider::Bedrock,
        LlmFormat::Gemini => Provider::Gemini,
        _ => return,
    };
    record.rule(
        target.route_type != RouteType::Chat,
        "native provider options in llm_format can only be used with the 'llm/v1/chat' route_type",
    );
    let name = format.name();
    let text = format!("native llm_format '{name}' can only be used with the '{name}' model.provider");
    record.rule(target.model.provider != owner, &text);
}
