//! A profile: how to configure, start and stop a gateway, what it claims, and what it is known to do wrong.
//!
//! A folder with `profile.yaml` and the templates that it names; see `conformance/gateways/touchstone`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::claims;
use super::known::{self, Known};
use super::setup::Setup;
pub use super::start::Start;
use super::streaming::Streaming;
use super::upstream::{Mode, Tls};
use crate::report::model::{Expectation, Implementation};
use crate::{Error, Surface, embedded};

/// Everything the suite knows of one gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// `touchstone/v1`.
    pub api_version: String,
    /// `GatewayProfile`.
    pub kind: String,
    /// What it is.
    pub implementation: Implementation,
    /// How it is brought onto this machine; absent where it is there already.
    #[serde(default)]
    pub setup: Option<Setup>,
    /// Configuration files to render.
    #[serde(default)]
    pub render: Vec<Render>,
    /// How it reaches its providers.
    #[serde(default)]
    pub upstream: Mode,
    /// The providers' own hosts, where it calls those.
    #[serde(default)]
    pub tls: Tls,
    /// How to start it; absent for a gateway that already runs.
    #[serde(default)]
    pub start: Option<Start>,
    /// How many plays it is asked at once; absent: as many as the machine can play.
    #[serde(default)]
    pub jobs: Option<u16>,
    /// How long a client waits for the next byte, where that is longer than others need.
    #[serde(default)]
    pub patience_ms: Option<u64>,
    /// Headers that the client sends with every request; their values are templates.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Where it serves what.
    pub routes: Vec<Route>,
    /// What it claims: `tools`, `images`, …
    #[serde(default)]
    pub features: Vec<String>,
    /// What it does where several ways are right.
    #[serde(default)]
    pub policies: Policies,
    /// Failures that are known, each with its reason; here, and in an `expected.yaml` beside it.
    #[serde(default, deserialize_with = "known::expand")]
    pub expected: Vec<Expectation>,
    /// The templates, by file name.
    #[serde(skip)]
    pub templates: BTreeMap<String, String>,
    /// Name of the folder.
    #[serde(skip)]
    pub name: String,
}

/// One configuration file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Render {
    /// File in the profile's folder: a template of `minijinja`.
    pub template: String,
    /// File in the working folder.
    pub to: String,
}

/// One client surface served by one provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Name of the cell's provider: the provider itself, or a variant such as `anthropic-2026-10-21`.
    pub name: String,
    /// `openai`, `anthropic`, `bedrock`: the dialect upstream.
    pub provider: String,
    /// What the client speaks there; chat unless said otherwise.
    #[serde(default)]
    pub surface: Surface,
    /// Path that the client posts to.
    pub path: String,
    /// Headers that the client sends there, over the profile's; their values are templates.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// `model` of the client's requests; absent: the client sends none.
    #[serde(default)]
    pub model: Option<String>,
    /// Members that the client's requests have there where a scenario does not say otherwise: what a gateway leaves to its
    /// clients, such as a limit that the provider insists on.
    #[serde(default)]
    pub request: serde_json::Map<String, serde_json::Value>,
    /// The model that must reach the provider.
    pub upstream_model: String,
    /// Further targets of the route, which take its calls in turn, or when the first one fails.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Version of the provider's API that the route is configured for.
    #[serde(default)]
    pub version: Option<String>,
    /// Whether scenarios that are worth it are played here too, besides on the provider's own route.
    #[serde(default)]
    pub variant: bool,
    /// Whether the route streams.
    #[serde(default)]
    pub streaming: Streaming,
    /// Features of the gateway that the route has not got, because its provider has not.
    #[serde(default)]
    pub without: Vec<String>,
}

/// Another provider behind a route.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Its dialect.
    pub provider: String,
    /// The model that must reach it.
    pub upstream_model: String,
    /// Version of its API that the route is configured for.
    #[serde(default)]
    pub version: Option<String>,
}

impl Route {
    /// The same route, as if the target of this provider were its only one.
    pub(crate) fn at(&self, provider: &str) -> Self {
        let mut route = self.clone();
        if let Some(target) = self.targets.iter().find(|target| target.provider == provider) {
            route.provider.clone_from(&target.provider);
            route.upstream_model.clone_from(&target.upstream_model);
            route.version.clone_from(&target.version);
        }
        route
    }
}

