//! Requests that are broken on purpose: whatever stands where a number should stand, there is an answer. Lenient mocks go furthest with
//! them. The requests are the valid samples of the documents, and each number of theirs is another one in turn.

use std::fs;
use std::path::Path;

use mocks::{Mocks, Options};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Reply, exchange, read, request};
use crate::judged::{get, post};

/// A connection that is opened anew where the mock closed it.
struct Wire<'a> {
    mocks: &'a Mocks,
    stream: Option<TcpStream>,
}

impl Wire<'_> {
    async fn send(&mut self, bytes: &[u8]) -> Reply {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.mocks.addr()).await.unwrap(),
        };
        stream.write_all(bytes).await.unwrap();
        let reply = read(&mut stream, &mut Vec::new()).await;
        self.stream = (reply.complete && reply.header("connection") != Some("close")).then_some(stream);
        reply
    }
}

/// The mock of a document, of those that take a bearer's key or one of the headers below.
fn provider(document: &str) -> Option<&str> {
    match document {
        "dashscope-aigc" => Some("dashscope"),
        "bedrock-agent-runtime" | "bedrock-control" => Some("bedrock"),
        "discoveryengine" => Some("vertex"),
        "anthropic" | "azure" | "bedrock" | "cohere" | "gemini" | "huggingface" | "llama2" | "mistral"
        | "ollama" | "openai" | "tgi" | "vertex" => Some(document),
        _ => None,
    }
}

/// Every valid sample of JSON, with its document.
fn samples() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/tests/samples");
    let mut all = Vec::new();
    for document in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let name = document.file_name().unwrap().to_str().unwrap().to_owned();
        for file in fs::read_dir(document.join("valid")).unwrap() {
            let sample: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
            all.push((name.clone(), sample));
        }
    }
    all.retain(|(_, sample)| sample["form"] != true);
    all
}

/// Each place where a number stands.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| numbers(item, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            numbers(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

#[tokio::test]
async fn no_number_is_too_large_to_be_answered() {
    let mocks = mocks::start_with(Options { lenient: true, ..Options::default() }).await.unwrap();
    let mut wire = Wire { mocks: &mocks, stream: None };
    let mut sent = 0;
    for (document, sample) in samples() {
        let Some(provider) = provider(&document) else { continue };
        let path = format!("/{provider}{}", sample["path"].as_str().unwrap());
        let key = mocks.credentials().key(provider);
        let bearer = format!("Bearer {key}");
        let headers = [
            ("authorization", &*bearer),
            ("api-key", key),
            ("x-api-key", key),
            ("x-goog-api-key", key),
            ("anthropic-version", "2023-06-01"),
            ("content-type", "application/json"),
        ];
        for body in sample["requests"].as_array().into_iter().flatten() {
            let mut found = vec![String::new()];
            numbers(body, "", &mut found);
            for place in found {
                for number in [json!(0), json!(-1), json!(u64::MAX), json!(1e300)] {
                    let mut broken = body.clone();
                    *broken.pointer_mut(&place).unwrap() = number.clone();
                    let method = sample["method"].as_str().unwrap_or("POST");
                    let bytes = request(method, &path, &headers, broken.to_string().as_bytes());
                    let reply = wire.send(&bytes).await;
                    assert!(reply.status >= 200 && reply.complete, "{path} {place} {number}: {reply:?}");
                    assert!(reply.body.len() < 64 << 20, "{path} {place} {number}: {}", reply.body.len());
                    sent += 1;
                }
            }
        }
    }
    assert!(sent > 5_000, "{sent}");
}

/// Videos are what mocks make most of: of none of these there is a file yet, and each look and file is asked for all the same.
#[tokio::test]
async fn no_video_is_too_long_or_too_large_to_be_fetched() {
    let mocks = mocks::start_with(Options { lenient: true, ..Options::default() }).await.unwrap();
    for (size, seconds) in
        [("99999x99999", "4294967295"), ("0x0", "0"), ("4294967296x1", "-1"), ("1x1", "120")]
    {
        let body = json!({ "prompt": "a hat", "model": "sora-2-pro", "size": size, "seconds": seconds });
        for provider in ["openai", "huggingface"] {
            let begun = post(&mocks, provider, "/v1/videos", &body).await;
            if begun.status == 400 {
                continue;
            }
            let path = format!("/v1/videos/{}", begun.json()["id"].as_str().unwrap());
            get(&mocks, provider, &path).await;
            assert_eq!(get(&mocks, provider, &path).await.json()["status"], "completed");
            for variant in ["video", "thumbnail", "spritesheet"] {
                let content = get(&mocks, provider, &format!("{path}/content?variant={variant}")).await;
                assert!(content.status == 200 && content.complete, "{provider} {body} {variant}");
            }
        }
    }
    for more in [
        json!({ "width": 0, "height": 0, "n_seconds": 0, "n_variants": 0 }),
        json!({ "width": 99_999, "height": 1, "n_seconds": 4_294_967_295_u64, "n_variants": 4_294_967_295_u64 }),
    ] {
        let key = [("api-key", mocks.credentials().key("azure"))];
        let sent = async |method: &str, path: &str, body: &str| {
            exchange(
                &mocks,
                &request(method, &format!("/azure/openai/v1/video/generations{path}"), &key, body.as_bytes()),
            )
            .await
        };
        let mut body = more;
        body["model"] = "sora".into();
        body["prompt"] = "a hat".into();
        let job = sent("POST", "/jobs", &body.to_string()).await.json();
        let look = format!("/jobs/{}", job["id"].as_str().unwrap());
        sent("GET", &look, "").await;
        let done = sent("GET", &look, "").await.json();
        let generation = format!("/{}/content", done["generations"][0]["id"].as_str().unwrap());
        for file in ["video", "thumbnail"] {
            assert_eq!(sent("GET", &format!("{generation}/{file}"), "").await.status, 200, "{body} {file}");
        }
    }
}
