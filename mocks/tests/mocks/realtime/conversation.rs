//! What is said and answered: in writing, aloud, by a tool.

use super::*;

#[tokio::test]
async fn a_text_is_answered_in_writing() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[hello]]", Reply::text(["Hel", "lo"])));
    let mut session = begun(&mocks).await;
    let told = session.set(json!({"output_modalities": ["text"], "instructions": "Be brief."})).await;
    assert_eq!((&told["output_modalities"], &told["instructions"]), (&json!(["text"]), &json!("Be brief.")));
    assert_eq!(told["audio"]["output"]["voice"], "marin", "what is left out stays");
    session.ask("Say [[hello]].").await;
    let done = session.until("response.done").await;
    assert_eq!(session.pieces("response.output_text.delta"), "Hello");
    let kinds = [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ];
    assert_eq!(session.kinds(), kinds);
    let response = &done["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"][0]["content"], json!([{"type": "output_text", "text": "Hello"}]));
    let usage = &response["usage"];
    assert!(usage["input_tokens"].as_u64() > Some(0) && usage["output_tokens"].as_u64() > Some(0), "{usage}");
    assert_eq!(usage["output_token_details"]["audio_tokens"], 0);
}

#[tokio::test]
async fn a_voice_has_words_and_a_length() {
    let mocks = mocks::start().await.unwrap();
    for (format, per_ms) in [
        (json!({"type": "audio/pcm", "rate": 24000}), 48),
        (json!({"type": "audio/pcmu"}), 8),
        (json!({"type": "audio/pcma"}), 8),
    ] {
        let mut session = begun(&mocks).await;
        session.set(json!({"audio": {"output": {"format": format, "voice": "cedar"}}})).await;
        session.ask("Hello").await;
        let done = session.until("response.done").await;
        let said = session.pieces("response.output_audio_transcript.delta");
        assert!(said.contains("Hello"), "{said}");
        let sound = session.told.iter().filter(|event| event["type"] == "response.output_audio.delta");
        let bytes: usize =
            sound.map(|event| STANDARD.decode(event["delta"].as_str().unwrap()).unwrap().len()).sum();
        let tokens = done["response"]["usage"]["output_token_details"]["audio_tokens"].as_u64().unwrap();
        assert_eq!(bytes as u64, tokens * 50 * per_ms, "a token is fifty milliseconds");
        assert_eq!(done["response"]["output"][0]["content"][0]["transcript"], said);
        let refused = json!({"type": "session.update", "event_id": "mine",
            "session": {"type": "realtime", "audio": {"output": {"voice": "ash"}}}});
        session.say(refused).await;
        assert_eq!(session.code().await, "cannot_update_voice");
        assert_eq!(session.told.back().unwrap()["error"]["event_id"], "mine");
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_answered() {
    let mocks = mocks::start().await.unwrap();
    let mut session = begun(&mocks).await;
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool =
        json!({"type": "function", "name": "weather", "description": "The weather.", "parameters": schema});
    session.set(json!({"output_modalities": ["text"], "tools": [tool]})).await;
    session.ask("What is the weather in Paris?").await;
    let done = session.until("response.done").await;
    let call = &done["response"]["output"][0];
    assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
    let pieces = session.pieces("response.function_call_arguments.delta");
    assert_eq!(call["arguments"], pieces);
    assert!(serde_json::from_str::<Value>(&pieces).unwrap()["city"].is_string());
    let output = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "a clear sky"});
    session.say(json!({"type": "conversation.item.create", "item": output})).await;
    session.say(json!({"type": "response.create"})).await;
    session.until("response.done").await;
    assert!(session.pieces("response.output_text.delta").contains("a clear sky"));
}
