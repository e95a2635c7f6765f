//! OpenAI's client for Azure.

use mocks::script::{Failure, Kind, Reply, Script};
use serde_json::json;

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn openais_client_for_azure_understands_all() {
    let mocks = played().await;
    mocks.add(Script::new("[[late]]", Reply { late_filter: true, ..Reply::text(["Hel", "lo"]) }));
    let filtered = Failure { kind: Some(Kind::ContentFilter), ..Failure::default() };
    mocks.add(Script::new("[[filtered]]", Reply::error(filtered)));
    let Some(seen) = NEWEST.run("azure_openai.py", &mocks.url("azure")).await else { return };
    println!("{seen:#}");
    let safe = json!({ "filtered": false, "severity": "safe" });
    for client in ["classic", "token", "v1"] {
        let [text, calls] = [0, 1].map(|which| &seen["whole"][client][which]);
        assert_eq!(
            (&text["text"], &text["finish"], &text["tokens"]),
            (&json!("Hello"), &json!("stop"), &json!(27))
        );
        assert_eq!((&text["filter"], &text["prompt"]), (&safe, &json!(0)));
        assert_eq!(calls["calls"][0], json!(["call_1", "weather", "{\"city\":\"Paris\"}"]));
        assert_eq!(
            seen["streamed"][client],
            json!([["Hello", ""], ["Hello", ""], ["", "{\"city\":\"Paris\"}{}"]])
        );
        assert_eq!(seen["others"][client], json!(["Hello", 8]));
        assert_eq!(seen["models"][client], "gpt-4o");
    }
    let errors = &seen["errors"];
    raised(&errors["filtered"], "BadRequestError", "APIStatusError", Some(400), "content management policy");
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "temperature");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Access denied");
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    nothing_is_strange(&mocks, 1);
}
