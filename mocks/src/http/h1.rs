//! A plan written to an HTTP/1.1 socket, write by write, while watching whether the client is still there.

use std::future::{Future as _, poll_fn};
use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};

use super::connection::{After, Connection, Gone};
use super::socket::Socket;
use crate::journal::Record;
use crate::limits::{AHEAD, LINGER, TURN};
use crate::script::How;
use crate::stamp;
use crate::state::State;
use crate::wire::{End, Framing, Plan};

/// What the client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// It may send another request by this connection.
    pub(super) keeps_alive: bool,
    /// It reads chunks. One of HTTP/1.0 does not: there the end of the connection ends the body.
    pub(super) reads_chunks: bool,
}

/// What follows is another protocol.
const SWITCHED: u16 = 101;

/// Sends a reply and notes what became of it.
pub(super) async fn send(
    connection: &mut Connection,
    state: &State,
    plan: &Arc<Plan>,
    record: Option<&Record>,
    manner: Manner,
) -> Result<After, Gone> {
    let keeps_alive = manner.keeps_alive && (manner.reads_chunks || plan.length.is_some());
    let manner = Manner { keeps_alive, ..manner };
    let sent = deliver(connection, state, plan, record, manner).await;
    if let Some(record) = record {
        state.finish(record, sent.is_err());
    }
    sent?;
    match plan.end {
        End::Whole if keeps_alive => Ok(After::Next),
        End::Whole | End::Stall => Ok(After::Close),
        End::Cut(How::Fin) => Ok(After::Cut),
        End::Cut(How::Rst) => {
            let _ = SockRef::from(connection.socket.tcp()).set_linger(Some(Duration::ZERO));
            Ok(After::Drop)
        }
    }
}

async fn deliver(
    connection: &mut Connection,
    state: &State,
    plan: &Arc<Plan>,
    record: Option<&Record>,
    manner: Manner,
) -> Result<(), Gone> {
    wait(connection, plan.latency).await?;
    if plan.is_mute {
        return end(connection, plan).await;
    }
    if let Some(record) = record {
        record.began(plan);
    }
    let mut buffer = std::mem::take(&mut connection.out);
    head(&mut buffer, plan, manner);
    if plan.writes.is_empty() {
        finish(&mut buffer, plan, manner);
        flush(connection, &mut buffer).await?;
        wait(connection, plan.first).await?;
    }
    for (index, write) in plan.writes.iter().enumerate() {
        let pause = plan.pause(index);
        if !pause.is_zero() {
            flush(connection, &mut buffer).await?;
            state.changed();
            wait(connection, pause).await?;
        }
        body(&mut buffer, &write.bytes, plan, manner);
        if index + 1 == plan.writes.len() {
            finish(&mut buffer, plan, manner);
        }
        flush(connection, &mut buffer).await?;
        if let Some(record) = record {
            record.wrote(write.events, state.now_ms());
        }
        if index % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
    }
    connection.out = buffer;
    state.changed();
    end(connection, plan).await
}

/// One write's part of the body: a chunk, or the bytes as they are.
fn body(buffer: &mut BytesMut, bytes: &Bytes, plan: &Plan, manner: Manner) {
    if plan.length.is_none() && manner.reads_chunks {
        chunk(buffer, bytes, plan.stamps);
    } else {
        content(buffer, bytes, plan.stamps);
    }
}

/// HTTP's own end of the body goes out with the last write; a reply that is cut has none.
fn finish(buffer: &mut BytesMut, plan: &Plan, manner: Manner) {
    if plan.length.is_none() && manner.reads_chunks && plan.end == End::Whole {
        buffer.extend_from_slice(b"0\r\n\r\n");
    }
}

/// The bytes themselves, and in them the time.
fn content(buffer: &mut BytesMut, bytes: &Bytes, stamps: Option<Framing>) {
    let start = buffer.len();
    buffer.extend_from_slice(bytes);
    if let Some(framing) = stamps {
        stamp::set(&mut buffer[start..], framing, stamp::now());
    }
}

