//! Evidence by hand: a scenario, what the provider was asked, what the client got.

use bytes::Bytes;
use conformance::case::{Asked, Case, Secrets, Sent};
use conformance::client::Transcript;
use conformance::expected::Expected;
use conformance::gateway::{Policies, Route};
use conformance::report::model::End;
use conformance::{Cell, Mode, scenario};
use serde_json::{Value, json};

/// What was seen on both sides.
#[derive(Clone)]
pub(super) struct Evidence {
    pub(super) scenario: &'static str,
    pub(super) provider: &'static str,
    pub(super) mode: Mode,
    /// Over the scenario's own request.
    pub(super) request: Value,
    /// The provider's side.
    pub(super) asked: Vec<Asked>,
    /// The client's side.
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) end: End,
}

pub(super) const PROVIDER_KEY: &str = "sk-of-the-provider-1234";

impl Evidence {
    pub(super) fn whole(scenario: &'static str, provider: &'static str, asked: Value, body: &Value) -> Self {
        Self {
            scenario,
            provider,
            mode: Mode::Whole,
            request: Value::Null,
            asked: vec![asked_with(provider, false, asked)],
            status: 200,
            headers: header("content-type", "application/json"),
            body: body.to_string(),
            end: End::Complete,
        }
    }

    pub(super) fn stream(
        scenario: &'static str,
        provider: &'static str,
        asked: Value,
        events: &[Value],
    ) -> Self {
        Self {
            mode: Mode::Stream,
            asked: vec![asked_with(provider, true, asked)],
            headers: header("content-type", "text/event-stream"),
            body: sse(events),
            ..Self::whole(scenario, provider, Value::Null, &Value::Null)
        }
    }

    pub(super) fn case(&self) -> Case {
        let scenario = scenario::find(self.scenario).expect("a scenario");
        let route = Route {
            name: self.provider.to_owned(),
            provider: self.provider.to_owned(),
            surface: scenario.surface,
            path: "/chat".to_owned(),
            headers: std::collections::BTreeMap::new(),
            request: serde_json::Map::new(),
            model: None,
            upstream_model: "the-model".to_owned(),
            targets: Vec::new(),
            version: None,
            variant: false,
            streaming: conformance::gateway::Streaming::Yes,
            without: Vec::new(),
        };
        let policies = Policies { dropped_header: Some("x-dropped".to_owned()), ..Policies::default() };
        let cell = Cell { surface: scenario.surface, provider: self.provider.to_owned(), mode: self.mode };
        let expected = Expected::new(scenario, scenario.surface, &scenario.replies, self.provider)
            .in_mode(self.mode, self.provider);
        Case::new(
            (std::sync::Arc::clone(scenario), cell, route),
            policies,
            self.sent(&scenario.request),
            self.transcript(),
            self.asked.clone(),
            expected,
        )
    }

    fn sent(&self, request: &Value) -> Sent {
        let json = if self.request.is_null() { request.clone() } else { self.request.clone() };
        let secrets = Secrets {
            client: "sk-of-the-client-5678".to_owned(),
            upstream: vec![PROVIDER_KEY.to_owned()],
            ..Secrets::default()
        };
        Sent {
            method: "POST".to_owned(),
            body: json.to_string().into_bytes(),
            json,
            secrets,
            ..Sent::default()
        }
    }

    fn transcript(&self) -> Transcript {
        Transcript {
            sent: tokio::time::Instant::now(),
            status: Some(self.status),
            headers: self.headers.clone(),
            head_ms: 1.0,
            pieces: vec![(2.0, Bytes::from(self.body.clone()))],
            end: self.end,
            reason: String::new(),
            end_ms: 3.0,
        }
    }
}

/// A request that the provider took.
pub(super) fn asked_with(provider: &str, stream: bool, json: Value) -> Asked {
    let (path, operation) = match (provider, stream) {
        ("openai", _) => ("/openai/v1/chat/completions", "createChatCompletion"),
        ("anthropic", _) => ("/anthropic/v1/messages", "createMessage"),
        ("mistral", _) => ("/mistral/v1/chat/completions", "chatCompletion"),
        (_, false) => ("/bedrock/model/the-model/converse", "Converse"),
        (_, true) => ("/bedrock/model/the-model/converse-stream", "ConverseStream"),
    };
    let mut headers = header("content-type", "application/json");
    headers.extend(header("anthropic-version", "2023-06-01"));
    Asked {
        provider: provider.to_owned(),
        operation: operation.to_owned(),
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers,
        body: json.to_string().into_bytes(),
        json,
        status: 200,
        finished_ms: Some(2.0),
        ..Asked::default()
    }
}

pub(super) fn header(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

/// Events as a good stream has them, `[DONE]` included.
pub(super) fn sse(events: &[Value]) -> String {
    let mut text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    text.push_str("data: [DONE]\n\n");
    text
}

/// A chunk around one choice.
pub(super) fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "the-model",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]})
}
