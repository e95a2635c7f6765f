//! The running gateway, between clients and upstreams that the tests hold by their sockets.

#[cfg(all(feature = "redis", feature = "pgvector"))]
mod background;
mod balancing;
mod batches;
mod callers;
mod calls;
mod client;
mod connections;
#[cfg(all(feature = "redis", feature = "pgvector"))]
mod databases;
mod egress;
mod errors;
mod files;
mod forms;
mod http2;
mod identity;
#[cfg(all(feature = "redis", feature = "pgvector"))]
mod kept;
mod keys;
mod limits;
mod log;
mod messages;
mod metrics;
mod native;
mod operations;
mod own_tls;
mod passthrough;
#[path = "../../../conformance/tests/conformance/port.rs"]
mod port;
mod process;
mod providers;
mod quotas;
mod realtime;
mod records;
mod reload;
#[cfg(all(feature = "redis", feature = "pgvector"))]
mod resp;
mod responses;
mod rules;
mod semantic;
#[cfg(all(feature = "redis", feature = "pgvector"))]
mod sharing;
mod statistics;
mod status;

mod streams;
mod surfaces;
#[cfg(feature = "otlp")]
mod telemetry;
mod texts;
mod tls;
mod turns;
mod upstream;
#[cfg(all(feature = "redis", feature = "pgvector"))]
mod vectors;
mod videos;
mod works;

use std::net::SocketAddr;
use std::path::PathBuf;

use gateway::config::Config;
use gateway::{Egress, Gateway, Limits, Settings, StatusAddress, Tls};
use serde_json::{Value, json};

use client::Client;
use upstream::Upstream;

/// What clients ask in most tests.
const ASK: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#;
const ASK_STREAM: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;

/// What OpenAI answers in most tests.
const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#;

/// The secret of every test's upstream.
const KEY: &str = "sk-secret-of-the-gateway";

/// A plugin's `config` for a provider behind `url`.
fn plugin(provider: &str, url: &str) -> Value {
    let auth = match provider {
        "bedrock" => json!({"aws_access_key_id": "AKIATOUCHSTONE000001", "aws_secret_access_key": KEY}),
        "anthropic" => json!({"header_name": "x-api-key", "header_value": KEY}),
        _ => json!({"header_name": "Authorization", "header_value": format!("Bearer {KEY}")}),
    };
    let mut options = json!({"upstream_url": url});
    if provider == "bedrock" {
        options["bedrock"] = json!({"aws_region": "us-east-1"});
    }
    if provider == "mistral" {
        options["mistral_format"] = json!("openai");
    }
    if provider == "anthropic" {
        options["anthropic_version"] = json!("2023-06-01");
        options["max_tokens"] = json!(256);
    }
    json!({"route_type": "llm/v1/chat", "auth": auth, "model": {"provider": provider, "name": "m", "options": options}})
}

