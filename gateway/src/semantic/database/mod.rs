//! Vectors of descriptions in a database, which also says how far each is from a prompt. Several gateways find there what one of them
//! has embedded.

#[cfg(feature = "pgvector")]
mod pgvector;
#[cfg(feature = "redis")]
mod redis;

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use ring::digest::{SHA256, digest};
use rustls::ClientConfig;
use tokio::time::sleep;

use crate::config::{Embeddings, Named, Vectordb};
use crate::outage::Outage;

/// What a database answers, in time.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + 'a>>;

/// One kind of database. Vectors go by names of letters and digits.
trait Database: Send + Sync {
    /// Makes room for vectors, unless there is.
    fn prepare(&self) -> Answer<'_, ()>;

    /// A vector that somebody has put there.
    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Vec<f32>>>;

    /// Puts a vector there, in the place of one of the same name.
    fn put<'a>(&'a self, name: &'a str, vector: &'a [f32]) -> Answer<'a, ()>;

    /// How far those of these names are from `vector`, in any order; who is not there is left out.
    fn distances<'a>(&'a self, names: &'a [String], vector: &'a [f32]) -> Answer<'a, Vec<(String, f64)>>;
}

/// The database of one plugin, and the descriptions that it is to hold.
pub(super) struct Keep {
    database: Box<dyn Database>,
    /// Kong's name for it.
    kind: &'static str,
    /// What the descriptions go by, in their order.
    names: Vec<String>,
    /// Whether all of them are there.
    is_full: AtomicBool,
    outage: Outage,
}

impl Keep {
    /// `None`: vectors lie in the process.
    pub(super) fn new(
        embeddings: &Embeddings,
        vectordb: &Vectordb,
        descriptions: impl Iterator<Item = String>,
        tls: &ClientConfig,
    ) -> Option<Self> {
        let place = place(embeddings, vectordb);
        let kind = vectordb.strategy.name();
        let database = match open(vectordb, &place, tls) {
            Ok(database) => database,
            Err(why) => {
                tracing::warn!(kind, %why, "vectors lie in the process");
                return None;
            }
        };
        let names = descriptions.map(|description| name(description.as_bytes())).collect();
        Some(Self { database, kind, names, is_full: AtomicBool::new(false), outage: Outage::default() })
    }

    /// Kong's name for it, and whether it failed last.
    pub(super) fn state(&self) -> (&'static str, bool) {
        (self.kind, self.outage.lasts())
    }

    /// The vectors that somebody has put there before, in the order of the descriptions.
    pub(super) async fn stored(&self) -> Vec<Option<Vec<f32>>> {
        let stored = async {
            self.database.prepare().await?;
            let mut stored = Vec::new();
            for name in &self.names {
                stored.push(self.database.get(name).await?);
            }
            Ok(stored)
        };
        self.note(stored.await).unwrap_or_default()
    }

    /// Puts those there that are not, whenever some are missing, for as long as it is polled.
    pub(super) async fn stay_full(&self, vectors: &[Vec<f32>]) {
        let mut pauses = super::pauses();
        loop {
            if self.is_full() || self.fill(vectors).await {
                pauses = super::pauses();
            }
            sleep(pauses.next().unwrap_or_default()).await;
        }
    }

    async fn fill(&self, vectors: &[Vec<f32>]) -> bool {
        let filled = async {
            self.database.prepare().await?;
            for (name, vector) in self.names.iter().zip(vectors) {
                if self.database.get(name).await?.as_ref() != Some(vector) {
                    self.database.put(name, vector).await?;
                }
            }
            Ok(())
        };
        let filled = self.note(filled.await).is_some();
        self.is_full.store(filled, Ordering::Relaxed);
        filled
    }

    fn note<T>(&self, answer: Result<T, String>) -> Option<T> {
        match &answer {
            Ok(_) => self.outage.worked(self.kind),
            Err(why) => self.outage.failed(self.kind, why),
        }
        answer.ok()
    }

    fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }

    /// How far each description is from `vector`; `None`: the database cannot say.
    pub(super) async fn distances(&self, vector: &[f32]) -> Option<Vec<f64>> {
        if !self.is_full() {
            return None;
        }
        let told = self.database.distances(&self.names, vector).await.and_then(|told| self.sort(&told));
        let told = self.note(told);
        self.is_full.store(told.is_some(), Ordering::Relaxed);
        told
    }

    /// In the order of the descriptions. Whoever has lost one has perhaps lost all.
    fn sort(&self, told: &[(String, f64)]) -> Result<Vec<f64>, String> {
        let of = |name: &String| told.iter().find(|(known, _)| known == name).map(|(_, distance)| *distance);
        let all: Option<Vec<f64>> = self.names.iter().map(of).collect();
        // What is no number is the distance of a vector without a direction.
        let finite = |distance: f64| if distance.is_nan() { f64::INFINITY } else { distance };
        all.map(|all| all.into_iter().map(finite).collect()).ok_or_else(|| "vectors are missing".to_owned())
    }
}

/// Where vectors of one model and one measure lie: those of others are no use.
fn place(embeddings: &Embeddings, vectordb: &Vectordb) -> String {
    let model = &embeddings.target.model;
    let place = model.options.upstream_url.as_ref().map(|url| format!("{url:?}")).unwrap_or_default();
    let parts = [
        model.provider.name(),
        model.name.as_ref().map_or("", |name| name.source()),
        &place,
        vectordb.metric.name(),
        &vectordb.dimensions.to_string(),
    ];
    name(parts.join("\n").as_bytes())
}

/// Sixteen letters and digits.
fn name(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref()[..8].iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

type Opened = Result<Box<dyn Database>, String>;

fn open(vectordb: &Vectordb, place: &str, tls: &ClientConfig) -> Opened {
    #[cfg(feature = "redis")]
    if vectordb.strategy == crate::config::Strategy::Redis {
        return redis::Index::open(vectordb, place, tls);
    }
    #[cfg(feature = "pgvector")]
    if vectordb.strategy == crate::config::Strategy::Pgvector {
        return pgvector::Table::open(vectordb, place, tls);
    }
    // A build with both never comes here.
    let _ = (place, tls);
    Err(format!("this build has not got the feature {}", vectordb.strategy.name()))
}

#[cfg(test)]
#[cfg(all(feature = "pgvector", feature = "redis"))]
mod tests;
