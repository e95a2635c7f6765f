//! OpenAI's Python client on pictures and sound through the bundled gateway: to OpenAI and Azure, where they pass through, and to those
//! who have them in words of their own.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mocks::script::{Finish, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use super::{Server, file, played, venv};

/// A gateway with a route for each of these route types below `/<name>`.
fn started(routes: &[Value], folder: &std::path::Path) -> Server {
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder, "kong.yaml", &kong);
    Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[])
}

fn route(name: &str, path: &str, route_type: &str, auth: &Value, model: &Value) -> Value {
    let config = json!({
        "route_type": route_type,
        "auth": auth,
        "model": model,
        "max_request_body_size": 8 << 20,
        "logging": { "log_statistics": true },
    });
    json!({ "name": name, "paths": [path], "plugins": [{ "name": "ai-proxy", "config": config }] })
}

const TYPES: [(&str, &str); 5] = [
    ("/v1/images/generations", "image/v1/images/generations"),
    ("/v1/images/edits", "image/v1/images/edits"),
    ("/v1/audio/speech", "audio/v1/audio/speech"),
    ("/v1/audio/transcriptions", "audio/v1/audio/transcriptions"),
    ("/v1/audio/translations", "audio/v1/audio/translations"),
];

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_draws_speaks_and_hears_where_bodies_pass() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let auth = json!({ "header_name": "Authorization", "header_value": format!("Bearer {}", mocks.credentials().key("openai")) });
    let model = json!({ "provider": "openai", "options": { "upstream_url": mocks.url("openai") } });
    let routes = TYPES.iter().enumerate();
    let routes: Vec<Value> =
        routes.map(|(at, (path, kind))| route(&format!("r{at}"), path, kind, &auth, &model)).collect();
    let gateway = started(&routes, folder.path());
    let url = format!("http://{}", gateway.address);
    let Some(seen) = venv::NEWEST.run("openai_images.py", &url).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["generated"]["usage"], json!([2, 800, 802]));
    assert_eq!(seen["at_an_address"], json!([512, 512]));
    assert_eq!(seen["streamed"].as_array().map(Vec::len), Some(3));
    assert_eq!(seen["edited"][0], json!([1024, 1024]));
    assert_eq!(seen["errors"]["mimetype"]["status"], 400);
    let Some(seen) = venv::NEWEST.run("openai_audio.py", &url).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["streamed_speech"], json!(["audio/pcm", 96_000]));
    assert_eq!(seen["heard"]["verbose"][1], 8);
    assert_eq!(seen["heard_as_a_stream"][2], true);
}

/// One who has pictures in words of its own.
struct Maker {
    name: &'static str,
    options: Value,
    auth: Value,
    /// A model that draws.
    draws: &'static str,
    /// One that edits, where that is another one.
    edits: &'static str,
    /// Whether pictures can be had by their addresses.
    has_addresses: bool,
    /// One that hears; empty where there is none.
    hears: &'static str,
}

fn makers(mocks: &Mocks) -> [Maker; 5] {
    let key = |provider: &str| mocks.credentials().key(provider).to_owned();
    let header = |name: &str, value: String| json!({ "header_name": name, "header_value": value });
    let dashscope = |draws, edits| Maker {
        name: "dashscope",
        options: json!({}),
        auth: header("Authorization", format!("Bearer {}", key("dashscope"))),
        draws,
        edits,
        has_addresses: true,
        hears: "",
    };
    [
        Maker {
            name: "gemini",
            options: json!({}),
            auth: header("x-goog-api-key", key("gemini")),
            draws: "gemini-2.5-flash-image",
            edits: "",
            has_addresses: false,
            hears: "",
        },
        Maker {
            name: "bedrock",
            options: json!({ "bedrock": { "aws_region": "us-east-1" } }),
            auth: json!({ "aws_access_key_id": "AKIATOUCHSTONE000001", "aws_secret_access_key": "touchstone-secret-access-key" }),
            draws: "amazon.nova-canvas-v1:0",
            edits: "",
            has_addresses: false,
            hears: "",
        },
        Maker {
            name: "huggingface",
            options: json!({}),
            auth: header("Authorization", format!("Bearer {}", key("huggingface"))),
            draws: "black-forest-labs/FLUX.1-schnell",
            edits: "",
            has_addresses: false,
            hears: "openai/whisper-large-v3",
        },
        // In one call, and by a task.
        dashscope("qwen-image-2.0-pro", ""),
        dashscope("wan2.2-t2i-flash", "wan2.5-i2i-preview"),
    ]
}

