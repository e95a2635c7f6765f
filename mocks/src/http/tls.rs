//! TLS for the providers' own host names: [SNI](https://www.rfc-editor.org/rfc/rfc6066#section-3) chooses the certificate,
//! [ALPN](https://www.rfc-editor.org/rfc/rfc7301) HTTP/1.1 or HTTP/2, and then each request's own host the mock.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{self, Connection};
use super::socket::{Rewound, Socket};
use crate::exchange;
use crate::hosts::{self, Meant};
use crate::limits::HANDSHAKE;
use crate::state::State;
use crate::whose::Whose;

/// A fatal alert: the name is not recognized. <https://www.rfc-editor.org/rfc/rfc8446#section-6.2>
const UNRECOGNIZED_NAME: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 112];

/// Serves a connection to its end. `asked` is the host that a tunnel was asked for; without one, a client that names none means us.
pub(super) async fn serve(stream: TcpStream, ahead: BytesMut, asked: Option<String>, state: Arc<State>) {
    let mut name = asked;
    let shaken = timeout(HANDSHAKE, shake(Rewound { ahead, stream }, &mut name, &state)).await;
    let name = name.unwrap_or_default();
    let refused = match shaken {
        Ok(Ok(stream)) => {
            let whose = Whose::Host(hosts::meant(&name).unwrap_or(Meant::Own));
            let socket = Socket::Tls(Box::new(stream));
            return connection::serve(Connection::new(socket, BytesMut::new()), whose, state).await;
        }
        // Whoever only looks whether somebody listens says nothing.
        Ok(Err(problem)) if problem.kind() == ErrorKind::UnexpectedEof && name.is_empty() => return,
        Ok(Err(problem)) => why(&problem),
        Err(_) => format!("no TLS handshake within {} s", HANDSHAKE.as_secs()),
    };
    tracing::debug!(name, refused, "no TLS");
    exchange::unheard(&state, &name, refused);
}

/// The handshake. The name that the client asks for is told even where that fails.
async fn shake(
    stream: Rewound<TcpStream>,
    name: &mut Option<String>,
    state: &State,
) -> io::Result<TlsStream<Rewound<TcpStream>>> {
    let mut start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
    if let Some(asked) = start.client_hello().server_name() {
        *name = Some(asked.to_ascii_lowercase());
    }
    let authority = state.options.authority.as_ref();
    let known = name.as_deref().unwrap_or(hosts::OWN[0]);
    let Some(config) = authority.and_then(|authority| authority.config(known)) else {
        start.io.write_all(&UNRECOGNIZED_NAME).await?;
        start.io.shutdown().await?;
        return Err(io::Error::other("no provider has this host, and nothing leaves this machine"));
    };
    start.into_stream(config).await
}

fn why(problem: &io::Error) -> String {
    use rustls::{AlertDescription, Error};
    let tls = problem.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown,
        )) => format!("the client does not trust the authority's certificate: {problem}"),
        _ => problem.to_string(),
    }
}
