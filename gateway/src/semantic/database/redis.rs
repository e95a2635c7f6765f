//! Vectors in Redis, which its query engine compares: built in from Redis 8 on, a module of Redis Stack before, and one of Valkey.
//!
//! A vector is a hash `{touchstone:near:<place>}:<name>` of two members: `of` is its name, and `point` its numbers, 32-bit floats with
//! the little end first. The index is called as the keys begin, braces and all, so that a cluster has both on one node. There are as
//! many vectors as a route has descriptions, so the index is flat: every distance is worked out, and none is guessed.
//!
//! <https://redis.io/docs/latest/commands/ft.create/>,
//! <https://redis.io/docs/latest/develop/ai/search-and-query/vectors/>

use redis::{ErrorKind, FromRedisValue, RedisError, Value, cmd, pipe};
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
    root: String,
}

/// The members of a hash.
const OF: &str = "of";
const POINT: &str = "point";
/// What a search calls the distance that it has worked out.
const AWAY: &str = "away";

impl Index {
    pub(super) fn open(vectordb: &Vectordb, place: &str, tls: &ClientConfig) -> Opened {
        let redis = Redis::new(&vectordb.redis, tls).map_err(|error| error.to_string())?;
        let (metric, dimensions) = (vectordb.metric, vectordb.dimensions);
        Ok(Box::new(Self { redis, metric, dimensions, root: format!("{{touchstone:near:{place}}}") }))
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.root)
    }

    /// Asks one thing.
    async fn ask<T: FromRedisValue>(&self, question: redis::Cmd) -> Result<T, RedisError> {
        let (answer,): (T,) = self.redis.ask(&self.root, pipe().add_command(question)).await?;
        Ok(answer)
    }

    async fn create(&self) -> Result<(), RedisError> {
        let metric = match self.metric {
            Metric::Cosine => "COSINE",
            Metric::Euclidean => "L2",
        };
        let point: [(&str, &str); 3] =
            [("TYPE", "FLOAT32"), ("DIM", &self.dimensions.to_string()), ("DISTANCE_METRIC", metric)];
        let mut create = cmd("FT.CREATE");
        create.arg(&self.root).arg("ON").arg("HASH").arg("PREFIX").arg(1).arg(self.key("")).arg("SCHEMA");
        create.arg(OF).arg("TAG");
        create.arg(POINT).arg("VECTOR").arg("FLAT").arg(2 * point.len()).arg(&point);
        let created = self.ask::<Value>(create).await;
        created.map(drop).or_else(|error| if exists(&error) { Ok(()) } else { Err(error) })
    }

    /// How far each of `names` is from `here`, as far as it is there.
    async fn search(&self, names: &[String], here: &[f32]) -> Result<Vec<(String, f64)>, RedisError> {
        let (of, count) = (names.join("|"), names.len());
        let mut search = cmd("FT.SEARCH");
        search.arg(&self.root).arg(format!("@{OF}:{{{of}}}=>[KNN {count} @{POINT} $here AS {AWAY}]"));
        search.arg("PARAMS").arg(2).arg("here").arg(bytes(here));
        search.arg("RETURN").arg(1).arg(AWAY).arg("LIMIT").arg(0).arg(count).arg("DIALECT").arg(2);
        let reply: Value = self.ask(search).await?;
        let found = self.read(&reply).ok_or((ErrorKind::UnexpectedReturnType, "no list of documents"))?;
        // Redis does not take the root of the sum of squares.
        let distance = |told: f64| if self.metric == Metric::Euclidean { told.max(0.0).sqrt() } else { told };
        Ok(found.into_iter().map(|(name, told)| (name, distance(told))).collect())
    }

    /// `[count, key, ["away", distance], key, [...], …]`: names and distances.
    fn read(&self, reply: &Value) -> Option<Vec<(String, f64)>> {
        let Value::Array(parts) = reply else { return None };
        let root = self.key("");
        let one = |[key, members]: &[Value; 2]| {
            let key: String = redis::from_redis_value_ref(key).ok()?;
            let members: Vec<(String, String)> = redis::from_redis_value_ref(members).ok()?;
            let away = members.iter().find(|(name, _)| name == AWAY).map(|(_, away)| away)?;
            Some((key.strip_prefix(&root)?.to_owned(), away.parse().ok()?))
        };
        parts.get(1..)?.as_chunks().0.iter().map(one).collect()
    }
}

impl Database for Index {
    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(async { self.create().await.map_err(why) })
    }

    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Vec<f32>>> {
        Box::pin(async {
            let mut get = cmd("HGET");
            get.arg(self.key(name)).arg(POINT);
            let found: Option<Vec<u8>> = self.ask(get).await.map_err(why)?;
            Ok(found.map(|bytes| floats(&bytes)).filter(|vector| vector.len() == self.dimensions as usize))
        })
    }

    fn put<'a>(&'a self, name: &'a str, vector: &'a [f32]) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut set = cmd("HSET");
            set.arg(self.key(name)).arg(OF).arg(name).arg(POINT).arg(bytes(vector));
            self.ask::<Value>(set).await.map(drop).map_err(why)
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
