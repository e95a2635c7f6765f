//! `touchstone record`: from a provider's mock through the recorder to scripts that `touchstone mock` says again, and to
//! scenarios that the bundled gateway passes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::time::Duration;

use conformance::client::{Client, Target, Transcript};
use serde_json::{Value, json};

use super::binary::{Server, file, told};

/// Nothing here is about time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Provider, path of a streamed chat, header of its key, body.
fn questions() -> [(&'static str, &'static str, &'static str, Value); 5] {
    let said = json!([{"role": "user", "content": "Weigh it."}]);
    let schema =
        json!({"type": "object", "properties": {"grams": {"type": "number"}}, "required": ["grams"]});
    let function = json!({"name": "weigh", "description": "Weighs", "parameters": schema});
    let openai = json!([{"type": "function", "function": function}]);
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "Weigh it."}]}], "inferenceConfig": {"maxTokens": 50},
        "toolConfig": {"tools": [{"toolSpec": {"name": "weigh", "description": "Weighs", "inputSchema": {"json": schema}}}]}});
    [
        (
            "openai",
            "/v1/chat/completions",
            "authorization",
            json!({"model": "m", "messages": said, "tools": openai, "stream": true,
            "stream_options": {"include_usage": true}, "temperature": 0.5}),
        ),
        (
            "anthropic",
            "/v1/messages",
            "x-api-key",
            json!({"model": "m", "max_tokens": 50, "system": "Be exact.", "messages": said,
            "tools": [{"name": "weigh", "description": "Weighs", "input_schema": schema}], "stream": true}),
        ),
        ("bedrock", "/model/m/converse-stream", "authorization", converse),
        (
            "gemini",
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            "x-goog-api-key",
            json!({
            "contents": [{"role": "user", "parts": [{"text": "Weigh it."}]}], "generationConfig": {"temperature": 0.5},
            "tools": [{"functionDeclarations": [{"name": "weigh", "description": "Weighs", "parameters": schema}]}]}),
        ),
        (
            "ollama",
            "/api/chat",
            "authorization",
            json!({"model": "m", "messages": said, "tools": openai, "stream": true}),
        ),
    ]
}

fn ask(runtime: &tokio::runtime::Runtime, url: &str, question: &(&str, &str, &str, Value)) -> Transcript {
    let (provider, path, header, body) = question;
    let key = mocks::Credentials::default().key(provider).to_owned();
    let key = if *header == "authorization" { format!("Bearer {key}") } else { key };
    let target = Target {
        method: "POST".to_owned(),
        path: (*path).to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("anthropic-version".to_owned(), "2023-06-01".to_owned()),
            ((*header).to_owned(), key),
        ],
        body: body.to_string().into(),
        ..Target::default()
    };
    runtime.block_on(Client::new(url).unwrap().call(&target, PATIENCE))
}

#[test]
fn what_a_provider_said_is_said_again_and_judged_through_the_gateway() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = "replies:\n  - content:\n      - text: [\"One \", \"moment.\"]\n      - tool_call: { id: call_7xW2, name: weigh, arguments: ['{\"gra', 'ms\": 12.5}'] }\n    usage: { prompt: 30, completion: 12 }\n";
    let script = file(folder.path(), "script.yaml", script);
    let mock = Server::start(&["mock", "--listen", "127.0.0.1:0", "--script", &script], &[]);
    let mut recorded = Vec::new();
    for question in questions() {
        let provider = question.0;
        let out = folder.path().join(provider);
        let to = format!("http://{}/{provider}", mock.address);
        let place = ["--listen", "127.0.0.1:0", "--out", out.to_str().unwrap(), "--name", provider];
        let recorder = Server::start(
            &[&["record", "--provider", provider, "--to", &to], place.as_slice()].concat(),
            &[],
        );
        let seen = ask(&runtime, &format!("http://{}", recorder.address), &question);
        assert_eq!(seen.status, Some(200), "{provider}: {}", String::from_utf8_lossy(&seen.body()));
        let (code, said) = recorder.terminate();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("0001 POST /") && said.contains("4 files"), "{provider}: {said}");
        said_again(&runtime, &out, &question, &seen);
        recorded.push(out.join("scenarios").to_str().unwrap().to_owned());
    }
    judged(&recorded, &folder.path().join("report"));
}

/// By `touchstone mock`, from either kind of script.
fn said_again(
    runtime: &tokio::runtime::Runtime,
    out: &Path,
    question: &(&str, &str, &str, Value),
    seen: &Transcript,
) {
    for form in ["bytes", "scripts"] {
        let scripts = out.join(form);
        let mock =
            Server::start(&["mock", "--listen", "127.0.0.1:0", "--script", scripts.to_str().unwrap()], &[]);
        let again = ask(runtime, &format!("http://{}/{}", mock.address, question.0), question);
        assert_eq!(again.body(), seen.body(), "{form} of {}", question.0);
        assert_eq!(mock.terminate().0, Some(0));
    }
}

/// By the suite, with the bundled gateway between.
fn judged(folders: &[String], report: &Path) {
    let mut arguments = vec!["test", "--select", "own", "--json", "--report", report.to_str().unwrap()];
    arguments.extend(folders.iter().flat_map(|folder| ["--scenarios", folder]));
    let (code, said, error) = told(&arguments);
    assert_eq!(code, Some(0), "{error}\n{said}");
    let report: Value = serde_json::from_str(&said).unwrap();
    let played = report["scenarios"].as_array().unwrap().iter();
    let played: Vec<_> = played.map(|scenario| scenario["id"].as_str().unwrap().to_owned()).collect();
    let providers = questions().map(|question| question.0);
    let wanted = providers.map(|name| [format!("chat.{name}.0001"), format!("chat.{name}.0001-bytes")]);
    assert_eq!(played, wanted.concat());
}

#[test]
fn what_cannot_be_recorded_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    for (wrong, said) in [
        (["--provider", "nobody", "--to", "http://127.0.0.1:9"], "no provider `nobody`"),
        (["--provider", "openai", "--to", "127.0.0.1:9"], "neither https:// nor http://"),
    ] {
        let (code, _, error) =
            told(&[&["record", "--out", out, "--listen", "127.0.0.1:0"], wrong.as_slice()].concat());
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(said), "{error}");
    }
}
