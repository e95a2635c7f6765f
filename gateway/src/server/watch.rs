//! Watches one client's connection: for idleness, and for a client that does not take what it is sent.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::linger::Linger;
use crate::limits::Limits;

/// Not stuck.
const MOVES: u64 = u64::MAX;

/// What one connection is about. One core alone counts; but a connection that leaves HTTP behind must be such that it could go to
/// another.
pub(super) struct Watch {
    born: Instant,
    /// Where the client is.
    client: Option<IpAddr>,
    calls: AtomicUsize,
    /// When the last call ended: microseconds of its life.
    idle_since: AtomicU64,
    /// Since when the client has not taken a byte, while there are some for it; or [`MOVES`].
    stuck_since: AtomicU64,
    /// The client has said something that is no call, or not yet.
    unanswered: AtomicBool,
    quiet: Notify,
}

impl Watch {
    pub(super) fn new(client: Option<IpAddr>) -> Arc<Self> {
        Arc::new(Self {
            born: Instant::now(),
            client,
            calls: AtomicUsize::new(0),
            idle_since: AtomicU64::new(0),
            stuck_since: AtomicU64::new(MOVES),
            unanswered: AtomicBool::new(false),
            quiet: Notify::new(),
        })
    }

    /// Notes a call that runs until what is returned is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.unanswered.store(false, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Notes bytes of the client's: those of a call are the call's.
    fn hears(&self) {
        if self.calls.load(Ordering::Relaxed) == 0 {
            self.unanswered.store(true, Ordering::Relaxed);
        }
    }

    /// Notes that the connection closes because the gateway goes: whatever the client says from here on is not for it.
    pub(super) fn leave(&self) {
        self.unanswered.store(false, Ordering::Relaxed);
    }

    /// Waits until no call runs.
    pub(super) async fn quiet(&self) {
        while self.calls.load(Ordering::Relaxed) > 0 {
            self.quiet.notified().await;
        }
    }

    /// Waits until the connection has been idle or stuck for longer than it may.
    pub(super) async fn overdue(&self, limits: &Limits) {
        loop {
            let now = Instant::now();
            let idle = (self.calls.load(Ordering::Relaxed) == 0).then(|| self.at(&self.idle_since));
            let stuck =
                (self.stuck_since.load(Ordering::Relaxed) != MOVES).then(|| self.at(&self.stuck_since));
            let until = [idle.map(|since| since + limits.idle), stuck.map(|since| since + limits.send)];
            let until = until.into_iter().flatten().min();
            if until.is_some_and(|until| until <= now) {
                return;
            }
            let next = now + limits.send.min(limits.idle);
            sleep_until(until.unwrap_or(next).min(next)).await;
        }
    }

    /// Now, as it is noted.
    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_micros()).unwrap_or(MOVES - 1)
    }

    fn at(&self, noted: &AtomicU64) -> Instant {
        self.born + Duration::from_micros(noted.load(Ordering::Relaxed))
    }
}

/// A call on a connection, until it is dropped.
pub(crate) struct Busy(Arc<Watch>);

impl Busy {
    /// A call that no connection waits for.
    pub(crate) fn alone() -> Self {
        Watch::new(None).busy()
    }

    /// Where the client is.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.0.client
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
        self.0.quiet.notify_one();
    }
}

/// A socket that tells its [`Watch`] whether the client takes what is written, and that is not closed on a client which still sends what
/// was refused.
pub(super) struct Watched<S> {
    socket: S,
    watch: Arc<Watch>,
    linger: Linger,
}

impl<S> Watched<S> {
    pub(super) fn new(socket: S, watch: Arc<Watch>) -> Self {
        Self { socket, watch, linger: Linger::default() }
    }

    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let stuck = &self.watch.stuck_since;
        let was = stuck.load(Ordering::Relaxed);
        match &written {
            Poll::Pending if was == MOVES => stuck.store(self.watch.now(), Ordering::Relaxed),
            Poll::Ready(_) if was != MOVES => stuck.store(MOVES, Ordering::Relaxed),
            _ => (),
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
        let read = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if read.is_ready() {
            self.watch.hears();
        }
        read
    }
}

impl<S: Read + Write + Unpin> Write for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
        if this.watch.unanswered.load(Ordering::Relaxed) {
            ready!(this.linger.poll(&mut this.socket, cx));
        }
        Poll::Ready(Ok(()))
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

    fn limits() -> Limits {
        Limits { idle: Duration::from_secs(75), send: Duration::from_secs(60), ..Limits::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_from_its_last_call_on() {
        let (watch, start) = (Watch::new(None), Instant::now());
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
        let (watch, start) = (Watch::new(None), Instant::now());
        let _busy = watch.busy();
        let (near, _far) = tokio::io::duplex(4);
        let mut socket = Watched::new(hyper_util::rt::TokioIo::new(near), Arc::clone(&watch));
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
