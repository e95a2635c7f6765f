//! Sessions that only transcribe.

use super::*;

const KIND: &str = "conversation.item.input_audio_transcription.completed";

/// A session that transcribes by this model, and ends turns by itself or not.
async fn hearing(mocks: &Mocks, model: &str, turns: &Value) -> Session {
    let mut session = open(mocks, "?intent=transcription", &[("authorization", KEY)]).await.unwrap();
    let created = session.until("session.created").await["session"].clone();
    assert_eq!(
        (&created["type"], &created["object"]),
        (&json!("transcription"), &json!("realtime.transcription_session"))
    );
    assert!(created.get("model").is_none() && created["audio"].get("output").is_none(), "{created}");
    let input = json!({ "transcription": { "model": model }, "turn_detection": turns });
    session.say(json!({ "type": "session.update", "session": { "type": "transcription", "audio": { "input": input } } })).await;
    let updated = session.until("session.updated").await["session"].clone();
    assert_eq!(updated["audio"]["input"]["transcription"]["model"], model);
    session
}

#[tokio::test]
async fn what_is_heard_is_written_down_and_nobody_answers() {
    let mocks = mocks::start().await.unwrap();
    // A response that there should not be would not be interrupted.
    let turns = json!({ "type": "server_vad", "silence_duration_ms": 200, "interrupt_response": false });
    let mut session = hearing(&mocks, "gpt-4o-transcribe", &turns).await;
    for _ in 0..3 {
        session.hear(&[sound(500, 8_000), sound(300, 0)].concat()).await;
        let completed = session.until(KIND).await;
        assert!(completed["transcript"].as_str().unwrap().starts_with("A sound of "), "{completed}");
        assert_eq!(completed["usage"]["type"], "tokens");
        let kinds = session.kinds();
        for kind in [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
        ] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
        assert!(!kinds.iter().any(|kind| kind.starts_with("response.") || *kind == "error"), "{kinds:?}");
    }
}

#[tokio::test]
async fn whisper_is_paid_for_by_the_second() {
    let mocks = mocks::start().await.unwrap();
    let mut session = hearing(&mocks, "whisper-1", &Value::Null).await;
    session.hear(&sound(1_500, 8_000)).await;
    session.say(json!({ "type": "input_audio_buffer.commit" })).await;
    assert_eq!(session.until(KIND).await["usage"], json!({ "type": "duration", "seconds": 1.5 }));
}

#[tokio::test]
async fn one_kind_of_session_is_not_another() {
    let mocks = mocks::start().await.unwrap();
    let mut session = hearing(&mocks, "gpt-4o-transcribe", &Value::Null).await;
    session.say(json!({ "type": "response.create" })).await;
    assert_eq!(session.code().await, "invalid_event");
    session.say(json!({ "type": "session.update", "session": { "type": "realtime", "instructions": "Be brief." } })).await;
    assert_eq!(session.code().await, "invalid_session_type");
    let mut answering = begun(&mocks).await;
    answering.say(json!({ "type": "session.update", "session": { "type": "transcription" } })).await;
    let error = answering.until("error").await["error"].clone();
    let message = "Passing a transcription session update event to a realtime session is not allowed.";
    assert_eq!(error["message"], message);
    let refused = open(&mocks, "?model=whisper-1", &[("authorization", KEY)]).await.err().unwrap();
    assert_eq!(refused.1["error"]["message"], "Model \"whisper-1\" is not supported in realtime mode.");
}

#[tokio::test]
async fn a_browser_transcribes_with_a_key_of_its_own() {
    let mocks = mocks::start().await.unwrap();
    let body = json!({ "session": { "type": "transcription", "audio": { "input": { "transcription": { "model": "gpt-4o-mini-transcribe" } } } } });
    let made = plain(&mocks, "POST", "/v1/realtime/client_secrets", KEY, Some(&body)).await.json();
    assert_eq!(made["session"]["object"], "realtime.transcription_session");
    let key = format!("Bearer {}", made["value"].as_str().unwrap());
    let mut session = open(&mocks, "", &[("authorization", &key)]).await.unwrap();
    let created = session.until("session.created").await["session"].clone();
    assert_eq!(created["audio"]["input"]["transcription"]["model"], "gpt-4o-mini-transcribe");
}
