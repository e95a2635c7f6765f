//! The proxy on either side of the gateway: passes everything as it is, but what a mutant changes.
//!
//! One connection onward a request, so that whoever leaves is missed on the other side.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

use super::wire::{self, Body, Broken, Running};
use super::{Change, Message, Mutant, Wire};

/// A proxy that listens; it ends when this is dropped.
pub(crate) struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    _running: Running,
}

/// Which side of the gateway a proxy stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Between client and gateway.
    Front,
    /// Between gateway and provider.
    Back,
}

struct Shared {
    side: Side,
    mutants: Vec<Mutant>,
    /// Host and port; empty until somebody is there.
    onward: Mutex<String>,
    /// The last body of each mutant that mixes them up.
    last: Mutex<HashMap<usize, Vec<u8>>>,
}

/// Headers that are about one connection (RFC 9110, section 7.6.1), or that follow from the body.
const CONNECTION: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/// Two hundred clients come at once.
const BACKLOG: u32 = 1024;
/// Bytes that the kernel keeps on either side of a connection. By itself it would keep megabytes, and what is judged is
/// how much the gateway keeps.
const BUFFER: u32 = 64 << 10;

impl Proxy {
    /// Listens on a port of its own. Where it sends things on to is told later.
    pub(crate) fn start(side: Side, mutants: Vec<Mutant>) -> io::Result<Self> {
        let socket = socket()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared { side, mutants, onward: Mutex::default(), last: Mutex::default() });
        let accept = Arc::clone(&shared);
        let running = Running(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&accept)));
            }
        }));
        Ok(Self { addr, shared, _running: running })
    }

    /// Sends on to the host of this address; gives back the same address with the proxy's own host.
    pub(crate) fn before(&self, url: &str) -> String {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if let Ok(mut onward) = self.shared.onward.lock() {
            host.clone_into(&mut onward);
        }
        format!("http://{}{path}", self.addr)
    }
}

fn socket() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    Ok(socket)
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // A packet held back would change times, which are judged.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { shared.handle(request).await }
    });
    // Whoever goes away, or is cut off on purpose, is no news.
    let _ = server::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Shared {
    async fn handle(&self, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let mut message = Message {
            method: head.method,
            path,
            headers: passed_on(head.headers),
            body: body.collect().await?.to_bytes().into(),
            ..Message::default()
        };
        let mutant = self.mutant(&mut message);
        let changes = mutant.map_or(&[][..], |number| self.mutants[number].changes);
        for change in changes {
            match (self.side, change) {
                (Side::Front, Change::Request(edit)) | (Side::Back, Change::Upstream(edit)) => {
                    edit(&mut message);
                }
                (Side::Front, Change::Before(edit)) => {
                    let mut other = message.clone();
                    edit(&mut other);
                    self.call_and_forget(other).await;
                }
                (Side::Back, Change::Wire(Wire::Twice)) => self.call_and_forget(message.clone()).await,
                _ => {}
            }
        }
        self.reply(message, mutant, changes).await
    }

    async fn reply(
        &self,
        message: Message,
        mutant: Option<usize>,
        changes: &[Change],
    ) -> Result<Response<Body>, Broken> {
        let again = message.clone();
        let (reply, connection) = self.call(message).await?;
        let (head, body) = reply.into_parts();
        let pieces = wire::pieces(body, connection);
        for change in changes {
            match (self.side, change) {
                (Side::Front, Change::Reply(edit)) | (Side::Back, Change::Answer(edit)) => {
                    let mut reply = told(&head, wire::collect(pieces).await);
                    edit(&mut reply);
                    return answer(reply);
                }
                (Side::Front, Change::Wire(Wire::Mix)) => {
                    let mut reply = told(&head, wire::collect(pieces).await);
                    reply.body = self.swap(mutant, reply.body);
                    return answer(reply);
                }
                (Side::Front, Change::Wire(Wire::Again)) => {
                    let mut reply = told(&head, wire::collect(pieces).await);
                    let (second, connection) = self.call(again).await?;
                    let (rest, _) = wire::collect(wire::pieces(second.into_body(), connection)).await;
                    reply.body.extend(rest);
                    return answer(reply);
                }
                (Side::Front, Change::Wire(wire)) if *wire != Wire::Greedy => {
                    let mut headers = passed_on(head.headers);
                    // Whoever counts the bytes would not wait for an end.
                    headers.remove("content-length");
                    return respond(head.status, headers, wire.pass(pieces));
                }
                (Side::Back, Change::Wire(Wire::Greedy)) => {
                    return respond(head.status, passed_on(head.headers), Wire::Greedy.pass(pieces));
                }
                _ => {}
            }
        }
        respond(head.status, passed_on(head.headers), wire::body(pieces))
    }

    /// Whose request this is. In front its number is the first segment of the path, and leaves it there.
    fn mutant(&self, message: &mut Message) -> Option<usize> {
        let number = match self.side {
            Side::Front => {
                let (number, rest) = message.path.strip_prefix("/m")?.split_once('/')?;
                let number = number.parse().ok()?;
                message.path = format!("/{rest}");
                number
            }
            Side::Back => {
                let text = String::from_utf8_lossy(&message.body);
                let (_, rest) = text.split_once("[[ts:m")?;
                rest.split_once('.')?.0.parse().ok()?
            }
        };
        (number < self.mutants.len()).then_some(number)
    }

    /// Keeps this body and gives back the one before, or this one where there is none.
    fn swap(&self, mutant: Option<usize>, body: Vec<u8>) -> Vec<u8> {
        let (Some(mutant), Ok(mut last)) = (mutant, self.last.lock()) else { return body };
        last.insert(mutant, body.clone()).unwrap_or(body)
    }

    async fn call(&self, message: Message) -> Result<(Response<Incoming>, Running), Broken> {
        let onward = self.onward.lock().map(|onward| onward.clone()).unwrap_or_default();
        let onward = onward.parse().map_err(io::Error::other)?;
        let stream = socket()?.connect(onward).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
        let running = Running(tokio::spawn(async move {
            // The same error comes out of the call or of its body.
            let _ = connection.await;
        }));
        let mut request = Request::builder().method(message.method).uri(message.path);
        if let Some(headers) = request.headers_mut() {
            *headers = message.headers;
            headers.remove("content-length");
        }
        let reply = sender.send_request(request.body(Full::new(Bytes::from(message.body)))?).await?;
        Ok((reply, running))
    }

    async fn call_and_forget(&self, message: Message) {
        if let Ok((reply, connection)) = self.call(message).await {
            wire::collect(wire::pieces(reply.into_body(), connection)).await;
        }
    }
}

fn told(head: &http::response::Parts, (body, ended): (Vec<u8>, bool)) -> Message {
    Message {
        status: head.status.as_u16(),
        headers: passed_on(head.headers.clone()),
        body,
        broken: !ended,
        ..Message::default()
    }
}

fn answer(mut reply: Message) -> Result<Response<Body>, Broken> {
    reply.headers.remove("content-length");
    let body = if reply.broken { wire::broken(reply.body) } else { wire::whole(reply.body) };
    respond(StatusCode::from_u16(reply.status).map_err(http::Error::from)?, reply.headers, body)
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Result<Response<Body>, Broken> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn passed_on(mut headers: HeaderMap) -> HeaderMap {
    for name in CONNECTION {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests;
