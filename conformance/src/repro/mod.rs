//! One check of a report again, by hand: the client's call as a `curl` command, the provider's answer as a script of
//! `touchstone mock`, and the command that judges it again.

mod folder;
pub(crate) mod yaml;

use std::fmt;

use mocks::Script;
use serde_json::{Value, json};

use crate::gateway::{Profile, Route};
use crate::redact::names_credential;
use crate::report::model::{Check, Evidence, Message, Report};
use crate::run::{Arena, Options, complete};
use crate::text::quoted;
use crate::{Error, Level, Surface, scenario};

pub(crate) use folder::configured;
pub use folder::save;

/// Everything that it takes to do one check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Repro {
    /// `<requirement>@<scenario>@<cell>`.
    pub key: String,
    /// How much it binds.
    pub level: Level,
    /// The requirement in one sentence.
    pub sentence: String,
    /// What was expected and what came, where the check failed.
    pub finding: Option<String>,
    /// The gateway's address, as it was.
    pub url: String,
    /// Name of the gateway's profile.
    pub profile: String,
    /// Where it was played: surface, route, whole or streamed.
    pub cell: String,
    /// The client's request. Its key is not part of it.
    pub request: Message,
    /// How often it is sent at once.
    pub times: usize,
    /// What the provider answers; absent where the mock answers as it sees fit.
    pub script: Option<Script>,
    /// `touchstone test … --select …`.
    pub command: String,
}

/// Bytes that fit an argument everywhere: Linux takes 128 KiB.
const ARGUMENT: usize = 64 << 10;

impl Repro {
    /// Finds a check by its key, or the first failing one, else the first one, of a requirement or scenario.
    ///
    /// # Errors
    /// [`Error::Unknown`], where the report has no such check, or nothing was played for it.
    pub fn find(report: &Report, key: &str) -> Result<Self, Error> {
        let is_meant = |check: &&Check| check.id == key || check.scenario == key || check.key() == key;
        let named: Vec<_> = report.checks.iter().filter(is_meant).collect();
        let meant: Vec<_> = named.iter().copied().filter(|check| report.evidence(check).is_some()).collect();
        let failing = meant.iter().find(|check| check.is_unexpected() || check.pointer.is_some());
        let found = failing.or(meant.first()).and_then(|check| Some((*check, report.evidence(check)?)));
        let unknown = || Error::Unknown {
            id: key.to_owned(),
            nearest: if named.is_empty() {
                ": nothing like it was played in this report".to_owned()
            } else {
                " of which the report keeps both sides of the wire: judge again with `--evidence all`"
                    .to_owned()
            },
        };
        let (check, evidence) = found.ok_or_else(unknown)?;
        let exchange = evidence.client.first().ok_or_else(unknown)?;
        let requirement = report.requirement(&check.id).ok_or_else(unknown)?;
        let repro = Self {
            key: check.key(),
            level: requirement.level,
            sentence: requirement.sentence.clone(),
            finding: finding(check),
            url: report.environment.url.clone(),
            profile: report.environment.profile.clone(),
            cell: check.cell.clone(),
            request: request(&exchange.request, evidence, &report.environment.profile),
            times: evidence_calls(evidence),
            script: script(report, evidence),
            command: report.command(check),
        };
        // A profile that is not among the bundled ones can be given later.
        let known = Profile::load(&repro.profile).and_then(|profile| repro.clone().by_hand(&profile));
        Ok(known.unwrap_or(repro))
    }

    /// The same with the headers of this profile's route, for mocks where `touchstone mock` listens by itself: a report has
    /// them without the keys.
    ///
    /// # Errors
    /// [`Error::Template`].
    pub fn by_hand(self, profile: &Profile) -> Result<Self, Error> {
        Ok(self.with_headers(&configured(profile)?.profile))
    }

    /// The same with the headers of the route as this profile has them, filled in.
    #[must_use]
    pub fn with_headers(mut self, profile: &Profile) -> Self {
        for (name, value) in route(profile, &self.cell).iter().flat_map(|route| &route.headers) {
            let header = self.request.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name));
            match header {
                Some((_, known)) => known.clone_from(value),
                None => self.request.headers.push((name.to_lowercase(), value.clone())),
            }
        }
        self
    }

    /// The client's call, to the gateway at this address. The client's key is `$API_KEY`. A body beyond what a command
    /// line takes is in `request.json`, which [`save`] writes.
    pub fn curl(&self, url: &str) -> String {
        if self.request.body.len() > ARGUMENT {
            return self.curl_with(url, "@request.json");
        }
        self.curl_with(url, &quoted(&self.request.body))
    }

    /// The same, with the body as `--data-binary` takes it.
    fn curl_with(&self, url: &str, body: &str) -> String {
        let method = self.request.method.as_deref().unwrap_or("POST");
        let path = self.request.path.as_deref().unwrap_or("/");
        let mut text = format!("curl --no-buffer --include -X {method} {}", quoted(&format!("{url}{path}")));
        for (name, value) in &self.request.headers {
            let header = match name.as_str() {
                "host" | "content-length" | "accept" | "user-agent" => continue,
                // The report has its last letters only.
                "authorization" if value.contains('…') => "\"authorization: Bearer $API_KEY\"".to_owned(),
                name if value.contains('…') || is_private(name, value) => {
                    format!("\"{name}: ${}\"", name.to_uppercase().replace('-', "_"))
                }
                _ => quoted(&format!("{name}: {value}")),
            };
            text.push_str(&format!(" \\\n  -H {header}"));
        }
        if !self.request.body.is_empty() {
            text.push_str(&format!(" \\\n  --data-binary {body}"));
        }
        text
    }

    /// The provider's answer in the form of `touchstone mock --script FILE`.
    pub fn script(&self) -> Option<String> {
        let script = serde_json::to_value(self.script.as_ref()?).ok()?;
        Some(yaml::write(&without_defaults(script)))
    }

    /// Starts the mocks with the script, and the gateway of the options, ready for the `curl` command.
    ///
    /// # Errors
    /// As [`Arena::start`].
    pub async fn serve(&self, options: &Options) -> Result<Arena, Error> {
        let arena = Arena::start(options).await?;
        if let Some(script) = &self.script {
            arena.mocks().add(script.clone());
        }
        Ok(arena)
    }
}

