//! Kong's plugin entity: which plugin, where it holds, and its own settings.

use super::entity::{Identity, reference, tags};
use super::error::Problem;
use super::field::{Field, nearest};
use super::record::Record;
use super::{AiProxy, Extensions};

/// A plugin that this gateway runs.
pub(super) struct Plugin<'c> {
    pub(super) enabled: bool,
    /// The service that it names, if it names one.
    pub(super) service: Option<(String, Field<'c>)>,
    /// The route that it names, if it names one.
    pub(super) route: Option<(String, Field<'c>)>,
    /// `None`, if its settings are wrong, which is noted then.
    pub(super) settings: Option<AiProxy>,
}

impl<'c> Plugin<'c> {
    /// Reads a plugin; `None`, if it is none of ours.
    pub(super) fn read(record: &mut Record<'c>) -> Option<Self> {
        Identity::read(record, "instance_name");
        let tags = tags(record);
        let enabled = record.boolean("enabled").unwrap_or(true);
        for field in record.get("protocols").map(|field| field.list("a set")).unwrap_or_default() {
            field.parse(protocol);
        }
        let (service, route) = (reference(record, "service"), reference(record, "route"));
        for name in ["consumer", "consumer_group", "ordering", "condition"] {
            if let Some(field) = record.get(name).filter(|_| enabled) {
                field.error(Problem::Unsupported);
            }
        }
        let ours = record.required("name").is_some_and(|field| is_ours(&field, enabled));
        let config = record.get("config");
        if !ours {
            return None;
        }
        let extensions = Extensions::read(&tags);
        let settings = match config {
            Some(field) => field.record(|record| AiProxy::read(record, extensions)),
            None => record.nested("config", |record| AiProxy::read(record, extensions)),
        };
        Some(Self { enabled, service, route, settings: settings.flatten() })
    }
}

/// Whether `name` is `ai-proxy`. Any other is a mistake unless it is switched off: a plugin that is not run in silence
/// could be the one that keeps strangers out.
fn is_ours(name: &Field<'_>, enabled: bool) -> bool {
    let Some(text) = name.string() else { return false };
    if text == NAME {
        return true;
    }
    if enabled {
        name.error(if BUNDLED.contains(&&*text) {
            Problem::UnsupportedName(text)
        } else {
            let meant = nearest(&text, [NAME].into_iter()).map(|name| format!("; did you mean '{name}'?"));
            Problem::Rule(format!("plugin '{text}' not enabled{}", meant.unwrap_or_default()))
        });
    }
    false
}

pub(super) const NAME: &str = "ai-proxy";

/// Plugins of Kong's that AI routes are often given.
const BUNDLED: [&str; 24] = [
    "acl",
    "ai-prompt-decorator",
    "ai-prompt-guard",
    "ai-prompt-template",
    "ai-proxy-advanced",
    "ai-rate-limiting-advanced",
    "ai-request-transformer",
    "ai-response-transformer",
    "ai-semantic-cache",
    "ai-semantic-prompt-guard",
    "basic-auth",
    "correlation-id",
    "cors",
    "file-log",
    "http-log",
    "ip-restriction",
    "jwt",
    "key-auth",
    "opentelemetry",
    "prometheus",
    "rate-limiting",
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
