//! A close that waits for a client which is still sending.
//!
//! A socket that is closed with bytes unread is reset, and the reset may overtake the answer that says why (RFC 9112, 9.6). So the
//! sending half is closed first, and what comes is read away until the client has closed too, or has had its time.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long what was refused is read away.
pub(crate) const LINGER: Duration = Duration::from_secs(5);
/// Bytes that are read away at once.
const PIECE: usize = 4 << 10;

/// Reads away what comes on a socket whose sending half is closed.
#[derive(Default)]
pub(super) struct Linger {
    /// The end of the client's time, once that has begun.
    end: Option<Pin<Box<Sleep>>>,
}

impl Linger {
    /// Ready when the client has closed, or its time is over.
    pub(super) fn poll<S: Read + Unpin>(&mut self, socket: &mut S, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        while end.as_mut().poll(cx).is_pending() {
            let mut piece = [MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut piece);
            let read = ready!(Pin::new(&mut *socket).poll_read(cx, piece.unfilled()));
            if read.is_err() || piece.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}