/// A gateway with one route, `/chat`, for clients that speak plain HTTP.
struct Setup {
    name: &'static str,
    plugin: Value,
    /// Plugins beside it, with their names.
    beside: Vec<(&'static str, Value)>,
    tags: Vec<&'static str>,
    /// Whether operators may look.
    watched: bool,
    /// Where clients connect.
    at: SocketAddr,
    service: Value,
    /// Further members of the file.
    members: Vec<(&'static str, Value)>,
    limits: Limits,
    threads: usize,
    protocols: Option<Value>,
    trust: Option<PathBuf>,
    tls: Option<Tls>,
    egress: Egress,
    /// What the environment says.
    env: Vec<(&'static str, String)>,
}

impl Setup {
    /// One thread: what a test sees on one connection another one sees too.
    fn new(provider: &str, upstream: SocketAddr) -> Self {
        Self::with("ai-proxy", plugin(provider, &format!("http://{upstream}")))
    }

    /// Several targets, each a plugin's `config`, and what the file says of choosing.
    fn among(targets: &[Value], balancer: &Value) -> Self {
        Self::with("ai-proxy-advanced", json!({"targets": targets, "balancer": balancer}))
    }

    fn with(name: &'static str, plugin: Value) -> Self {
        Self {
            name,
            plugin,
            beside: Vec::new(),
            tags: Vec::new(),
            watched: false,
            at: "127.0.0.1:0".parse().unwrap(),
            service: json!({"name": "ai", "host": "localhost"}),
            members: Vec::new(),
            limits: Limits::default(),
            threads: 1,
            protocols: None,
            trust: None,
            tls: None,
            egress: Egress::default(),
            env: Vec::new(),
        }
    }

    /// Sets a variable of the environment.
    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Sets a member of the plugin's `config`, by its JSON pointer.
    fn set(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        self.plugin.pointer_mut(parent).unwrap()[name] = value.into();
        self
    }

    /// Adds a tag to the plugin.
    fn tagged(mut self, tag: &'static str) -> Self {
        self.tags.push(tag);
        self
    }

    /// Adds a plugin beside it.
    fn beside(mut self, name: &'static str, config: Value) -> Self {
        self.beside.push((name, config));
        self
    }

    /// Which schemes the route serves.
    fn protocols(mut self, protocols: Value) -> Self {
        self.protocols = Some(protocols);
        self
    }

    /// Lets operators look.
    fn watched(mut self) -> Self {
        self.watched = true;
        self
    }

    /// Adds a member to the file.
    fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    fn service(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.service[name] = value.into();
        self
    }

    /// The file that says so.
    fn file(&self) -> String {
        let mut service = self.service.clone();
        let mut plugins = vec![json!({"name": self.name, "tags": self.tags, "config": self.plugin})];
        let beside = self.beside.iter().map(|(name, config)| json!({"name": name, "config": config}));
        plugins.extend(beside);
        let mut route = json!({"name": "chat", "paths": ["/chat"], "plugins": plugins});
        if let Some(protocols) = &self.protocols {
            route["protocols"] = protocols.clone();
        }
        service["routes"] = json!([route]);
        let mut file = json!({"_format_version": "3.0", "services": [service]});
        for (name, value) in &self.members {
            file[*name] = value.clone();
        }
        file.to_string()
    }

    fn start(self) -> Gateway {
        let env =
            |name: &str| self.env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let config = Config::parse(&self.file(), &env).unwrap_or_else(|errors| panic!("{errors}"));
        let Self { at: listen, limits, threads, trust, tls, egress, watched, .. } = self;
        let (status, file) = (watched.then_some(StatusAddress::At(listen)), None);
        Gateway::start(config, Settings { listen, status, threads, trust, tls, file, egress, limits })
            .unwrap()
    }
}

/// A raw upstream, and a gateway before it.
async fn between(provider: &str) -> (Upstream, Gateway) {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new(provider, upstream.addr).start();
    (upstream, gateway)
}

/// One call through a gateway whose upstream answers with `reply`, as it stands.
async fn call(setup: impl FnOnce(Setup) -> Setup, ask: &str, reply: impl AsRef<[u8]>) -> client::Reply {
    let upstream = Upstream::listen().await;
    let gateway = setup(Setup::new("openai", upstream.addr)).start();
    let answer = async {
        let mut call = upstream.call().await;
        call.write(reply.as_ref()).await;
        call.close().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ask), answer);
    reply
}

/// A whole reply of an upstream.
fn whole(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    let mut bytes = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    bytes
}

/// A whole reply of an upstream whose body is JSON.
fn json_reply(status: &str, body: &str) -> Vec<u8> {
    whole(&format!("{status}\r\ncontent-type: application/json"), body)
}

/// One call on a connection of its own.
async fn chat(gateway: &Gateway, ask: &str) -> client::Reply {
    Client::connect(gateway.addr()).await.chat(ask).await
}
