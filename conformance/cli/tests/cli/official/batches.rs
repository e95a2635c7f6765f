//! OpenAI's Python client on files and batches, through the bundled gateway, to providers whose batches are others.

use mocks::script::{End, Failure, Kind, Match, Progress, Reply, Script};
use mocks::{AwsKey, Mocks};
use serde_json::{Value, json};

use super::{Server, file, played, raised, venv};

/// One provider behind the gateway.
struct Row {
    provider: &'static str,
    model: &'static str,
    /// Where the provider makes batches, as scripts know it.
    path: &'static str,
    /// Where it is asked the same live.
    live: &'static str,
    auth: Value,
    options: Value,
    /// What is seen of a batch that nobody has looked at.
    first: &'static str,
    /// What it says of a batch that is not there.
    absent: &'static str,
    /// Whether what was stopped, or came too late, has results at all.
    keeps: bool,
    /// Lines that a batch has at least.
    least: usize,
}

/// A provider, where it makes batches and where it is asked live; what is otherwise there than at most is said beside.
fn row(provider: &'static str, model: &'static str, paths: [&'static str; 2], auth: Value) -> Row {
    let [path, live] = paths;
    Row {
        provider,
        model,
        path,
        live,
        auth,
        options: json!({}),
        first: "validating",
        absent: "not found",
        keeps: false,
        least: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_runs_batches_at_anthropic() {
    let auth = json!({ "header_name": "x-api-key", "header_value": "sk-ant-touchstone" });
    let row = row("anthropic", "claude-haiku-4-5", ["/v1/messages/batches", "/v1/messages"], auth);
    let options = json!({ "anthropic_version": "2023-06-01" });
    runs_batches(&Row { options, first: "in_progress", keeps: true, ..row }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_runs_batches_at_gemini() {
    let auth = json!({ "header_name": "x-goog-api-key", "header_value": "gemini-touchstone" });
    let paths = [
        "/v1beta/models/gemini-2.5-flash:batchGenerateContent",
        "/v1beta/models/gemini-2.5-flash:generateContent",
    ];
    runs_batches(&row("gemini", "gemini-2.5-flash", paths, auth)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_runs_batches_at_bedrock() {
    let key = AwsKey::default();
    let auth =
        json!({ "aws_access_key_id": key.access_key_id, "aws_secret_access_key": key.secret_access_key });
    let options = json!({ "bedrock": {
        "aws_region": key.region,
        "batch_bucket_prefix": "s3://touchstone/batches/",
        "batch_role_arn": "arn:aws:iam::123456789012:role/batches",
    } });
    let paths = ["/model-invocation-job", "/model/amazon.nova-lite-v1%3A0/converse"];
    let row = row("bedrock", "amazon.nova-lite-v1:0", paths, auth);
    runs_batches(&Row { options, absent: "Could not find", least: 100, ..row }).await;
}

async fn runs_batches(row: &Row) {
    let mocks = played().await;
    let matching =
        Match { contains: Some("[[late]]".to_owned()), path: Some(row.path.to_owned()), ..Match::default() };
    let progress = Some(Progress { looks: 0, end: End::Expired, lines: Some(0) });
    mocks.add(Script { matching, replies: vec![Reply { progress, ..Reply::default() }] });
    let matching =
        Match { contains: Some("[[busy]]".to_owned()), path: Some(row.live.to_owned()), ..Match::default() };
    let busy = Reply::error(Failure::new(Kind::RateLimit, "slow down"));
    mocks.add(Script { matching, replies: vec![busy] });
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong(row, &mocks).to_string());
    let env = [("AWS_ENDPOINT_URL_S3", &*mocks.url("s3"))];
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &env);
    let url = format!("http://{}/v1", gateway.address);
    let arguments = [&url, row.model, &row.least.to_string()];
    let Some(seen) = venv::NEWEST.run_with("openai_batches.py", &arguments).await else { return };
    println!("{seen:#}");

    let files = &seen["files"];
    assert_eq!((&files["same"], &files["object"]), (&json!(true), &json!(["batch", "calls.jsonl", true])));
    assert_eq!(
        (&files["content"], &files["listed"], &files["gone"]),
        (&json!("a"), &json!(true), &json!(true))
    );
    raised(row.provider, &files["missing"], "NotFoundError", Some(404), "file-");
    runs(row, &seen["runs"]);
    let none = |code: &str| if row.keeps { json!([{}, { "a": code, "b": code }]) } else { json!([{}, {}]) };
    let counts =
        json!({ "completed": 0, "failed": if row.keeps { 2 } else { 0 }, "total": row.least.max(2) });
    let cancelled = &seen["cancelled"];
    // Gemini answers the cancel with nothing, so the gateway looks: that is the look which finds the mock's batch over.
    let stopped = if row.keeps { "cancelling" } else { "cancelled" };
    assert_eq!(cancelled["seen"], json!([stopped, "cancelled"]));
    assert_eq!((&cancelled["files"], &cancelled["counts"]), (&none("batch_cancelled"), &counts));
    // Of a job whose lines lie in a bucket, no script tells that it is late.
    if row.least == 0 {
        let expired = json!({ "status": "expired", "files": none("batch_expired"), "counts": counts });
        assert_eq!(seen["expired"], expired);
    } else {
        raised(
            row.provider,
            &seen["elsewhere"],
            "NotFoundError",
            Some(404),
            "NoSuchBucket: The specified bucket does not exist",
        );
        bucket(row, &mocks);
    }
    assert_eq!(seen["pages"], json!([true, true]));
    errors(row, &seen["errors"]);

    let strange = mocks.journal(None).into_iter().filter(|entry| !entry.violations.is_empty()).count();
    assert_eq!(strange, 0, "the provider understood all that it was asked");
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!(leaked, None, "a key is in the log");
}

fn runs(row: &Row, seen: &Value) {
    assert_eq!(seen["seen"], json!([row.first, "in_progress", "completed"]));
    let total = row.least.max(4);
    assert_eq!(seen["counts"], json!({ "completed": total - 1, "failed": 1, "total": total }));
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

/// Lines went into the bucket first, each signed for; those of which no job was made are gone again.
fn bucket(row: &Row, mocks: &Mocks) {
    let journal = mocks.journal(None);
    let paths = |provider: &str, method: &str| -> Vec<&str> {
        let asked = journal.iter().filter(|entry| entry.provider == provider && entry.method == method);
        asked.map(|entry| &*entry.path).collect()
    };
    let put = paths("s3", "PUT");
    let (there, nowhere): (Vec<&str>, Vec<&str>) =
        put.into_iter().partition(|path| path.starts_with("/s3/touchstone/batches/touchstone-"));
    let made = paths(row.provider, "POST").into_iter().filter(|path| *path == row.path).count();
    assert_eq!((there.len(), nowhere.len()), (made, 1), "{nowhere:?}");
    assert!(paths("s3", "GET").iter().all(|path| path.ends_with("/input.jsonl.out")));
}

fn errors(row: &Row, seen: &Value) {
    raised(row.provider, &seen["purpose"], "BadRequestError", Some(400), "batch");
    raised(row.provider, &seen["file"], "NotFoundError", Some(404), "file-none");
    raised(row.provider, &seen["batch"], "NotFoundError", Some(404), row.absent);
    raised(row.provider, &seen["endpoint"], "BadRequestError", Some(400), "/v1/chat/completions only");
    raised(row.provider, &seen["twice"], "BadRequestError", Some(400), "line 2, custom_id");
    raised(row.provider, &seen["no_json"], "BadRequestError", Some(400), "line 2");
    raised(row.provider, &seen["empty"], "BadRequestError", Some(400), "empty");
    raised(row.provider, &seen["streamed"], "BadRequestError", Some(400), "line 1, stream");
    raised(row.provider, &seen["model"], "BadRequestError", Some(400), "cannot use own model");
    raised(row.provider, &seen["body"], "BadRequestError", Some(400), "line 2, messages");
    raised(row.provider, &seen["early"], "NotFoundError", Some(404), "-output");
}

fn kong(row: &Row, mocks: &Mocks) -> Value {
    let mut options = row.options.clone();
    options["upstream_url"] = mocks.url(row.provider).into();
    let model = json!({ "provider": row.provider, "name": row.model, "options": options });
    let mut elsewhere = model.clone();
    if row.least > 0 {
        elsewhere["options"]["bedrock"]["batch_bucket_prefix"] = "s3://nowhere/batches".into();
    }
    let route = |name: &str, folder: &str, model: &Value| {
        let config = json!({ "route_type": format!("llm/v1/{name}"), "auth": row.auth, "model": model });
        let plugin = json!({ "name": "ai-proxy", "config": config });
        json!({ "name": format!("{name}{}", folder.len()), "paths": [format!("/v1{folder}/{name}")], "plugins": [plugin] })
    };
    let routes = [("", &model), ("/elsewhere", &elsewhere)];
    let routes = routes.map(|(folder, model)| ["files", "batches"].map(|name| route(name, folder, model)));
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes.concat() });
    json!({ "_format_version": "3.0", "services": [service] })
}
