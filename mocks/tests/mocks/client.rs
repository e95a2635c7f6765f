//! A client that keeps every byte: small, strict, and with no code of the mocks in it.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A reply as it lay on the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// Without HTTP's framing.
    pub(crate) body: Vec<u8>,
    /// The HTTP chunks, where it came in such.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// HTTP's own end of the body was seen.
    pub(crate) complete: bool,
    /// The connection was reset, not closed.
    pub(crate) reset: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|problem| panic!("{problem}: {}", self.text()))
    }

    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        events(self.text())
    }
}

/// The events of a text stream, as the specification of server-sent events reads them; data that is no JSON stays a string.
pub(crate) fn events(text: &str) -> Vec<(String, Value)> {
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), Vec::new());
    for line in text.replace("\r\n", "\n").split('\n') {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("event", value) => name = value.to_owned(),
            ("data", value) => data.push(value.to_owned()),
            ("", "") if line.is_empty() => {
                if !data.is_empty() {
                    let data = data.join("\n");
                    let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
                    events.push((name.clone(), data));
                }
                name.clear();
                data = Vec::new();
            }
            _ => {}
        }
    }
    events
}

/// A request line, headers and a body.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("{method} {path} HTTP/1.1\r\nhost: mock\r\n").into_bytes();
    for (name, value) in headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    out.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

/// The headers with which a provider takes a JSON request.
pub(crate) fn headers(provider: &str) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("content-type", "application/json")];
    match provider {
        "openai" => headers.push(("authorization", "Bearer sk-touchstone")),
        "anthropic" => {
            headers.extend([("x-api-key", "sk-ant-touchstone"), ("anthropic-version", "2023-06-01")]);
        }
        other => panic!("no headers for {other}"),
    }
    headers
}

/// The path of a provider's chat on the common port.
pub(crate) fn path(provider: &str) -> &'static str {
    match provider {
        "openai" => "/openai/v1/chat/completions",
        "anthropic" => "/anthropic/v1/messages",
        other => panic!("no path for {other}"),
    }
}

/// Sends one chat request and reads its reply to the end.
pub(crate) async fn chat(mocks: &mocks::Mocks, provider: &str, body: &Value) -> Reply {
    let bytes = request("POST", path(provider), &headers(provider), body.to_string().as_bytes());
    exchange(mocks, &bytes).await
}

/// Sends these bytes and reads one reply to its end, or to the end of the connection.
pub(crate) async fn exchange(mocks: &mocks::Mocks, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut raw = Vec::new();
    read(&mut stream, &mut raw).await
}

/// Reads one reply from a connection; `raw` takes what was read, and keeps what lies behind the reply.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin), raw: &mut Vec<u8>) -> Reply {
    loop {
        if let Some((reply, used)) = parse(raw, false) {
            raw.drain(..used);
            return reply;
        }
        let mut piece = vec![0; 64 << 10];
        let count = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut piece))
            .await
            .expect("a reply in time");
        match count {
            Ok(0) => return parse(raw, true).map(|(reply, _)| reply).unwrap_or_default(),
            Ok(count) => raw.extend_from_slice(&piece[..count]),
            Err(problem) => {
                let reply = parse(raw, true).map(|(reply, _)| reply).unwrap_or_default();
                // An end of TCP that TLS was not told of is no reset.
                return Reply { reset: problem.kind() != ErrorKind::UnexpectedEof, ..reply };
            }
        }
    }
}

/// A reply and how many bytes it took; at the end of a connection also one that is incomplete.
pub(crate) fn parse(raw: &[u8], ended: bool) -> Option<(Reply, usize)> {
    let mut found = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut found);
    let httparse::Status::Complete(length) = head.parse(raw).unwrap() else { return None };
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8(header.value.to_vec()).unwrap()))
        .collect();
    let mut reply = Reply { status: head.code.unwrap(), headers, ..Reply::default() };
    let mut used = length;
    if let Some(size) = reply.header("content-length") {
        let size: usize = size.parse().unwrap();
        let end = raw.len().min(length + size);
        reply.body = raw[length..end].to_vec();
        reply.complete = reply.body.len() == size;
        used = end;
    } else if reply.header("transfer-encoding") == Some("chunked") {
        used += dechunk(&raw[length..], &mut reply);
    } else {
        reply.body = raw[length..].to_vec();
        reply.complete = ended;
        used = raw.len();
    }
    (reply.complete || ended).then_some((reply, used))
}

fn dechunk(raw: &[u8], reply: &mut Reply) -> usize {
    let mut at = 0;
    while let Some(end) = raw[at..].windows(2).position(|pair| pair == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&raw[at..at + end]).unwrap(), 16).unwrap();
        let start = at + end + 2;
        if size == 0 {
            reply.complete = raw[start..].starts_with(b"\r\n");
            return start + 2;
        }
        let Some(chunk) = raw.get(start..start + size + 2) else { break };
        assert_eq!(&chunk[size..], b"\r\n", "a chunk ends with its line");
        reply.chunks.push(chunk[..size].to_vec());
        reply.body.extend_from_slice(&chunk[..size]);
        at = start + size + 2;
    }
    raw.len()
}
