//! A client that keeps its connection, and takes whatever comes.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::faults::Plan;

pub(super) struct Client {
    addr: SocketAddr,
    socket: BufReader<TcpStream>,
}

/// An answer, as it came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
    stream: bool,
}

impl Client {
    pub(super) async fn connect(addr: SocketAddr) -> Self {
        Self { addr, socket: BufReader::new(TcpStream::connect(addr).await.expect("a connection")) }
    }

    pub(super) async fn get(addr: SocketAddr, path: &str) -> Value {
        Self::connect(addr)
            .await
            .send(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n"), false)
            .await
            .json()
    }

    pub(super) async fn ask(&mut self, path: &str, plan: &Plan) -> Reply {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": plan.words()}]});
        if plan.stream {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        let (body, session) = (body.to_string(), &plan.name);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\nx-session: {session}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.send(&request, plan.stream).await
    }

    async fn send(&mut self, request: &str, stream: bool) -> Reply {
        self.socket.write_all(request.as_bytes()).await.expect("a gateway that reads");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.socket.read_line(&mut head).await.expect("a head") > 0, "no answer to {request}");
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut body = Vec::new();
        match field(&head, "content-length") {
            Some(length) => {
                body.resize(length.parse().expect("a length"), 0);
                self.socket.read_exact(&mut body).await.expect("a body");
            }
            None => self.chunks(&mut body).await,
        }
        if field(&head, "connection") == Some("close") {
            *self = Self::connect(self.addr).await;
        }
        Reply { status, head, body: String::from_utf8(body).expect("text"), stream }
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) {
        loop {
            let mut line = String::new();
            self.socket.read_line(&mut line).await.expect("a chunk");
            let size = usize::from_str_radix(line.trim(), 16).expect("a size");
            let start = body.len();
            body.resize(start + size + 2, 0);
            self.socket.read_exact(&mut body[start..]).await.expect("a chunk");
            body.truncate(start + size);
            if size == 0 {
                return;
            }
        }
    }
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Whether it came to its own end.
    pub(super) fn is_complete(&self) -> bool {
        !self.stream || self.body.ends_with("data: [DONE]\n\n")
    }

    pub(super) fn tells_an_error(&self) -> bool {
        self.events().last().is_some_and(|event| event["error"]["message"].is_string())
    }

    /// What is said.
    pub(super) fn text(&self) -> String {
        if self.status != 200 {
            return String::new();
        }
        if !self.stream {
            return self.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
        }
        let pieces = self
            .events()
            .into_iter()
            .filter_map(|event| event["choices"][0]["delta"]["content"].as_str().map(str::to_owned));
        pieces.collect()
    }

    /// All tokens that it tells of.
    pub(super) fn tokens(&self) -> u64 {
        let events = if self.stream { self.events() } else { vec![self.json()] };
        events.iter().rev().find_map(|event| event["usage"]["total_tokens"].as_u64()).expect("usage")
    }

    /// Who answered.
    pub(super) fn provider(&self) -> String {
        let model = field(&self.head, "x-kong-llm-model").expect("who answered");
        model.split('/').next().unwrap_or_default().to_owned()
    }

    fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).expect("an event"))
            .collect()
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
