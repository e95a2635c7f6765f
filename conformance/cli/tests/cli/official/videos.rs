//! OpenAI's Python client on videos through the bundled gateway: where they pass through, and of those who have them in words of their own.

use mocks::script::{End, Finish, Progress, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use super::{Server, file, played, venv};

/// One who makes videos.
struct Maker {
    name: &'static str,
    provider: &'static str,
    options: Value,
    auth: Value,
    model: &'static str,
    seconds: &'static str,
    size: (u32, u32),
    rate: u32,
    /// Whether the gateway passes everything on.
    passes: bool,
}

fn makers(mocks: &Mocks) -> Vec<Maker> {
    let key = |provider: &str| mocks.credentials().key(provider).to_owned();
    let header = |name: &str, value: String| json!({ "header_name": name, "header_value": value });
    let bearer = |provider: &str| header("Authorization", format!("Bearer {}", key(provider)));
    let sora = |name, provider, options, auth| Maker {
        name,
        provider,
        options,
        auth,
        model: "sora-2",
        seconds: "4",
        size: (1280, 720),
        rate: 30,
        passes: true,
    };
    let azure = |version: &str| json!({ "azure_instance": "touchstone", "azure_deployment_id": "sora-2", "azure_api_version": version });
    let google = |name, options, auth| Maker {
        model: "veo-3.1-generate-001",
        seconds: "8",
        rate: 24,
        passes: false,
        ..sora(name, "gemini", options, auth)
    };
    let place = json!({ "gemini": { "api_endpoint": "us-central1-aiplatform.googleapis.com", "project_id": "touchstone", "location_id": "us-central1" } });
    let reel =
        json!({ "bedrock": { "aws_region": "us-east-1", "video_output_s3_uri": "s3://touchstone/films" } });
    let aws = json!({ "aws_access_key_id": "AKIATOUCHSTONE000001", "aws_secret_access_key": "touchstone-secret-access-key" });
    vec![
        sora("openai", "openai", json!({}), bearer("openai")),
        sora("huggingface", "huggingface", json!({}), bearer("huggingface")),
        sora("azure-v1", "azure", azure("v1"), header("api-key", key("azure"))),
        Maker {
            passes: false,
            ..sora("azure", "azure", azure("2025-04-01-preview"), header("api-key", key("azure")))
        },
        google("gemini", json!({}), header("x-goog-api-key", key("gemini"))),
        google("vertex", place, bearer("vertex")),
        Maker { model: "amazon.nova-reel-v1:1", seconds: "6", ..google("bedrock", reel, aws) },
    ]
}

impl Maker {
    fn mock(&self) -> &'static str {
        self.name.trim_end_matches("-v1")
    }

    fn route(&self, mocks: &Mocks) -> Value {
        let mut options = self.options.clone();
        options["upstream_url"] = mocks.url(self.mock()).into();
        let provider = if self.name == "bedrock" { "bedrock" } else { self.provider };
        let config = json!({
            "route_type": "video/v1/videos/generations",
            "auth": self.auth,
            "model": { "provider": provider, "name": self.model, "options": options },
            "max_request_body_size": 8 << 20,
            "logging": { "log_statistics": true },
        });
        json!({ "name": self.name, "paths": [format!("/{}/v1/videos", self.name)], "plugins": [{ "name": "ai-proxy", "config": config }] })
    }

    /// What the client saw.
    fn check(&self, seen: &Value) {
        let (name, made, errors) = (self.name, &seen["made"], &seen["errors"]);
        let (width, height) = self.size;
        let begun = json!(["video", self.model, "a hat", self.seconds, format!("{width}x{height}")]);
        assert_eq!(made["begun"], begun, "{name}");
        assert_eq!(made["done"], json!([true, true, true, 100]), "{name}");
        let states = made["states"].as_array().unwrap();
        assert_eq!((&states[0], states.last().unwrap()), (&json!("queued"), &json!("completed")), "{name}");
        assert_eq!(made["type"], "video/mp4", "{name}");
        let seconds: u32 = self.seconds.parse().unwrap();
        let shown = &made["seen"];
        assert_eq!(shown["size"], json!([width, height]), "{name}");
        assert_eq!(shown["frames"], json!([seconds * self.rate, seconds]), "{name}");
        assert_eq!(shown["seconds"], f64::from(seconds), "{name}");
        assert_eq!(
            (&seen["polled"], &seen["from_a_picture"]),
            (&json!("completed"), &json!("completed")),
            "{name}"
        );
        for marker in ["blocked", "broken"] {
            let failed = &seen["failed"][marker];
            assert_eq!(failed[0], "failed", "{name}");
            assert_eq!(failed[1] == "moderation_blocked", marker == "blocked", "{name}: {failed}");
            assert_eq!(failed[2]["status"], 404, "{name}: {failed}");
        }
        for (case, status) in
            [("early", 404), ("variant", 400), ("seconds", 400), ("prompt", 400), ("rate", 429)]
        {
            assert_eq!(errors[case]["status"], status, "{name}: {case}: {}", errors[case]);
        }
        assert!(errors["server"]["status"].as_u64() >= Some(500), "{name}: {}", errors["server"]);
        let absent = errors["absent"]["status"].as_u64().unwrap();
        assert!((400..500).contains(&absent), "{name}: {}", errors["absent"]);
        assert_eq!(seen["deleted"][0]["status"], 400, "{name}: {}", seen["deleted"]);
        // Vertex AI has nothing that could be deleted.
        let is_deleted = if name == "vertex" { json!(400) } else { Value::Null };
        assert_eq!(
            seen["deleted"][1].get("status").cloned().unwrap_or_default(),
            is_deleted,
            "{name}: {}",
            seen["deleted"]
        );
        if !self.passes {
            assert_eq!(seen["lost"], "weather", "{name}");
            assert_eq!(
                (&errors["spritesheet"]["status"], &errors["remix"]["status"]),
                (&json!(400), &json!(404)),
                "{name}"
            );
        }
        let has_list = self.passes || name == "azure";
        assert_eq!(seen["listed"].is_array(), has_list, "{name}: {}", seen["listed"]);
        if has_list {
            assert_eq!(seen["listed"], json!([true, true]), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_makes_videos_everywhere() {
    let mocks = played().await;
    let blocked =
        Reply { content: Some(Vec::new()), finish: Some(Finish::ContentFilter), ..Reply::default() };
    mocks.add(Script::new("[[blocked]]", blocked));
    let progress = Progress { looks: 0, end: End::Failed, lines: None };
    mocks.add(Script::new("[[broken]]", Reply { progress: Some(progress), ..Reply::default() }));
    let folder = tempfile::tempdir().unwrap();
    let makers = makers(&mocks);
    let routes: Vec<Value> = makers.iter().map(|maker| maker.route(&mocks)).collect();
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder.path(), "kong.yaml", &kong);
    let s3 = mocks.url("s3");
    let gateway = Server::start(
        &["gateway", "--config", &config, "--listen", "127.0.0.1:0"],
        &[("AWS_ENDPOINT_URL_S3", &s3)],
    );
    for maker in &makers {
        let url = format!("http://{}/{}", gateway.address, maker.name);
        let size = format!("{}x{}", maker.size.0, maker.size.1);
        let arguments = [&*url, maker.model, maker.seconds, &*size];
        let Some(seen) = venv::NEWEST.run_with("openai_videos_everywhere.py", &arguments).await else {
            return;
        };
        println!("{}: {seen:#}", maker.name);
        maker.check(&seen);
    }
}
