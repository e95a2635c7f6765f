//! The operators' own address, on a thread of its own: who looks takes no time from those who call.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::LocalSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Answer, Station};

/// Connections at once, and how long one may go on, looks and pauses together.
const CONNECTIONS: usize = 64;
const LIFE: Duration = Duration::from_secs(120);
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long to wait when the system is out of sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// A thread that serves an address until this is dropped. A gateway that drains is looked at all the same.
pub(crate) struct Post {
    address: SocketAddr,
    end: CancellationToken,
}

impl Post {
    pub(crate) fn start(address: SocketAddr, station: Arc<Station>) -> io::Result<Self> {
        let (address, mut listeners) = crate::server::listen(address, 1)?;
        let listener = listeners.pop().expect("one was asked for");
        let end = CancellationToken::new();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let ending = end.clone();
        thread::Builder::new().name("gateway-status".into()).spawn(move || {
            LocalSet::new().block_on(&runtime, serve(station, listener, ending));
        })?;
        Ok(Self { address, end })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn serve(station: Arc<Station>, listener: TcpListener, end: CancellationToken) {
    let listener =
        tokio::net::TcpListener::from_std(listener).expect("a listener that is already non-blocking");
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let accepting = async {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((socket, _)) => {
                    let speaking = timeout(LIFE, speak(Arc::clone(&station), socket));
                    tokio::task::spawn_local(async move {
                        let _ = speaking.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept whoever wants the status");
                    tokio::time::sleep(OUT_OF_SOCKETS).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => (),
        () = end.cancelled() => (),
    }
}

async fn speak(station: Arc<Station>, socket: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(&station, &request);
        async move { Ok::<_, Infallible>(response.map(Full::new)) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // Errors are those of whoever looks.
    let _ = server.serve_connection(TokioIo::new(socket), service).await;
}

fn answer(station: &Station, request: &Request<Incoming>) -> Response<Bytes> {
    let (uri, headers) = (request.uri(), request.headers());
    let found = station.answer(request.method(), uri.path(), uri.query(), headers);
    found.unwrap_or_else(|| Answer::absent().into_response(headers))
}
