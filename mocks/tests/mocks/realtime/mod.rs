//! OpenAI's realtime sessions: every message of the mock is held to the document, and their order.

mod conversation;
mod doors;
mod responses;
mod transcription;
mod turns;

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

/// A response of many pieces, one every 20 ms.
fn slow() -> Script {
    let fault = Fault { between_ms: Some(20), ..Fault::default() };
    Script::new(
        "[[slow]]",
        Reply::text(["one ", "two ", "three ", "four ", "five ", "six"].repeat(20)).with_fault(fault),
    )
}
