//! What a call counts under.

use super::names::{Names, OTHER, cut};
use super::views::Views;
use crate::config::RouteType;
use crate::statistics::{Facts, failure};

/// What calls are told apart by: all that any family of metrics has a label for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key<S> {
    pub(crate) service: S,
    pub(crate) route: S,
    pub(crate) consumer: S,
    pub(crate) provider: &'static str,
    /// The model that was asked for.
    pub(crate) model: S,
    /// The one that says that it answered.
    pub(crate) answered: S,
    /// In the words of the semantic conventions: `chat`.
    pub(crate) operation: &'static str,
    /// Kong's `request_mode`.
    pub(crate) mode: &'static str,
    /// What the client got.
    pub(crate) status: u16,
    pub(crate) outcome: &'static str,
    /// Whether that is what the upstream said.
    pub(crate) upstream: bool,
    /// In which families it counts.
    pub(crate) views: Views,
}

impl<'k> Key<&'k str> {
    pub(super) fn of(facts: &Facts<'k>, names: &Names, views: Views) -> Self {
        let known = facts.target.and_then(|target| target.model.name.as_ref()?.fixed());
        let name = |name: Option<&'k str>| {
            let name = cut(name.unwrap_or_default());
            if known == Some(name) { name } else { names.admit(name) }
        };
        let route = facts.route;
        Self {
            service: route.and_then(|route| route.service.as_deref()).unwrap_or_default(),
            route: route.and_then(|route| route.name.as_deref()).unwrap_or_default(),
            consumer: facts.consumer.unwrap_or_default(),
            provider: facts.provider.unwrap_or_default(),
            model: name(facts.request_model),
            answered: name(facts.response_model),
            operation: facts.target.map_or("", |target| operation(target.route_type)),
            mode: facts.mode.name(),
            status: facts.status,
            outcome: facts.outcome,
            upstream: facts.upstream_status.is_some(),
            views,
        }
    }

    /// The same for whoever finds no room: without what clients choose.
    pub(super) fn lumped(self) -> Self {
        let lump = |name: &'k str| if name.is_empty() { name } else { OTHER };
        Self { consumer: lump(self.consumer), model: lump(self.model), answered: lump(self.answered), ..self }
    }

    pub(super) fn owned(&self) -> Key<Box<str>> {
        self.with(|name| Box::from(*name))
    }
}

impl Key<Box<str>> {
    /// A word for what went wrong, if anything did.
    pub(crate) fn failure(&self) -> Option<&'static str> {
        failure(self.outcome, self.status)
    }

    pub(super) fn borrowed(&self) -> Key<&str> {
        self.with(|name| &**name)
    }
}

impl<S> Key<S> {
    /// The same key, its names otherwise at hand.
    fn with<'s, T>(&'s self, name: impl Fn(&'s S) -> T) -> Key<T> {
        Key {
            service: name(&self.service),
            route: name(&self.route),
            consumer: name(&self.consumer),
            provider: self.provider,
            model: name(&self.model),
            answered: name(&self.answered),
            operation: self.operation,
            mode: self.mode,
            status: self.status,
            outcome: self.outcome,
            upstream: self.upstream,
            views: self.views,
        }
    }
}

/// `gen_ai.operation.name`. <https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/>
pub(crate) fn operation(route_type: RouteType) -> &'static str {
    match route_type {
        RouteType::Chat | RouteType::Responses => "chat",
        RouteType::Completions => "text_completion",
        RouteType::Embeddings => "embeddings",
        RouteType::Assistants => "invoke_agent",
        RouteType::Batches => "batches",
        RouteType::Files => "files",
        RouteType::Preserve => "preserve",
        // Pictures, sound and sessions.
        _ => "generate_content",
    }
}
