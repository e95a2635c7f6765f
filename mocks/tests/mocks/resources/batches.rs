//! Batches.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::{good, id, line, refused, send, upload};

const PATH: &str = "/v1/batches";

async fn begin(mocks: &Mocks, lines: &str) -> Value {
    let file = upload(mocks, "batch", "lines.jsonl", lines.as_bytes()).await;
    let asked =
        json!({ "input_file_id": id(&file), "endpoint": "/v1/chat/completions", "completion_window": "24h" });
    good(mocks, "POST", PATH, Some(&asked)).await
}

async fn look(mocks: &Mocks, batch: &Value) -> Value {
    good(mocks, "GET", &format!("{PATH}/{}", id(batch)), None).await
}

/// The lines of a file that a batch names.
async fn written(mocks: &Mocks, file: &Value) -> Vec<Value> {
    let Some(file) = file.as_str() else { return Vec::new() };
    let reply = send(mocks, "GET", &format!("/v1/files/{file}/content"), "", b"").await;
    reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn lines_are_answered_as_if_they_had_come_alone() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[said]]", Reply::text(["so"])));
    let begun = begin(&mocks, &[line(1, "[[said]]"), line(2, "What?")].concat()).await;
    assert_eq!((&begun["status"], &begun["model"]), (&json!("validating"), &json!("gpt-4o")));
    assert_eq!(begun["expires_at"].as_u64().unwrap() - begun["created_at"].as_u64().unwrap(), 86_400);
    let mut states = Vec::new();
    let mut batch = begun;
    for _ in 0..5 {
        batch = look(&mocks, &batch).await;
        states.push((batch["status"].clone(), batch["request_counts"]["completed"].clone()));
    }
    let expected =
        [("in_progress", 1), ("finalizing", 2), ("completed", 2), ("completed", 2), ("completed", 2)];
    assert_eq!(states, expected.map(|(status, count)| (json!(status), json!(count))));
    let lines = written(&mocks, &batch["output_file_id"]).await;
    let alone = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "[[said]]" }] });
    let alone = crate::judged::post(&mocks, "openai", "/v1/chat/completions", &alone).await.json();
    let body = &lines[0]["response"]["body"];
    assert_eq!(body["choices"], alone["choices"]);
    let chat = crate::judged::operation("openai", "POST", "/v1/chat/completions");
    assert_eq!(chat.reply(200, body), []);
    assert!(lines[0]["response"]["request_id"].as_str().unwrap().starts_with("req_"));
    assert_eq!((&lines[1]["custom_id"], &lines[1]["error"]), (&json!("2"), &Value::Null));
    assert_eq!(batch["error_file_id"], Value::Null);
    let lines = mocks.journal(None).iter().filter(|entry| entry.path.ends_with("/chat/completions")).count();
    assert_eq!(lines, 1, "the journal has what came over the wire");
}

#[tokio::test]
async fn a_batch_all_of_whose_lines_fail_has_no_output() {
    let mocks = mocks::start().await.unwrap();
    let wrong = line(1, "hi").replace("\"messages\"", "\"massages\"");
    let mut batch = begin(&mocks, &wrong).await;
    for _ in 0..3 {
        batch = look(&mocks, &batch).await;
    }
    assert_eq!((&batch["status"], &batch["output_file_id"]), (&json!("completed"), &Value::Null));
    assert_eq!(batch["request_counts"], json!({ "total": 1, "completed": 0, "failed": 1 }));
    let failures = written(&mocks, &batch["error_file_id"]).await;
    assert_eq!(failures[0]["response"]["status_code"], 400);
    assert_eq!(failures[0]["response"]["body"]["error"]["type"], "invalid_request_error");
}

#[tokio::test]
async fn a_script_says_how_long_it_takes_and_how_it_ends() {
    let mocks = mocks::start().await.unwrap();
    for (end, status, code) in
        [(End::Expired, "expired", "batch_expired"), (End::Failed, "failed", "server_error")]
    {
        let progress = Progress { looks: 3, end, lines: Some(2) };
        mocks.add(Script::new("[[slow]]", Reply { progress: Some(progress), ..Reply::default() }));
        let lines: String = (0..5).map(|at| line(at, "[[slow]]")).collect();
        let mut batch = begin(&mocks, &lines).await;
        let mut states = Vec::new();
        for _ in 0..4 {
            batch = look(&mocks, &batch).await;
            states.push(batch["status"].as_str().unwrap().to_owned());
        }
        assert_eq!(states, ["in_progress", "in_progress", "in_progress", status]);
        assert!(batch[format!("{status}_at")].is_u64());
        assert_eq!(written(&mocks, &batch["output_file_id"]).await.len(), 2);
        let undone = written(&mocks, &batch["error_file_id"]).await;
        assert_eq!((undone.len(), &undone[0]["error"]["code"]), (3, &json!(code)));
        assert_eq!(undone[0]["response"], Value::Null);
    }
}

#[tokio::test]
async fn a_stream_within_a_batch_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let mut batch =
        begin(&mocks, &line(1, "hi").replace("{\"messages\"", "{\"stream\":true,\"messages\"")).await;
    for _ in 0..3 {
        batch = look(&mocks, &batch).await;
    }
    let failures = written(&mocks, &batch["error_file_id"]).await;
    assert_eq!(failures[0]["response"]["body"]["error"]["param"], "stream");
}

#[tokio::test]
async fn what_was_begun_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("state"));
    let options = || mocks::Options { state: state.clone(), ..mocks::Options::default() };
    let mocks = mocks::start_with(options()).await.unwrap();
    let begun = begin(&mocks, &line(1, "hi")).await;
    look(&mocks, &begun).await;
    mocks.shutdown().await;
    let mocks = mocks::start_with(options()).await.unwrap();
    assert_eq!(look(&mocks, &begun).await["status"], "finalizing");
    let batch = look(&mocks, &begun).await;
    assert_eq!(written(&mocks, &batch["output_file_id"]).await.len(), 1);
}

#[tokio::test]
async fn a_batch_wants_a_file_of_its_purpose() {
    let mocks = mocks::start().await.unwrap();
    let other = upload(&mocks, "evals", "lines.jsonl", b"{}").await;
    for (input, status) in [(id(&other), 400), ("file-0", 404)] {
        let asked =
            json!({ "input_file_id": input, "endpoint": "/v1/embeddings", "completion_window": "24h" });
        let reply = send(&mocks, "POST", PATH, "application/json", asked.to_string().as_bytes()).await;
        assert_eq!(refused(&reply, "POST", PATH).0, status);
    }
}
