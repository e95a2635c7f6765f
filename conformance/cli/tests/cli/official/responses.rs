//! OpenAI's Python client on responses, through the bundled gateway, to OpenAI's mock: what is kept there is reached as well.

use serde_json::json;

use super::{Server, file, played, venv};

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_responses_and_what_is_kept_of_them() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let config = json!({
        "route_type": "llm/v1/responses",
        "auth": { "header_name": "Authorization", "header_value": key },
        "model": { "provider": "openai", "options": { "upstream_url": mocks.url("openai") } },
        "logging": { "log_statistics": true },
    });
    let route = json!({ "name": "responses", "paths": ["/v1/responses"], "plugins": [{ "name": "ai-proxy", "config": config }] });
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": [route] });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let Some(seen) = venv::NEWEST.run("openai_responses.py", &url).await else { return };
    println!("{seen:#}");

    for manner in ["whole", "streamed"] {
        let text = &seen[manner]["text"];
        assert_eq!((&text["text"], &text["usage"]), (&json!("Hello"), &json!([20, 7, 27, 0, 0])), "{manner}");
        let calls = json!([["call_1", "weather", "{\"city\":\"Paris\"}"], ["call_2", "now", "{}"]]);
        assert_eq!(seen[manner]["calls"]["calls"], calls, "{manner}");
    }
    assert_eq!(seen["typed_events"]["deltas"], json!(["Hel", "lo"]));
    assert_eq!(seen["structured"], json!([true, true]));
    assert_eq!((&seen["tool_loop"][0], &seen["tool_loop"][2]), (&json!("function_call"), &json!(true)));
    assert_eq!((&seen["kept"]["same"], &seen["kept"]["deleted"]), (&json!(true), &json!(true)));
    assert_eq!(seen["kept"]["gone"]["status"], 404);
    assert_eq!(seen["pages"].as_array().map(Vec::len), Some(5));
    let background = &seen["background"];
    assert_eq!(background["states"], json!(["queued", "in_progress", "completed"]));
    assert_eq!((&background["cancelled"], &background["resumed"]), (&json!("cancelled"), &json!(true)));
    let errors = &seen["errors"];
    assert_eq!((&errors["rate"]["status"], &errors["invalid"]["status"]), (&json!(429), &json!(400)));
    assert_eq!(errors["middle"]["text"], "in the middle");
    assert_eq!(errors["cut"]["raised"][0], "APIError");

    let strange = mocks.journal(None).into_iter().filter(|entry| !entry.violations.is_empty()).count();
    assert_eq!(strange, 1, "the temperature that is refused on purpose");
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("\"ai.proxy.usage.completion_tokens\":7"), "tokens are counted as they pass");
}
