//! Which target a prompt is for: the one whose description is nearest to it, as a model of embeddings sees both.
//!
//! ```text
//! start:  descriptions ──embed──▶ vectors ──▶ in process (and in a vector database, where one is configured)
//! a call: prompt ──embed──▶ vector ──distance──▶ groups of one description, the nearest first ──▶ targets, CATCHALL last
//! ```
//!
//! The descriptions are embedded once the gateway has started, and again and again until the model answers. Until then, and whenever a
//! prompt cannot be embedded, the targets that are described as `CATCHALL` take the call; where there are none, all take turns.
//! Only a prompt that is too far from every description, with no `CATCHALL`, is refused, as in Kong.
//!
//! <https://developer.konghq.com/ai-gateway/semantic-similarity/>

mod database;
mod distance;
mod order;
mod prompt;
mod tally;

use std::fmt::Display;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::{Instant, sleep};

pub(crate) use prompt::prompt;
pub(crate) use tally::{Counts, Tally};

use crate::config::{AiProxy, Algorithm, Embeddings, Metric, Target};
use crate::outage::Outage;
use database::Keep;
use order::Group;

/// How long no prompt is embedded after the model's service failed: who cannot be embedded shall not wait for it each time.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two tries at what is missing; twice as long each time, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// The targets of one plugin by their descriptions, for all cores.
pub(crate) struct Semantic {
    metric: Metric,
    /// The largest distance that fits.
    threshold: Option<f64>,
    /// Numbers in a vector, where the file says it.
    dimensions: Option<u32>,
    /// What makes the vectors.
    model: Embeddings,
    groups: Vec<Group>,
    /// Who takes what fits no other.
    catchall: Group,
    /// One for each group, once all are known.
    vectors: OnceLock<Vec<Vec<f32>>>,
    /// Those that an earlier configuration knew.
    earlier: Vec<Option<Vec<f32>>>,
    /// Those that are known so far. Whoever holds it embeds the rest; the other cores wait.
    learning: tokio::sync::Mutex<Vec<Vec<f32>>>,
    /// Where vectors lie too, if the file says so.
    keep: Option<Keep>,
    /// Until when the model is not asked.
    pause: Mutex<Option<Instant>>,
    outage: Outage,
    /// What its calls were.
    pub(crate) tally: Tally,
}

/// No description is near enough, and nobody takes the rest.
#[derive(Debug, PartialEq)]
pub(crate) struct TooFar {
    pub(crate) threshold: f64,
}

impl Semantic {
    /// `None`: the plugin goes by another algorithm. `before`: what there was of the same route until now, of which the vectors are kept
    /// that the same model has made.
    pub(crate) fn new(plugin: &AiProxy, tls: &ClientConfig, before: Option<&Self>) -> Option<Self> {
        plugin.balancer.as_ref().filter(|balancer| balancer.algorithm == Algorithm::Semantic)?;
        let embeddings = plugin.embeddings.as_ref()?;
        let mut groups: Vec<Group> = Vec::new();
        let mut catchall = Group::new(Target::CATCHALL);
        for (number, target) in plugin.targets.iter().enumerate() {
            let description = target.description.as_deref()?;
            let group = if description == Target::CATCHALL {
                &mut catchall
            } else {
                let known = groups.iter().position(|group| group.description == description);
                let place = known.unwrap_or_else(|| {
                    groups.push(Group::new(description));
                    groups.len() - 1
                });
                &mut groups[place]
            };
            group.add(number, target.weight);
        }
        let vectordb = plugin.vectordb.as_ref();
        let descriptions = groups.iter().map(|group| group.description.clone());
        let keep = vectordb.and_then(|vectordb| Keep::new(embeddings, vectordb, descriptions, tls));
        let before = before.filter(|before| before.model == *embeddings);
        let known = |group: &Group| before?.vector(&group.description).cloned();
        let earlier: Vec<Option<Vec<f32>>> = groups.iter().map(known).collect();
        let all: Option<Vec<Vec<f32>>> = earlier.iter().cloned().collect();
        Some(Self {
            keep,
            model: embeddings.clone(),
            vectors: all.map(OnceLock::from).unwrap_or_default(),
            earlier,
            metric: vectordb.map(|vectordb| vectordb.metric).unwrap_or_default(),
            threshold: vectordb.and_then(|vectordb| vectordb.threshold),
            dimensions: vectordb.map(|vectordb| vectordb.dimensions),
            groups,
            catchall,
            learning: tokio::sync::Mutex::default(),
            pause: Mutex::default(),
            outage: Outage::default(),
            tally: Tally::default(),
        })
    }

    /// How many descriptions there are, and whether all are known.
    pub(crate) fn learnt(&self) -> (usize, bool) {
        (self.groups.len(), self.vectors.get().is_some())
    }

    /// Whether the model's service failed last.
    pub(crate) fn is_lost(&self) -> bool {
        self.outage.lasts()
    }

