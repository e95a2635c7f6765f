//! Responses in Redis, where every gateway that goes by the same file finds them.
//!
//! A response is a string `{touchstone:kept}:<scope>:<id>` of JSON, which expires by itself. Beside them, `{touchstone:kept}:ages` has
//! when each was kept, and `{touchstone:kept}:sizes` how large each is, and all are: a script holds the sum within its bounds, whoever
//! keeps something, and so at any moment no more than [`Limits::kept`] of them are there. The oldest go first; one that is still being
//! made stays as young as whoever makes it looks at it. The braces have a
//! cluster keep all of it on one node, since a script touches one node alone. <https://redis.io/docs/latest/develop/programmability/eval-intro/>

use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use redis::{Pipeline, RedisError, pipe};
use rustls::ClientConfig;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{Kept, Lost, Scope};
use crate::config;
use crate::databases::redis::Redis;
use crate::limits::Limits;
use crate::outage::Outage;

/// Before all keys.
const PLACE: &str = "{touchstone:kept}";
const PUT: &str = include_str!("put.lua");
const HOLD: &str = include_str!("hold.lua");
const REMOVE: &str = include_str!("remove.lua");
/// How long a server is left alone that has failed, and between two calls that see whether it is back: not every call shall wait for it.
const PAUSE: Duration = Duration::from_secs(1);
/// What is lost, in the words of the log.
const WHAT: &str = "keeping responses in redis";

/// One server.
pub(super) struct Server {
    settings: config::Redis,
    redis: Redis,
    limits: Limits,
    outage: Outage,
    /// Until when it is not asked; `None`: it answered last.
    pause: Mutex<Option<Instant>>,
}

/// A response as it stands there.
#[derive(Deserialize)]
struct Record<'a> {
    previous: Option<String>,
    #[serde(borrow)]
    input: Vec<&'a RawValue>,
    #[serde(borrow)]
    response: &'a RawValue,
}

impl Server {
    pub(super) fn new(settings: &config::Redis, tls: &ClientConfig, limits: &Limits) -> io::Result<Self> {
        Ok(Self {
            settings: settings.clone(),
            redis: Redis::new(settings, tls)?,
            limits: limits.clone(),
            outage: Outage::default(),
            pause: Mutex::default(),
        })
    }

    pub(super) fn is_lost(&self) -> bool {
        self.outage.lasts()
    }

    pub(super) fn is_at(&self, settings: &config::Redis) -> bool {
        self.settings == *settings
    }

    pub(super) async fn put(&self, scope: Scope, id: &str, kept: &Kept) -> Result<(), Lost> {
        let Limits { kept: most, kept_bytes, .. } = self.limits;
        let value = write(kept);
        if value.len() > kept_bytes || most == 0 {
            // What was there of it is of yesterday, as in memory.
            return self.remove(scope, id).await.map(drop);
        }
        let mut order = script(PUT, &key(scope, id));
        order.arg(value).arg(self.age()).arg(most).arg(kept_bytes);
        let (gone,): (Vec<String>,) = self.ask(&order).await?;
        if !gone.is_empty() {
            // Nobody knows them any more; if they cannot be dropped now, they expire.
            let mut drop = pipe();
            drop.cmd("UNLINK").arg(gone);
            let _: Result<(u64,), Lost> = self.ask(&drop).await;
        }
        Ok(())
    }

    pub(super) async fn get(&self, scope: Scope, id: &str) -> Result<Option<Kept>, Lost> {
        let mut question = pipe();
        question.get(key(scope, id));
        let (found,): (Option<String>,) = self.ask(&question).await?;
        Ok(found.and_then(|found| read(&found)))
    }

    /// What is there of a response that is still being made, which counts as kept now: else it would be among the oldest before it is
    /// over.
    pub(super) async fn hold(&self, scope: Scope, id: &str) -> Result<Option<Kept>, Lost> {
        let mut order = script(HOLD, &key(scope, id));
        order.arg(self.age());
        let (found,): (Option<String>,) = self.ask(&order).await?;
        Ok(found.and_then(|found| read(&found)))
    }

    pub(super) async fn remove(&self, scope: Scope, id: &str) -> Result<bool, Lost> {
        let (gone,): (u64,) = self.ask(&script(REMOVE, &key(scope, id))).await?;
        Ok(gone > 0)
    }

    async fn ask<T: redis::FromRedisValue>(&self, questions: &Pipeline) -> Result<T, Lost> {
        if !self.may_be_asked() {
            return Err(Lost);
        }
        let answer: Result<T, RedisError> = self.redis.ask(PLACE, questions).await;
        match answer {
            Ok(answer) => {
                self.outage.worked(WHAT);
                *self.pause() = None;
                Ok(answer)
            }
            Err(why) => {
                self.outage.failed(WHAT, &why);
                *self.pause() = Some(Instant::now() + PAUSE);
                Err(Lost)
            }
        }
    }

    /// Milliseconds that a response is kept.
    fn age(&self) -> u64 {
        u64::try_from(self.limits.kept_for.as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Whether it is asked now: one that failed by one call at a time, so that all others go on without it at once.
    fn may_be_asked(&self) -> bool {
        let (mut pause, now) = (self.pause(), Instant::now());
        let is_over = pause.is_none_or(|until| until <= now);
        if is_over && pause.is_some() {
            *pause = Some(now + PAUSE);
        }
        is_over
    }

    fn pause(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(scope: Scope, id: &str) -> String {
    format!("{PLACE}:{scope}:{id}")
}

fn script(text: &str, key: &str) -> Pipeline {
    let mut order = pipe();
    order.cmd("EVAL").arg(text).arg(3).arg(format!("{PLACE}:ages")).arg(format!("{PLACE}:sizes")).arg(key);
    order
}

/// What is kept is JSON already.
fn write(kept: &Kept) -> String {
    let previous = serde_json::Value::from(kept.previous.as_deref());
    let input = kept.input.join(",");
    format!(r#"{{"previous":{previous},"input":[{input}],"response":{}}}"#, kept.response)
}

fn read(found: &str) -> Option<Kept> {
    let Record { previous, input, response } = serde_json::from_str(found).ok()?;
    let input = input.into_iter().map(|item| item.get().to_owned()).collect();
    Some(Kept { response: response.get().to_owned(), input, previous })
}

#[cfg(test)]
#[cfg(feature = "pgvector")]
mod tests;
