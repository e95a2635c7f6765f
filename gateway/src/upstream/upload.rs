//! A request's body that goes upstream as it comes from the client: never more of it is held than one piece.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;
use hyper::body::Incoming;

use super::Connection;
use crate::fault::Fault;

/// A body on its way from a client to an upstream.
pub(crate) struct Upload<'a> {
    body: &'a mut Incoming,
    /// Bytes that it may have, and those that it has had.
    limit: u64,
    taken: u64,
    /// Whether its length is not known before its end.
    chunked: bool,
    /// The piece that is being written, from `at` on.
    piece: Vec<u8>,
    at: usize,
    written: u64,
    /// Nothing more comes from the client.
    over: bool,
}

impl<'a> Upload<'a> {
    /// A body of at most `limit` bytes.
    ///
    /// # Errors
    /// It says itself that it is longer.
    pub(crate) fn new(body: &'a mut Incoming, limit: u64) -> Result<Self, Fault> {
        let size = body.size_hint();
        if size.lower() > limit {
            return Err(Fault::TooLarge(limit));
        }
        let chunked = size.exact().is_none();
        Ok(Self { body, limit, taken: 0, chunked, piece: Vec::new(), at: 0, written: 0, over: false })
    }

    /// Its length, where the client said it.
    pub(crate) fn length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Whether all of it was written.
    pub(crate) fn is_over(&self) -> bool {
        self.over && self.at == self.piece.len()
    }

    /// Whether it is the client that is waited for.
    pub(crate) fn waits(&self) -> bool {
        !self.over && self.at == self.piece.len()
    }

    /// Bytes written so far, framing included.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes what the client has sent. Ready when all is written, or the upstream takes no more; the error is the client's.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
    ) -> Result<Poll<()>, Fault> {
        loop {
            let mut rest = &self.piece[self.at..];
            let before = rest.len();
            let write = connection.poll_write(cx, &mut rest);
            self.at += before - rest.len();
            self.written += (before - rest.len()) as u64;
            match write {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(Err(_)) => return Ok(Poll::Ready(())),
                Poll::Ready(Ok(())) if self.over => return Ok(Poll::Ready(())),
                Poll::Ready(Ok(())) => (),
            }
            match Pin::new(&mut *self.body).poll_frame(cx) {
                Poll::Pending => return Ok(Poll::Pending),
                Poll::Ready(frame) => self.take(frame.transpose().map_err(|_| Fault::CutBody)?)?,
            }
        }
    }

    /// Makes a piece of what came; nothing came: that was the end.
    fn take(&mut self, frame: Option<http_body::Frame<bytes::Bytes>>) -> Result<(), Fault> {
        self.piece.clear();
        self.at = 0;
        let Some(frame) = frame else {
            self.over = true;
            if self.chunked {
                self.piece.extend_from_slice(b"0\r\n\r\n");
            }
            return Ok(());
        };
        // Trailers end here: they belong to one hop.
        let Ok(data) = frame.into_data() else { return Ok(()) };
        self.taken += data.len() as u64;
        if self.taken > self.limit {
            return Err(Fault::TooLarge(self.limit));
        }
        if !self.chunked {
            self.piece.extend_from_slice(&data);
        } else if !data.is_empty() {
            self.piece.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
            self.piece.extend_from_slice(&data);
            self.piece.extend_from_slice(b"\r\n");
        }
        Ok(())
    }
}
