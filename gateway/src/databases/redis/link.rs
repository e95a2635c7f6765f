//! One connection to a Redis server, which all who have something to ask share: answers come in the order of the questions.
//!
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, FromRedisValue, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisError,
};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use crate::config::{self, Secret};
use crate::databases::{Tls, connect};

/// A name or an address, and a port.
pub(super) type Address = (String, u16);

/// How a server is spoken to.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: u16,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) verifies: bool,
    /// Whom its certificate must be for, where that is not who is connected to.
    pub(super) server_name: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) answer_timeout: Duration,
}

impl Login {
    pub(super) fn new(settings: &config::Redis, tls: &ClientConfig) -> Self {
        Self {
            username: settings.username.clone(),
            password: settings.password.clone(),
            database: settings.database,
            tls: settings.ssl.then(|| Arc::new(tls.clone())),
            verifies: settings.ssl_verify,
            server_name: settings.server_name.clone(),
            connect_timeout: settings.connect_timeout,
            answer_timeout: settings.answer_timeout,
        }
    }

    /// Waits for what somebody else finds out under a lock, but no longer than asking one server may take: else whoever comes last
    /// would wait for all before in turn.
    pub(super) async fn lock<'m, T>(&self, lock: &'m Mutex<T>) -> Result<MutexGuard<'m, T>, RedisError> {
        let within = self.connect_timeout + self.answer_timeout;
        timeout(within, lock.lock()).await.map_err(|_| slow("it cannot be reached"))
    }
}

/// A server, and the connection to it while there is one.
pub(crate) struct Link {
    address: Address,
    login: Login,
    tls: Option<Tls>,
    open: Mutex<Option<MultiplexedConnection>>,
}

impl Link {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// The server's name is none.
    pub(super) fn new(address: &Address, login: &Login) -> io::Result<Self> {
        let name = login.server_name.as_ref().unwrap_or(&address.0);
        let tls = login.tls.as_ref().map(|tls| Tls::new(tls, name, login.verifies)).transpose()?;
        Ok(Self { address: address.clone(), login: login.clone(), tls, open: Mutex::default() })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Asks several things at once, and waits for all answers. A connection that fails is not used again.
    pub(super) async fn ask<T: FromRedisValue>(&self, questions: &Pipeline) -> Result<T, RedisError> {
        let mut connection = self.connection().await?;
        let asked = timeout(self.login.answer_timeout, questions.query_async(&mut connection)).await;
        let answer = asked.unwrap_or_else(|_| Err(slow("it does not answer")));
        if answer.as_ref().is_err_and(|error| error.is_io_error() || error.is_unrecoverable_error()) {
            *self.open.lock().await = None;
        }
        answer
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        // Whoever waits for one who connects waits no longer than by connecting, however many come before.
        let connected = timeout(self.login.connect_timeout, async {
            let mut open = self.open.lock().await;
            match &*open {
                Some(connection) => Ok(connection.clone()),
                None => Ok(open.insert(self.connect().await?).clone()),
            }
        });
        connected.await.unwrap_or_else(|_| Err(slow("it cannot be reached")))
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let Login { username, password, database, .. } = &self.login;
        let who = RedisConnectionInfo::default().set_db((*database).into());
        let mut who = who.set_protocol(ProtocolVersion::RESP2);
        if let Some(username) = username {
            who = who.set_username(username);
        }
        if let Some(password) = password {
            who = who.set_password(password.expose());
        }
        let socket = connect(&self.address.0, self.address.1).await?;
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
