//! What stands between: every call is sent on as it is, and every byte that comes back is passed on as it comes, and kept.

use std::convert::Infallible;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::exchange::{self, End, Exchange, Piece, Reply};
use super::limits;
use super::upstream::{Running, Upstream};

/// What every call needs.
pub(super) struct Proxy {
    pub(super) upstream: Upstream,
    pub(super) provider: String,
    /// As it was given.
    pub(super) address: String,
    /// The client's own `host` goes on.
    pub(super) keep_host: bool,
    pub(super) hand: Hand,
}

/// Where exchanges go that are over.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) sender: mpsc::Sender<Exchange>,
    pub(super) tasks: TaskTracker,
}

type Reached = UnsyncBoxBody<Bytes, hyper::Error>;

/// Headers that are about one connection (RFC 9110, section 7.6.1), or that are made anew.
const CONNECTION: [&str; 8] = [
    "connection",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "proxy-connection",
    "expect",
];

impl Proxy {
    /// Answers one call.
    pub(super) async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Reached>, Infallible> {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, limits::REQUEST).collect().await else {
            return Ok(answer(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request is longer than a recording takes, or it broke off",
            ));
        };
        let body = body.to_bytes();
        let mut exchange = self.exchange(&head, &body);
        let request = match self.request(&head, body) {
            Ok(request) => request,
            Err(error) => return Ok(answer(StatusCode::BAD_REQUEST, &error.to_string())),
        };
        let sent = Instant::now();
        match self.upstream.call(request).await {
            Ok((reply, running)) => Ok(self.pass(exchange, sent, reply, running)),
            Err(reason) => {
                let said = format!("touchstone record: {}: {reason}", self.address);
                exchange.reason = reason;
                exchange.end_ms = elapsed(sent);
                self.hand.give(exchange);
                Ok(answer(StatusCode::BAD_GATEWAY, &said))
            }
        }
    }

    fn exchange(&self, head: &http::request::Parts, body: &Bytes) -> Exchange {
        Exchange {
            number: 0,
            recorded: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            provider: self.provider.clone(),
            upstream: self.address.clone(),
            request: exchange::Request {
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().map(str::to_owned),
                headers: texts(&head.headers),
                body: body.to_vec(),
            },
            reply: None,
            end: End::NoReply,
            reason: String::new(),
            end_ms: 0.0,
            removed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same request to the provider. Compressed replies could not be searched for keys, so none is asked for.
    fn request(&self, head: &http::request::Parts, body: Bytes) -> http::Result<Request<Full<Bytes>>> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder().method(&head.method).uri(self.upstream.path(path));
        if let Some(headers) = request.headers_mut() {
            *headers = passed_on(&head.headers);
            headers.remove("content-length");
            headers.insert("accept-encoding", http::HeaderValue::from_static("identity"));
            if !self.keep_host || !headers.contains_key("host") {
                headers.insert("host", http::HeaderValue::from_str(&self.upstream.authority())?);
            }
        }
        request.body(Full::new(body))
    }

    fn pass(
        &self,
        mut exchange: Exchange,
        sent: Instant,
        reply: Response<Incoming>,
        running: Running,
    ) -> Response<Reached> {
        let (head, body) = reply.into_parts();
        let headers = passed_on(&head.headers);
        exchange.reply = Some(Reply {
            status: head.status.as_u16(),
            headers: texts(&headers),
            head_ms: elapsed(sent),
            pieces: Vec::new(),
        });
        let taking = Taking { exchange, sent, bytes: 0, hand: self.hand.clone() };
        let tee = Tee { body, failed: None, taking: Some(taking), _running: running };
        let mut response = Response::new(tee.boxed_unsync());
        (*response.status_mut(), *response.headers_mut()) = (head.status, headers);
        response
    }
}

impl Hand {
    /// Hands over without waiting: whoever passes bytes on has no time for files. What is over first is numbered first, as
    /// long as the writer keeps up.
    fn give(&self, exchange: Exchange) {
        let Err(TrySendError::Full(exchange)) = self.sender.try_send(exchange) else { return };
        let sender = self.sender.clone();
        if tokio::runtime::Handle::try_current().is_ok() {
            self.tasks.spawn(async move { sender.send(exchange).await.is_ok() });
        }
    }
}

