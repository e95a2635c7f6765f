//! Who may open a session, and what is refused in one.

use super::*;

#[tokio::test]
async fn what_the_service_does_not_know_is_refused_in_its_words() {
    let mocks = mocks::start().await.unwrap();
    let mut session = begun(&mocks).await;
    for (message, code, param) in [
        (json!({"type": "session.updated"}), "invalid_value", json!("type")),
        (json!({"type": "session.update"}), "missing_required_parameter", json!("session")),
        (json!({"type": "input_audio_buffer.append", "audio": "%"}), "invalid_value", json!("audio")),
        (json!({"type": "output_audio_buffer.clear"}), "unsupported_event", json!("type")),
        (
            json!({"type": "session.update", "session": {"type": "realtime", "model": "other"}}),
            "invalid_value",
            json!("session.model"),
        ),
    ] {
        session.say(message.clone()).await;
        assert_eq!(session.code().await, code, "{message}");
        assert_eq!(session.told.back().unwrap()["error"]["param"], param, "{message}");
    }
    session.line.write("{").await;
    assert_eq!(session.code().await, "invalid_json");
    let heard = mocks.journal(None);
    assert!(heard.iter().any(|entry| entry.method == mocks::live::MESSAGE && !entry.violations.is_empty()));
}

#[tokio::test]
async fn who_has_no_key_or_no_model_has_no_session() {
    let mocks = mocks::start().await.unwrap();
    let status = async |query: &str, fields: &[(&'static str, &str)]| {
        open(&mocks, query, fields).await.err().map(|(status, body)| (status, body["error"]["code"].clone()))
    };
    let key = ("authorization", KEY);
    assert_eq!(status("?model=m", &[]).await, Some((401, Value::Null)));
    assert_eq!(
        status("?model=m", &[("authorization", "Bearer x")]).await,
        Some((401, json!("invalid_api_key")))
    );
    assert_eq!(status("", &[key]).await, Some((400, json!("missing_model"))));
    assert_eq!(status("?model=m", &[key]).await, None);
    assert_eq!(plain(&mocks, "GET", "/v1/realtime?model=m", KEY, None).await.status, 400);
}

#[tokio::test]
async fn a_browser_comes_with_a_key_of_its_own() {
    let mocks = mocks::start().await.unwrap();
    let asked =
        json!({"session": {"type": "realtime", "model": "gpt-realtime", "output_modalities": ["text"]}});
    let secret = plain(&mocks, "POST", "/v1/realtime/client_secrets", KEY, Some(&asked)).await.json();
    let value = secret["value"].as_str().unwrap();
    let shown = format!("realtime, openai-insecure-api-key.{value}");
    let mut session = open(&mocks, "", &[("sec-websocket-protocol", &shown)]).await.unwrap();
    let told = session.until("session.created").await["session"].clone();
    assert_eq!((&told["id"], &told["output_modalities"]), (&secret["session"]["id"], &json!(["text"])));
    let bearer = format!("Bearer {value}");
    assert_eq!(plain(&mocks, "GET", "/v1/models", &bearer, None).await.status, 401, "it opens nothing else");
    let forged = format!("realtime, openai-insecure-api-key.{}0", &value[..value.len() - 1]);
    let forged = if forged == shown { format!("{}1", &forged[..forged.len() - 1]) } else { forged };
    let refused = open(&mocks, "?model=m", &[("sec-websocket-protocol", &forged)]).await;
    assert_eq!(refused.err().map(|(status, _)| status), Some(401));
}
