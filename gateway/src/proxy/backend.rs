//! Where the calls of one target go, and as whom.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Uri};
use translate::batches::Storage;
use translate::buckets::OBJECTS;
use translate::call::{Api, Azure, Gemini, Options, Target};
use translate::client::responses::Memory;
use translate::passthrough::Resource;
use translate::providers::Provider;
use translate::wire::Framing;

use super::Peers;
use super::credentials::Credentials;
use super::place::Place;
use super::serves::Serves;
use crate::config::{self, Captures, Model, Named, ResponseStreaming, Route, Source, Tuning, UpstreamUrl};
use crate::fault::Fault;
use crate::identity::Registry;
use crate::metrics::Meter;
use crate::percent;
use crate::telemetry::Trace;
use crate::upstream::{Origin, Timeouts};

/// One target of a route, made ready for one core.
pub(crate) struct Backend {
    pub(super) route: Arc<Route>,
    pub(super) target: Arc<config::Target>,
    /// What this core has it do, counted.
    pub(super) meter: Arc<Meter>,
    pub(super) serves: Serves,
    pub(super) provider: &'static Provider,
    pub(super) timeouts: Timeouts,
    /// Connections that are tried for one request.
    pub(super) connections: u32,
    pub(super) credentials: Credentials,
    /// `X-Kong-LLM-Model` up to the model.
    pub(super) prefix: Option<String>,
    /// Known before a request is, unless the address is a template.
    place: Option<Place>,
}

/// What a template may be filled in from.
pub(super) struct Values<'a> {
    pub(super) head: &'a Parts,
    pub(super) captures: &'a Captures,
    /// Whose trace the call belongs to, where anybody wants to know.
    pub(super) trace: Option<Arc<Trace>>,
}

