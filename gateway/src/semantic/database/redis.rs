//! Vectors in Redis, and its vector search: built in from Redis 8 on, a module before, and in Valkey.
//!
//! A vector is a hash `touchstone:<place>:<name>` with the members `name` and `vector`, 32-bit floats with the little end first.
//! <https://redis.io/docs/latest/develop/ai/search-and-query/vectors/>

use redis::{ErrorKind, RedisError, Value, cmd, pipe};
use rustls::ClientConfig;

use super::{Answer, Database, Opened};
use crate::config::{Metric, Vectordb};
use crate::databases::redis::Redis;

/// An index over the vectors of one place.
pub(super) struct Index {
    redis: Redis,
    metric: Metric,
    dimensions: u32,
    /// The index; with a colon behind it, what its vectors' keys begin with.
    name: String,
}

impl Index {
    pub(super) fn open(vectordb: &Vectordb, place: &str, tls: &ClientConfig) -> Opened {
        let redis = Redis::new(&vectordb.redis, tls).map_err(|error| error.to_string())?;
        let (metric, dimensions) = (vectordb.metric, vectordb.dimensions);
        Ok(Box::new(Self { redis, metric, dimensions, name: format!("touchstone:{place}") }))
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.name)
    }

    async fn create(&self) -> Result<(), RedisError> {
        let mut create = cmd("FT.CREATE");
        create.arg(&self.name).arg(&["ON", "HASH", "PREFIX", "1"]).arg(self.key(""));
        create.arg(&["SCHEMA", "name", "TAG", "vector", "VECTOR", "FLAT", "6", "TYPE", "FLOAT32", "DIM"]);
        create.arg(self.dimensions).arg("DISTANCE_METRIC").arg(match self.metric {
            Metric::Cosine => "COSINE",
            Metric::Euclidean => "L2",
        });
        let created = self.redis.ask::<(Value,)>(pipe().add_command(create)).await;
        created.map(drop).or_else(|error| if exists(&error) { Ok(()) } else { Err(error) })
    }

    /// The nearest of `names`, as many as there are of them.
    async fn search(&self, names: &[String], vector: &[f32]) -> Result<Vec<(String, f64)>, RedisError> {
        let (among, count) = (names.join("|"), names.len());
        let query = format!("(@name:{{{among}}})=>[KNN {count} @vector $prompt AS distance]");
        let mut search = cmd("FT.SEARCH");
        search.arg(&self.name).arg(query).arg(&["PARAMS", "2", "prompt"]).arg(bytes(vector));
        search.arg(&["RETURN", "2", "name", "distance", "LIMIT", "0"]).arg(count).arg(&["DIALECT", "2"]);
        let (reply,): (Value,) = self.redis.ask(pipe().add_command(search)).await?;
        let found = documents(&reply).ok_or((ErrorKind::UnexpectedReturnType, "no list of documents"))?;
        // Redis does not take the root of the sum of squares.
        let distance = |told: f64| if self.metric == Metric::Euclidean { told.max(0.0).sqrt() } else { told };
        Ok(found.into_iter().map(|(name, told)| (name, distance(told))).collect())
    }
}

impl Database for Index {
    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(async { self.create().await.map_err(why) })
    }

    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Vec<f32>>> {
        Box::pin(async {
            let mut questions = pipe();
            questions.hget(self.key(name), "vector");
            let (found,): (Option<Vec<u8>>,) = self.redis.ask(&questions).await.map_err(why)?;
            Ok(found.map(|bytes| floats(&bytes)).filter(|vector| vector.len() == self.dimensions as usize))
        })
    }

    fn put<'a>(&'a self, name: &'a str, vector: &'a [f32]) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut set = cmd("HSET");
            set.arg(self.key(name)).arg("name").arg(name).arg("vector").arg(bytes(vector));
            self.redis.ask::<(Value,)>(pipe().add_command(set)).await.map(drop).map_err(why)
        })
    }

    fn distances<'a>(&'a self, names: &'a [String], vector: &'a [f32]) -> Answer<'a, Vec<(String, f64)>> {
        Box::pin(async { self.search(names, vector).await.map_err(why) })
    }
}

/// Whether somebody else was faster: Redis, Valkey and the clouds say it in words of their own.
fn exists(error: &RedisError) -> bool {
    error.to_string().to_ascii_lowercase().contains("already exists")
}

/// What it says, with a hint where it says that it does not know what it was asked.
#[expect(clippy::needless_pass_by_value, reason = "an error that is mapped")]
fn why(error: RedisError) -> String {
    let text = error.to_string();
    if text.to_ascii_lowercase().contains("unknown command") {
        return format!("it has no vector search, which Redis has from 8 on: {text}");
    }
    text
}

fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|part| part.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|part| f32::from_le_bytes(*part)).collect()
}

/// Name and distance of each document: `[count, key, [member, value, …], key, […], …]`.
fn documents(reply: &Value) -> Option<Vec<(String, f64)>> {
    let Value::Array(parts) = reply else { return None };
    parts.get(1..)?.as_chunks().0.iter().map(|[_, members]| document(members)).collect()
}

fn document(members: &Value) -> Option<(String, f64)> {
    let members: Vec<String> = redis::from_redis_value(members.clone()).ok()?;
    let value = |wanted: &str| {
        members.as_chunks().0.iter().find(|[name, _]| name == wanted).map(|[_, value]| value.clone())
    };
    Some((value("name")?, value("distance")?.parse().ok()?))
}
