//! OpenAI's Python client on pictures and sound through the bundled gateway: to OpenAI and Azure, where they pass through, and to those
//! who have them in words of their own.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mocks::Script;
use mocks::script::{Finish, Reply};
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

const TYPES: [(&str, &str); 6] = [
    ("/v1/images/generations", "image/v1/images/generations"),
    ("/v1/images/edits", "image/v1/images/edits"),
    ("/v1/audio/speech", "audio/v1/audio/speech"),
    ("/v1/audio/transcriptions", "audio/v1/audio/transcriptions"),
    ("/v1/audio/translations", "audio/v1/audio/translations"),
    ("/v1/images/variations", "preserve"),
];

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_draws_speaks_and_hears_where_bodies_pass() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let auth = json!({ "header_name": "Authorization", "header_value": format!("Bearer {}", mocks.credentials().key("openai")) });
    let model = json!({ "provider": "openai", "options": { "upstream_url": mocks.url("openai") } });
    let kept = TYPES.iter().filter(|(_, kind)| *kind != "preserve").enumerate();
    let routes: Vec<Value> =
        kept.map(|(at, (path, kind))| route(&format!("r{at}"), path, kind, &auth, &model)).collect();
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

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_draws_and_hears_at_those_of_other_words() {
    let mocks = played().await;
    let blocked =
        Reply { content: Some(Vec::new()), finish: Some(Finish::ContentFilter), ..Reply::default() };
    mocks.add(Script::new("[[blocked]]", blocked));
    let folder = tempfile::tempdir().unwrap();
    let key = |provider: &str| mocks.credentials().key(provider).to_owned();
    let bearer = |provider: &str| json!({ "header_name": "Authorization", "header_value": format!("Bearer {}", key(provider)) });
    let aws = json!({ "aws_access_key_id": "AKIATOUCHSTONE000001", "aws_secret_access_key": "touchstone-secret-access-key" });
    let goog = json!({ "header_name": "x-goog-api-key", "header_value": key("gemini") });
    // Name, mock, options, authority, a model that draws, one that hears, whether what is filtered is told, the format.
    let all = [
        ("gemini", "gemini", json!({}), goog, "gemini-2.5-flash-image", "", "png"),
        (
            "bedrock",
            "bedrock",
            json!({ "bedrock": { "aws_region": "us-east-1" } }),
            aws,
            "amazon.nova-canvas-v1:0",
            "",
            "png",
        ),
        (
            "huggingface",
            "huggingface",
            json!({}),
            bearer("huggingface"),
            "black-forest-labs/FLUX.1-schnell",
            "openai/whisper-large-v3",
            "png",
        ),
    ];
    let mut routes = Vec::new();
    for (name, mock, options, auth, _, hears, _) in &all {
        let mut options = options.clone();
        options["upstream_url"] = mocks.url(mock).into();
        let model = json!({ "provider": name, "options": options });
        for (at, (path, kind)) in TYPES.iter().enumerate() {
            let is_heard = *kind == "audio/v1/audio/transcriptions" && !hears.is_empty();
            if kind.starts_with("image/") || is_heard {
                routes.push(route(&format!("{name}-{at}"), &format!("/{name}{path}"), kind, auth, &model));
            }
        }
    }
    let gateway = started(&routes, folder.path());
    let sound = BASE64_STANDARD.encode(wav());
    for (name, _, _, _, draws, hears, format) in &all {
        let url = format!("http://{}/{name}", gateway.address);
        let arguments = [&*url, draws, hears, &*sound];
        let Some(seen) = venv::NEWEST.run_with("openai_works.py", &arguments).await else { return };
        println!("{name}: {seen:#}");
        assert_eq!(seen["drawn"], json!([format, format, "user"]), "{name}");
        assert_eq!(seen["streamed"], json!([["ImageGenCompletedEvent", format]]), "{name}");
        assert_eq!(seen["edited"], json!(format), "{name}");
        let errors = &seen["errors"];
        assert_eq!(
            (&errors["rate"]["status"], &errors["size"]["status"], &errors["mask"]["status"]),
            (&json!(429), &json!(400), &json!(400)),
            "{name}"
        );
        if *name != "huggingface" {
            assert_eq!(errors["blocked"]["status"], 400, "{name}");
            assert!(errors["blocked"]["text"].as_str().unwrap().contains("made no picture"), "{name}");
        }
        let expected = if hears.is_empty() {
            Value::Null
        } else {
            json!(["A sound of 1.0 seconds.", "A sound of 1.0 seconds.\n"])
        };
        assert_eq!(seen["heard"], expected, "{name}");
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
