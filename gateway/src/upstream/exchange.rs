//! One request out, the head of its reply in. The reply is read from the first moment on: a server may refuse a
//! request before it has taken all of it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::time::{Instant, Sleep, sleep};

use super::{Connection, Head, Timeouts, Upload};
use crate::fault::Fault;

/// A reply of which the head has come.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) head: Head,
    /// What came behind the head.
    pub(crate) rest: BytesMut,
    /// Whether the upstream took the whole request.
    pub(crate) sent: bool,
}

/// Why there is no reply.
pub(crate) struct Broken {
    pub(crate) fault: Fault,
    /// Whether the upstream just closed a connection that had carried calls before, and said nothing. A server that
    /// closes idle connections does that to whoever writes in the same moment; the call may be tried afresh.
    pub(crate) stale: bool,
    /// Whether all of the request was written, so that it may have been read, and done.
    pub(crate) sent: bool,
}

/// Writes `request`, and the body behind it where that comes in pieces, and reads the head of the reply, however many
/// interim ones come before it.
pub(crate) async fn exchange(
    connection: Connection,
    request: &[u8],
    upload: Option<&mut Upload<'_>>,
    timeouts: Timeouts,
    head_bytes: usize,
) -> Result<Opened, Broken> {
    let mut clock = pin!(sleep(timeouts.write));
    let mut call = Exchange {
        connection,
        unsent: request,
        upload,
        sent: false,
        seen: BytesMut::new(),
        head_bytes,
        timeouts,
    };
    match poll_fn(|cx| call.poll(cx, clock.as_mut())).await {
        Ok(head) => Ok(Opened {
            sent: call.sent && call.unsent.is_empty() && call.upload.is_none_or(|upload| upload.is_over()),
            connection: call.connection,
            head,
            rest: call.seen,
        }),
        Err(fault) => {
            let stale = call.connection.reused && matches!(fault, Fault::NoReply);
            let sent = call.sent && call.unsent.is_empty();
            Err(Broken { fault, stale, sent })
        }
    }
}

struct Exchange<'a, 'b> {
    connection: Connection,
    unsent: &'a [u8],
    upload: Option<&'a mut Upload<'b>>,
    /// Nothing more is written: either all is, or the upstream does not want it.
    sent: bool,
    seen: BytesMut,
    head_bytes: usize,
    timeouts: Timeouts,
}

impl Exchange<'_, '_> {
    fn poll(&mut self, cx: &mut Context<'_>, mut clock: Pin<&mut Sleep>) -> Poll<Result<Head, Fault>> {
        if !self.sent {
            let before = self.unwritten();
            self.sent = self.poll_send(cx)?.is_ready();
            if self.sent {
                clock.as_mut().reset(Instant::now() + self.timeouts.read);
            } else if self.unwritten() != before {
                clock.as_mut().reset(Instant::now() + self.timeouts.write);
            }
        }
        while let Poll::Ready(head) = self.poll_head(cx) {
            if let Some(head) = head? {
                return Poll::Ready(Ok(head));
            }
        }
        ready!(clock.poll(cx));
        let timeouts = self.timeouts;
        Poll::Ready(Err(match &self.upload {
            _ if self.sent => Fault::ReadTimeout(timeouts.read),
            Some(upload) if upload.waits() => Fault::SlowBody(timeouts.write),
            _ => Fault::WriteTimeout(timeouts.write),
        }))
    }

    /// Writes what it can. Ready when all is written, or nothing more will be: that is no error yet, for the reply that explains it
    /// may lie ready. An error is the client's.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, Fault> {
        match self.connection.poll_write(cx, &mut self.unsent) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(Err(_)) => Ok(Poll::Ready(())),
            Poll::Ready(Ok(())) => match &mut self.upload {
                None => Ok(Poll::Ready(())),
                Some(upload) => upload.poll_send(cx, &mut self.connection),
            },
        }
    }

    /// What changes whenever something was written.
    fn unwritten(&self) -> (usize, u64) {
        (self.unsent.len(), self.upload.as_ref().map_or(0, |upload| upload.written()))
    }

    /// Reads once. `None`: the head is not complete.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Head>, Fault>> {
        let seen = &mut self.seen;
        let read = ready!(self.connection.poll_read(cx, |bytes| {
            seen.extend_from_slice(bytes);
            bytes.len()
        }));
        if !matches!(read, Ok(1..)) {
            return Poll::Ready(Err(if self.seen.is_empty() { Fault::NoReply } else { Fault::Cut }));
        }
        loop {
            match Head::parse(&mut self.seen) {
                Ok(Some(head)) if head.is_interim() => (),
                Ok(None) if self.seen.len() > self.head_bytes => {
                    return Poll::Ready(Err(Fault::ReplyTooLong("head")));
                }
                done => return Poll::Ready(done),
            }
        }
    }
}
