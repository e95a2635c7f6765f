//! One connection to a Redis server, which all who have something to ask share: answers come in the order of the questions.
//!
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use std::io;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, FromRedisValue, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisError,
};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{Tls, connect};
use crate::config;

/// A server, and the connection to it while there is one.
pub(crate) struct Redis {
    settings: config::Redis,
    tls: Option<Tls>,
    open: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// The server's name is none.
    pub(crate) fn new(settings: &config::Redis, tls: &ClientConfig) -> io::Result<Self> {
        let name = settings.server_name.as_ref().unwrap_or(&settings.host);
        let tls = settings.ssl.then(|| Tls::new(tls, name, settings.ssl_verify)).transpose()?;
        Ok(Self { settings: settings.clone(), tls, open: Mutex::default() })
    }

    /// Asks several things at once, and waits for all answers. A connection that fails is not used again.
    pub(crate) async fn ask<T: FromRedisValue>(&self, questions: &Pipeline) -> Result<T, RedisError> {
        let mut connection = self.connection().await?;
        let asked = timeout(self.settings.answer_timeout, questions.query_async(&mut connection)).await;
        let answer = asked.unwrap_or_else(|_| Err(slow("it does not answer")));
        if answer.as_ref().is_err_and(|error| error.is_io_error() || error.is_unrecoverable_error()) {
            *self.open.lock().await = None;
        }
        answer
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.open.lock().await;
        if let Some(connection) = &*open {
            return Ok(connection.clone());
        }
        let connected = timeout(self.settings.connect_timeout, self.connect()).await;
        let connection = connected.unwrap_or_else(|_| Err(slow("it cannot be reached")))?;
        Ok(open.insert(connection).clone())
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config::Redis { host, port, username, password, database, .. } = &self.settings;
        let who = RedisConnectionInfo::default().set_db((*database).into());
        let mut who = who.set_protocol(ProtocolVersion::RESP2);
        if let Some(username) = username {
            who = who.set_username(username);
        }
        if let Some(password) = password {
            who = who.set_password(password.expose());
        }
        let socket = connect(host, *port).await?;
        match &self.tls {
            None => open(&who, socket).await,
            Some(tls) => open(&who, tls.connect(socket).await?).await,
        }
    }
}

/// Says who we are, and lets a task of its own read and write from then on.
async fn open<S>(who: &RedisConnectionInfo, socket: S) -> Result<MultiplexedConnection, RedisError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // How long an answer may take is for those who ask.
    let patient = AsyncConnectionConfig::new().set_response_timeout(None);
    let (connection, driver) = MultiplexedConnection::new_with_config(who, socket, patient).await?;
    tokio::spawn(driver);
    Ok(connection)
}

fn slow(what: &'static str) -> RedisError {
    io::Error::new(io::ErrorKind::TimedOut, what).into()
}