/// A body on its way to the client.
struct Tee {
    body: Incoming,
    /// What broke off, once what came before has been passed on.
    failed: Option<hyper::Error>,
    /// Taken when the exchange is over.
    taking: Option<Taking>,
    _running: Running,
}

/// An exchange under way.
struct Taking {
    exchange: Exchange,
    sent: Instant,
    bytes: usize,
    hand: Hand,
}

impl Taking {
    fn piece(&mut self, data: &Bytes) {
        self.bytes += data.len();
        let ms = elapsed(self.sent);
        let Some(reply) = self.exchange.reply.as_mut().filter(|_| !data.is_empty()) else { return };
        if self.bytes > limits::REPLY {
            reply.pieces.clear();
            return;
        }
        let is_full = reply.pieces.len() >= limits::PIECES;
        match reply.pieces.last_mut().filter(|_| is_full) {
            Some(last) => last.data = [last.data.as_ref(), data].concat().into(),
            None => reply.pieces.push(Piece { ms, data: data.clone() }),
        }
    }

    fn finish(mut self, end: End, reason: String) {
        self.exchange.end_ms = elapsed(self.sent);
        self.exchange.end = if self.bytes > limits::REPLY { End::TooLong } else { end };
        self.exchange.reason = reason;
        if let Err(reason) = unpack(&mut self.exchange) {
            self.exchange.end = End::TooLong;
            self.exchange.notes.push(reason);
        }
        self.hand.give(self.exchange);
    }
}

impl Tee {
    fn finish(&mut self, end: End, reason: String) {
        if let Some(taking) = self.taking.take() {
            taking.finish(end, reason);
        }
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match std::task::ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => {
                if let (Some(data), Some(taking)) = (frame.data_ref(), &mut self.taking) {
                    taking.piece(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                let end = if crate::client::is_reset(&error) { End::Reset } else { End::Cut };
                self.finish(end, crate::client::explain(&error));
                // What came before the break goes out while the writer has to wait.
                self.failed = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => {
                self.finish(End::Whole, String::new());
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failed.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tee {
    /// A body of a known length is not asked for its end.
    fn drop(&mut self) {
        let end = if self.body.is_end_stream() { End::Whole } else { End::ClientLeft };
        self.finish(end, String::new());
    }
}

/// A provider may compress though nobody asked it to. What cannot be unpacked cannot be searched, and is not kept.
fn unpack(exchange: &mut Exchange) -> Result<(), String> {
    let body = exchange.body();
    let Some(reply) = &mut exchange.reply else { return Ok(()) };
    let Some(coding) = reply.header("content-encoding").map(str::to_owned) else { return Ok(()) };
    if coding == "identity" {
        return Ok(());
    }
    let at = reply.pieces.last().map_or(reply.head_ms, |piece| piece.ms);
    reply.pieces.clear();
    let mut plain = Vec::new();
    if coding != "gzip" {
        return Err(format!(
            "the reply is in `{coding}`, which nothing here unpacks: its bytes are not kept"
        ));
    }
    let limit = u64::try_from(limits::REPLY).unwrap_or(u64::MAX);
    let unpacked = flate2::read::MultiGzDecoder::new(body.as_slice()).take(limit + 1).read_to_end(&mut plain);
    if unpacked.is_err() || plain.len() > limits::REPLY {
        return Err("the reply is compressed and not whole, or too long: its bytes are not kept".to_owned());
    }
    reply.headers.retain(|(name, _)| name != "content-encoding" && name != "content-length");
    reply.pieces.push(Piece { ms: at, data: plain.into() });
    exchange.notes.push("the reply came compressed; it is kept unpacked, in one piece".to_owned());
    Ok(())
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in CONNECTION {
        headers.remove(name);
    }
    headers
}

/// In order; several of one name are one, as RFC 9110, section 5.3 has it.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let joined =
        |name: &http::HeaderName| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ");
    headers.keys().map(|name| (name.to_string(), joined(name))).collect()
}

fn answer(status: StatusCode, sentence: &str) -> Response<Reached> {
    let error = serde_json::json!({"error": {"message": sentence, "type": "recorder_error", "param": null, "code": null}});
    let body = Full::new(Bytes::from(error.to_string())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn elapsed(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
