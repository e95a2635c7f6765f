//! One who gets tokens, for all cores: whoever needs one gets what is held, or waits for the one request that is made.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::lease::{Lease, Lent, Look};
use super::{Failure, Issued, Principal};

/// What is held of a principal's tokens.
pub(crate) struct Source {
    pub(super) principal: Principal,
    lease: Mutex<Lease>,
    /// The lease's, to be looked at without its lock.
    number: AtomicU64,
    /// Counts what was asked for, well or ill.
    turns: watch::Sender<u64>,
    /// Wakes who asks.
    pub(super) bell: Arc<Notify>,
    /// How long anybody waits.
    patience: Duration,
}

impl Source {
    pub(super) fn new(principal: Principal, patience: Duration) -> Self {
        Self {
            principal,
            lease: Mutex::new(Lease::new(Instant::now())),
            number: AtomicU64::new(0),
            turns: watch::Sender::new(0),
            bell: Arc::default(),
            patience,
        }
    }

    /// The credential of the moment.
    async fn lent(&self) -> Result<Lent, Failure> {
        let mut turns = self.turns.subscribe();
        let lent = async {
            loop {
                match self.look() {
                    Look::Good(lent) => return Ok(lent),
                    Look::Failed(failure) => return Err(failure),
                    Look::Wait => (),
                }
                // The sender is this source's.
                let _ = turns.changed().await;
            }
        };
        timeout(self.patience, lent).await.unwrap_or(Err(Failure::Slow(self.patience)))
    }

    fn look(&self) -> Look {
        let mut lease = self.lease();
        let before = lease.due();
        let look = lease.look(Instant::now());
        if lease.due() != before {
            self.bell.notify_one();
        }
        look
    }

    /// The upstream refused a request with the credential of this number. `true`: it is worth another one.
    fn refuse(&self, number: u64) -> bool {
        let mut lease = self.lease();
        let again = lease.refuse(number, Instant::now());
        self.number.store(lease.number(), Ordering::Release);
        self.bell.notify_one();
        again
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.lease().due()
    }

    pub(super) fn begin(&self) -> bool {
        self.lease().begin(Instant::now())
    }

    pub(super) fn settle(&self, result: Result<Issued, Failure>) {
        let mut lease = self.lease();
        lease.settle(result, Instant::now(), fastrand::f64());
        self.number.store(lease.number(), Ordering::Release);
        drop(lease);
        self.turns.send_modify(|turn| *turn += 1);
    }

    fn lease(&self) -> MutexGuard<'_, Lease> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever asks for this one need not any more.
impl Drop for Source {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

/// A source as one core has it: while nothing changes, no lock is taken.
pub(crate) struct Tap<T> {
    source: Arc<Source>,
    made: RefCell<Option<Rc<Made<T>>>>,
}

/// A credential, and what a core has made of it.
pub(crate) struct Made<T> {
    lent: Lent,
    pub(crate) of: T,
}

impl<T> Tap<T> {
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self { source, made: RefCell::default() }
    }

    /// The credential of the moment, as `make` makes it.
    pub(crate) async fn draw(&self, make: impl FnOnce(&Lent) -> T) -> Result<Rc<Made<T>>, Failure> {
        let made = self.made.borrow().clone();
        if let Some(made) = made.filter(|made| self.is_good(&made.lent)) {
            return Ok(made);
        }
        let lent = self.source.lent().await?;
        let made = Rc::new(Made { of: make(&lent), lent });
        *self.made.borrow_mut() = Some(Rc::clone(&made));
        Ok(made)
    }

    fn is_good(&self, lent: &Lent) -> bool {
        lent.number == self.source.number.load(Ordering::Acquire)
            && lent.good_until.is_none_or(|end| Instant::now() < end)
    }

    /// The upstream refused a request with this one. `true`: it is worth another one.
    pub(crate) fn refuse(&self, made: &Made<T>) -> bool {
        self.source.refuse(made.lent.number)
    }

    pub(crate) fn principal(&self) -> &Principal {
        &self.source.principal
    }
}
