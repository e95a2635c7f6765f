//! The gateway as a client of databases: Redis, PostgreSQL. Each has one connection, which is made when it is needed, lost when it
//! breaks, and made again.
//!
//! TLS is that of upstreams: the same roots, and the file of certificates that are trusted beside them.

#[cfg(feature = "pgvector")]
pub(crate) mod postgres;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod tls;

use std::io;

use tokio::net::TcpStream;

use tls::Tls;

/// A connection without TLS.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

#[cfg(test)]
#[cfg(all(feature = "pgvector", feature = "redis"))]
pub(crate) mod tests;
