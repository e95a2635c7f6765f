//! What takes too long for a core: one thread that does it, with a bound on what waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Calls that wait.
const CALLS: usize = 1024;
/// Bytes of what they said.
const BYTES: usize = 32 << 20;

/// Work that may wait; it is told whether there is no time for it.
type Work = Box<dyn FnOnce(Hurry) + Send>;

/// Whether something is to be done well, or fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hurry {
    No,
    /// Too much waits already.
    Yes,
}

/// The thread, which starts with the first work.
pub(super) struct Later {
    sender: OnceLock<Option<SyncSender<(usize, Work)>>>,
    bytes: Arc<AtomicUsize>,
    /// Works that wait, or are being done.
    waiting: watch::Sender<usize>,
}

impl Default for Later {
    fn default() -> Self {
        Self { sender: OnceLock::new(), bytes: Arc::default(), waiting: watch::Sender::new(0) }
    }
}

impl Later {
    /// Does it later, or at once and fast where too much waits. `size`: the bytes that it holds.
    pub(super) fn push(&self, size: usize, work: Work) {
        let sender = self.sender.get_or_init(|| self.start());
        let room = self.bytes.fetch_add(size, Ordering::Relaxed) + size <= BYTES;
        self.waiting.send_modify(|waiting| *waiting += 1);
        let work = match sender {
            Some(sender) if room => match sender.try_send((size, work)) {
                Ok(()) => return,
                Err(TrySendError::Full((_, work)) | TrySendError::Disconnected((_, work))) => work,
            },
            _ => work,
        };
        work(Hurry::Yes);
        self.bytes.fetch_sub(size, Ordering::Relaxed);
        self.waiting.send_modify(|waiting| *waiting -= 1);
    }

    fn start(&self) -> Option<SyncSender<(usize, Work)>> {
        let (sender, works): (_, Receiver<(usize, Work)>) = sync_channel(CALLS);
        let (bytes, waiting) = (Arc::clone(&self.bytes), self.waiting.clone());
        let thread = thread::Builder::new().name("gateway-later".into()).spawn(move || {
            for (size, work) in works {
                work(Hurry::No);
                bytes.fetch_sub(size, Ordering::Relaxed);
                waiting.send_modify(|waiting| *waiting -= 1);
            }
        });
        thread.is_ok().then_some(sender)
    }

    /// Waits until nothing waits, for so long at most.
    pub(super) async fn finish(&self, within: Duration) {
        let mut waiting = self.waiting.subscribe();
        let _ = timeout(within, waiting.wait_for(|waiting| *waiting == 0)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_done_at_once() {
        let later = Later::default();
        let (told, heard) = sync_channel(8);
        let (go, gate) = sync_channel::<()>(0);
        let first = told.clone();
        later.push(
            BYTES,
            Box::new(move |hurry| {
                let _ = gate.recv();
                first.send((1, hurry)).unwrap();
            }),
        );
        let second = told.clone();
        later.push(1, Box::new(move |hurry| second.send((2, hurry)).unwrap()));
        assert_eq!(heard.recv(), Ok((2, Hurry::Yes)));
        go.send(()).unwrap();
        assert_eq!(heard.recv(), Ok((1, Hurry::No)));
    }

    #[tokio::test]
    async fn the_end_waits_for_all() {
        let later = Later::default();
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let done = Arc::clone(&done);
            later.push(
                1,
                Box::new(move |_| {
                    done.fetch_add(1, Ordering::SeqCst);
                }),
            );
        }
        later.finish(Duration::from_secs(60)).await;
        assert_eq!(done.load(Ordering::SeqCst), 100);
    }
}
