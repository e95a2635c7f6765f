//! Mistral's client, on Mistral's API.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn mistrals_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("mistral_chat.py", &mocks.url("mistral")).await else { return };
    println!("{seen:#}");
    assert_eq!(seen["version"], "3.7.0");
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        let text = &seen["text"];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("stop")), "{manner}");
        assert_eq!((&text["usage"], &text["cached"]), (&json!([20, 7, 27]), &json!(8)));
        assert_eq!(text["model"], "mistral-small-latest");
        let calls = json!([["call_1", "weather", { "city": "Paris" }], ["call_2", "now", {}]]);
        assert_eq!((&seen["calls"]["calls"], &seen["calls"]["finish"]), (&calls, &json!("tool_calls")));
        let think = &seen["think"];
        assert_eq!((&think["thought"], &think["text"]), (&json!("Let me"), &json!("So.")));
        assert_eq!(think["signed"], json!(["c2ln"]));
    }
    assert_eq!(seen["pieces"], json!(["", "Hel", "lo", ""]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[3]), (&json!(9), &json!("weather"), &json!("stop")));
    assert!(turn[2]["city"].is_string() && turn[4].as_str().unwrap().contains("clear sky"));
    assert_eq!(seen["own_settings"], json!([2, ["city"]]));
    assert_eq!(seen["thinks"], json!(["thinking", "text"]));
    assert_eq!(seen["middle_of_code"], json!([true, "length"]));
    assert_eq!(seen["vectors"], json!([[1024, 1024], 16, true]));
    assert_eq!(seen["models"], json!(["BaseModelCard", true, true]));
    refused(&seen["errors"]);
    nothing_is_strange(&mocks, 1);
}

fn refused(errors: &Value) {
    for (case, status, text) in [
        ("rate", 429, "slow down"),
        ("streamed", 429, "slow down"),
        ("server", 500, "broken"),
        ("overloaded", 503, "too much"),
        ("denied", 403, "not yours"),
        ("missing", 404, "no such model"),
        ("order", 400, "Unexpected role 'tool' after role 'user'"),
        ("key", 401, "Unauthorized"),
    ] {
        raised(&errors[case], "SDKError", "MistralError", Some(status), text);
    }
    raised(&errors["invalid"], "HTTPValidationError", "MistralError", Some(422), "less than or equal to 1.5");
    // A chunk that is none has no class of its own in the client.
    raised(&errors["middle"], "ResponseValidationError", "MistralError", Some(200), "body.data.choices");
    raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
}
