//! Gemini's live sessions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mocks::script::{Fault, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use crate::line::Line;

const PATH: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

/// A session with this setup.
async fn begun(mocks: &Mocks, setup: Value) -> Line {
    let query = format!("?key={}", mocks.credentials().key("gemini"));
    let mut line = Line::open(mocks, "gemini", PATH, &query, &[]).await.unwrap();
    let mut asked = setup;
    asked["model"] = "models/gemini-live".into();
    line.say(&json!({"setup": asked})).await;
    assert_eq!(line.next().await, Some(json!({"setupComplete": {}})));
    line
}

fn turn(text: &str) -> Value {
    json!({"clientContent": {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": true}})
}

/// All that is said until this member comes.
async fn until(line: &mut Line, pointer: &str) -> Vec<Value> {
    let mut said = Vec::new();
    loop {
        said.push(line.next().await.expect("a message"));
        if said.last().is_some_and(|last| last.pointer(pointer).is_some()) {
            return said;
        }
    }
}

const OVER: &str = "/serverContent/turnComplete";

fn text(said: &[Value]) -> String {
    said.iter()
        .filter_map(|message| message.pointer("/serverContent/modelTurn/parts/0/text")?.as_str())
        .collect()
}

fn sound(milliseconds: usize, level: i16) -> Value {
    let bytes = level.to_le_bytes().repeat(milliseconds * 16);
    json!({"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000", "data": STANDARD.encode(bytes)}}})
}

#[tokio::test]
async fn a_turn_is_answered_in_writing() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[hello]]", Reply::text(["Hel", "lo"])));
    let mut line = begun(&mocks, json!({"generationConfig": {"responseModalities": ["TEXT"]}})).await;
    line.say(&turn("Say [[hello]].")).await;
    let said = until(&mut line, OVER).await;
    assert_eq!(text(&said), "Hello");
    assert_eq!(said[said.len() - 2]["serverContent"]["generationComplete"], true);
    let usage = &said.last().unwrap()["usageMetadata"];
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(count("totalTokenCount"), count("promptTokenCount") + count("responseTokenCount"));
    line.say(&json!({"realtimeInput": {"text": "And now?"}})).await;
    assert!(
        text(&until(&mut line, OVER).await).contains("Hello"),
        "the script still finds its marker in the conversation"
    );
}

#[tokio::test]
async fn a_voice_has_a_length_and_words_where_they_are_wanted() {
    let mocks = mocks::start().await.unwrap();
    let setup = json!({"generationConfig": {"responseModalities": ["AUDIO"]}, "outputAudioTranscription": {},
        "inputAudioTranscription": {}});
    let mut line = begun(&mocks, setup).await;
    line.say(&sound(500, 9_000)).await;
    line.say(&sound(400, 0)).await;
    let said = until(&mut line, OVER).await;
    let heard = said[0]["serverContent"]["inputTranscription"]["text"].as_str().unwrap();
    assert_eq!(heard, "A sound of 800 milliseconds.", "up to the silence that ended it");
    let pieces =
        said.iter().filter_map(|message| message.pointer("/serverContent/modelTurn/parts/0/inlineData"));
    let bytes: usize =
        pieces.map(|piece| STANDARD.decode(piece["data"].as_str().unwrap()).unwrap().len()).sum();
    let tokens = said.last().unwrap()["usageMetadata"]["responseTokenCount"].as_u64().unwrap();
    assert_eq!(bytes as u64, tokens * 50 * 48, "a token is fifty milliseconds");
    let words = said
        .iter()
        .filter_map(|message| message.pointer("/serverContent/outputTranscription/text")?.as_str());
    assert!(words.collect::<String>().contains(heard));
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_answered() {
    let mocks = mocks::start().await.unwrap();
    let schema = json!({"type": "OBJECT", "properties": {"city": {"type": "STRING"}}});
    let tool = json!({"name": "weather", "description": "The weather.", "parameters": schema});
    let mut line = begun(&mocks, json!({"tools": [{"functionDeclarations": [tool]}]})).await;
    line.say(&turn("What is the weather in Paris?")).await;
    let called = until(&mut line, "/toolCall").await;
    let call = &called.last().unwrap()["toolCall"]["functionCalls"][0];
    assert_eq!((&call["name"], call["args"].is_object()), (&json!("weather"), true));
    let result = json!({"id": call["id"], "name": "weather", "response": {"output": "a clear sky"}});
    line.say(&json!({"toolResponse": {"functionResponses": [result]}})).await;
    assert!(text(&until(&mut line, OVER).await).contains("a clear sky"));

    line.say(&turn("And what is the weather in Rome?")).await;
    let called = until(&mut line, "/toolCall").await;
    line.say(&json!({"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Never mind."}]}]}}))
        .await;
    let cancelled = until(&mut line, "/toolCallCancellation").await;
    let id = &called.last().unwrap()["toolCall"]["functionCalls"][0]["id"];
    assert_eq!(cancelled.last().unwrap()["toolCallCancellation"]["ids"], json!([id]));
}

