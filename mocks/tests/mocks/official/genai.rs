//! Google's client, on the Gemini API and on Vertex AI.

use serde_json::{Value, json};

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn googles_client_understands_all_of_gemini() {
    let mocks = played().await;
    let arguments = [&*mocks.url("gemini"), "gemini"];
    let Some(seen) = NEWEST.run_with("google_contents.py", &arguments).await else { return };
    println!("{seen:#}");
    understood(&seen);
    assert_eq!(seen["models"], "models/gemini-2.5-flash");
    let key = &seen["errors"]["key"];
    raised(key, "ClientError", "APIError", Some(400), "API key not valid");
    nothing_is_strange(&mocks, 0);
}

#[tokio::test]
async fn googles_client_understands_all_of_vertex() {
    let mocks = played().await;
    let arguments = [&*mocks.url("vertex"), "vertex"];
    let Some(seen) = NEWEST.run_with("google_contents.py", &arguments).await else { return };
    println!("{seen:#}");
    understood(&seen);
    assert_eq!(seen["models"], "publishers/google/models/gemini-2.5-flash");
    assert_eq!(seen["predicted"], json!([256, 256]));
    let key = &seen["errors"]["key"];
    raised(key, "ClientError", "APIError", Some(401), "invalid authentication credentials");
    nothing_is_strange(&mocks, 0);
}

/// What the client says of either service.
fn understood(seen: &Value) {
    assert!(seen["version"].as_str().unwrap().starts_with("3."));
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        let text = &seen["text"];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("STOP")), "{manner}");
        assert_eq!((&text["usage"], &text["model"]), (&json!([20, 4, 3, 8, 27]), &json!("gemini-2.5-flash")));
        let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
        assert_eq!((&seen["calls"]["calls"], &seen["calls"]["finish"]), (&calls, &json!("STOP")));
        let think = &seen["think"];
        assert_eq!((&think["thought"], &think["text"]), (&json!("Let me"), &json!("So.")));
        assert_eq!(think["signed"], json!(["sig"]), "it is base64 on the wire");
    }
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]));
    assert_eq!(seen["both_versions"], json!(["Hello", "Hello"]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[2]), (&json!("weather"), &json!("STOP")));
    assert!(turn[1]["city"].is_string() && turn[3].as_str().unwrap().contains("clear sky"));
    assert_eq!(seen["own_settings"], json!([2, ["city"], true]));
    assert_eq!(seen["blocked"], json!([null, "SAFETY", 1, "SAFETY"]));
    assert_eq!(seen["vectors"], json!([256, 256]));
    assert!(seen["counted"][0].is_u64() && seen["counted"][0] == seen["counted"][1], "{}", seen["counted"]);

    let errors = &seen["errors"];
    for (case, class, status, text) in [
        ("rate", "ClientError", 429, "slow down"),
        ("streamed", "ClientError", 429, "slow down"),
        ("server", "ServerError", 500, "broken"),
        ("overloaded", "ServerError", 503, "too much"),
        ("denied", "ClientError", 403, "not yours"),
        ("missing", "ClientError", 404, "no such model"),
        ("invalid", "ClientError", 400, "valid role"),
        ("middle", "ServerError", 503, "in the middle"),
    ] {
        raised(&errors[case], class, "APIError", Some(status), text);
    }
    raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
}

#[tokio::test]
async fn googles_client_leads_sessions() {
    let tls = Some("127.0.0.1:0".parse().unwrap());
    let mocks = mocks::start_with(mocks::Options { tls, ..mocks::Options::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trust = mocks.authority().unwrap().trust(folder.path()).unwrap().ca.display().to_string();
    let url = format!("https://localhost:{}/gemini", mocks.tls().unwrap().port());
    let key = mocks.credentials().key("gemini");
    let Some(seen) = NEWEST.run_with("google_live.py", &[&url, &trust, key]).await else { return };
    println!("{seen:#}");
    let text = &seen["text"];
    assert_eq!((&text["called"], &text["counts"]), (&json!("weather"), &json!(true)), "{seen}");
    assert!(text["said"].as_str().unwrap().contains("a clear sky"));
    let voice = &seen["voice"];
    assert!(voice["words"].as_str().unwrap().contains("A sound of 700 milliseconds."), "{seen}");
    assert_eq!((voice["milliseconds"].as_u64().unwrap() % 50, &voice["done"]), (0, &json!(true)));
    assert_eq!((&seen["token"][0], &seen["token"][1]), (&json!(true), &json!(true)), "{seen}");
    assert!(seen["token"][2].is_string(), "a token opens one session: {seen}");
    nothing_is_strange(&mocks, 0);
}