impl fmt::Display for Repro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n# {} {}", self.key, self.level.name(), self.sentence)?;
        if let Some(finding) = &self.finding {
            writeln!(f, "# {}", finding.replace('\n', "\n# "))?;
        }
        writeln!(f, "\n# the client's call{}\n{}", times(self.times), self.curl(&self.url))?;
        match self.script() {
            Some(script) => {
                writeln!(f, "\n# the provider's answer: touchstone mock --script FILE\n{script}")?;
            }
            None => writeln!(f, "\n# the provider's answer: the mock's own, touchstone mock")?,
        }
        writeln!(f, "# judged again\n{}", self.command)
    }
}

fn times(times: usize) -> String {
    if times > 1 { format!(", {times} times at once, each with a number of its own") } else { String::new() }
}

fn finding(check: &Check) -> Option<String> {
    let pointer = check.pointer.as_ref()?;
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    Some(format!("{pointer}: expected {}, got {}", part(&check.expected), part(&check.actual)))
}

/// How often the scenario calls at once; the evidence keeps a few of the calls only.
fn evidence_calls(evidence: &Evidence) -> usize {
    let scenario = scenario::find(&evidence.scenario);
    scenario.and_then(|scenario| scenario.client.parallel).unwrap_or(evidence.client.len())
}

/// The request as it was sent. Where the report cut a long body, it is made anew from its scenario.
fn request(sent: &Message, evidence: &Evidence, profile: &str) -> Message {
    let is_whole = sent.body.len() == sent.length && !sent.base64;
    match (is_whole, scenario::find(&evidence.scenario)) {
        (false, Some(scenario)) if scenario.raw.is_none() => {
            let mut body = scenario.marked(&evidence.marker);
            let profile = Profile::load(profile).ok();
            if let Some(route) = profile.as_ref().and_then(|profile| route(profile, &evidence.cell)) {
                complete(&mut body, scenario, route);
                if let Some(model) = &route.model {
                    body["model"] = json!(model);
                }
            }
            if evidence.cell.ends_with("/stream") {
                body["stream"] = json!(true);
            }
            let body = body.to_string();
            Message { length: body.len(), body, base64: false, ..sent.clone() }
        }
        _ => sent.clone(),
    }
}

/// The route of a cell: `openai.chat/anthropic/whole`.
fn route<'a>(profile: &'a Profile, cell: &str) -> Option<&'a Route> {
    let (surface, rest) = cell.split_once('/')?;
    let surface = Surface::ALL.into_iter().find(|known| known.name() == surface)?;
    profile.route(surface, rest.rsplit_once('/')?.0)
}

/// The script that was played, for this marker. One that the report cut is taken from its scenario.
fn script(report: &Report, evidence: &Evidence) -> Option<Script> {
    let row = report.scenarios.iter().find(|row| row.id == evidence.scenario)?;
    let replies = match &row.script["replies"] {
        Value::Null => serde_json::to_value(&scenario::find(&evidence.scenario)?.replies).ok()?,
        replies => replies.clone(),
    };
    let text = replies.to_string().replace("{{marker}}", &evidence.marker);
    let replies: Vec<mocks::script::Reply> = serde_json::from_str(&text).ok()?;
    let first = replies.first()?.clone();
    Some(Script { replies, ..Script::new(evidence.marker.as_str(), first) })
}

/// What is not said need not be written.
fn without_defaults(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().map(|(name, value)| (name, without_defaults(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null() && *value != json!(false)).collect())
        }
        Value::Array(elements) => elements.into_iter().map(without_defaults).collect(),
        other => other,
    }
}

/// Whether a header opens something that is not the mocks'.
fn is_private(name: &str, value: &str) -> bool {
    let credentials = mocks::Credentials::default();
    let ids = credentials.aws.iter().map(|key| key.access_key_id.as_str());
    names_credential(name) && !credentials.secrets().chain(ids).any(|published| value.ends_with(published))
}
