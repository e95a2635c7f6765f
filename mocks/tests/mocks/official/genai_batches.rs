//! Google's client on files and batches.

use mocks::script::{End, Match, Progress, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played};

#[tokio::test]
async fn googles_client_runs_batches_and_keeps_files() {
    let mocks = played().await;
    let matching = Match { contains: Some("[[late]]".to_owned()), ..Match::default() };
    let progress = Some(Progress { looks: 0, end: End::Expired, lines: Some(0) });
    mocks.add(Script { matching, replies: vec![Reply { progress, ..Reply::default() }] });
    let Some(seen) = NEWEST.run("google_batches.py", &mocks.url("gemini")).await else { return };
    println!("{seen:#}");
    files(&seen["files"]);
    let states = json!(["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]);
    let inline = &seen["inline"];
    assert_eq!((&inline["seen"], &inline["name"]), (&states, &json!(["inline", "models/gemini-2.5-flash"])));
    assert_eq!(inline["responses"], json!(["Hello", [8, "slow down"], "Hello"]));
    assert_eq!((&inline["metadata"], &inline["times"]), (&json!({ "key": "1" }), &json!(true)));
    let by_file = json!({ "seen": states, "keys": ["a", "b", "c"], "said": "Hello", "codes": [13, 3] });
    assert_eq!(seen["by_file"], by_file);
    assert_eq!(seen["embeddings"], json!(["JOB_STATE_SUCCEEDED", [3072, 3072]]));
    let cancelled = &seen["cancelled"];
    assert_eq!(cancelled[0], json!(["JOB_STATE_PENDING", "JOB_STATE_CANCELLED"]));
    assert_eq!(cancelled[1], true);
    raised(&cancelled[2], "404 NOT_FOUND");
    assert_eq!(seen["expired"], json!(["JOB_STATE_PENDING", "JOB_STATE_EXPIRED"]));
    assert_eq!(seen["pages"], json!([true, true]));
    let errors = &seen["errors"];
    raised(&errors["empty"], "400 INVALID_ARGUMENT");
    raised(&errors["file"], "403 PERMISSION_DENIED");
    raised(&errors["processing"], "not in an ACTIVE state");
    raised(&errors["key"], "API key not valid");
    raised(&errors["upload"], "API key not valid");
    nothing_is_strange(&mocks, 0);
}

fn files(seen: &Value) {
    assert_eq!(seen["text"], json!(["files/my-file", "greeting", "text/plain", 5, "ACTIVE", "UPLOADED"]));
    // `Hello` by SHA-256, as `sha256sum` writes it, in Base64.
    let digest = "MTg1ZjhkYjMyMjcxZmUyNWY1NjFhNmZjOTM4YjJlMjY0MzA2ZWMzMDRlZGE1MTgwMDdkMTc2NDgyNjM4MTk2OQ==";
    assert_eq!((&seen["hash"], &seen["kept"]), (&json!(digest), &json!(true)));
    assert_eq!(seen["large"], 9 << 20, "in more than one piece");
    assert_eq!(seen["states"], json!(["PROCESSING", "PROCESSING", "ACTIVE"]));
    assert_eq!(seen["listed"], true);
    raised(&seen["gone"], "403 PERMISSION_DENIED");
    raised(&seen["download"], "Only generated files");
    raised(&seen["twice"], "409");
}

fn raised(error: &Value, text: &str) {
    assert!(error["text"].as_str().is_some_and(|said| said.contains(text)), "{error}");
}
