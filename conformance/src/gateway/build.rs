//! Profiles written in Rust, for those who run the suite as a test of their own.

use std::collections::BTreeMap;

use super::upstream::{Mode, Tls};
use super::{Policies, Profile, Route, Streaming};
use crate::Surface;
use crate::report::model::{Expectation, Implementation};

impl Profile {
    /// A gateway that claims nothing yet.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            api_version: "touchstone/v1".to_owned(),
            kind: "GatewayProfile".to_owned(),
            implementation: Implementation { project: name.clone(), ..Implementation::default() },
            setup: None,
            render: Vec::new(),
            upstream: Mode::default(),
            tls: Tls::default(),
            start: None,
            jobs: None,
            patience_ms: None,
            headers: BTreeMap::new(),
            routes: Vec::new(),
            features: Vec::new(),
            policies: Policies::default(),
            expected: Vec::new(),
            templates: BTreeMap::new(),
            name,
        }
    }

    /// It serves this.
    #[must_use]
    pub fn with_route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// It claims this: `tools`, `images`, `structured-output`, `reasoning`, `disconnect-cancels`.
    #[must_use]
    pub fn with_feature(mut self, feature: impl Into<String>) -> Self {
        self.features.push(feature.into());
        self
    }

    /// The client sends this header with every request.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// It is known to fail this: a glob over a requirement, or over `<requirement>@<scenario>@<cell>`. Where it does not fail any
    /// more, the run is not as expected.
    #[must_use]
    pub fn expecting(mut self, glob: impl Into<String>, reason: impl Into<String>) -> Self {
        self.expected.push(Expectation {
            id: glob.into(),
            reason: reason.into(),
            link: None,
            sometimes: false,
        });
        self
    }
}

impl Route {
    /// The client posts to this path to reach this provider: `openai`, `anthropic`, …
    pub fn new(surface: Surface, provider: impl Into<String>, path: impl Into<String>) -> Self {
        let provider = provider.into();
        Self {
            name: provider.clone(),
            provider,
            surface,
            path: path.into(),
            headers: BTreeMap::new(),
            model: None,
            request: serde_json::Map::new(),
            upstream_model: String::new(),
            targets: Vec::new(),
            version: None,
            variant: false,
            streaming: Streaming::Yes,
            without: Vec::new(),
        }
    }

    /// The model that the client names, and the one that must reach the provider.
    #[must_use]
    pub fn with_model(mut self, client: impl Into<String>, upstream: impl Into<String>) -> Self {
        self.model = Some(client.into());
        self.upstream_model = upstream.into();
        self
    }

    /// It has not got this feature of the gateway's.
    #[must_use]
    pub fn without(mut self, feature: impl Into<String>) -> Self {
        self.without.push(feature.into());
        self
    }
}