#[tokio::test]
async fn who_speaks_interrupts_the_model() {
    let mocks = mocks::start().await.unwrap();
    let fault = Fault { between_ms: Some(20), ..Fault::default() };
    mocks.add(Script::new("[[slow]]", Reply::text(["one ", "two "].repeat(50)).with_fault(fault)));
    for (handling, is_interrupted) in [("START_OF_ACTIVITY_INTERRUPTS", true), ("NO_INTERRUPTION", false)] {
        let mut line = begun(&mocks, json!({"realtimeInputConfig": {"activityHandling": handling}})).await;
        line.say(&turn("[[slow]]")).await;
        until(&mut line, "/serverContent/modelTurn").await;
        line.say(&sound(100, 9_000)).await;
        let said = until(&mut line, OVER).await;
        let cut = said.iter().any(|message| message["serverContent"]["interrupted"] == true);
        assert_eq!(cut, is_interrupted, "{handling}");
    }
}

#[tokio::test]
async fn the_client_may_say_itself_who_speaks() {
    let mocks = mocks::start().await.unwrap();
    let setup = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}});
    let mut line = begun(&mocks, setup).await;
    line.say(&json!({"realtimeInput": {"activityStart": {}}})).await;
    line.say(&sound(200, 0)).await;
    line.say(&json!({"realtimeInput": {"activityEnd": {}}})).await;
    assert!(text(&until(&mut line, OVER).await).contains("A sound of 200 milliseconds."));
}

#[tokio::test]
async fn a_session_goes_on_where_another_ended() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script::new("[[first]]", Reply::text(["I remember."])));
    let mut line = begun(&mocks, json!({"sessionResumption": {}})).await;
    line.say(&turn("[[first]]")).await;
    let said = until(&mut line, OVER).await;
    let update = said.iter().find_map(|message| message.get("sessionResumptionUpdate")).unwrap();
    let mut again = begun(&mocks, json!({"sessionResumption": {"handle": update["newHandle"]}})).await;
    again.say(&turn("What did I say?")).await;
    assert_eq!(text(&until(&mut again, OVER).await), "I remember.");
}

#[tokio::test]
async fn what_makes_no_sense_ends_the_session() {
    let mocks = mocks::start().await.unwrap();
    for (message, reason) in [
        (json!({"setup": {"model": "models/g"}}), "first message"),
        (json!({"clientContent": {"turn": []}}), "turn"),
        (json!({"realtimeInput": {"audio": {"mimeType": "audio/pcm", "data": "%"}}}), "invalid argument"),
    ] {
        let mut line = begun(&mocks, json!({})).await;
        line.say(&message).await;
        assert_eq!(line.next().await, None);
        let (code, said) = line.closed.unwrap();
        assert!(code == 1007 && said.contains(reason), "{code} {said}");
    }
    let mut line = begun(&mocks, json!({})).await;
    line.write("{").await;
    assert_eq!((line.next().await, line.closed.map(|(code, _)| code)), (None, Some(1007)));
    for query in ["", "?key=wrong"] {
        assert!(Line::open(&mocks, "gemini", PATH, query, &[]).await.is_err(), "{query}");
    }
}
