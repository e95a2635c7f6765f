//! OpenAI's Python client on assistants, threads, runs and vector stores, through the bundled gateway, to the mock.

use mocks::Mocks;
use mocks::script::{End, Progress, Reply, Script};
use serde_json::{Value, json};

use super::files::kong;
use super::{Server, file, played, venv};

/// Mocks whose runs expire or fail where the script's markers say so.
async fn ending() -> Mocks {
    let mocks = played().await;
    for (marker, end) in [("late", End::Expired), ("broken", End::Failed)] {
        let progress = Progress { end, ..Progress::default() };
        mocks.add(Script::new(
            format!("[[{marker}]]"),
            Reply { progress: Some(progress), ..Reply::default() },
        ));
    }
    mocks
}

const ROUTES: &[(&str, &[&str])] = &[
    ("llm/v1/assistants", &["/v1/assistants", "/v1/threads", "/v1/vector_stores"]),
    ("llm/v1/files", &["/v1/files"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_assistants() {
    let [mocks, other] = [ending().await, ending().await];
    let folder = tempfile::tempdir().unwrap();
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let model = json!({ "provider": "openai", "options": { "upstream_url": mocks.url("openai") } });
    let config = file(folder.path(), "kong.yaml", &kong(&model, ("Authorization", &key), ROUTES));
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let script = "openai_assistants.py";
    let Some(seen) = venv::NEWEST.run_with(script, &[&url, "openai"]).await else { return };
    println!("{seen:#}");
    let direct = venv::NEWEST.run_with(script, &[&other.url("openai"), "openai"]).await.unwrap();

    let events = seen["streamed"]["text"]["names"].as_array().unwrap();
    assert_eq!(events.last().unwrap(), "thread.run.completed");
    assert_eq!(seen["streamed"]["text"]["deltas"], json!(["Hel", "lo"]));
    // Whoever stands in between, the client sees the same; only ids in sentences are others.
    for case in ["tools", "own_turn_with_tools", "endings", "streamed", "file_search", "attachments"] {
        assert_eq!(seen[case], direct[case], "{case}");
    }
    for (case, members) in [
        ("assistants", vec!["made", "changed", "listed", "gone"]),
        ("runs", vec!["states", "said", "usage", "steps"]),
    ] {
        for member in members {
            assert_eq!(seen[case][member], direct[case][member], "{case}: {member}");
        }
    }
    for member in ["counts", "found", "filtered", "content", "batch", "stopped", "gone"] {
        assert_eq!(seen["stores"][member], direct["stores"][member], "{member}");
    }
    let status = |error: &Value| (error["status"].clone(), error["raised"].clone());
    let errors = seen["errors"].as_object().unwrap();
    assert!(errors.len() > 10);
    // The gateway names the version for whoever does not.
    for (name, error) in errors.iter().filter(|(name, _)| *name != "header") {
        assert_eq!(status(error), status(&direct["errors"][name]), "{name}");
    }
    let (code, _) = gateway.terminate();
    assert_eq!(code, Some(0));
}
