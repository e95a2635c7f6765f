//! OpenAI's realtime sessions: every message of the mock is held to the document, and their order.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mocks::script::{Block, Failure, Fault, Finish, Kind, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};

use crate::client;
use crate::line::Line;

const KEY: &str = "Bearer sk-touchstone";

/// A session, and what was told on the way.
struct Session {
    line: Line,
    told: VecDeque<Value>,
}

/// Opens a session; else status and body.
async fn open(mocks: &Mocks, query: &str, fields: &[(&'static str, &str)]) -> Result<Session, (u16, Value)> {
    let line = Line::open(mocks, "openai", "/v1/realtime", query, fields).await?;
    Ok(Session { line, told: VecDeque::new() })
}

/// A request without a session.
async fn plain(mocks: &Mocks, method: &str, path: &str, key: &str, body: Option<&Value>) -> client::Reply {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} /openai{path} HTTP/1.1\r\nhost: mocks\r\nauthorization: {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    client::exchange(mocks, request.as_bytes()).await
}

/// A session that has begun.
async fn begun(mocks: &Mocks) -> Session {
    let mut session = open(mocks, "?model=gpt-realtime", &[("authorization", KEY)]).await.unwrap();
    session.until("session.created").await;
    session
}

impl Session {
    async fn say(&mut self, message: Value) {
        self.line.say(&message).await;
    }

    /// The next message of this type; those before it are kept.
    async fn until(&mut self, kind: &str) -> Value {
        self.told.clear();
        loop {
            let event = self.line.next().await.expect("a message");
            self.told.push_back(event.clone());
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// The types of what was told on the way to the last one, without pieces.
    fn kinds(&self) -> Vec<&str> {
        let kinds = self.told.iter().map(|event| event["type"].as_str().unwrap());
        kinds.filter(|kind| !kind.ends_with(".delta")).collect()
    }

    /// The pieces of this type, joined.
    fn pieces(&self, kind: &str) -> String {
        let deltas = self.told.iter().filter(|event| event["type"] == kind);
        deltas.map(|event| event["delta"].as_str().unwrap()).collect()
    }

    async fn set(&mut self, session: Value) -> Value {
        let mut asked = session;
        asked["type"] = "realtime".into();
        self.say(json!({"type": "session.update", "session": asked})).await;
        self.until("session.updated").await["session"].clone()
    }

    async fn ask(&mut self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        self.say(json!({"type": "conversation.item.create", "item": item})).await;
        self.until("conversation.item.done").await;
        self.say(json!({"type": "response.create"})).await;
    }

    /// The code of the error that comes next.
    async fn code(&mut self) -> String {
        self.until("error").await["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    async fn hear(&mut self, sound: &[u8]) {
        let audio = STANDARD.encode(sound);
        self.say(json!({"type": "input_audio_buffer.append", "audio": audio})).await;
    }
}

/// Samples at 24 kHz: loud, or silence.
fn sound(milliseconds: usize, level: i16) -> Vec<u8> {
    level.to_le_bytes().repeat(milliseconds * 24)
}

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

/// A response of many pieces, one every 20 ms.
fn slow() -> Script {
    let fault = Fault { between_ms: Some(20), ..Fault::default() };
    Script::new(
        "[[slow]]",
        Reply::text(["one ", "two ", "three ", "four ", "five ", "six"].repeat(20)).with_fault(fault),
    )
}

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
