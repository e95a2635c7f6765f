//! A Redis server, several that are one cluster, or the one that sentinels name.
//!
//! Whoever asks says which key it is about: all keys of one asking lie on one node, since what is between braces in their names is the
//! same. <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>

mod cluster;
mod link;
mod sentinel;

use std::io;

use redis::{FromRedisValue, Pipeline, RedisError};
use rustls::ClientConfig;

use crate::config;
use cluster::Cluster;
use link::{Link, Login};
use sentinel::Sentinels;

/// What is asked.
pub(crate) enum Redis {
    One(Link),
    Cluster(Cluster),
    Sentinels(Sentinels),
}

impl Redis {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// The server's name is none.
    pub(crate) fn new(settings: &config::Redis, tls: &ClientConfig) -> io::Result<Self> {
        let login = Login::new(settings, tls);
        Ok(match &settings.several {
            None => Self::One(Link::new(&(settings.host.clone(), settings.port), &login)?),
            Some(config::Several::Cluster { nodes, redirections }) => {
                Self::Cluster(Cluster::new(nodes.clone(), *redirections, login))
            }
            Some(config::Several::Sentinels(sentinels)) => {
                Self::Sentinels(Sentinels::new(sentinels.clone(), login))
            }
        })
    }

    /// Asks several things of one key's node at once, and waits for all answers.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        key: &str,
        questions: &Pipeline,
    ) -> Result<T, RedisError> {
        match self {
            Self::One(link) => link.ask(questions).await,
            Self::Cluster(cluster) => cluster.ask(key, questions).await,
            Self::Sentinels(sentinels) => sentinels.ask(questions).await,
        }
    }
}

/// What is not there for now, in the words of the log.
fn absent(what: &'static str) -> RedisError {
    io::Error::new(io::ErrorKind::NotFound, what).into()
}