    /// Kong's name of the database that has the vectors, too, and whether that failed last.
    pub(crate) fn database(&self) -> Option<(&'static str, bool)> {
        self.keep.as_ref().map(Keep::state)
    }

    /// The vector of a description, where it is known.
    fn vector(&self, description: &str) -> Option<&Vec<f32>> {
        let place = self.groups.iter().position(|group| group.description == description)?;
        self.vectors.get()?.get(place)
    }

    /// Embeds the descriptions by `embed`, however long it takes, and then sees that the database has them, for as long as it is
    /// polled. One of several callers does it.
    pub(crate) async fn learn<E: Display>(&self, mut embed: impl AsyncFnMut(&str) -> Result<Vec<f32>, E>) {
        let mut known = self.learning.lock().await;
        if self.vectors.get().is_none() {
            let stored = match &self.keep {
                Some(keep) => keep.stored().await,
                None => Vec::new(),
            };
            while let Some(group) = self.groups.get(known.len()) {
                let earlier = self.earlier.get(known.len()).cloned().flatten();
                let found = earlier.or_else(|| stored.get(known.len()).cloned().flatten());
                let found = found.and_then(|vector| self.check(vector).ok());
                known.push(match found {
                    Some(vector) => vector,
                    None => self.embedded(&group.description, &mut embed).await,
                });
            }
            let _ = self.vectors.set(std::mem::take(&mut *known));
        }
        if let (Some(keep), Some(vectors)) = (&self.keep, self.vectors.get()) {
            keep.stay_full(vectors).await;
        }
    }

    /// The vector of a description, once the model gives one.
    async fn embedded<E: Display>(
        &self,
        description: &str,
        embed: &mut impl AsyncFnMut(&str) -> Result<Vec<f32>, E>,
    ) -> Vec<f32> {
        let mut pauses = pauses();
        loop {
            let vector = embed(description).await.map_err(|error| error.to_string());
            match vector.and_then(|vector| self.check(vector)) {
                Ok(vector) => {
                    self.outage.worked(MODEL);
                    return vector;
                }
                Err(why) => self.outage.failed(MODEL, &why),
            }
            sleep(pauses.next().unwrap_or(LONGEST)).await;
        }
    }

    /// Refuses a vector of another length than the file says, or than those of the descriptions have.
    fn check(&self, vector: Vec<f32>) -> Result<Vec<f32>, String> {
        let described = self.vectors.get().and_then(|vectors| vectors.first());
        let expected = self.dimensions.map(|expected| expected as usize).or(described.map(Vec::len));
        match expected {
            Some(expected) if expected != vector.len() => {
                Err(format!("vectors have {} numbers, not {expected}", vector.len()))
            }
            _ if vector.is_empty() => Err("a vector is empty".to_owned()),
            _ => Ok(vector),
        }
    }

    /// Whether a prompt is worth embedding now.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        self.vectors.get().is_some()
            && !self.groups.is_empty()
            && self.lock_pause().is_none_or(|until| until <= now)
    }

    /// A prompt could not be embedded. `broken`: nor would the next one.
    pub(crate) fn failed(&self, why: &dyn Display, broken: bool, now: Instant) {
        self.outage.failed(MODEL, why);
        if broken {
            *self.lock_pause() = Some(now + PAUSE);
        }
    }

    /// The targets for a prompt, the nearest first.
    pub(crate) async fn targets(&self, vector: Vec<f32>) -> Result<Vec<usize>, TooFar> {
        let (vectors, vector) = match (self.vectors.get(), self.check(vector)) {
            (Some(vectors), Ok(vector)) => (vectors, vector),
            (None, _) => return Ok(self.fallback()),
            (_, Err(why)) => {
                self.outage.failed(MODEL, &why);
                return Ok(self.fallback());
            }
        };
        self.outage.worked(MODEL);
        let told = match &self.keep {
            Some(keep) => keep.distances(&vector).await,
            None => None,
        };
        let distance = |known: &Vec<f32>| self.metric.distance(known, &vector);
        let distances = told.unwrap_or_else(|| vectors.iter().map(distance).collect());
        let groups = order::nearest(&distances, self.threshold);
        let mut targets: Vec<usize> =
            groups.into_iter().flat_map(|group| self.groups[group].turn()).collect();
        targets.extend(self.catchall.turn());
        match self.threshold {
            Some(threshold) if targets.is_empty() => Err(TooFar { threshold }),
            _ => Ok(targets),
        }
    }

    /// The targets for a call that is not embedded: those that take what fits no other, then the rest; empty: all are alike.
    pub(crate) fn fallback(&self) -> Vec<usize> {
        let mut targets = self.catchall.turn();
        if !targets.is_empty() {
            targets.extend(self.groups.iter().flat_map(Group::rest));
        }
        targets
    }

    fn lock_pause(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What passes between one try and the next.
fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(FIRST), |pause| Some((*pause * 2).min(LONGEST)))
}

/// What is lost, in the words of the log.
const MODEL: &str = "embeddings";
