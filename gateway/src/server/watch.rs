//! Watches one client's connection: for idleness, and for a client that does not take what it is sent.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, sleep_until};

use crate::limits::Limits;

/// What one connection is about.
pub(super) struct Watch {
    calls: Cell<usize>,
    /// When the last call ended, or the connection began.
    idle_since: Cell<Instant>,
    /// Since when the client has not taken a byte, while there are some for it.
    stuck_since: Cell<Option<Instant>>,
}

impl Watch {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            calls: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            stuck_since: Cell::new(None),
        })
    }

    /// Notes a call that runs until what is returned is dropped.
    pub(super) fn busy(self: &Rc<Self>) -> Busy {
        self.calls.set(self.calls.get() + 1);
        Busy(Rc::clone(self))
    }

    /// Waits until the connection has been idle or stuck for longer than it may.
    pub(super) async fn overdue(&self, limits: &Limits) {
        loop {
            let now = Instant::now();
            let idle = (self.calls.get() == 0).then(|| self.idle_since.get() + limits.idle);
            let stuck = self.stuck_since.get().map(|since| since + limits.send);
            if idle.into_iter().chain(stuck).any(|until| until <= now) {
                return;
            }
            let next = now + limits.send.min(limits.idle);
            sleep_until(idle.into_iter().chain(stuck).min().unwrap_or(next).min(next)).await;
        }
    }
}

/// A call on a connection, until it is dropped.
pub(crate) struct Busy(Rc<Watch>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.calls.set(self.0.calls.get() - 1);
        self.0.idle_since.set(Instant::now());
    }
}

/// A socket that tells its [`Watch`] whether the client takes what is written.
pub(super) struct Watched<S> {
    pub(super) socket: S,
    pub(super) watch: Rc<Watch>,
}

impl<S> Watched<S> {
    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let stuck = &self.watch.stuck_since;
        match &written {
            Poll::Pending if stuck.get().is_none() => stuck.set(Some(Instant::now())),
            Poll::Pending => (),
            Poll::Ready(_) => stuck.set(None),
        }
        written
    }
}

impl<S: Read + Unpin> Read for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: Write + Unpin> Write for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.note(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn limits() -> Limits {
        Limits { idle: Duration::from_secs(75), send: Duration::from_secs(60), ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_its_last_call_on() {
        let (watch, start) = (Watch::new(), Instant::now());
        let busy = watch.busy();
        let calls = async {
            sleep_until(start + Duration::from_secs(1000)).await;
            drop(busy);
        };
        let limits = limits();
        tokio::join!(calls, watch.overdue(&limits));
        assert_eq!(start.elapsed().as_secs(), 1075);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_overdue_even_in_a_call() {
        let (watch, start) = (Watch::new(), Instant::now());
        let _busy = watch.busy();
        let (near, _far) = tokio::io::duplex(4);
        let mut socket = Watched { socket: hyper_util::rt::TokioIo::new(near), watch: Rc::clone(&watch) };
        let write = async {
            sleep_until(start + Duration::from_secs(100)).await;
            std::future::poll_fn(|cx| Pin::new(&mut socket).poll_write(cx, b"1234")).await.unwrap();
            std::future::poll_fn(|cx| Pin::new(&mut socket).poll_write(cx, b"5")).await.unwrap();
        };
        tokio::select! {
            () = write => panic!("nobody reads"),
            () = async { watch.overdue(&limits()).await } => (),
        }
        assert!((160..=220).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