impl Maker {
    fn routes(&self, mocks: &Mocks) -> Vec<Value> {
        let mut options = self.options.clone();
        options["upstream_url"] = mocks.url(self.name).into();
        let model = json!({ "provider": self.name, "options": options });
        let has = |kind: &str| {
            kind.starts_with("image/") || kind == "audio/v1/audio/transcriptions" && !self.hears.is_empty()
        };
        let types = TYPES.iter().filter(|(_, kind)| has(kind)).enumerate();
        let place = self.place();
        types
            .map(|(at, (path, kind))| {
                route(&format!("{}-{at}", &place[1..]), &format!("{place}{path}"), kind, &self.auth, &model)
            })
            .collect()
    }

    /// Where its routes begin.
    fn place(&self) -> String {
        format!("/{}{}", self.name, if self.edits.is_empty() { "" } else { "-tasks" })
    }

    /// What the client saw.
    fn check(&self, seen: &Value) {
        let (name, errors) = (self.name, &seen["errors"]);
        assert_eq!(seen["drawn"], json!(["png", "png", "user"]), "{name}");
        assert_eq!(seen["streamed"], json!([["ImageGenCompletedEvent", "png"]]), "{name}");
        assert_eq!(seen["edited"], "png", "{name}");
        let kind = if self.has_addresses { "url" } else { "data" };
        assert_eq!(seen["addressed"], json!([kind, "png"]), "{name}");
        let statuses = ["rate", "size", "mask"].map(|case| &errors[case]["status"]);
        assert_eq!(statuses, [&json!(429), &json!(400), &json!(400)], "{name}");
        // Hugging Face says nothing of what it filters.
        if name != "huggingface" {
            assert_eq!(errors["blocked"]["status"], 400, "{name}");
            let text = errors["blocked"]["text"].as_str().unwrap();
            let known = ["made no picture", "inappropriate content"].iter().any(|words| text.contains(words));
            assert!(known, "{text}");
        }
        let heard = json!(["A sound of 1.0 seconds.", "A sound of 1.0 seconds.\n"]);
        assert_eq!(seen["heard"], if self.hears.is_empty() { Value::Null } else { heard }, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_draws_and_hears_at_those_of_other_words() {
    let mocks = played().await;
    let blocked =
        Reply { content: Some(Vec::new()), finish: Some(Finish::ContentFilter), ..Reply::default() };
    mocks.add(Script::new("[[blocked]]", blocked));
    let folder = tempfile::tempdir().unwrap();
    let makers = makers(&mocks);
    let routes: Vec<Value> = makers.iter().flat_map(|maker| maker.routes(&mocks)).collect();
    let gateway = started(&routes, folder.path());
    let sound = BASE64_STANDARD.encode(wav());
    for maker in &makers {
        let url = format!("http://{}{}", gateway.address, maker.place());
        let edits = if maker.edits.is_empty() { maker.draws } else { maker.edits };
        let arguments = [&*url, maker.draws, edits, maker.hears, &*sound];
        let Some(seen) = venv::NEWEST.run_with("openai_works.py", &arguments).await else { return };
        println!("{}: {seen:#}", maker.name);
        maker.check(&seen);
    }
    let strange: Vec<_> =
        mocks.journal(None).into_iter().filter(|entry| !entry.violations.is_empty()).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// A second of silence.
fn wav() -> Vec<u8> {
    let mut wav = b"RIFF\x24\x3e\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x80\x3e\x00\x00".to_vec();
    wav.resize(wav.len() + 16_000, 0);
    wav
}
