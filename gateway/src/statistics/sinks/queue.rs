//! A queue of records before somebody who may take as long as he likes: Kong's, with a bound on bytes besides that on entries.
//!
//! <https://developer.konghq.com/gateway/entities/plugin/#plugin-queuing>

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::config;

/// Bytes that wait where the file says nothing of it.
const ROOM: u64 = 64 << 20;
/// Between two lines about one queue.
const TELL: Duration = Duration::from_secs(1);

/// Why records are lost that nobody refused.
const FULL: &str = "they come faster than they are taken";
const GONE: &str = "the gateway had no more time";

/// Records that wait.
pub(crate) struct Queue {
    settings: config::Queue,
    /// Where those that are lost are counted, for whoever looks.
    dropped: &'static AtomicU64,
    /// By when all must be over, once the gateway goes away.
    deadline: watch::Receiver<Option<Instant>>,
    state: Mutex<State>,
    more: Notify,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Bytes>,
    bytes: u64,
    /// Records that found no room, or nobody to take them, of which nothing was told yet.
    lost: u64,
    ending: bool,
}

/// Whoever takes records.
pub(crate) trait Deliver: 'static {
    /// Where they go, as a log may show it.
    fn name(&self) -> &str;

    /// Takes records, in their order; says how many were taken, and why not all.
    fn deliver(&mut self, records: &[Bytes]) -> impl Future<Output = (usize, Result<(), String>)>;
}

/// What is told of a queue, and when it last was.
#[derive(Default)]
struct Told {
    last: Option<Instant>,
    error: String,
}

impl Queue {
    pub(super) fn new(
        settings: config::Queue,
        dropped: &'static AtomicU64,
        deadline: watch::Receiver<Option<Instant>>,
    ) -> Self {
        Self { settings, dropped, deadline, state: Mutex::default(), more: Notify::new() }
    }

    /// Takes a record; the oldest ones go where there is no room for it.
    pub(super) fn put(&self, record: Bytes) {
        let room = self.settings.max_bytes.unwrap_or(ROOM);
        let size = record.len() as u64;
        let mut state = self.state();
        if state.ending || size > room {
            self.lose(&mut state, 1);
            return;
        }
        while state.entries.len() >= self.settings.max_entries as usize || state.bytes + size > room {
            let Some(oldest) = state.entries.pop_front() else { break };
            state.bytes -= oldest.len() as u64;
            self.lose(&mut state, 1);
        }
        state.bytes += size;
        state.entries.push_back(record);
        drop(state);
        self.more.notify_one();
    }

    /// Nothing more will come.
    pub(super) fn end(&self) {
        self.state().ending = true;
        self.more.notify_one();
    }

    /// Hands over all there is, until the end.
    pub(super) async fn drive(&self, mut to: impl Deliver) {
        let mut told = Told::default();
        while let Some(batch) = self.batch().await {
            let left = self.hand_over(&mut to, &batch, &mut told).await;
            self.lose(&mut self.state(), left);
            if self.is_over() {
                self.forget();
            }
            if told.is_due() {
                self.tell_lost(to.name(), &mut told);
            }
        }
        self.tell_lost(to.name(), &mut told);
    }

    /// The next records; `None` at the end.
    async fn batch(&self) -> Option<Vec<Bytes>> {
        while self.state().entries.is_empty() {
            if self.state().ending {
                return None;
            }
            self.more.notified().await;
        }
        let most = self.settings.max_batch_size as usize;
        let is_ripe = || {
            let state = self.state();
            state.ending || state.entries.len() >= most
        };
        let until = Instant::now() + self.settings.max_coalescing_delay;
        while !is_ripe() && timeout_at(until, self.more.notified()).await.is_ok() {}
        let mut state = self.state();
        let count = state.entries.len().min(most);
        let batch: Vec<Bytes> = state.entries.drain(..count).collect();
        state.bytes -= batch.iter().map(|record| record.len() as u64).sum::<u64>();
        Some(batch)
    }

    /// Tries until all is taken, or the time for it is over; says how many were not.
    async fn hand_over(&self, to: &mut impl Deliver, batch: &[Bytes], told: &mut Told) -> usize {
        let (mut left, mut delay) = (batch, self.settings.initial_retry_delay);
        let first = Instant::now();
        loop {
            let delivered = tokio::select! {
                biased;
                delivered = to.deliver(left) => delivered,
                () = self.over() => {
                    GONE.clone_into(&mut told.error);
                    return left.len();
                }
            };
            left = &left[delivered.0..];
            let Err(error) = delivered.1 else { return left.len() };
            let most = self.settings.max_retry_time;
            told.error = error;
            if left.is_empty() || most.is_none_or(|most| first.elapsed() > most) {
                return left.len();
            }
            if told.is_due() {
                told.last = Some(Instant::now());
                let (error, records) = (&told.error, left.len());
                tracing::warn!(to = to.name(), error, records, "log records are not taken yet");
            }
            tokio::select! {
                () = sleep(delay.min(self.settings.max_retry_delay)) => (),
                () = self.over() => return left.len(),
            }
            delay = delay.saturating_mul(2).min(self.settings.max_retry_delay);
        }
    }

    /// Waits until the gateway has no more time.
    async fn over(&self) {
        let mut deadline = self.deadline.clone();
        let at = deadline.wait_for(Option::is_some).await.ok().and_then(|at| *at);
        match at {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    fn is_over(&self) -> bool {
        self.deadline.borrow().is_some_and(|at| at <= Instant::now())
    }

    /// Nothing that waits will be taken.
    fn forget(&self) {
        let mut state = self.state();
        let left = state.entries.len();
        self.lose(&mut state, left);
        state.entries.clear();
        state.bytes = 0;
    }

    fn lose(&self, state: &mut State, records: usize) {
        state.lost += records as u64;
        self.dropped.fetch_add(records as u64, Ordering::Relaxed);
    }

    fn tell_lost(&self, name: &str, told: &mut Told) {
        let dropped = std::mem::take(&mut self.state().lost);
        if dropped > 0 {
            told.last = Some(Instant::now());
            let error = if told.error.is_empty() { FULL } else { &told.error };
            tracing::warn!(to = name, error, dropped, "log records dropped");
        }
    }

    /// The state is whole at any time, so a thread that panicked with it has left nothing half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn is_due(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= TELL)
    }
}
