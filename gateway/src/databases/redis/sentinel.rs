//! Servers of which one is asked, and sentinels that say which.
//!
//! <https://redis.io/docs/latest/develop/reference/sentinel-clients/>

use std::sync::Arc;

use redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, ServerErrorKind, pipe};
use tokio::sync::Mutex;

use super::absent;
use super::link::{Link, Login};
use crate::config;

/// See the module.
pub(crate) struct Sentinels {
    settings: config::Sentinels,
    login: Login,
    /// Whom they named last, as long as it answers.
    master: Mutex<Option<Arc<Link>>>,
}

impl Sentinels {
    pub(super) fn new(settings: config::Sentinels, login: Login) -> Self {
        Self { settings, login, master: Mutex::default() }
    }

    pub(super) async fn ask<T: FromRedisValue>(&self, questions: &Pipeline) -> Result<T, RedisError> {
        let master = self.master().await?;
        let answer = master.ask(questions).await;
        let is_over = |error: &RedisError| {
            error.is_io_error() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        };
        if answer.as_ref().is_err_and(is_over) {
            *self.login.lock(&self.master).await? = None;
        }
        answer
    }

    async fn master(&self) -> Result<Arc<Link>, RedisError> {
        let mut known = self.login.lock(&self.master).await?;
        if let Some(master) = &*known {
            return Ok(Arc::clone(master));
        }
        let mut failed = absent("the file names no sentinel");
        for sentinel in &self.settings.nodes {
            match self.named(sentinel).await {
                Ok(master) => return Ok(Arc::clone(known.insert(Arc::new(master)))),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Whom a sentinel names, if that one thinks so, too.
    async fn named(&self, sentinel: &(String, u16)) -> Result<Link, RedisError> {
        let config::Sentinels { master, username, password, .. } = &self.settings;
        let (username, password) = (username.clone(), password.clone());
        let login = Login { username, password, database: 0, ..self.login.clone() };
        let sentinel = Link::new(sentinel, &login)?;
        let mut question = pipe();
        question.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master);
        let (address,): (Option<(String, u16)>,) = sentinel.ask(&question).await?;
        let address = address.ok_or_else(|| absent("the sentinel knows no such master"))?;
        let master = Link::new(&address, &self.login)?;
        let (role,): (Vec<redis::Value>,) = master.ask(pipe().cmd("ROLE")).await?;
        let role: Option<String> = role.first().and_then(|role| redis::from_redis_value_ref(role).ok());
        match role.as_deref() {
            Some("master") => Ok(master),
            _ => Err(absent("whom the sentinel names is no master")),
        }
    }
}
