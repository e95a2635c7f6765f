//! OpenAI's Python client in realtime sessions, through the bundled gateway, to the mock.

use serde_json::json;

use super::{Server, file, played, venv};

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_leads_sessions_through_the_gateway() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let config = json!({
        "route_type": "realtime/v1/realtime",
        "auth": { "header_name": "Authorization", "header_value": key },
        "model": { "provider": "openai", "name": "gpt-realtime", "options": { "upstream_url": mocks.url("openai") } },
        "logging": { "log_statistics": true },
    });
    let route = json!({ "name": "realtime", "paths": ["/v1/realtime"], "plugins": [{ "name": "ai-proxy", "config": config }] });
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": [route] });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let Some(seen) = venv::NEWEST.run_with("openai_realtime.py", &[&url, "sk-of-the-client"]).await else {
        return;
    };
    println!("{seen:#}");
    let text = &seen["text"];
    assert!(text["said"].as_str().unwrap().contains("Hello"));
    assert_eq!((&text["call"], &text["strange"]), (&json!(["function_call", "weather"]), &json!([])));
    assert!(text["answer"].as_str().unwrap().contains("a clear sky"));
    assert_eq!(
        seen["voice"]["milliseconds"].as_u64(),
        seen["voice"]["tokens"].as_u64().map(|tokens| tokens * 50)
    );
    assert_eq!(seen["transcription"][0], "transcription", "{seen}");
    assert_eq!(seen["refused"], json!(null), "the gateway's own key stands in for the client's");

    let heard = mocks.journal(None);
    assert!(heard.iter().any(|entry| entry.method == mocks::live::MESSAGE), "messages are in the journal");
    assert!(heard.iter().all(|entry| entry.violations.is_empty()));
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("\"ai.proxy.meta.request_mode\":\"realtime\"")
            && log.contains("\"websocket.close_code\":1000")
    );
    assert!(log.contains("\"ai.proxy.usage.output_tokens\":") && !log.contains("sk-of-the-client"));
}
