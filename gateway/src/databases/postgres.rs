//! One connection to a PostgreSQL server.
//!
//! <https://www.postgresql.org/docs/current/protocol.html>

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{self, ChannelBinding, TlsConnect};
use tokio_postgres::{Client, Error};
use tokio_rustls::client::TlsStream;

use super::{Tls, connect};
use crate::config::{Pgvector, TlsVersion};

/// A server, and the connection to it while there is one.
pub(crate) struct Postgres {
    settings: Pgvector,
    tls: Tls,
    open: Mutex<Option<Arc<Client>>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{}", told(.0))]
    Server(#[from] Error),
    #[error("{0}")]
    Slow(&'static str),
}

/// What the server says, which `Error` alone does not tell.
fn told(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}

impl Postgres {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// The server's name is none, or our certificate.
    pub(crate) fn new(settings: &Pgvector, tls: &ClientConfig) -> io::Result<Self> {
        let mut tls = Tls::new(tls, &settings.host, settings.ssl_verify)?;
        if let Some((certificate, key)) = &settings.identity {
            tls = tls.showing(certificate, key.expose())?;
        }
        if settings.ssl_version == TlsVersion::Tls13 {
            tls = tls.newest();
        }
        Ok(Self { settings: settings.clone(), tls, open: Mutex::default() })
    }

    /// Lets `ask` ask. A connection that fails is not used again.
    pub(crate) async fn ask<T, F>(&self, ask: impl FnOnce(Arc<Client>) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let client = self.client().await?;
        let asked = timeout(self.settings.timeout, ask(Arc::clone(&client))).await;
        let Ok(answer) = asked else {
            *self.open.lock().await = None;
            return Err(Failure::Slow("it does not answer"));
        };
        Ok(answer?)
    }

    async fn client(&self) -> Result<Arc<Client>, Failure> {
        // Whoever waits for one who connects waits no longer than by connecting, however many come before.
        let connected = timeout(self.settings.timeout, async {
            let mut open = self.open.lock().await;
            if let Some(client) = open.as_ref().filter(|client| !client.is_closed()) {
                return Ok(Arc::clone(client));
            }
            Ok(Arc::clone(open.insert(Arc::new(self.connect().await?))))
        });
        connected.await.unwrap_or(Err(Failure::Slow("it cannot be reached")))
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let Pgvector { host, port, database, user, password, .. } = &self.settings;
        let mut config = tokio_postgres::Config::new();
        config.dbname(database).user(user).application_name("touchstone").ssl_mode(self.mode());
        if let Some(password) = password {
            config.password(password.expose());
        }
        let socket = connect(host, *port).await?;
        let (client, connection) = config.connect_raw(socket, self.tls.clone()).await?;
        tokio::spawn(async move {
            // Whoever asks next is told by its own question.
            let _ = connection.await;
        });
        Ok(client)
    }

    fn mode(&self) -> SslMode {
        match (self.settings.ssl, self.settings.ssl_required) {
            (false, false) => SslMode::Disable,
            (true, false) => SslMode::Prefer,
            (_, true) => SslMode::Require,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, socket: S) -> Self::Future {
        Box::pin(async move { Self::connect(&self, socket).await.map(Encrypted) })
    }
}

/// A connection that goes by TLS.
pub(crate) struct Encrypted<S>(TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> tls::TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