/// What a gateway does where several ways are right.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policies {
    /// A client that goes away ends the provider's call.
    pub client_disconnect: Disconnect,
    /// Reply header that names the members of the request that the provider has no place for.
    pub dropped_header: Option<String>,
    /// How long the gateway waits for the next byte of a provider that fell silent.
    pub silence_ms: Option<u64>,
}

/// What becomes of a call whose client went away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disconnect {
    /// It is cancelled at once.
    #[default]
    Cancel,
    /// It is read to its end, for the accounts.
    Drain,
}

impl Profile {
    /// Finds a profile: a folder, or the name of a bundled one.
    ///
    /// # Errors
    /// [`Error::NoProfile`], [`Error::Parse`], [`Error::File`].
    pub fn load(name: &str) -> Result<Self, Error> {
        let folder = Path::new(name);
        if folder.join("profile.yaml").is_file() {
            return Self::from_folder(folder);
        }
        let short = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
        let files: BTreeMap<String, String> = embedded::GATEWAYS
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(short)?.strip_prefix('/')?, *text)))
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        if files.is_empty() { Err(Error::NoProfile(name.to_owned())) } else { Self::from_files(short, files) }
    }

    fn from_folder(folder: &Path) -> Result<Self, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
                files.insert(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text);
            }
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::from_files(&name, files)
    }

    fn from_files(name: &str, mut files: BTreeMap<String, String>) -> Result<Self, Error> {
        let text = files.remove("profile.yaml").unwrap_or_default();
        let mut profile = Self::parse(name, &text)?;
        if let Some(text) = files.remove(known::FILE) {
            let known = known::parse(&format!("{name}/{}", known::FILE), &text)?;
            profile.expected.extend(known.iter().flat_map(Known::expectations));
        }
        Ok(Self { templates: files, ..profile })
    }

    /// Reads a profile without templates.
    ///
    /// # Errors
    /// [`Error::Parse`] with line and column.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let profile: Self = serde_saphyr::from_str(text).map_err(|error| Error::Parse {
            file: format!("{name}/profile.yaml"),
            reason: error.to_string(),
        })?;
        let mistakes = claims::mistakes(&profile);
        if !mistakes.is_empty() {
            return Err(Error::Parse { file: format!("{name}/profile.yaml"), reason: mistakes.join("\n") });
        }
        let mut implementation = profile.implementation;
        // The bundled gateway is part of this binary, and has its version.
        implementation.version = implementation.version.replace("{{ version }}", env!("CARGO_PKG_VERSION"));
        Ok(Self { name: name.to_owned(), implementation, ..profile })
    }

    /// Names of the bundled profiles.
    pub fn bundled() -> impl Iterator<Item = &'static str> {
        embedded::GATEWAYS.iter().filter_map(|(path, _)| path.strip_suffix("/profile.yaml"))
    }

    /// The route of this name on a surface. The same name may stand for a route on each.
    pub fn route(&self, surface: Surface, name: &str) -> Option<&Route> {
        self.on(surface).find(|route| route.name == name)
    }

    /// Whether this is a provider's own route on its surface: the first that is no variant.
    pub fn is_own(&self, route: &Route) -> bool {
        let is_its = |other: &&Route| other.provider == route.provider && !other.variant;
        self.on(route.surface).find(is_its).is_some_and(|own| own.name == route.name)
    }

    /// Every header's value, the routes' too, to be filled in.
    pub(super) fn header_values(&mut self) -> impl Iterator<Item = (&String, &mut String)> {
        let routes = self.routes.iter_mut().flat_map(|route| &mut route.headers);
        self.headers.iter_mut().chain(routes)
    }

    /// The routes on a surface, in order.
    pub fn on(&self, surface: Surface) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| route.surface == surface)
    }

    /// Whether the profile claims all of these.
    pub fn lacks<'a>(&self, features: &'a [String]) -> Option<&'a str> {
        features.iter().find(|feature| !self.features.contains(feature)).map(String::as_str)
    }
}
