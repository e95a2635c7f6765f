//! Kong's plugin entity: which plugin, where it holds, and its own settings.

use std::sync::Arc;

use super::entity::{Identity, reference, tags};
use super::error::Problem;
use super::field::{Field, nearest};
use super::plugins::{Acl, AiRateLimiting, By, KeyAuth, OpenTelemetry, Plugins, Prometheus, RateLimiting};
use super::record::Record;
use super::scope::{Place, Whose};
use super::{AiProxy, Extensions, FileLog, HttpLog};

/// A plugin that this gateway runs.
pub(super) struct Plugin<'c> {
    /// What it is: there may be one of a kind where it holds.
    pub(super) kind: &'static Kind,
    pub(super) enabled: bool,
    /// The service that it names, if it names one.
    pub(super) service: Option<(String, Field<'c>)>,
    /// The route that it names, if it names one.
    pub(super) route: Option<(String, Field<'c>)>,
    /// The consumer that it names, if it names one.
    pub(super) consumer: Option<(String, Field<'c>)>,
    /// The consumer group that it names, if it names one.
    pub(super) consumer_group: Option<(String, Field<'c>)>,
    /// `None`, if its settings are wrong, which is noted then.
    pub(super) settings: Option<Settings>,
}

/// A plugin by its name.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Those of one group are one plugin with several names.
    pub(super) group: &'static str,
    read: fn(&mut Record<'_>, Extensions) -> Option<Settings>,
}

/// What a plugin's `config` says.
#[derive(Clone)]
pub(super) enum Settings {
    AiProxy(Box<AiProxy>),
    FileLog(FileLog),
    HttpLog(Box<HttpLog>),
    OpenTelemetry(Arc<OpenTelemetry>),
    Prometheus(Prometheus),
    KeyAuth(KeyAuth),
    Acl(Acl),
    RateLimiting(Arc<RateLimiting>),
    AiRateLimiting(Arc<AiRateLimiting>),
}

/// The group of plugins without which a route has no answer.
pub(super) const AI_PROXY: &str = "ai-proxy";

/// The plugins that this gateway runs.
const KINDS: &[Kind] = &[
    Kind {
        name: "ai-proxy",
        group: AI_PROXY,
        read: |record, extensions| AiProxy::read(record, extensions).map(ai_proxy),
    },
    Kind {
        name: "ai-proxy-advanced",
        group: AI_PROXY,
        read: |record, extensions| AiProxy::read_advanced(record, extensions).map(ai_proxy),
    },
    Kind {
        name: "file-log",
        group: "file-log",
        read: |record, extensions| FileLog::read(record, extensions).map(Settings::FileLog),
    },
    Kind {
        name: "http-log",
        group: "http-log",
        read: |record, _| HttpLog::read(record).map(Box::new).map(Settings::HttpLog),
    },
    Kind {
        name: "opentelemetry",
        group: "opentelemetry",
        read: |record, _| OpenTelemetry::read(record).map(|read| Settings::OpenTelemetry(Arc::new(read))),
    },
    Kind {
        name: "prometheus",
        group: "prometheus",
        read: |record, _| Some(Settings::Prometheus(Prometheus::read(record))),
    },
    Kind {
        name: "key-auth",
        group: "key-auth",
        read: |record, _| KeyAuth::read(record).map(Settings::KeyAuth),
    },
    Kind { name: "acl", group: "acl", read: |record, _| Acl::read(record).map(Settings::Acl) },
    Kind {
        name: "rate-limiting",
        group: "rate-limiting",
        read: |record, _| RateLimiting::read(record).map(Arc::new).map(Settings::RateLimiting),
    },
    Kind {
        name: "ai-rate-limiting-advanced",
        group: "ai-rate-limiting-advanced",
        read: |record, _| AiRateLimiting::read(record).map(Arc::new).map(Settings::AiRateLimiting),
    },
];

/// The names of those.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Those that may hold for a consumer or a consumer group alone: by then it is known who calls.
const PERSONAL: [&str; 2] = ["ai-rate-limiting-advanced", "rate-limiting"];

fn ai_proxy(settings: AiProxy) -> Settings {
    Settings::AiProxy(Box::new(settings))
}

impl Settings {
    /// Adds what holds for a route to the rest of it; the plugin that answers it stands by itself.
    pub(super) fn add_to(&self, plugins: &mut Plugins, place: &Place) {
        match self {
            Self::AiProxy(_) => (),
            Self::KeyAuth(settings) => plugins.key_auth = Some(settings.clone()),
            Self::Acl(settings) => plugins.acl = Some(settings.clone()),
            Self::RateLimiting(settings) => plugins.rate_limiting.add(place, settings),
            Self::AiRateLimiting(settings) => plugins.ai_rate_limiting.add(place, settings),
            Self::FileLog(settings) => plugins.file_log = Some(settings.clone()),
            Self::HttpLog(settings) => plugins.http_log = Some((**settings).clone()),
            Self::OpenTelemetry(settings) => plugins.opentelemetry = Some(Arc::clone(settings)),
            Self::Prometheus(settings) => plugins.prometheus = Some(*settings),
        }
    }

    /// The consumer that who shows no key is taken for.
    pub(super) fn anonymous(&self) -> Option<&str> {
        if let Self::KeyAuth(settings) = self { settings.anonymous.as_deref() } else { None }
    }

    /// What is wrong with a plugin that holds there.
    pub(super) fn misplaced(&self, whose: Option<Whose>) -> Option<&'static str> {
        let needs_group = match self {
            Self::RateLimiting(settings) => settings.by == By::ConsumerGroup,
            Self::AiRateLimiting(settings) => settings.counts_by(&By::ConsumerGroup),
            _ => false,
        };
        let is_there = matches!(whose, Some(Whose::Group(_)));
        (needs_group && !is_there).then_some("counting by consumer-group needs a plugin of a consumer group")
    }
}

impl<'c> Plugin<'c> {
    /// Whether it may hold for some alone.
    pub(super) fn is_personal(&self) -> bool {
        PERSONAL.contains(&self.kind.name)
    }

    /// Reads a plugin; `None`, if it is none of ours.
    pub(super) fn read(record: &mut Record<'c>) -> Option<Self> {
        record.says(&[
            ("name", "Which plugin."),
            ("config", "Its settings."),
            ("enabled", "Whether it does anything; one that does not may be any of Kong's."),
            ("protocols", "Schemes of requests; nothing here."),
            ("service", "The service that it is for, by name or id."),
            ("route", "The route that it is for, by name or id."),
            ("consumer", "The consumer that it is for, by username or id."),
            ("consumer_group", "The consumer group that it is for, by name or id."),
            ("ordering", "Not served."),
            ("condition", "Not served."),
        ]);
        let identity = Identity::read(record, "instance_name");
        let tags = tags(record);
        let enabled = record.boolean_or("enabled", true);
        for field in record.get("protocols").map(|field| field.list("a set")).unwrap_or_default() {
            field.parse(protocol);
        }
        let (service, route) = (reference(record, "service"), reference(record, "route"));
        for name in ["ordering", "condition"] {
            if let Some(field) = record.get(name).filter(|_| enabled) {
                field.error(Problem::Unsupported);
            }
        }
        let (consumer, consumer_group) = (reference(record, "consumer"), reference(record, "consumer_group"));
        let kind = record.required("name").and_then(|field| kind(&field, enabled));
        let is_personal = kind.is_some_and(|kind| PERSONAL.contains(&kind.name));
        for (_, field) in [&consumer, &consumer_group].into_iter().flatten() {
            if enabled && !is_personal {
                field.error(Problem::Unsupported);
            }
        }
        let config = record.get("config");
        let kind = kind?;
        let extensions = Extensions::read(&tags, kind.group);
        let settings = match config {
            Some(field) => field.record(|record| (kind.read)(record, extensions)),
            None => record.nested("config", |record| (kind.read)(record, extensions)),
        };
        let mut settings = settings.flatten();
        if let Some(Settings::AiProxy(plugin)) = &mut settings {
            plugin.id = identity.id.or(identity.name);
        }
        Some(Self { kind, enabled, service, route, consumer, consumer_group, settings })
    }
}

/// Which of ours `name` is. Any other is a mistake unless it is switched off: a plugin that is not run in silence could
/// be the one that keeps strangers out.
fn kind(name: &Field<'_>, enabled: bool) -> Option<&'static Kind> {
    let text = name.string()?;
    let known = KINDS.iter().find(|kind| kind.name == text);
    if known.is_none() && enabled {
        name.error(if BUNDLED.contains(&&*text) {
            Problem::UnsupportedName(text)
        } else {
            let meant = nearest(&text, KINDS.iter().map(|kind| kind.name));
            let meant = meant.map(|name| format!("; did you mean '{name}'?"));
            Problem::Rule(format!("plugin '{text}' not enabled{}", meant.unwrap_or_default()))
        });
    }
    known
}

/// Plugins of Kong's that AI routes are often given.
const BUNDLED: [&str; 15] = [
    "ai-prompt-decorator",
    "ai-prompt-guard",
    "ai-prompt-template",
    "ai-request-transformer",
    "ai-response-transformer",
    "ai-semantic-cache",
    "ai-semantic-prompt-guard",
    "basic-auth",
    "correlation-id",
    "cors",
    "ip-restriction",
    "jwt",
    "request-size-limiting",
    "request-transformer",
    "response-transformer",
];

/// Kong's HTTP protocols; the plugin does the same for all.
fn protocol(text: &str) -> Result<(), Problem> {
    const NAMES: [&str; 4] = ["grpc", "grpcs", "http", "https"];
    if NAMES.contains(&text) {
        return Ok(());
    }
    Err(Problem::OneOf { names: NAMES.join(", "), nearest: None })
}
