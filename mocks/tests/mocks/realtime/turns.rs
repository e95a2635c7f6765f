//! Who speaks, and when a turn is over.

use super::*;

#[tokio::test]
async fn who_speaks_is_noticed_and_answered() {
    let mocks = mocks::start().await.unwrap();
    let mut session = begun(&mocks).await;
    let input = json!({"transcription": {"model": "gpt-4o-transcribe"}});
    session.set(json!({"output_modalities": ["text"], "audio": {"input": input}})).await;
    session.hear(&sound(500, 0)).await;
    session.hear(&sound(600, 9_000)).await;
    let started = session.until("input_audio_buffer.speech_started").await;
    assert_eq!(started["audio_start_ms"], 200, "with what was padded before it");
    session.hear(&sound(300, 0)).await;
    let done = session.until("response.done").await;
    let kinds = session.kinds();
    assert_eq!(
        kinds[..6],
        [
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
        ]
    );
    let stopped = &session.told[0];
    assert_eq!((&stopped["audio_end_ms"], &stopped["item_id"]), (&json!(1300), &started["item_id"]));
    let transcribed = session.told.iter().find(|event| event["transcript"].is_string()).unwrap();
    assert_eq!(transcribed["item_id"], started["item_id"]);
    assert_eq!(
        done["response"]["usage"]["input_token_details"]["audio_tokens"], 13,
        "ten a second, begun ones too"
    );
}

#[tokio::test]
async fn without_turns_the_client_decides() {
    let mocks = mocks::start().await.unwrap();
    let mut session = begun(&mocks).await;
    session.set(json!({"audio": {"input": {"turn_detection": null}}})).await;
    session.hear(&sound(50, 9_000)).await;
    session.say(json!({"type": "input_audio_buffer.commit"})).await;
    assert_eq!(session.code().await, "input_audio_buffer_commit_empty");
    session.say(json!({"type": "input_audio_buffer.clear"})).await;
    session.until("input_audio_buffer.cleared").await;
    session.hear(&sound(200, 9_000)).await;
    session.say(json!({"type": "input_audio_buffer.commit"})).await;
    let committed = session.until("input_audio_buffer.committed").await;
    session.say(json!({"type": "conversation.item.retrieve", "item_id": committed["item_id"]})).await;
    let item = session.until("conversation.item.retrieved").await;
    assert_eq!(item["item"]["content"][0]["type"], "input_audio");
}

#[tokio::test]
async fn who_speaks_interrupts_the_model() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(slow());
    let mut session = begun(&mocks).await;
    session.ask("[[slow]]").await;
    session.until("response.output_audio.delta").await;
    session.hear(&sound(100, 9_000)).await;
    session.until("input_audio_buffer.speech_started").await;
    let done = session.until("response.done").await;
    assert_eq!(done["response"]["status_details"]["reason"], "turn_detected");
    let item = &done["response"]["output"][0]["id"];
    let cut = |end: u64| json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": end});
    session.say(cut(20)).await;
    assert_eq!(session.until("conversation.item.truncated").await["audio_end_ms"], 20);
    session.say(cut(1_000_000)).await;
    session.code().await;
    let message = session.told.back().unwrap()["error"]["message"].as_str().unwrap();
    assert_eq!(message, "Audio content of 20ms is already shorter than 1000000ms");
    session.say(json!({"type": "conversation.item.delete", "item_id": item})).await;
    session.until("conversation.item.deleted").await;
    session.say(json!({"type": "conversation.item.delete", "item_id": item})).await;
    assert_eq!(session.code().await, "item_delete_invalid_item_id");
}
