//! An upstream of which the test writes every byte, and sees every one.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct Upstream {
    listener: TcpListener,
    pub(super) addr: SocketAddr,
}

/// A request that has come, and the connection on which it wants its answer.
pub(super) struct Call {
    pub(super) socket: TcpStream,
    /// Request line and header fields.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Upstream {
    pub(super) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        Self { listener, addr }
    }

    /// The next connection's first request.
    pub(super) async fn call(&self) -> Call {
        Call::read(self.accept().await).await.expect("a request")
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> TcpStream {
        let (socket, _) = self.listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    /// Answers the next connection with `bytes`, whatever it says, and gives what it said.
    pub(super) async fn plain(&self, bytes: &[u8]) -> Vec<u8> {
        let (mut socket, _) = self.listener.accept().await.unwrap();
        let mut seen = Vec::new();
        socket.read_buf(&mut seen).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let _ = socket.read_to_end(&mut seen).await;
        seen
    }
}

impl Call {
    /// Reads one request; `None`: the gateway closed instead.
    pub(super) async fn read(mut socket: TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return None;
            }
        };
        let mut body = bytes.split_off(end);
        let head = String::from_utf8(bytes).unwrap();
        let length = field(&head, "content-length").map(|length| length.parse::<usize>().unwrap());
        let chunked = field(&head, "transfer-encoding") == Some("chunked");
        let is_whole = |body: &[u8]| match length {
            Some(length) => body.len() >= length,
            None => !chunked || body.ends_with(b"0\r\n\r\n"),
        };
        while !is_whole(&body) {
            if socket.read_buf(&mut body).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        assert!(length.is_none_or(|length| body.len() == length), "nothing behind the body");
        Some(Self { socket, head, body })
    }

    /// The first request on a connection.
    pub(super) async fn first(socket: TcpStream) -> Option<Self> {
        Self::read(socket).await
    }

    /// The next request on the same connection.
    pub(super) async fn next(self) -> Option<Self> {
        Self::read(self.socket).await
    }

    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // The gateway may have closed; that is then what the test is about.
        let _ = self.socket.write_all(bytes.as_ref()).await;
    }

    /// The head of a chunked stream of events.
    pub(super) async fn begin_stream(&mut self) {
        self.write(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .await;
    }

    pub(super) async fn chunk(&mut self, data: impl AsRef<[u8]>) {
        let data = data.as_ref();
        let mut bytes = format!("{:x}\r\n", data.len()).into_bytes();
        bytes.extend_from_slice(data);
        bytes.extend_from_slice(b"\r\n");
        self.write(bytes).await;
    }

    pub(super) async fn end_stream(&mut self) {
        self.write("0\r\n\r\n").await;
    }

    pub(super) async fn close(mut self) {
        let _ = self.socket.shutdown().await;
    }

    /// Ends the connection with a reset.
    pub(super) fn reset(self) {
        self.socket.set_zero_linger().unwrap();
    }

    /// Waits until the gateway has closed the connection.
    pub(super) async fn gone(mut self) {
        let mut byte = [0];
        while let Ok(1) = self.socket.read(&mut byte).await {}
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

/// The value of a header field.
pub(super) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// One event of OpenAI's stream.
pub(super) fn event(text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}},\"finish_reason\":null}}]}}\n\n"
    )
}

pub(super) const DONE: &str = "data: [DONE]\n\n";

/// Anthropic's stream that says `texts`.
pub(super) fn anthropic(texts: &[&str]) -> String {
    let mut events = vec![
        r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}"#.to_owned(),
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
    ];
    events.extend(texts.iter().map(|text| {
        let text = serde_json::Value::from(*text);
        format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":{text}}}}}"#)
    }));
    events.extend([
        r#"{"type":"content_block_stop","index":0}"#.to_owned(),
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}"#.to_owned(),
        r#"{"type":"message_stop"}"#.to_owned(),
    ]);
    let name = |event: &str| {
        serde_json::from_str::<serde_json::Value>(event).unwrap()["type"].as_str().unwrap().to_owned()
    };
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", name(event))).collect()
}
