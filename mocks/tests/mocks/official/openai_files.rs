//! OpenAI's client on files, uploads and batches.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{played, raised};

/// Mocks that know the script's markers, and that a batch with `[[late]]` in it expires.
pub(crate) async fn mocks() -> Mocks {
    let mocks = played().await;
    let progress = Progress { looks: 2, end: End::Expired, lines: Some(1) };
    mocks.add(Script::new("[[late]]", Reply { progress: Some(progress), ..Reply::default() }));
    mocks
}

#[tokio::test]
async fn openais_client_understands_files_and_batches() {
    let mocks = mocks().await;
    let Some(seen) = NEWEST.run_with("openai_files.py", &[&mocks.url("openai"), "openai"]).await else {
        return;
    };
    println!("{seen:#}");
    let files = &seen["files"];
    assert_eq!(files["file"], json!(["file", 8, "north.jsonl", "fine-tune", "processed", true]));
    assert_eq!((&files["looked"], &files["gone"]), (&json!([true, "processed"]), &json!([true, true])));
    let disposition = "attachment; filename=\"north.jsonl\"";
    assert_eq!(files["content"], json!(["{\"a\":1}\n", disposition, "application/octet-stream"]));
    raised(&files["absent"], "NotFoundError", "APIStatusError", Some(404), "No such File object: file-");
    assert_eq!(seen["bytes_are_the_same"], json!([true, true]));
    assert_eq!(seen["expiry"], json!([3_600, 2_592_000]));
    let newest: Vec<_> = (0..5).rev().map(|at| format!("page-{at}.txt")).collect();
    assert_eq!(seen["pages"], json!([newest, ["page-0.txt", "page-1.txt"], true]));
    assert_eq!(seen["uploads"], json!(["pending", "completed", "hello wrld!\n", "cancelled", 2_500]));
    batches(&seen, ["mismatched_model", "invalid_url"]);

    let errors = &seen["errors"];
    let refused = |name: &str, text: &str| {
        raised(&errors[name], "BadRequestError", "APIStatusError", Some(400), text);
    };
    refused("ending", "Invalid file format for Batch API. Must be .jsonl");
    refused("encoding", "Must be utf-8 encoded");
    refused("purpose", "'answers'");
    refused("seconds", "expires_after.seconds");
    refused("download", "Not allowed to download files of purpose: assistants");
    refused("limit", "integer below minimum value");
    refused("wrong_file", "Invalid file purpose: 'assistants'");
    refused("window", "Invalid value: '1h'");
    refused("size", "1 bytes");
    raised(&errors["cursor"], "NotFoundError", "APIStatusError", Some(404), "file-0");
    raised(&errors["absent"], "NotFoundError", "APIStatusError", Some(404), "batch_0");
    raised(&errors["input"], "NotFoundError", "APIStatusError", Some(404), "file-0");
    raised(&errors["parts"], "NotFoundError", "APIStatusError", Some(404), "part_0");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Incorrect API key");
    super::every_reply_fits(&mocks, "openai");
    // The purpose, the seconds, and the window.
    super::nothing_is_strange(&mocks, 3);
}

/// What a batch comes to, whoever keeps it.
fn batches(seen: &Value, [model, url]: [&str; 2]) {
    let batch = &seen["batch"];
    assert_eq!(batch["states"], json!(["validating", "in_progress", "finalizing", "completed"]));
    assert_eq!((&batch["counts"], &batch["metadata"]), (&json!([3, 1, 2]), &json!({ "of": "us" })));
    assert_eq!(batch["answers"], json!([["line-1", "Hello"]]));
    assert_eq!(batch["failures"], json!([["line-2", 429], ["line-3", 400]]));
    assert_eq!((&batch["usage"], &batch["times"]), (&json!([20, 7]), &json!([true, true])));
    assert_eq!(batch["named"], "batch_output");
    let other = |object: &str| json!(["completed", [object]]);
    assert_eq!(seen["other_apis"], json!([other("list"), other("text_completion"), other("response")]));
    let cancelled = &seen["cancelled"];
    assert_eq!(cancelled[0], "in_progress");
    assert_eq!(cancelled[1], json!(["cancelling", "cancelled"]));
    assert_eq!((&cancelled[2], &cancelled[3]), (&json!(2), &json!(["batch_cancelled", "batch_cancelled"])));
    let again = "Cannot cancel a batch with status 'cancelled'.";
    raised(&cancelled[4], "BadRequestError", "APIStatusError", Some(400), again);
    let late = json!(["validating", "in_progress", "in_progress", "expired"]);
    let undone = ["batch_expired", "batch_expired", "batch_expired"];
    assert_eq!(seen["expired"], json!([late, 1, undone, null]));
    let refused = &seen["refused_lines"];
    assert_eq!(refused["states"], json!(["validating", "failed"]));
    let errors = json!([
        [2, "invalid_json_line", null],
        [3, "duplicate_custom_id", "custom_id"],
        [4, model, "body.model"],
        [5, url, "url"],
        [6, "invalid_method", "method"],
        [7, "missing_required_parameter", "body"],
    ]);
    assert_eq!((&refused["errors"], &refused["files"]), (&errors, &json!([null, null])));
    assert_eq!(refused["empty"], json!(["failed", "empty_file"]));
    assert_eq!(seen["batch_pages"], json!(["2", "1", "0"]));
}

#[tokio::test]
async fn openais_client_for_azure_understands_files_and_batches() {
    for client in ["azure", "azure-v1"] {
        let mocks = mocks().await;
        let arguments = [&*mocks.url("azure"), client];
        let Some(seen) = NEWEST.run_with("openai_files.py", &arguments).await else { return };
        println!("{seen:#}");
        let files = &seen["files"];
        assert_eq!(files["file"], json!(["file", 8, "north.jsonl", "fine-tune", "pending", true]));
        assert_eq!((&files["looked"], &files["gone"]), (&json!([true, "processed"]), &json!([true, true])));
        raised(&files["absent"], "NotFoundError", "APIStatusError", Some(404), "No such File object: file-");
        assert_eq!(seen["bytes_are_the_same"], json!([true, true]));
        assert_eq!(seen["uploads"], json!(["pending", "completed", "hello wrld!\n", "cancelled", 2_500]));
        batches(&seen, ["model_mismatch", "url_mismatch"]);
        let errors = &seen["errors"];
        let refused = |name: &str, text: &str| {
            raised(&errors[name], "BadRequestError", "APIStatusError", Some(400), text);
        };
        refused("purpose", "Invalid value for purpose.");
        refused("ending", "Must be .jsonl");
        refused("window", "'1h'");
        raised(&errors["input"], "NotFoundError", "APIStatusError", Some(404), "file-0");
        raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Access denied");
        super::every_reply_fits(&mocks, "azure");
        super::nothing_is_strange(&mocks, 3);
    }
}
