//! OpenAI's client.

use serde_json::json;

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn openais_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_chat.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    let usage = json!([20, 7, 27, 8, 3]);
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        assert_eq!((&seen["text"]["text"], &seen["text"]["finish"]), (&json!("Hello"), &json!("stop")));
        assert_eq!(seen["text"]["usage"], usage);
        let calls = json!([["call_1", "weather", "{\"city\":\"Paris\"}"], ["call_2", "now", "{}"]]);
        assert_eq!((&seen["calls"]["calls"], &seen["calls"]["finish"]), (&calls, &json!("tool_calls")));
        assert_eq!(seen["refusal"]["refusal"], "I can't");
    }
    assert!(seen["streamed"]["text"]["events"].as_array().unwrap().contains(&json!("content.done")));
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[2]), (&json!("tool_calls"), &json!("weather"), &json!("stop")));
    assert!(turn[3].as_str().unwrap().contains("clear sky"));
    assert_eq!((&seen["own_structured_answer"], &seen["models"]), (&json!(true), &json!(true)));

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "temperature");
    raised(&errors["missing"], "NotFoundError", "APIStatusError", Some(404), "no such model");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Incorrect API key");
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    raised(&errors["cut"], "APIConnectionError", "APIError", None, "Connection error");
    nothing_is_strange(&mocks, 1);
}
