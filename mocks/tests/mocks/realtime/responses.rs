//! How responses end.

use super::*;

#[tokio::test]
async fn a_response_that_is_cancelled_says_what_it_had_said() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(slow());
    let mut session = begun(&mocks).await;
    session.set(json!({"output_modalities": ["text"]})).await;
    session.ask("[[slow]]").await;
    session.until("response.output_text.delta").await;
    session.say(json!({"type": "response.create"})).await;
    assert_eq!(session.code().await, "conversation_already_has_active_response");
    let before = session.pieces("response.output_text.delta");
    session.say(json!({"type": "response.cancel"})).await;
    let done = session.until("response.done").await;
    let said = format!("one {before}{}", session.pieces("response.output_text.delta"));
    let response = &done["response"];
    assert_eq!(response["status_details"], json!({"type": "cancelled", "reason": "client_cancelled"}));
    let item = &response["output"][0];
    assert_eq!((&item["status"], &item["content"][0]["text"]), (&json!("incomplete"), &json!(said)));
    for kind in ["response.output_text.done", "response.content_part.done", "response.output_item.done"] {
        assert!(session.kinds().contains(&kind), "{kind}: what was begun is closed");
    }
    session.say(json!({"type": "response.cancel"})).await;
    assert_eq!(session.code().await, "response_cancel_not_active");
    session.say(json!({"type": "conversation.item.retrieve", "item_id": item["id"]})).await;
    assert_eq!(session.until("conversation.item.retrieved").await["item"]["content"][0]["text"], said);
}

#[tokio::test]
async fn a_response_ends_as_its_script_says() {
    let mocks = mocks::start().await.unwrap();
    let length = Reply { finish: Some(Finish::Length), ..Reply::text(["On and"]) };
    mocks.add(Script::new("[[length]]", length));
    mocks
        .add(Script::new("[[filter]]", Reply { finish: Some(Finish::ContentFilter), ..Reply::text(["No"]) }));
    mocks.add(Script::new("[[error]]", Reply::error(Failure::new(Kind::Server, "broken"))));
    let calls = vec![Block::Text("Well".into()), Block::call("call_1", "now", "{}")];
    mocks.add(Script::new("[[both]]", Reply { content: Some(calls), ..Reply::default() }));
    // A script looks for its marker in all that was said: so each has a conversation of its own.
    let asked = async |marker: &str| {
        let mut session = begun(&mocks).await;
        session.set(json!({"output_modalities": ["text"]})).await;
        session.ask(marker).await;
        session.until("response.done").await["response"].clone()
    };
    for (marker, status, detail) in [
        ("[[length]]", "incomplete", json!({"type": "incomplete", "reason": "max_output_tokens"})),
        ("[[filter]]", "incomplete", json!({"type": "incomplete", "reason": "content_filter"})),
        (
            "[[error]]",
            "failed",
            json!({"type": "failed", "error": {"type": "server_error", "code": null, "message": "broken"}}),
        ),
    ] {
        let response = asked(marker).await;
        assert_eq!((&response["status"], &response["status_details"]), (&json!(status), &detail));
    }
    let output = &asked("[[both]]").await["output"];
    assert_eq!((&output[0]["type"], &output[1]["call_id"]), (&json!("message"), &json!("call_1")));
}

#[tokio::test]
async fn an_answer_aside_leaves_no_trace() {
    let mocks = mocks::start().await.unwrap();
    let mut session = begun(&mocks).await;
    let input =
        json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Aside"}]}]);
    let asked = json!({"conversation": "none", "input": input, "output_modalities": ["text"], "metadata": {"topic": "a"}});
    session.say(json!({"type": "response.create", "response": asked})).await;
    let response = session.until("response.done").await["response"].clone();
    assert!(session.pieces("response.output_text.delta").contains("Aside"));
    assert_eq!((&response["conversation_id"], &response["metadata"]["topic"]), (&Value::Null, &json!("a")));
    session.say(json!({"type": "conversation.item.retrieve", "item_id": response["output"][0]["id"]})).await;
    assert_eq!(session.code().await, "item_retrieve_invalid_item_id");
}
