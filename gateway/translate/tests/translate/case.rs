//! The cases in `specs/cases`: what a client asks, what a provider gets, what it answers, what the client gets.

use std::ops::Deref;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde::Deserialize;
use serde_json::Value;
use translate::Error;
use translate::call::{self, Api, Azure, Call, Collector, Gemini, Options, Stream, Target};
use translate::delta::Usage;
use translate::providers::{self, Provider};
use translate::wire::Framing;

use crate::folder::{Folder, routes};

/// A call, as one folder of `specs/cases/<api>/<provider>/<case>` shows it.
pub(crate) struct Case {
    pub(crate) api: Api,
    folder: Folder,
}

impl Deref for Case {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

/// `options.json`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CaseOptions {
    model: Option<String>,
    stream: Option<bool>,
    upstream: Option<bool>,
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    client_wins: bool,
    anthropic_version: Option<String>,
    azure_deployment: Option<String>,
    azure_api_version: Option<String>,
    gemini_project: Option<String>,
    gemini_location: Option<String>,
    gemini_endpoint: Option<String>,
    cohere_input_type: Option<String>,
    use_cache: Option<bool>,
    wait_for_model: Option<bool>,
    dimensions: Option<u32>,
    normalize: bool,
    latency: Option<String>,
    video_output: Option<String>,
    strict: bool,
    /// The model that was asked for, as the reader of the reply is told.
    reply_model: Option<String>,
    /// The tokens that a header of the reply counts.
    reply_tokens: Option<u64>,
}

/// How a stream travels.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) api: Api,
    pub(crate) provider: &'static Provider,
    pub(crate) framing: Framing,
}

impl Way {
    /// The chat of a provider, in the framing that it is asked for.
    pub(crate) fn chat(provider: &str) -> Self {
        let provider = providers::by_id(provider).unwrap();
        Self { api: Api::Chat, provider, framing: provider.framings(Api::Chat)[0] }
    }

    pub(crate) fn open(self, call: &Call) -> Stream {
        Stream::new(self.api, self.provider, call, self.framing).unwrap()
    }

    /// The whole reply that a stream stands for.
    pub(crate) fn collect(self, call: &Call, bytes: &[u8]) -> Result<(Vec<u8>, Option<Usage>), Error> {
        let mut collector = Collector::new(self.api, self.provider, call, self.framing)?;
        collector.push(bytes)?;
        collector.finish().map(|reply| (reply.body, reply.usage))
    }

    /// Whether bytes pass through, instead of being translated.
    pub(crate) fn relays(self) -> bool {
        self.provider.relays(self.api)
    }
}

impl CaseOptions {
    /// The model that the provider is asked for, where the case names one.
    pub(crate) fn any_model(&self) -> Option<&str> {
        self.model.as_deref().or(self.reply_model.as_deref())
    }

    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            model: self.model.as_deref(),
            stream: self.stream,
            upstream: self.upstream,
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            client_wins: self.client_wins,
            anthropic_version: self.anthropic_version.as_deref(),
            azure: Azure {
                deployment: self.azure_deployment.as_deref(),
                api_version: self.azure_api_version.as_deref(),
            },
            gemini: Gemini {
                project: self.gemini_project.as_deref(),
                location: self.gemini_location.as_deref(),
                endpoint: self.gemini_endpoint.as_deref(),
            },
            cohere_input_type: self.cohere_input_type.as_deref(),
            use_cache: self.use_cache,
            wait_for_model: self.wait_for_model,
            dimensions: self.dimensions,
            normalize: self.normalize,
            latency: self.latency.as_deref(),
            video_output: self.video_output.as_deref(),
            strict: self.strict,
            ..Options::default()
        }
    }
}

impl Case {
    /// Every case of every API and every provider.
    pub(crate) fn all() -> Vec<Self> {
        // Batches, files and videos are no calls, and works come and go as forms and bytes: files of those names read them.
        let others = ["batches", "files", "images", "transcriptions", "videos"];
        let of = |route: String| {
            let api = Api::ALL.into_iter().find(|api| api.name() == route);
            let api = api.unwrap_or_else(|| panic!("{route} is no API"));
            Folder::all(&route).into_iter().map(move |folder| Self { api, folder })
        };
        routes().into_iter().filter(|route| !others.contains(&&**route)).flat_map(of).collect()
    }

    /// Every case with a streamed reply, and its bytes.
    pub(crate) fn streams() -> Vec<(Self, Way, Vec<u8>)> {
        let with = |case: Self| case.stream().map(|(way, stream)| (case, way, stream));
        Self::all().into_iter().filter_map(with).collect()
    }

    /// The provider's stream as it is on the wire.
    pub(crate) fn stream(&self) -> Option<(Way, Vec<u8>)> {
        let way = |framing| Way { api: self.api, provider: self.provider, framing };
        let plain = [
            ("stream.sse", Framing::Sse),
            ("stream.ndjson", Framing::JsonLines),
            ("stream.json", Framing::JsonArray),
        ];
        for (file, framing) in plain {
            if let Some(text) = self.read(file) {
                return Some((way(framing), text.into_bytes()));
            }
        }
        let lines = self.read("stream.eventstream.jsonl")?;
        let bytes = lines.lines().flat_map(|line| framed(&serde_json::from_str(line).unwrap())).collect();
        Some((way(Framing::EventStream), bytes))
    }

    /// The client's request, translated: where it goes, and the body.
    pub(crate) fn translate(&self, request: &[u8]) -> Result<(Target, Vec<u8>), Error> {
        let (options, mut body) = (self.options(), Vec::new());
        let target = call::request(self.api, self.provider, request, &options.options(), &mut body)?;
        Ok((target, body))
    }

    /// A whole reply, translated.
    pub(crate) fn translate_reply(&self, reply: &[u8]) -> Result<(Vec<u8>, Option<Usage>), Error> {
        call::reply(self.api, self.provider, reply, &self.call())
    }

    /// Whether the client of this case gets a whole reply as a stream.
    pub(crate) fn is_spread(&self) -> bool {
        self.stream().is_none() && self.read("expected.sse").is_some()
    }

    /// A whole reply, translated for a client that gets a stream.
    pub(crate) fn spread(&self) -> Vec<u8> {
        let reply = self.read("reply.json").unwrap_or_else(|| panic!("{self} has no reply"));
        call::spread(self.api, self.provider, reply.as_bytes(), &self.call()).unwrap().body
    }

    /// What the gateway knows about the call.
    pub(crate) fn call(&self) -> Call {
        let base64 = self.json("request.json").is_some_and(|request| request["encoding_format"] == "base64");
        let call = call();
        // What a response repeats of its request.
        let echo = self.read("request.json").filter(|_| self.api == Api::Responses);
        let echo = echo.and_then(|request| Some(self.translate(request.as_bytes()).ok()?.0.echo));
        let CaseOptions { reply_model, reply_tokens, .. } = self.options();
        let echo = echo.unwrap_or_default();
        Call { base64, model: reply_model.unwrap_or(call.model), counted: reply_tokens, echo, ..call }
    }
}

/// What the gateway knows about a call.
pub(crate) fn call() -> Call {
    Call {
        id: "test".to_owned(),
        created: 1_700_000_000,
        model: "anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned(),
        include_usage: true,
        ..Call::default()
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.folder.fmt(f)
    }
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
