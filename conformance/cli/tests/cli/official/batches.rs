//! OpenAI's Python client on files and batches, through the bundled gateway, to providers whose batches are others.

use mocks::Mocks;
use mocks::script::{End, Match, Progress, Reply, Script};
use serde_json::{Value, json};

use super::{Server, file, played, venv};

/// One provider behind the gateway.
struct Row {
    provider: &'static str,
    model: &'static str,
    /// Where the provider makes batches, as scripts know it.
    path: &'static str,
    auth: Value,
    options: Value,
    /// What is seen of a batch that nobody has looked at.
    first: &'static str,
    /// Whether what was stopped, or came too late, has results at all.
    keeps: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_runs_batches_at_anthropic() {
    let auth = json!({ "header_name": "x-api-key", "header_value": "sk-ant-touchstone" });
    let options = json!({ "anthropic_version": "2023-06-01" });
    let (provider, model, path) = ("anthropic", "claude-haiku-4-5", "/v1/messages/batches");
    runs_batches(&Row { provider, model, path, auth, options, first: "in_progress", keeps: true }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_runs_batches_at_gemini() {
    let auth = json!({ "header_name": "x-goog-api-key", "header_value": "gemini-touchstone" });
    let (provider, model) = ("gemini", "gemini-2.5-flash");
    let path = "/v1beta/models/gemini-2.5-flash:batchGenerateContent";
    let options = json!({});
    runs_batches(&Row { provider, model, path, auth, options, first: "validating", keeps: false }).await;
}

async fn runs_batches(row: &Row) {
    let mocks = played().await;
    let matching =
        Match { contains: Some("[[late]]".to_owned()), path: Some(row.path.to_owned()), ..Match::default() };
    let progress = Some(Progress { looks: 0, end: End::Expired, lines: Some(0) });
    mocks.add(Script { matching, replies: vec![Reply { progress, ..Reply::default() }] });
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong(row, &mocks).to_string());
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}/v1", gateway.address);
    let Some(seen) = venv::NEWEST.run_with("openai_batches.py", &[&url, row.model]).await else { return };
    println!("{seen:#}");

    let files = &seen["files"];
    assert_eq!((&files["same"], &files["object"]), (&json!(true), &json!(["batch", "calls.jsonl", true])));
    assert_eq!(
        (&files["content"], &files["listed"], &files["gone"]),
        (&json!("a"), &json!(true), &json!(true))
    );
    raised(&files["missing"], "NotFoundError", 404, "file-");
    runs(row, &seen["runs"]);
    let none = |code: &str| if row.keeps { json!([{}, { "a": code, "b": code }]) } else { json!([{}, {}]) };
    let counts = json!({ "completed": 0, "failed": if row.keeps { 2 } else { 0 }, "total": 2 });
    let cancelled = &seen["cancelled"];
    // Gemini answers the cancel with nothing, so the gateway looks: that is the look which finds the mock's batch over.
    let stopped = if row.keeps { "cancelling" } else { "cancelled" };
    assert_eq!(cancelled["seen"], json!([stopped, "cancelled"]));
    assert_eq!((&cancelled["files"], &cancelled["counts"]), (&none("batch_cancelled"), &counts));
    let expired = json!({ "status": "expired", "files": none("batch_expired"), "counts": counts });
    assert_eq!(seen["expired"], expired);
    assert_eq!(seen["pages"], json!([true, true]));
    errors(&seen["errors"]);

    let strange = mocks.journal(None).into_iter().filter(|entry| !entry.violations.is_empty()).count();
    assert_eq!(strange, 0, "the provider understood all that it was asked");
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!(leaked, None, "a key is in the log");
}

fn runs(row: &Row, seen: &Value) {
    assert_eq!(seen["seen"], json!([row.first, "in_progress", "completed"]));
    assert_eq!(seen["counts"], json!({ "completed": 3, "failed": 1, "total": 4 }));
    assert_eq!((&seen["kept"], &seen["times"]), (&json!([true, true, "/v1/chat/completions"]), &json!(true)));
    let hello = json!(["Hello", "stop", [], 27]);
    let output = json!({
        "first": hello,
        "a name, with ünusual letters": hello,
        "tools": [null, "tool_calls", [{ "city": "Paris" }, {}], seen["outcomes"][0]["tools"][3]],
    });
    assert_eq!(seen["outcomes"], json!([output, { "limited": [429, "slow down"] }]));
    assert_eq!(seen["output"], json!(["batch_output", true]));
}

fn errors(seen: &Value) {
    raised(&seen["purpose"], "BadRequestError", 400, "batch");
    raised(&seen["file"], "NotFoundError", 404, "file-none");
    raised(&seen["batch"], "NotFoundError", 404, "not found");
    raised(&seen["endpoint"], "BadRequestError", 400, "/v1/chat/completions only");
    raised(&seen["twice"], "BadRequestError", 400, "line 2, custom_id");
    raised(&seen["no_json"], "BadRequestError", 400, "line 2");
    raised(&seen["empty"], "BadRequestError", 400, "empty");
    raised(&seen["streamed"], "BadRequestError", 400, "line 1, stream");
    raised(&seen["model"], "BadRequestError", 400, "cannot use own model");
    raised(&seen["body"], "BadRequestError", 400, "line 2, messages");
    raised(&seen["early"], "NotFoundError", 404, "-output");
}

fn raised(error: &Value, class: &str, status: u64, text: &str) {
    assert_eq!((&error["raised"][0], &error["status"]), (&json!(class), &json!(status)), "{error}");
    assert!(error["text"].as_str().unwrap().contains(text), "{error}");
}

fn kong(row: &Row, mocks: &Mocks) -> Value {
    let mut options = row.options.clone();
    options["upstream_url"] = mocks.url(row.provider).into();
    let model = json!({ "provider": row.provider, "name": row.model, "options": options });
    let route = |name: &str| {
        let config = json!({ "route_type": format!("llm/v1/{name}"), "auth": row.auth, "model": model });
        let plugin = json!({ "name": "ai-proxy", "config": config });
        json!({ "name": name, "paths": [format!("/v1/{name}")], "plugins": [plugin] })
    };
    let service =
        json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": [route("files"), route("batches")] });
    json!({ "_format_version": "3.0", "services": [service] })
}
