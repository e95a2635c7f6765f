//! Ollama's client.

use serde_json::json;

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn ollamas_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("ollama_chat.py", &mocks.url("ollama")).await else { return };
    println!("{seen:#}");
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        let text = &seen["text"];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("stop")), "{manner}");
        assert_eq!((&text["usage"], &text["timed"]), (&json!([20, 7]), &json!(true)), "{manner}");
        let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
        assert_eq!(seen["calls"]["calls"], calls, "{manner}");
        let think = &seen["think"];
        assert_eq!((&think["thought"], &think["text"]), (&json!("Let me"), &json!("So.")), "{manner}");
    }
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[2]), (&json!("weather"), &json!("stop")));
    assert!(turn[1]["city"].is_string() && turn[3].as_str().unwrap().contains("clear sky"), "{turn}");
    let settings = &seen["own_settings"];
    assert!(settings[0].as_str().unwrap().starts_with("{\"city\":") && settings[1] == true, "{settings}");
    assert_eq!(seen["completed"], json!(["Hello", "stop", "Hello", 7]));
    assert_eq!(seen["vectors"], json!([[256, 256], 768]));
    let models = &seen["models"];
    assert_eq!((&models[0], &models[1], &models[4]), (&json!(true), &json!("llama"), &json!([])));
    assert!(models[2].as_array().unwrap().contains(&json!("tools")) && models[3] == true, "{models}");

    let errors = &seen["errors"];
    for (case, status, text) in [
        ("rate", Some(429), "slow down"),
        ("streamed", Some(429), "slow down"),
        ("server", Some(500), "broken"),
        ("overloaded", Some(503), "too much"),
        ("denied", Some(403), "not yours"),
        ("missing", Some(404), "no such model"),
        ("unknown", Some(404), "model 'of-my-own' not found"),
        // A line within a reply whose status was good.
        ("middle", None, "in the middle"),
    ] {
        raised(&errors[case], "ResponseError", "Exception", status, text);
    }
    raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
    nothing_is_strange(&mocks, 0);
}
