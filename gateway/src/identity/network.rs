//! One request to a server that gives out tokens, by the gateway's own client, within bounds. Redirects are not followed.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::Failure;
use crate::egress::Ways;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::percent;
use crate::upstream::{Head, Origin, Peer, Reply, Scratch, Timeouts, exchange};

/// A metadata server is next door, or there is none.
const NEXT_DOOR: Duration = Duration::from_secs(1);
/// More than any file that holds credentials.
const FILE_BYTES: u64 = 1 << 20;

/// The type of what is posted.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The way to those who give out tokens.
#[derive(Clone)]
pub(super) struct Network {
    tls: Arc<ClientConfig>,
    ways: Arc<Ways>,
    limits: Limits,
}

/// What is asked.
pub(super) struct Request<'a> {
    /// Who is asked, for the log.
    pub(super) whom: &'static str,
    pub(super) method: &'static str,
    pub(super) url: &'a str,
    pub(super) headers: Vec<(&'static str, &'a str)>,
    /// A form, where there is one.
    pub(super) body: Option<String>,
    /// Whether it is the metadata server of a machine: then it is next door, and no proxy leads there.
    pub(super) metadata: bool,
}

/// What was said.
pub(super) struct Said {
    pub(super) whom: &'static str,
    pub(super) status: u16,
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

impl Network {
    pub(super) fn new(tls: Arc<ClientConfig>, ways: Arc<Ways>, limits: Limits) -> Self {
        Self { tls, ways, limits }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Said, Failure> {
        let whom = request.whom;
        let broken = |why: &str| Failure::Unreachable { whom, why: why.to_owned() };
        let url: Uri = request.url.parse().map_err(|_| broken("its address is not a URL"))?;
        let origin = Origin::of(&url);
        let way = if request.metadata { self.ways.straight_to(&origin) } else { self.ways.to(&origin) };
        let peer = Peer::new(origin, way, &self.tls, Scratch::new(), &self.limits);
        let peer = Rc::new(peer.ok_or_else(|| broken("its address is not one"))?);
        let bytes =
            request.bytes(&peer, &url).ok_or_else(|| broken("a value that it wants cannot be sent"))?;
        let limit = self.limits.token;
        let connect = if request.metadata { NEXT_DOOR.min(limit / 2) } else { limit / 4 };
        let timeouts = Timeouts { connect, write: limit / 4, read: limit / 2, call: limit };
        let said = async {
            let connection = peer.connect(timeouts.connect).await?;
            let opened = exchange(connection, &bytes, None, timeouts, self.limits.reply_head_bytes).await;
            let opened = opened.map_err(|broken| broken.fault)?;
            let mut reply = Reply::new(opened, &peer, timeouts, Instant::now() + limit)?;
            let body = reply.whole(self.limits.token_bytes).await?;
            Ok(Said { whom, status: reply.head.status, head: reply.head, body })
        };
        said.await.map_err(|fault| match fault {
            Fault::Connect(why) => broken(why),
            other => broken(&other.to_string()),
        })
    }

    /// The text of a file, without the blanks around it.
    pub(super) async fn file(&self, path: &str) -> Result<String, Failure> {
        let wrong = |why: String| Failure::File { path: path.to_owned(), why };
        let file = tokio::fs::File::open(path).await.map_err(|error| wrong(error.to_string()))?;
        let mut text = String::new();
        let read = file.take(FILE_BYTES).read_to_string(&mut text).await;
        match read.map_err(|error| wrong(error.to_string()))? as u64 {
            FILE_BYTES => Err(wrong("it is too long".to_owned())),
            _ => Ok(text.trim().to_owned()),
        }
    }
}

impl Request<'_> {
    /// The bytes that go over the wire; `None`: a value that would not stay in its line.
    fn bytes(&self, peer: &Peer, url: &Uri) -> Option<Vec<u8>> {
        let path = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let (method, prefix, host) = (self.method, &peer.prefix, peer.origin.authority());
        let mut head = format!(
            "{method} {prefix}{path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\naccept-encoding: identity\r\n\
             user-agent: {}\r\nconnection: close\r\n",
            crate::USER_AGENT,
        );
        for (name, value) in &self.headers {
            HeaderValue::from_str(value).ok()?;
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = &self.body {
            head += &format!("content-type: {FORM}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        } else if self.method == "GET" {
            head += "\r\n";
        } else {
            head += "content-length: 0\r\n\r\n";
        }
        Some(head.into_bytes())
    }
}

impl Said {
    /// Refuses any other status than 200; `code` finds the server's word for it.
    pub(super) fn good(self, code: impl Fn(&Self) -> Option<String>) -> Result<Self, Failure> {
        if self.status == 200 {
            return Ok(self);
        }
        let code = code(&self).filter(|code| is_word(code));
        Err(Failure::Refused { whom: self.whom, status: self.status, code })
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let what = "something that is not the JSON of credentials";
        serde_json::from_slice(&self.body).map_err(|_| Failure::Garbage { whom: self.whom, what })
    }

    pub(super) fn text(&self) -> Result<&str, Failure> {
        let text = std::str::from_utf8(&self.body).map(str::trim);
        text.map_err(|_| Failure::Garbage { whom: self.whom, what: "bytes that are no text" })
    }
}

/// The body of a form: <https://url.spec.whatwg.org/#urlencoded-serializing>.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", percent::encode(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Whether a server's word for an error is one: what is not might be anything.
fn is_word(code: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&code.len()) && code.bytes().all(legal)
}
