//! One connection: which HTTP it speaks, then request after request.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;

use super::body::Chunked;
use super::h1::Manner;
use super::head::{self, Framing, Head};
use super::socket::Socket;
use super::{h1, h2, proxy, websocket};
use crate::exchange::{self, Exchange};
use crate::hosts::Meant;
use crate::limits::{BODY_AT_ONCE, BODY_BYTES};
use crate::live::Session;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::state::State;
use crate::whose::Whose;

/// A socket and what was read from it ahead.
pub(super) struct Connection {
    pub(super) socket: Socket,
    pub(super) ahead: BytesMut,
    /// Where replies are put together; empty between them.
    pub(super) out: BytesMut,
    /// Whether it takes us for a proxy, which it may only once: there is no tunnel in a tunnel.
    is_proxied: bool,
}

/// The client went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// What to do with the connection after a reply.
pub(super) enum After {
    Next,
    Close,
    /// Closed below TLS, which is not told.
    Cut,
    /// Closed without a word: the socket is set to reset.
    Drop,
    /// What comes now is for whom this authority means.
    Tunnel(Meant, String),
    /// What comes now are messages.
    Session(Box<Session>),
}

/// Serves a connection to its end.
pub(super) async fn serve(mut connection: Connection, whose: Whose, state: Arc<State>) {
    while connection.ahead.len() < PREFACE.len() {
        if connection.read().await.is_err() {
            return;
        }
    }
    if connection.ahead.starts_with(PREFACE) {
        return h2::serve(connection, whose, state).await;
    }
    loop {
        match one(&mut connection, whose, &state).await {
            Ok(After::Next) => {}
            Ok(After::Close) => return h1::close(connection.socket).await,
            Ok(After::Cut) => return h1::close(Socket::Plain(connection.socket.into_tcp())).await,
            Ok(After::Tunnel(meant, authority)) => {
                return Box::pin(proxy::tunnel(connection, meant, &authority, state)).await;
            }
            Ok(After::Session(session)) => {
                return Box::pin(websocket::serve(connection, *session, state)).await;
            }
            Ok(After::Drop) | Err(Gone) => return,
        }
    }
}

/// How HTTP/2 begins; no method of HTTP/1.1 does.
const PREFACE: &[u8] = b"PRI ";

/// One request and its reply.
async fn one(connection: &mut Connection, whose: Whose, state: &Arc<State>) -> Result<After, Gone> {
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
    let Head { mut request, authority, length, body, manner, expects_continue } = head;
    let _ = connection.ahead.split_to(length);
    request.is_secure = connection.socket.is_tls();
    let closing = Manner { keeps_alive: false, ..manner };
    let whose = match authority.filter(|_| connection.is_proxied) {
        None => whose,
        Some(authority) => match proxy::target(&authority, connection.port()) {
            Ok(meant) if request.method == "CONNECT" => return Ok(After::Tunnel(meant, authority)),
            Ok(Meant::Own) => whose,
            Ok(Meant::Link) => Whose::Link,
            Ok(Meant::Provider(provider)) => Whose::One(provider),
            Err(reason) => {
                let Exchange { plan, record, .. } = exchange::forbid(state, request, HTTP, FORBIDDEN, reason);
                return h1::send(connection, state, &plan, record.as_deref(), closing).await;
            }
        },
    };
    if expects_continue {
        h1::write_all(connection, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let (Exchange { plan, record, session }, manner) = match read_body(connection, &mut request, body).await?
    {
        Ok(()) => (exchange::answer(state, whose, request, HTTP).await, manner),
        Err(reason) => {
            let failure = Failure::new(Kind::TooLarge, reason);
            (exchange::refuse(state, whose, request, HTTP, &failure), closing)
        }
    };
    let after = h1::send(connection, state, &plan, record.as_deref(), manner).await?;
    Ok(session.map_or(after, |session| After::Session(Box::new(session))))
}

const HTTP: &str = "HTTP/1.1";
/// A proxy does not go there.
const FORBIDDEN: u16 = 403;

/// Reads the body into the request; the inner error says why it is refused.
async fn read_body(
    connection: &mut Connection,
    request: &mut Request,
    framing: Framing,
) -> Result<Result<(), &'static str>, Gone> {
    match framing {
        Framing::Length(length) if length > BODY_BYTES => return Ok(Err("the body is too large")),
        Framing::Length(length) => {
            connection.ahead.reserve(length.saturating_sub(connection.ahead.len()).min(BODY_AT_ONCE));
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
    pub(super) fn new(socket: Socket, ahead: BytesMut) -> Self {
        Self { socket, ahead, out: BytesMut::new(), is_proxied: false }
    }

    /// One that may take us for a proxy.
    pub(super) fn proxied(self) -> Self {
        Self { is_proxied: true, ..self }
    }

    /// Ours.
    fn port(&self) -> Option<u16> {
        self.socket.tcp().local_addr().ok().map(|address| address.port())
    }

    /// Reads some bytes more.
    pub(super) async fn read(&mut self) -> Result<(), Gone> {
        match self.socket.read_buf(&mut self.ahead).await {
            Ok(0) | Err(_) => Err(Gone),
            Ok(_) => Ok(()),
        }
    }

    async fn give_up(&mut self, reply: &'static [u8]) -> Result<After, Gone> {
        h1::write_all(self, reply).await?;
        Ok(After::Close)
    }
}
