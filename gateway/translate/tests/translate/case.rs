//! The cases in `specs/cases/chat`: what a client asks, what a provider gets, what it answers, what the client gets.

use std::fs;
use std::path::{Path, PathBuf};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde::Deserialize;
use serde_json::Value;
use translate::chat::{Call, Options};
use translate::providers::{self, Provider};

/// One folder of `specs/cases/chat/<provider>/<case>`.
pub(crate) struct Case {
    pub(crate) provider: &'static Provider,
    pub(crate) name: String,
    folder: PathBuf,
}

/// `options.json`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CaseOptions {
    model: Option<String>,
    stream: Option<bool>,
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    client_wins: bool,
    anthropic_version: Option<String>,
    strict: bool,
}

impl CaseOptions {
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            model: self.model.as_deref(),
            stream: self.stream,
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            client_wins: self.client_wins,
            anthropic_version: self.anthropic_version.as_deref(),
            strict: self.strict,
        }
    }
}

impl Case {
    /// Every case of every provider.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/cases/chat");
        let mut cases = Vec::new();
        for provider in folders(&root) {
            let known = providers::find(&name(&provider)).expect("cases are kept by provider");
            let of = |folder: PathBuf| Self { provider: known, name: name(&folder), folder };
            cases.extend(folders(&provider).into_iter().map(of));
        }
        cases
    }

    /// Every case with a streamed reply, and its bytes.
    pub(crate) fn streams() -> Vec<(Self, Vec<u8>)> {
        Self::all().into_iter().filter_map(|case| case.stream().map(|stream| (case, stream))).collect()
    }

    pub(crate) fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(file)).ok()
    }

    pub(crate) fn json(&self, file: &str) -> Option<Value> {
        self.read(file)
            .map(|text| serde_json::from_str(&text).unwrap_or_else(|why| panic!("{self}/{file}: {why}")))
    }

    pub(crate) fn options(&self) -> CaseOptions {
        let text = self.read("options.json");
        text.map(|text| serde_json::from_str(&text).unwrap_or_else(|why| panic!("{self}: {why}")))
            .unwrap_or_default()
    }

    /// The provider's stream as it is on the wire.
    pub(crate) fn stream(&self) -> Option<Vec<u8>> {
        if let Some(sse) = self.read("stream.sse") {
            return Some(sse.into_bytes());
        }
        let lines = self.read("stream.eventstream.jsonl")?;
        Some(lines.lines().flat_map(|line| framed(&serde_json::from_str(line).unwrap())).collect())
    }

    /// Whether this case shows a provider that does not keep to its own documents.
    pub(crate) fn is_broken(&self) -> bool {
        self.name.starts_with("broken-")
    }

    /// What the gateway knows about the call.
    pub(crate) fn call() -> Call {
        Call {
            id: "test".to_owned(),
            created: 1_700_000_000,
            model: "anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned(),
            include_usage: true,
        }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider.name, self.name)
    }
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(parent)
        .unwrap_or_else(|why| panic!("{}: {why}", parent.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// One line of `stream.eventstream.jsonl`, framed by AWS's own crate.
pub(crate) fn framed(line: &Value) -> Vec<u8> {
    let header = |name: &'static str, value: &Value| {
        Header::new(name, HeaderValue::String(value.as_str().unwrap().to_owned().into()))
    };
    let message = if let Some(code) = line.get("error") {
        Message::new(Vec::new())
            .add_header(header(":message-type", &"error".into()))
            .add_header(header(":error-code", code))
            .add_header(header(":error-message", &line["message"]))
    } else {
        let (kind, name) = if line.get("exception").is_some() {
            ("exception", ":exception-type")
        } else {
            ("event", ":event-type")
        };
        Message::new(line["payload"].to_string().into_bytes())
            .add_header(header(name, &line[kind]))
            .add_header(header(":content-type", &"application/json".into()))
            .add_header(header(":message-type", &kind.into()))
    };
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}
