//! HTTP/2, with prior knowledge or as TLS agreed on it. A cut is a reset of the stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Sleep;

use super::connection::Connection;
use super::socket::Rewound;
use crate::exchange::{self, Exchange};
use crate::journal::Record;
use crate::limits::BODY_BYTES;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::stamp;
use crate::state::State;
use crate::whose::Whose;
use crate::wire::{End, Plan};

/// Serves a connection to its end.
pub(super) async fn serve(connection: Connection, whose: Whose, state: Arc<State>) {
    let Connection { socket: stream, ahead, .. } = connection;
    let is_secure = stream.is_tls();
    let service = service_fn(move |request| answer(request, is_secure, whose, Arc::clone(&state)));
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let served =
        builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(Rewound { ahead, stream }), service);
    if let Err(problem) = served.await {
        tracing::debug!(%problem, "an HTTP/2 connection ended early");
    }
}

async fn answer(
    incoming: http::Request<Incoming>,
    is_secure: bool,
    whose: Whose,
    state: Arc<State>,
) -> Result<http::Response<Body>, Reset> {
    let (parts, body) = incoming.into_parts();
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: headers(&parts),
        is_secure,
        ..Request::default()
    };
    let Exchange { plan, record, .. } = match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => {
            request.body = body.to_bytes();
            exchange::answer(&state, whose, request, "HTTP/2").await
        }
        Err(problem) if problem.is::<LengthLimitError>() => {
            let failure = Failure::new(Kind::TooLarge, "the body is too large");
            exchange::refuse(&state, whose, request, "HTTP/2", &failure)
        }
        Err(_) => return Err(Reset),
    };
    tokio::time::sleep(plan.latency).await;
    let mut body = Body::new(plan, record, state);
    if body.plan.is_mute {
        body.until_gone().await;
        body.finish(false);
        return Err(Reset);
    }
    let mut reply = http::Response::builder().status(body.plan.status);
    for (name, value) in &body.plan.headers {
        reply = reply.header(name.as_ref(), value.as_ref());
    }
    if let Some(length) = body.plan.length {
        reply = reply.header("content-length", length);
    }
    reply.body(body).map_err(|_| Reset)
}

/// With the authority as the `host` that HTTP/1.1 would have sent.
fn headers(parts: &http::request::Parts) -> Vec<(String, String)> {
    let host = parts.uri.authority().map(|host| ("host".to_owned(), host.to_string()));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let named = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())));
    host.into_iter().chain(named).collect()
}

/// The stream is reset.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
struct Reset;

/// A reset throws away what is not on the wire yet, and nobody tells when it is: so a cut waits so long.
const FLUSH: Duration = Duration::from_millis(20);

/// A plan as a body: its writes, one frame each, at their times.
struct Body {
    plan: Arc<Plan>,
    record: Option<Arc<Record>>,
    state: Arc<State>,
    next: usize,
    sleep: Option<Pin<Box<Sleep>>>,
    slept: bool,
}

impl Body {
    fn new(plan: Arc<Plan>, record: Option<Arc<Record>>, state: Arc<State>) -> Self {
        if let Some(record) = record.as_ref().filter(|_| !plan.is_mute) {
            record.began(&plan);
            state.changed();
        }
        Self { plan, record, state, next: 0, sleep: None, slept: false }
    }

    /// A reply that never begins: until the client goes, which drops this future, or at once.
    async fn until_gone(&self) {
        if self.plan.end == End::Stall {
            std::future::pending::<Infallible>().await;
        }
    }

    fn finish(&mut self, aborted: bool) {
        if let Some(record) = self.record.take() {
            self.state.finish(&record, aborted);
        }
    }

    /// Waits for the time of the next write.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let pause = self.plan.pause(self.next);
        let due = self.next < self.plan.writes.len() || self.next == 0;
        if self.slept || pause == Duration::ZERO || !due {
            return Poll::Ready(());
        }
        if self.sleep.is_none() {
            self.state.changed();
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        std::task::ready!(sleep.as_mut().poll(context));
        self.sleep = None;
        self.slept = true;
        Poll::Ready(())
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        std::task::ready!(self.poll_pause(context));
        self.slept = false;
        if let Some(write) = self.plan.writes.get(self.next) {
            let (bytes, events) = (write.bytes.clone(), write.events);
            self.next += 1;
            if let Some(record) = &self.record {
                record.wrote(events, self.state.now_ms());
            }
            let bytes = match self.plan.stamps {
                Some(framing) => stamp::stamped(&bytes, framing, stamp::now()),
                None => bytes,
            };
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.plan.end {
            End::Stall => {
                self.state.changed();
                Poll::Pending
            }
            End::Cut(_) => {
                let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH)));
                std::task::ready!(sleep.as_mut().poll(context));
                self.finish(false);
                Poll::Ready(Some(Err(Reset)))
            }
            End::Whole => {
                self.finish(false);
                Poll::Ready(None)
            }
        }
    }
}

impl Drop for Body {
    /// What is dropped before its end was not wanted any more.
    fn drop(&mut self) {
        let is_whole = self.next == self.plan.writes.len() && self.plan.end == End::Whole;
        self.finish(!is_whole);
    }
}
