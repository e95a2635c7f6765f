//! Kong's declarative file, parsed: services, routes, and the plugins of each route.
//!
//! One file runs on both gateways: names, types, defaults, ranges and rules are Kong's, and so are the error texts.
//! <https://developer.konghq.com/gateway/db-less-mode/>, <https://developer.konghq.com/plugins/ai-proxy/reference/>
//!
//! ```text
//! text ──node──▶ tree with places ──document──▶ entities ──join──▶ Config { router: [route + plugin] }
//!                                   │
//!                  field, record: one value, the members of one map
//! ```
//!
//! What is read is a type that can only hold what is right; nothing is checked again later. Every mistake is told at
//! once, with its path and its place. What would change who is let in, or where a call goes, is refused where this
//! gateway has not got it: other plugins, `snis`, `sources`, …
//!
//! # Beyond Kong
//!
//! - `${NAME}` and `${NAME:-default}` in any string, also for a number or a boolean; `{vault://env/name}` in any string,
//!   where Kong follows it in those fields only that it calls referenceable.
//! - A plugin's tags that begin with `touchstone-`: see [`Extensions`].
//! - An unknown member is told with the name that was probably meant.
//! - A placeholder whose source does not exist is told when the file is read, not with 400 for each request.
//! - Keys of consumers as digests, `sha256:…`, and models by `touchstone-models:` tags: see `consumer.rs`. `*` in the models of
//!   `acls` and policies, and lengths of prefixes in their addresses.
//! - Bedrock without a region, and a key file of Google's that is none, are told when the file is read.
//!
//! # Short of Kong
//!
//! `_format_version` 1.1 and 2.1, entities other than services, routes, plugins, consumers, their groups, `acls` and keys, plugins
//! that have no file in `plugins/`, plugins of a consumer or a consumer group but for those that limit rates, the `expressions`
//! router.

mod acls;
mod ai_proxy;
mod auth;
mod balancer;
mod condition;
mod consumer;
mod document;
mod embeddings;
mod entity;
mod env;
mod error;
mod extensions;
mod field;
mod google_key;
mod limit;
mod logging;
mod model;
mod named;
mod node;
mod offer;
mod options;
mod outline;
mod path;
mod pattern;
mod plugin;
mod plugins;
mod pricing;
mod provider;
mod record;
mod redis;
mod roster;
mod route;
mod router;
mod rule;
mod schema;
mod scope;
mod secret;
mod service;
mod surroundings;
mod template;
mod upstream;
mod vectordb;

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use field::Context;
use node::Node;

pub use acls::Acls;
pub use ai_proxy::{AiProxy, DEFAULT_MAX_REQUEST_BODY_SIZE, Target};
pub use auth::{Auth, AuthHeader, AuthParam, AwsKeys, AzureIdentity, GcpIdentity, ParamLocation};
pub use balancer::{Algorithm, Balancer, Criterion, LatencyStrategy, TokensCountStrategy};
pub use condition::{Aim, Call, Condition};
pub use consumer::{Consumer, Consumers, Credential, Group, Models, hash_key};
pub use embeddings::Embeddings;
pub use error::{Error, Errors, Place, Problem};
pub use extensions::{Extensions, Format, Store, Tuning};
pub use google_key::GoogleKey;
pub(crate) use google_key::pair;
pub use limit::{Amount, Counts, Limit, Span, Window, WindowType};
pub use logging::Logging;
pub use model::Model;
pub use named::Named;
pub use offer::{GenaiCategory, LlmFormat, ResponseStreaming, RouteType};
pub use options::{
    AzureOptions, BedrockOptions, CohereOptions, CohereVersion, DashscopeOptions, DatabricksOptions,
    EmbeddingInputType, GeminiOptions, HuggingfaceOptions, KimiOptions, Llama2Format, MistralFormat,
    ModelOptions,
};
pub use pattern::{IpRange, Pattern};
pub use plugins::{
    Acl, AiRateLimiting, By, FileLog, HttpLog, KeyAuth, Method, OpenTelemetry, PERIODS, Plugins, Prometheus,
    Propagation, PushedMetrics, Queue, RateLimiting, Refusal, Rotation, Rule as RateRule, SamplingStrategy,
    Scope as RateScope,
};
pub use pricing::{CacheWriteCost, ContextWindowFactor, Pricing, ServiceTierFactor};
pub use provider::Provider;
pub use redis::{Redis, Sentinels, Several};
pub use route::{Protocols, Route, Timeouts};
pub use router::{Captures, Match, Router};
pub use rule::{HeaderRule, HostRule, PathRule};
pub use schema::schema;
pub use scope::{Held, Scoped};
pub use secret::Secret;
pub use surroundings::Surroundings;
pub use template::{Source, Template, TemplateError};
pub use upstream::{UpstreamUrl, UrlError};
pub use vectordb::{Metric, Pgvector, Strategy, TlsVersion, Vectordb};

/// A whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Every route that is served, each with its plugin.
    pub router: Router,
    /// Who may call.
    pub consumers: Arc<Consumers>,
    /// What holds for calls that no route takes, too.
    pub everywhere: Plugins,
}

impl Config {
    /// Reads a file, YAML or JSON. `env` gives the value of an environment variable.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Errors> {
        Self::parse(&Self::text(path)?, env).map_err(|errors| errors.in_file(path))
    }

    /// The text of a file.
    pub(crate) fn text(path: &Path) -> Result<String, Errors> {
        std::fs::read_to_string(path).map_err(|error| {
            let problem = Problem::Read(error.to_string());
            Errors::new(vec![Error { path: String::new(), place: None, problem }]).in_file(path)
        })
    }

    /// Reads the text of a file; see [`Config::load`].
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Errors> {
        let root = Node::parse(text).map_err(|error| Errors::new(vec![error]))?;
        let context = Context { env, errors: RefCell::default(), survey: None };
        let config = document::read(&root, &context);
        config.ok_or_else(|| Errors::new(context.errors.into_inner()))
    }
}