/// The strings of the file that a request fills in.
pub(super) struct Filled<'a> {
    model: Option<Cow<'a, str>>,
    anthropic_version: Option<Cow<'a, str>>,
    azure: [Option<Cow<'a, str>>; 2],
    gemini: [Option<Cow<'a, str>>; 3],
    latency: Option<Cow<'a, str>>,
    video_output: Option<Cow<'a, str>>,
}

impl Backend {
    /// `None`: a provider that a configuration file cannot name, or an API that it has not.
    pub(super) fn new(
        route: &Arc<Route>,
        target: &Arc<config::Target>,
        registry: &Arc<Registry>,
        peers: &Peers,
    ) -> Option<Self> {
        let provider = target.model.dialect()?;
        let native = target.native(route.plugin.llm_format).map(Serves::Passage);
        let passage = || Some(Serves::Passage(provider.passage(target.route_type.resource()?)?));
        let work = || {
            let resource = target.route_type.resource()?;
            Some(Serves::Work(provider.work(resource)?, resource))
        };
        let batches = || {
            let resource = target.route_type.resource().filter(|resource| provider.translates(*resource))?;
            Some(Serves::Batches(provider.batches()?, resource))
        };
        let videos = || {
            target.route_type.resource().filter(|resource| *resource == Resource::Videos)?;
            provider.videos().map(Serves::Videos)
        };
        let call = || target.api(route.plugin.llm_format).map(Serves::Call);
        let serves = native.or_else(call).or_else(videos).or_else(passage).or_else(work).or_else(batches)?;
        Self::serving(route, target, serves, registry, peers)
    }

    /// The model that embeds for a route.
    pub(super) fn embedding(route: &Arc<Route>, registry: &Arc<Registry>, peers: &Peers) -> Option<Self> {
        let embeddings = route.plugin.embeddings.as_ref()?;
        Self::serving(route, &embeddings.target, Serves::Call(Api::Embeddings), registry, peers)
    }

    fn serving(
        route: &Arc<Route>,
        target: &Arc<config::Target>,
        serves: Serves,
        registry: &Arc<Registry>,
        peers: &Peers,
    ) -> Option<Self> {
        let provider = target.model.dialect()?;
        // With a balancer, who fails to connect is left for another target; without, there is only this one.
        let balancer = route.plugin.balancer.as_ref().map(|balancer| balancer.timeouts);
        let patience = balancer.unwrap_or(route.timeouts);
        let one = balancer.is_some() && !matches!(serves, Serves::Batches(..));
        let connections = if one { 1 } else { 1 + u32::from(patience.retries) };
        let timeouts = Timeouts {
            connect: patience.connect,
            write: patience.write,
            read: patience.read,
            call: peers.limits.call,
        };
        let prefix = route.plugin.model_name_header.then(|| format!("{}/", provider.name));
        let credentials = Credentials::new(target, registry);
        let mut backend = Self {
            route: Arc::clone(route),
            target: Arc::clone(target),
            meter: Arc::default(),
            serves,
            provider,
            timeouts,
            connections,
            credentials,
            prefix,
            place: None,
        };
        backend.place = backend.find(peers, provider.base_url, &|_, _| None).ok();
        Some(backend)
    }

    /// Whether there is no balancer, and so nowhere else to go.
    pub(super) fn is_alone(&self) -> bool {
        self.route.plugin.balancer.is_none()
    }

    /// Whether its API stands at a client's path.
    pub(super) fn takes(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        match self.serves {
            Serves::Call(Api::Chat) => path.ends_with("/chat/completions"),
            Serves::Call(Api::Completions) => {
                path.ends_with("/completions") && !path.ends_with("/chat/completions")
            }
            Serves::Call(Api::Embeddings) => path.ends_with("/embeddings"),
            Serves::Call(Api::Messages) => path.ends_with("/messages"),
            Serves::Call(Api::Responses) => path.contains("/responses"),
            serves => serves.resource().is_some_and(|resource| resource.stands_at(path)),
        }
    }

    /// Whether a client that asks for `model` means this target.
    pub(super) fn goes_by(&self, model: &str, values: &Values<'_>) -> bool {
        let Model { name, alias, .. } = &self.target.model;
        let name = name.as_ref().and_then(|name| values.fill(name).ok());
        alias.as_deref() == Some(model) || name.as_deref() == Some(model)
    }

    pub(super) fn fill<'a>(&'a self, values: &Values<'_>) -> Result<Filled<'a>, Fault> {
        let model = &self.target.model;
        let fill = |template: &'a Option<config::Template>| {
            template.as_ref().map(|template| values.fill(template)).transpose()
        };
        let options = &model.options;
        let gemini = &options.gemini;
        Ok(Filled {
            model: fill(&model.name)?,
            anthropic_version: fill(&options.anthropic_version)?,
            azure: [fill(&options.azure.deployment_id)?, fill(&options.azure.api_version)?],
            gemini: [fill(&gemini.project_id)?, fill(&gemini.location_id)?, fill(&gemini.endpoint_id)?],
            latency: fill(&options.bedrock.performance_config_latency)?,
            video_output: fill(&options.bedrock.video_output_s3_uri)?,
        })
    }

    /// What the file says about a call.
    pub(super) fn options<'a>(&self, filled: &'a Filled<'_>) -> Options<'a> {
        let plugin = &self.route.plugin;
        let options = &self.target.model.options;
        Options {
            model: filled.model.as_deref(),
            stream: (plugin.response_streaming == ResponseStreaming::Always).then_some(true),
            upstream: plugin.extensions.upstream_streaming,
            max_tokens: options.max_tokens,
            temperature: options.temperature,
            top_p: options.top_p,
            top_k: options.top_k,
            client_wins: plugin.extensions.tuning == Tuning::Default,
            anthropic_version: filled.anthropic_version.as_deref(),
            azure: Azure { deployment: filled.azure[0].as_deref(), api_version: filled.azure[1].as_deref() },
            gemini: Gemini {
                project: filled.gemini[0].as_deref(),
                location: filled.gemini[1].as_deref(),
                endpoint: filled.gemini[2].as_deref(),
            },
            cohere_input_type: Some(options.cohere.embedding_input_type.name()),
            use_cache: options.huggingface.use_cache,
            wait_for_model: options.huggingface.wait_for_model.or(options.cohere.wait_for_model),
            dimensions: options.embeddings_dimensions,
            normalize: options.bedrock.embeddings_normalize,
            latency: filled.latency.as_deref(),
            video_output: filled.video_output.as_deref(),
            wants_usage: self.route.counts(&self.target),
            strict: plugin.extensions.strict,
            memory: Memory::default(),
        }
    }

    /// The one model that the file allows.
    pub(super) fn fixed_model(&self, filled: &Filled<'_>) -> Option<String> {
        filled.model.as_deref().map(str::to_owned)
    }

    /// Kong's rules on what a client may choose itself.
    pub(super) fn check(&self, target: &Target, filled: &Filled<'_>) -> Result<(), Fault> {
        let plugin = &self.route.plugin;
        if plugin.response_streaming == ResponseStreaming::Deny && target.client_stream {
            return Err(Fault::NoStreaming);
        }
        self.check_model(target.client_model.as_deref(), filled.model.as_deref())
    }

    /// The file's model, and no other.
    pub(super) fn check_model(&self, named: Option<&str>, model: Option<&str>) -> Result<(), Fault> {
        let alias = self.target.model.alias.as_deref();
        match (model, named) {
            (Some(model), Some(own)) if !own.is_empty() && own != model && Some(own) != alias => {
                Err(Fault::OwnModel(model.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Where a request with these values goes; `base_url`: where not to the provider's models, but to another service of it.
    pub(super) fn place(
        &self,
        peers: &Peers,
        values: &Values<'_>,
        base_url: Option<&str>,
    ) -> Result<Cow<'_, Place>, Fault> {
        match (&self.place, base_url) {
            (Some(place), None) => Ok(Cow::Borrowed(place)),
            (_, other) => {
                let base_url = other.unwrap_or(self.provider.base_url);
                self.find(peers, base_url, &|source, name| values.get(source, name)).map(Cow::Owned)
            }
        }
    }

    fn find<'v>(
        &self,
        peers: &Peers,
        base_url: &str,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Place, Fault> {
        let options = &self.target.model.options;
        // Buckets are no models: what the file says of those is not about them.
        let is_bucket = base_url == OBJECTS;
        let url: Cow<'_, Uri> = match &options.upstream_url {
            _ if is_bucket => Cow::Owned(self.bucket_place(value)?),
            Some(url) => url.resolve(value)?,
            None => Cow::Owned(self.own_place(base_url, value)?),
        };
        let path = match &options.upstream_path {
            Some(path) if options.upstream_url.is_none() && !is_bucket => {
                path.resolve_within(value)?.into_owned()
            }
            _ => url.path().to_owned(),
        };
        let peer = peers.get(Origin::of(&url)).ok_or(Fault::Connect("its name is not one"))?;
        Ok(Place { peer, path })
    }

    /// Where S3 is: where the environment says, as AWS's own clients read it, or else in the region.
    fn bucket_place<'v>(&self, value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>) -> Result<Uri, Fault> {
        let set = |name| self.target.auth.surroundings.get(name);
        match set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL")) {
            Some(url) => Ok(UpstreamUrl::parse(url)?.resolve(value)?.into_owned()),
            None => self.own_place(OBJECTS, value),
        }
    }

    /// Where the target's batches lie, where they must lie somewhere.
    pub(super) fn storage(&self, values: &Values<'_>) -> Result<Storage, Fault> {
        let bedrock = &self.target.model.options.bedrock;
        let fill = |template: &Option<config::Template>| {
            let filled = template.as_ref().map(|template| values.fill(template)).transpose()?;
            Ok::<_, Fault>(filled.map(Cow::into_owned).unwrap_or_default())
        };
        Ok(Storage::read(&fill(&bedrock.batch_bucket_prefix)?, &fill(&bedrock.batch_role_arn)?)?)
    }

    /// The provider's own address, with what the file says of it.
    fn own_place<'v>(
        &self,
        base_url: &str,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Uri, Fault> {
        let options = &self.target.model.options;
        let parts = [
            ("{region}", &options.bedrock.region),
            ("{instance}", &options.azure.instance),
            ("{workspace}", &options.databricks.workspace_instance_id),
            ("{endpoint}", &options.gemini.api_endpoint),
        ];
        let mut url = base_url.to_owned();
        for (name, template) in parts.into_iter().filter(|(name, _)| base_url.contains(name)) {
            let part =
                template.as_ref().map(|template| template.resolve(value)).transpose()?.unwrap_or_default();
            // It is part of a host name: what a client may choose must not lead to another host.
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if part.is_empty() || !part.bytes().all(legal) {
                return Err(Fault::Unprintable("address"));
            }
            url = url.replace(name, &part);
        }
        url.parse().map_err(|_| Fault::Unprintable("address"))
    }

    /// Bytes that a request's body may have; `most` where the file does not say.
    pub(super) fn limit(&self, most: u64) -> u64 {
        self.route.plugin.max_request_body_size.map_or(most, NonZeroU64::get)
    }

    /// The methods that the route takes.
    pub(super) fn methods(&self) -> &'static [&'static str] {
        match self.serves {
            Serves::Call(Api::Responses) => Resource::Responses.methods(),
            Serves::Call(_) | Serves::Work(..) => &["POST"],
            Serves::Passage(passage) => passage.resource.methods(),
            Serves::Batches(_, resource) => resource.methods(),
            Serves::Videos(_) => Resource::Videos.methods(),
        }
    }

    /// How the provider's streams may be framed; the first way is asked for.
    pub(super) fn framings(&self, api: Api) -> &'static [Framing] {
        self.provider.framings(api)
    }
}

impl Values<'_> {
    fn fill<'t>(&self, template: &'t config::Template) -> Result<Cow<'t, str>, config::TemplateError> {
        template.resolve(&|source, name| self.get(source, name))
    }

    pub(super) fn get(&self, source: Source, name: &str) -> Option<Cow<'_, str>> {
        match source {
            Source::Headers => text(&self.head.headers, name).map(Cow::Borrowed),
            Source::QueryParams => percent::parameter(self.head.uri.query()?, name),
            Source::UriCaptures => self.captures.get(name).map(Cow::Borrowed),
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
