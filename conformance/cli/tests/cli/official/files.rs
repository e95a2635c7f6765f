//! OpenAI's Python client on files, uploads and batches, through the bundled gateway, to the mock.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::{Server, file, played, raised, venv};

/// A file of Kong's with a route for each type of resource.
pub(super) fn kong(model: &Value, key: (&str, &str), routes: &[(&str, &[&str])]) -> String {
    let route = |(kind, paths): &(&str, &[&str])| {
        let config = json!({
            "route_type": kind,
            "auth": { "header_name": key.0, "header_value": key.1 },
            "model": model,
        });
        json!({ "name": kind.replace('/', "-"), "paths": paths, "plugins": [{ "name": "ai-proxy", "config": config }] })
    };
    let routes: Vec<_> = routes.iter().map(route).collect();
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    json!({ "_format_version": "3.0", "services": [service] }).to_string()
}

/// Mocks that let a batch with `[[late]]` in it expire.
async fn late() -> Mocks {
    let mocks = played().await;
    let progress = Progress { looks: 2, end: End::Expired, lines: Some(1) };
    mocks.add(Script::new("[[late]]", Reply { progress: Some(progress), ..Reply::default() }));
    mocks
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_files_and_batches() {
    let [mocks, other] = [late().await, late().await];
    let folder = tempfile::tempdir().unwrap();
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let model = json!({ "provider": "openai", "options": { "upstream_url": mocks.url("openai") } });
    let routes: &[(&str, &[&str])] =
        &[("llm/v1/files", &["/v1/files", "/v1/uploads"]), ("llm/v1/batches", &["/v1/batches"])];
    let config = file(folder.path(), "kong.yaml", &kong(&model, ("Authorization", &key), routes));
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let Some(seen) = venv::NEWEST.run_with("openai_files.py", &[&url, "openai"]).await else { return };
    println!("{seen:#}");
    let direct = venv::NEWEST.run_with("openai_files.py", &[&other.url("openai"), "openai"]).await.unwrap();

    assert_eq!(seen["bytes_are_the_same"], json!([true, true]));
    assert_eq!(seen["files"]["content"][1], "attachment; filename=\"north.jsonl\"");
    assert_eq!(seen["batch"]["states"], json!(["validating", "in_progress", "finalizing", "completed"]));
    // Whoever keeps it, and whoever stands in between, the client sees the same; only ids are others.
    for case in
        ["expiry", "pages", "uploads", "batch", "other_apis", "expired", "refused_lines", "batch_pages"]
    {
        assert_eq!(seen[case], direct[case], "{case}");
    }
    let errors = seen["errors"].as_object().unwrap();
    assert!(errors.len() > 10);
    for (name, error) in errors.iter().filter(|(name, _)| *name != "key") {
        let status = |error: &Value| (error["status"].clone(), error["raised"].clone());
        assert_eq!(status(error), status(&direct["errors"][name]), "{name}");
    }
    // The gateway's own key stands in for the client's.
    assert_eq!(errors["key"]["raised"], Value::Null, "{}", errors["key"]);
    let (code, _) = gateway.terminate();
    assert_eq!(code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_azures_files_and_batches_by_openais_paths() {
    let mocks = late().await;
    let folder = tempfile::tempdir().unwrap();
    let options = json!({
        "upstream_url": mocks.url("azure"),
        "azure_instance": "i",
        "azure_deployment_id": "gpt-4o",
        "azure_api_version": "2025-04-01-preview",
    });
    let model = json!({ "provider": "azure", "options": options });
    let key = mocks.credentials().key("azure").to_owned();
    let routes: &[(&str, &[&str])] = &[
        ("llm/v1/files", &["/v1/files", "/v1/uploads"]),
        ("llm/v1/batches", &["/v1/batches"]),
        ("llm/v1/assistants", &["/v1/assistants", "/v1/threads", "/v1/vector_stores"]),
    ];
    let config = file(folder.path(), "kong.yaml", &kong(&model, ("api-key", &key), routes));
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let Some(seen) = venv::NEWEST.run_with("openai_files.py", &[&url, "openai"]).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["files"]["file"][4], "pending", "it is Azure's");
    assert_eq!(seen["bytes_are_the_same"], json!([true, true]));
    assert_eq!(seen["uploads"], json!(["pending", "completed", "hello wrld!\n", "cancelled", 2_500]));
    assert_eq!(seen["batch"]["answers"], json!([["line-1", "Hello"]]));
    assert_eq!(seen["refused_lines"]["errors"][3], json!([5, "url_mismatch", "url"]));
    assert_eq!(seen["errors"]["absent"]["status"], 404);

    let seen = venv::NEWEST.run_with("openai_assistants.py", &[&url, "openai"]).await.unwrap();
    assert_eq!(seen["runs"]["states"], json!(["queued", "in_progress", "completed"]));
    assert_eq!(seen["streamed"]["text"]["deltas"], json!(["Hel", "lo"]));
    assert_eq!(seen["own_turn_with_tools"][2], "completed");
    assert_eq!(seen["stores"]["counts"], json!(["completed", 2, 2, 57]));
    let (code, _) = gateway.terminate();
    assert_eq!(code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_geminis_files() {
    const MODEL: &str = "gemini-2.5-flash";
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let options = json!({ "upstream_url": mocks.url("gemini") });
    let model = json!({ "provider": "gemini", "name": MODEL, "options": options });
    let key = mocks.credentials().key("gemini").to_owned();
    let routes: &[(&str, &[&str])] = &[("llm/v1/files", &["/v1/files"]), ("llm/v1/chat", &["/v1/chat"])];
    let config = kong(&model, ("x-goog-api-key", &key), routes);
    let config = config.replace("\"route_type\"", "\"max_request_body_size\":12582912,\"route_type\"");
    let config = file(folder.path(), "kong.yaml", &config);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}/v1", gateway.address);
    let Some(seen) = venv::NEWEST.run_with("openai_their_files.py", &[&url, MODEL]).await else { return };
    println!("{seen:#}");

    let files = &seen["files"];
    assert_eq!((&files["same"], &files["gone"]), (&json!(true), &json!([true, true, "file"])));
    assert_eq!(files["object"], json!(["file", true, "north.txt", "user_data", "processed", null]));
    assert_eq!(files["expires"], 48 * 3_600, "as the provider keeps it");
    raised("gemini", &files["missing"], "NotFoundError", Some(404), "no such File object: file-user-data-");
    raised("gemini", &files["twice"], "NotFoundError", Some(404), "no such File object: file-user-data-");
    let purposes = ["assistants", "vision", "user_data", "fine-tune", "evals"];
    assert_eq!(seen["purposes"], json!(purposes.map(|purpose| [purpose, purpose])));
    assert_eq!(seen["large"], json!([true, true, "vision", "flow.bin"]));
    assert_eq!(seen["states"], json!(["uploaded", "uploaded", "processed"]));
    let listed = json!({ "there": true, "pages": [true, true, 3], "oldest": true, "batch": true });
    assert_eq!(seen["listed"], listed);
    assert_eq!(seen["asked"], json!(["Hello", "stop"]));
    assert_eq!(seen["told"], "expires_after");
    for (case, class, status, text) in [
        ("content", "BadRequestError", 400, "Not allowed to download files of purpose: assistants"),
        ("purpose", "BadRequestError", 400, "'anything' is not one of"),
        ("id", "NotFoundError", 404, "file_1"),
        ("after", "NotFoundError", 404, "file-none"),
        ("limit", "BadRequestError", 400, "limit"),
        ("form", "APIStatusError", 415, "content-type"),
        ("huge", "APIStatusError", 413, "12582912 bytes"),
    ] {
        raised("gemini", &seen["errors"][case], class, Some(status), text);
    }

    let journal = mocks.journal(None);
    let strange = journal.iter().filter(|entry| !entry.violations.is_empty()).count();
    assert_eq!(strange, 0, "the provider understood all that it was asked");
    let pieces = journal.iter().filter(|entry| entry.path.starts_with("/upload/")).count();
    assert!(pieces > 30, "the large ones went in pieces: {pieces}");
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    assert!(!log.contains(&key), "a key is in the log");
}
