//! A queue of records before a writer that may block for as long as it likes.
//!
//! ```text
//! records ─▶ waiting, 8 MiB at most ─▶ one thread ─▶ writer
//!     └ no room: counted, and told once the writer goes on
//! ```

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes of records that wait. A record with both bodies in full, each byte escaped, takes three of these eight MiB.
const ROOM: usize = 8 << 20;

/// Bytes that are written at once: as many as a pipe of Linux holds.
const PIECE: usize = 64 << 10;

/// How long the end waits for a writer that takes nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between two attempts on a writer that is full and says so instead of blocking.
const FULL: Duration = Duration::from_millis(10);

/// Records that were dropped since the process started, whatever they were for.
pub(crate) static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many records found no room, or no writer, since the process started.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// A thread that writes, and what it shares. Dropping it ends the queue: what waits is written, as long as the writer
/// takes any of it.
pub(super) struct Queue {
    shared: Arc<Shared>,
}

/// The end of the queue where records come in, each by one `write`. Never blocks, never fails.
#[derive(Clone)]
pub(super) struct Records {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// There is something to write, or nothing will ever be.
    more: Condvar,
    /// A piece was written, or the last one.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Batch,
    /// Records that found no room, or no writer.
    dropped: u64,
    /// Pieces that were written so far.
    pieces: u64,
    ending: bool,
    ended: bool,
}

#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    records: u64,
    /// Records that were dropped before, of which a line in it tells: if that is lost, what it tells is not.
    told: u64,
}

impl Queue {
    pub(super) fn start(writer: impl Write + Send + 'static) -> Self {
        let state = Mutex::new(State::default());
        let shared = Arc::new(Shared { state, more: Condvar::new(), progress: Condvar::new() });
        let writing = Arc::clone(&shared);
        let thread = thread::Builder::new().name("gateway-log".into()).spawn(move || writing.write(writer));
        // Without its thread the queue fills up and drops: a gateway without a log is better than none.
        shared.state().ended = thread.is_err();
        Self { shared }
    }

    pub(super) fn records(&self) -> Records {
        Records { shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.ending = true;
        self.shared.more.notify_one();
        while !state.ended {
            let pieces = state.pieces;
            let waited = self.shared.progress.wait_timeout(state, PATIENCE);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = after;
            if timeout.timed_out() && state.pieces == pieces {
                return;
            }
        }
    }
}

impl Write for Records {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        if state.ending || state.waiting.bytes.len() + record.len() > ROOM {
            state.dropped += 1;
            DROPPED.fetch_add(1, Ordering::Relaxed);
        } else {
            state.waiting.bytes.extend_from_slice(record);
            state.waiting.records += 1;
            drop(state);
            self.shared.more.notify_one();
        }
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// The state is whole at any time, so a thread that panicked with it has left nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: writes until the end, all that waits at a time.
    fn write(&self, mut writer: impl Write) {
        let mut batch = Batch::default();
        while self.take(&mut batch) {
            if self.put(&mut writer, &batch.bytes).is_err() {
                self.state().dropped += batch.records + batch.told;
                DROPPED.fetch_add(batch.records, Ordering::Relaxed);
            }
        }
        self.state().ended = true;
        self.progress.notify_one();
    }

    /// Waits for records and takes all there are, with a line on those that were dropped after them. False at the end.
    fn take(&self, batch: &mut Batch) -> bool {
        batch.bytes.clear();
        batch.bytes.shrink_to(PIECE);
        (batch.records, batch.told) = (0, 0);
        let idle = |state: &mut State| state.waiting.records == 0 && !state.ending;
        let mut state = self.more.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        if state.waiting.records == 0 {
            return false;
        }
        mem::swap(&mut state.waiting, batch);
        let dropped = mem::take(&mut state.dropped);
        drop(state);
        if dropped > 0 {
            tell(dropped, &mut batch.bytes);
            batch.told = dropped;
        }
        true
    }

    #[expect(clippy::disallowed_methods, reason = "a thread that no runtime shares")]
    fn put(&self, writer: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match writer.write(&bytes[..bytes.len().min(PIECE)]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => {
                    bytes = &bytes[length..];
                    self.state().pieces += 1;
                    self.progress.notify_one();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                // Whoever shares standard error may have made it non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(FULL),
                Err(error) => return Err(error),
            }
        }
        writer.flush()
    }
}

/// The line on records that were dropped, as the other lines are.
fn tell(dropped: u64, line: &mut Vec<u8>) {
    let now = jiff::Timestamp::now();
    let told = writeln!(
        line,
        r#"{{"timestamp":"{now:.6}","level":"WARN","message":"log records dropped","dropped":{dropped},"target":"gateway::log"}}"#
    );
    told.expect("a vector takes every write");
}

#[cfg(test)]
mod tests;
