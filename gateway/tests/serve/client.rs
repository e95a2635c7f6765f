//! A client of which the test writes every byte, and sees every one.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) struct Client {
    pub(super) socket: TcpStream,
    /// Bytes that came behind what was read so far.
    ahead: Vec<u8>,
}

/// An answer of the gateway.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
    /// Whether the body ended as its framing says.
    pub(super) complete: bool,
}

impl Client {
    pub(super) async fn connect(gateway: SocketAddr) -> Self {
        let socket = TcpStream::connect(gateway).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, ahead: Vec::new() }
    }

    /// Asks `/chat`, and reads the whole answer.
    pub(super) async fn chat(&mut self, body: &str) -> Reply {
        self.post("/chat", "content-type: application/json\r\n", body).await;
        self.reply().await
    }

    /// Sends a request; `fields` are whole lines.
    pub(super) async fn post(&mut self, path: &str, fields: &str, body: &str) {
        let length = body.len();
        self.write(&format!(
            "POST {path} HTTP/1.1\r\nhost: gateway\r\n{fields}content-length: {length}\r\n\r\n{body}"
        ))
        .await;
    }

    pub(super) async fn write(&mut self, text: &str) {
        // The gateway may close before it has read all.
        let _ = self.socket.write_all(text.as_bytes()).await;
    }

    pub(super) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        if reply.field("transfer-encoding").is_some() {
            reply.complete = loop {
                let size = self.line().await;
                let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break false };
                let Some(chunk) = self.exactly(size + 2).await else { break false };
                reply.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break true;
                }
            };
        } else {
            let length = reply.field("content-length").expect("a length").parse().unwrap();
            match self.exactly(length).await {
                Some(body) => (reply.body, reply.complete) = (body, true),
                None => reply.body = std::mem::take(&mut self.ahead),
            }
        }
        reply
    }

    /// Status and header fields; the body is still to come.
    pub(super) async fn head(&mut self) -> Reply {
        let mut head = self.line().await;
        while !head.ends_with("\r\n\r\n") {
            let line = self.line().await;
            assert!(!line.is_empty(), "the gateway closed in its head: {head:?}");
            head.push_str(&line);
        }
        let status = head.split(' ').nth(1).expect("a status line").parse().unwrap();
        Reply { status, head, body: Vec::new(), complete: false }
    }

    /// The head of a stream, and what is before its first event: whoever has seen some of it knows that the gateway has read as much.
    pub(super) async fn seen(&mut self) -> Reply {
        let head = self.head().await;
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "the stream ended");
            if line.starts_with("data: ") {
                return head;
            }
        }
    }

    /// One line with its end; empty at the end of the connection.
    pub(super) async fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let rest = self.ahead.split_off(at + 1);
                return String::from_utf8(std::mem::replace(&mut self.ahead, rest)).unwrap();
            }
            if self.socket.read_buf(&mut self.ahead).await.unwrap_or(0) == 0 {
                return String::new();
            }
        }
    }

    /// Waits until the gateway has closed the connection; what came before is lost.
    pub(super) async fn gone(&mut self) {
        while let Ok(1..) = self.socket.read_buf(&mut self.ahead).await {}
    }

    async fn exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.ahead.len() < count {
            if self.socket.read_buf(&mut self.ahead).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        let rest = self.ahead.split_off(count);
        Some(std::mem::replace(&mut self.ahead, rest))
    }
}

impl Reply {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Status and code of OpenAI's error object, which is held to its document.
    pub(super) fn error(&self) -> (u16, String) {
        assert_eq!(self.field("content-type"), Some("application/json"));
        let chat =
            specs::api("openai").and_then(|api| api.operation("POST", "/v1/chat/completions")).unwrap();
        let violations = chat.reply(self.status, &self.json());
        assert!(violations.is_empty(), "{violations:?}");
        (self.status, error_code(&self.json()))
    }

    /// Status and type of Anthropic's error object, which is held to its document, and names the call as its headers do.
    pub(super) fn message_error(&self) -> (u16, String) {
        assert_eq!(self.field("content-type"), Some("application/json"));
        let messages = specs::api("anthropic").and_then(|api| api.operation("POST", "/v1/messages")).unwrap();
        let judged = match self.status {
            405 | 415 => 400,
            502 => 500,
            status => status,
        };
        let body = self.json();
        let violations = messages.reply(judged, &body);
        assert!(violations.is_empty(), "{violations:?}");
        assert!(
            body["request_id"].is_string() && body["request_id"].as_str() == self.field("request-id"),
            "{body}"
        );
        (self.status, body["error"]["type"].as_str().unwrap().to_owned())
    }

    /// The data of each event.
    pub(super) fn events(&self) -> Vec<&str> {
        let events = self.text().split("\n\n").filter(|event| !event.is_empty());
        events
            .map(|event| event.strip_prefix("data: ").unwrap_or_else(|| panic!("an event: {event:?}")))
            .collect()
    }

    /// The text of a stream, folded.
    pub(super) fn content(&self) -> String {
        let chunks = self.events().into_iter().filter(|data| *data != "[DONE]");
        let pieces = chunks.map(|data| {
            let chunk: serde_json::Value = serde_json::from_str(data).unwrap();
            chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()
        });
        pieces.collect()
    }

    /// The code of the error that ends a stream.
    pub(super) fn last_error(&self) -> String {
        assert!(self.complete && !self.text().contains("[DONE]"), "{}", self.text());
        let last = self.events().pop().expect("an event");
        error_code(&serde_json::from_str(last).unwrap())
    }
}

fn error_code(body: &serde_json::Value) -> String {
    let error = body["error"].as_object().unwrap_or_else(|| panic!("an error: {body}"));
    assert!(
        error["message"].is_string() && error["type"].is_string() && error.contains_key("param"),
        "{body}"
    );
    error["code"].as_str().unwrap_or_else(|| panic!("a code: {body}")).to_owned()
}
