//! Kong's declarative file, parsed: services, routes, and the `ai-proxy` plugin of each route.
//!
//! One file runs on both gateways: names, types, defaults, ranges and rules are Kong's, and so are the error texts.
//! <https://developer.konghq.com/gateway/db-less-mode/>, <https://developer.konghq.com/plugins/ai-proxy/reference/>
//!
//! What is read is a type that can only hold what is right; nothing is checked again later.

mod ai_proxy;
mod auth;
mod error;
mod extensions;
mod logging;
mod model;
mod named;
mod path;
mod pricing;
mod provider;
mod route;
mod router;
mod rule;
mod secret;
mod template;
mod upstream;

pub use ai_proxy::{
    AiProxy, DEFAULT_MAX_REQUEST_BODY_SIZE, GenaiCategory, LlmFormat, ResponseStreaming, RouteType, Target,
};
pub use auth::{Auth, AuthHeader, AuthParam, AwsKeys, AzureIdentity, GcpIdentity, ParamLocation};
pub use error::{Error, Errors, Place, Problem};
pub use extensions::{Extensions, Tuning};
pub use logging::Logging;
pub use model::{
    AzureOptions, BedrockOptions, CohereOptions, DashscopeOptions, DatabricksOptions, EmbeddingInputType,
    GeminiOptions, HuggingfaceOptions, Llama2Format, MistralFormat, Model, ModelOptions,
};
pub use named::Named;
pub use pricing::{CacheWriteCost, ContextWindowFactor, Pricing, ServiceTierFactor};
pub use provider::Provider;
pub use route::{Protocols, Route, Timeouts};
pub use router::{Captures, Match, Router};
pub use rule::{HeaderRule, HostRule, PathRule};
pub use secret::Secret;
pub use template::{Source, Template, TemplateError};
pub use upstream::{UpstreamUrl, UrlError};

/// A whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Every route that is served, each with its plugin.
    pub router: Router,
}
