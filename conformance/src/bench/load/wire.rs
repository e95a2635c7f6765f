//! One connection of the load: a request that was put together before, and the least reading of HTTP/1.1
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)) that finds the end of its reply. Nothing is allocated in a call.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::body::Body;
use super::watch::Watch;

/// More than any head, and than most reads of a body.
const BUFFER: usize = 64 << 10;
const HEADERS: usize = 64;

/// An open connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    /// What of the buffer was read from the socket and not used yet.
    start: usize,
    end: usize,
}

/// What was wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    /// No connection, or it went.
    #[error("the connection failed: {0}")]
    Io(io::ErrorKind),
    /// It ended inside of a reply.
    #[error("the connection ended before the reply did")]
    Cut,
    /// Not 200.
    #[error("status {0}")]
    Status(u16),
    /// No HTTP/1.1.
    #[error("what came is no HTTP/1.1 reply")]
    Http,
    /// A good form without the text, or with another number of pieces.
    #[error("{found} of {wanted} pieces of the text came")]
    Text {
        /// Pieces that came.
        found: u32,
        /// Pieces that the provider sent.
        wanted: u32,
    },
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            kind => Self::Io(kind),
        }
    }
}

/// Whether the connection takes another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Keep,
    Close,
}

struct Head {
    body: Body,
    after: After,
}

impl Connection {
    pub(super) async fn open(addr: SocketAddr) -> Result<Self, Wrong> {
        let stream = TcpStream::connect(addr).await?;
        // A request is one write; nothing is gained by holding its end back.
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; BUFFER].into(), start: 0, end: 0 })
    }

    /// Sends the request and reads its reply; the watch sees the body as it comes.
    pub(super) async fn call(&mut self, request: &[u8], watch: &mut Watch<'_>) -> Result<After, Wrong> {
        self.stream.write_all(request).await?;
        let Head { mut body, after } = self.head(watch).await?;
        loop {
            let read = &self.buffer[self.start..self.end];
            self.start += body.push(read, |piece| watch.push(piece)).map_err(|_| Wrong::Http)?;
            if body.is_done() {
                break;
            }
            if self.read(watch).await? == 0 {
                if body.ends_with_connection() {
                    return watch.finish().map(|()| After::Close);
                }
                return Err(Wrong::Cut);
            }
        }
        watch.finish()?;
        Ok(after)
    }

    /// Reads until a head is complete; those of status 1xx are passed over.
    async fn head(&mut self, watch: &mut Watch<'_>) -> Result<Head, Wrong> {
        loop {
            if let Some((length, status, head)) = parse(&self.buffer[self.start..self.end])? {
                self.start += length;
                match status {
                    100..200 => continue,
                    200 => return Ok(head),
                    other => return Err(Wrong::Status(other)),
                }
            }
            if self.read(watch).await? == 0 {
                return Err(Wrong::Cut);
            }
        }
    }

    /// Reads what is there; 0 at the end of the connection.
    async fn read(&mut self, watch: &mut Watch<'_>) -> Result<usize, Wrong> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            if self.start == 0 {
                return Err(Wrong::Http); // A head that does not end.
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let count = self.stream.read(&mut self.buffer[self.end..]).await?;
        self.end += count;
        watch.at(Instant::now());
        Ok(count)
    }
}

/// Length, status, and what the head says about body and connection; nothing while it is incomplete.
fn parse(bytes: &[u8]) -> Result<Option<(usize, u16, Head)>, Wrong> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut reply = httparse::Response::new(&mut headers);
    let length = match reply.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Wrong::Http),
    };
    let mut body = None;
    let mut after = if reply.version == Some(1) { After::Keep } else { After::Close };
    for header in reply.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") && body.is_none() {
            let length = std::str::from_utf8(header.value).ok().and_then(|text| text.trim().parse().ok());
            body = Some(Body::length(length.ok_or(Wrong::Http)?));
        } else if is("transfer-encoding") {
            body = Some(Body::chunked());
        } else if is("connection") && header.value.eq_ignore_ascii_case(b"close") {
            after = After::Close;
        }
    }
    let head = Head { body: body.unwrap_or_else(Body::until_close), after };
    Ok(Some((length, reply.code.unwrap_or(0), head)))
}
