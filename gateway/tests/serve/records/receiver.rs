//! A server for records, which takes them or does not, as a test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::serve::upstream::{Call, Upstream};

/// A server for records, which does with each batch what the test says.
pub(super) struct Receiver {
    pub(super) addr: SocketAddr,
    /// The bodies that it said it took.
    pub(super) taken: Arc<Mutex<Vec<Value>>>,
    /// Every head that came.
    pub(super) heads: Arc<Mutex<Vec<String>>>,
    pub(super) seen: Arc<AtomicUsize>,
}

/// What a receiver does with a batch.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Does {
    Takes,
    Refuses,
    /// Closes its connection, with no reply.
    Dies,
    /// Says nothing.
    Sleeps,
}

impl Receiver {
    /// `does`: by the number of the request.
    pub(super) async fn start(does: impl Fn(usize) -> Does + Send + Sync + 'static) -> Self {
        let upstream = Upstream::listen().await;
        let (taken, heads, seen) = (Arc::default(), Arc::default(), Arc::new(AtomicUsize::new(0)));
        let receiver = Self {
            addr: upstream.addr,
            taken: Arc::clone(&taken),
            heads: Arc::clone(&heads),
            seen: Arc::clone(&seen),
        };
        let does = Arc::new(does);
        tokio::spawn(async move {
            loop {
                let socket = upstream.accept().await;
                let (taken, heads) = (Arc::clone(&taken), Arc::clone(&heads));
                let (seen, does) = (Arc::clone(&seen), Arc::clone(&does));
                tokio::spawn(async move {
                    let mut call = Call::read(socket).await;
                    while let Some(mut batch) = call.take() {
                        heads.lock().unwrap().push(batch.head.clone());
                        match does(seen.fetch_add(1, Ordering::SeqCst)) {
                            Does::Takes => {
                                taken.lock().unwrap().push(serde_json::from_slice(&batch.body).unwrap());
                                batch.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                            }
                            Does::Refuses => {
                                batch.write("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await;
                            }
                            Does::Dies => return batch.close().await,
                            Does::Sleeps => return batch.gone().await,
                        }
                        call = batch.next().await;
                    }
                });
            }
        });
        receiver
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/logs", self.addr)
    }

    /// Every record that it took, in their order.
    pub(super) fn records(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        taken.iter().flat_map(|body| body.as_array().cloned().unwrap_or_else(|| vec![body.clone()])).collect()
    }

    /// The same, once there are so many.
    pub(super) async fn wait(&self, count: usize) -> Vec<Value> {
        until(|| Some(self.records()).filter(|records| records.len() >= count)).await
    }

    /// Once it has seen so many requests.
    pub(super) async fn wait_seen(&self, count: usize) {
        until(|| (self.seen.load(Ordering::SeqCst) >= count).then_some(())).await;
    }
}

/// Waits for something that others do.
async fn until<T>(found: impl Fn() -> Option<T>) -> T {
    let mut clock = tokio::time::interval(Duration::from_millis(1));
    let wait = async {
        loop {
            clock.tick().await;
            if let Some(found) = found() {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it comes")
}