fn chunk(buffer: &mut BytesMut, bytes: &Bytes, stamps: Option<Framing>) {
    if bytes.is_empty() {
        return; // An empty chunk would end the body.
    }
    let mut size = [0_u8; 18];
    let mut rest = &mut size[..];
    write!(rest, "{:x}\r\n", bytes.len()).expect("sixteen digits at most");
    let left = rest.len();
    buffer.extend_from_slice(&size[..18 - left]);
    content(buffer, bytes, stamps);
    buffer.extend_from_slice(b"\r\n");
}

fn head(buffer: &mut BytesMut, plan: &Plan, manner: Manner) {
    let reason = http::StatusCode::from_u16(plan.status).ok().and_then(|status| status.canonical_reason());
    let mut line = |parts: &[&str]| {
        parts.iter().for_each(|part| buffer.extend_from_slice(part.as_bytes()));
        buffer.extend_from_slice(b"\r\n");
    };
    line(&["HTTP/1.1 ", &plan.status.to_string(), " ", reason.unwrap_or("Error")]);
    for (name, value) in &plan.headers {
        line(&[name, ": ", value]);
    }
    match plan.length {
        // Behind this there is no body, and no more HTTP.
        _ if plan.status == SWITCHED => return line(&[]),
        Some(length) => line(&["content-length: ", &length.to_string()]),
        None if manner.reads_chunks => line(&["transfer-encoding: chunked"]),
        None => {}
    }
    if !manner.keeps_alive {
        line(&["connection: close"]);
    }
    line(&[]);
}

async fn flush(connection: &mut Connection, buffer: &mut BytesMut) -> Result<(), Gone> {
    let sent = write_all(connection, buffer).await;
    buffer.clear();
    sent
}

/// Writes all bytes; a client that closes while the socket is full is gone.
pub(super) async fn write_all(connection: &mut Connection, mut bytes: &[u8]) -> Result<(), Gone> {
    let Connection { socket, ahead, .. } = connection;
    poll_fn(|context| {
        let written = loop {
            if bytes.is_empty() {
                // What was written waits in TLS, where there is any.
                break Pin::new(&mut *socket).poll_flush(context);
            }
            match Pin::new(&mut *socket).poll_write(context, bytes) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Gone)),
                Poll::Ready(Ok(count)) => bytes = &bytes[count..],
                other => break other.map_ok(|_| ()),
            }
        };
        match written {
            Poll::Ready(written) => Poll::Ready(written.map_err(|_| Gone)),
            Poll::Pending => poll_gone(socket, ahead, context).map(Err),
        }
    })
    .await
}

/// Waits; a client that closes meanwhile is gone.
async fn wait(connection: &mut Connection, pause: Duration) -> Result<(), Gone> {
    if pause.is_zero() {
        return Ok(());
    }
    tokio::select! {
        () = tokio::time::sleep(pause) => Ok(()),
        gone = watch(connection) => Err(gone),
    }
}

async fn end(connection: &mut Connection, plan: &Plan) -> Result<(), Gone> {
    match plan.end {
        End::Stall => Err(watch(connection).await),
        End::Whole | End::Cut(_) => Ok(()),
    }
}

/// Comes back when the client is gone.
async fn watch(connection: &mut Connection) -> Gone {
    let Connection { socket, ahead, .. } = connection;
    poll_fn(|context| poll_gone(socket, ahead, context)).await
}

/// Keeps what comes, up to [`AHEAD`]. Ready when the client is gone.
fn poll_gone(socket: &mut Socket, ahead: &mut BytesMut, context: &mut Context<'_>) -> Poll<Gone> {
    while ahead.len() <= AHEAD {
        match ready!(pin!(socket.read_buf(ahead)).poll(context)) {
            Ok(0) | Err(_) => return Poll::Ready(Gone),
            Ok(_) => {}
        }
    }
    Poll::Pending
}

/// Ends a connection in order. Unread bytes would turn the end into a reset, so what still comes is read, for a while.
pub(super) async fn close(mut socket: Socket) {
    let drained = async {
        socket.shutdown().await?;
        let mut rest = [0_u8; 4 << 10];
        while socket.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    let _ = tokio::time::timeout(LINGER, drained).await;
}
