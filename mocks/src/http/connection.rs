//! One connection: which HTTP it speaks, then request after request.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::body::{self, Chunked};
use super::h1::Manner;
use super::head::{self, Framing, Head};
use super::{h1, h2};
use crate::exchange::{self, Exchange};
use crate::provider::Provider;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::state::State;

/// A socket and what was read from it ahead.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) ahead: BytesMut,
    /// Where replies are put together; empty between them.
    pub(super) out: BytesMut,
}

/// The client went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// What to do with the connection after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Next,
    Close,
    /// Closed without a word: the socket is set to reset.
    Drop,
}

/// Serves a connection to its end.
pub(crate) async fn serve(stream: TcpStream, provider: Option<&'static dyn Provider>, state: Arc<State>) {
    // Without it every second small write waits for the client's delayed acknowledgement, 40 ms.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection { stream, ahead: BytesMut::with_capacity(8 << 10), out: BytesMut::new() };
    while connection.ahead.len() < PREFACE.len() {
        if connection.read().await.is_err() {
            return;
        }
    }
    if connection.ahead.starts_with(PREFACE) {
        return h2::serve(connection, provider, state).await;
    }
    loop {
        match one(&mut connection, provider, &state).await {
            Ok(After::Next) => {}
            Ok(After::Close) => return h1::close(connection.stream).await,
            Ok(After::Drop) | Err(Gone) => return,
        }
    }
}

/// How HTTP/2 begins; no method of HTTP/1.1 does.
const PREFACE: &[u8] = b"PRI ";

/// One request and its reply.
async fn one(
    connection: &mut Connection,
    provider: Option<&'static dyn Provider>,
    state: &Arc<State>,
) -> Result<After, Gone> {
    let head = loop {
        match head::parse(&connection.ahead) {
            Ok(Some(head)) => break head,
            Ok(None) => connection.read().await?,
            Err(_) => {
                return connection
                    .give_up(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                    .await;
            }
        }
    };
    let Head { mut request, length, body, manner, expects_continue } = head;
    let http = "HTTP/1.1";
    let _ = connection.ahead.split_to(length);
    if expects_continue {
        h1::write_all(connection, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let Exchange { plan, record } = match read_body(connection, &mut request, body).await? {
        Ok(()) => exchange::answer(state, provider, request, http).await,
        Err(reason) => {
            let failure = Failure::new(Kind::TooLarge, reason);
            let refused = exchange::refuse(state, provider, request, http, &failure);
            h1::send(
                connection,
                state,
                &refused.plan,
                refused.record.as_deref(),
                Manner { keeps_alive: false, ..manner },
            )
            .await?;
            return Ok(After::Close);
        }
    };
    h1::send(connection, state, &plan, record.as_deref(), manner).await
}

/// Reads the body into the request; the inner error says why it is refused.
async fn read_body(
    connection: &mut Connection,
    request: &mut Request,
    framing: Framing,
) -> Result<Result<(), &'static str>, Gone> {
    match framing {
        Framing::Length(length) if length > body::LIMIT => return Ok(Err("the body is too large")),
        Framing::Length(length) => {
            connection.ahead.reserve(length.saturating_sub(connection.ahead.len()).min(body::AT_ONCE));
            while connection.ahead.len() < length {
                connection.read().await?;
            }
            request.body = connection.ahead.split_to(length).freeze();
        }
        Framing::Chunked => {
            let mut chunked = Chunked::default();
            loop {
                let step = match chunked.push(&connection.ahead) {
                    Ok(step) => step,
                    Err(reason) => return Ok(Err(reason)),
                };
                let _ = connection.ahead.split_to(step.used);
                if step.done {
                    break;
                }
                connection.read().await?;
            }
            request.body = chunked.body.into();
        }
    }
    Ok(Ok(()))
}

impl Connection {
    /// Reads some bytes more.
    pub(super) async fn read(&mut self) -> Result<(), Gone> {
        match self.stream.read_buf(&mut self.ahead).await {
            Ok(0) | Err(_) => Err(Gone),
            Ok(_) => Ok(()),
        }
    }

    async fn give_up(&mut self, reply: &'static [u8]) -> Result<After, Gone> {
        h1::write_all(self, reply).await?;
        Ok(After::Close)
    }
}
