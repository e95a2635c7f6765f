//! One connection to an upstream: TCP, with or without TLS.

use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Where bytes land between socket and decoder: one for all connections of a core, since a decoder leaves nothing.
///
/// 64 KiB: a stream that has fallen behind is read, translated and written in few system calls.
#[derive(Clone)]
pub(crate) struct Scratch(Rc<RefCell<Box<[u8]>>>);

impl Scratch {
    const BYTES: usize = 64 << 10;

    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(vec![0; Self::BYTES].into())))
    }
}

/// An open connection, between calls or in one.
pub(crate) struct Connection {
    socket: Socket,
    scratch: Scratch,
    /// Whose socket the other end is.
    pub(crate) ip: Option<IpAddr>,
    /// Whether it has carried a call before: then its upstream may just have closed it.
    pub(crate) reused: bool,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Connection {
    pub(crate) fn plain(socket: TcpStream, scratch: Scratch) -> Self {
        let ip = ip(&socket);
        Self { socket: Socket::Plain(socket), scratch, ip, reused: false }
    }

    pub(crate) fn tls(socket: TlsStream<TcpStream>, scratch: Scratch) -> Self {
        let ip = ip(socket.get_ref().0);
        Self { socket: Socket::Tls(Box::new(socket)), scratch, ip, reused: false }
    }

    /// Reads once, and shows what was read; an empty slice: the upstream closed.
    pub(crate) fn poll_read<T>(
        &mut self,
        cx: &mut Context<'_>,
        see: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        let mut scratch = self.scratch.0.borrow_mut();
        let mut buffer = ReadBuf::new(&mut scratch);
        let read = match &mut self.socket {
            Socket::Plain(socket) => Pin::new(socket).poll_read(cx, &mut buffer),
            Socket::Tls(socket) => Pin::new(socket).poll_read(cx, &mut buffer),
        };
        ready!(read)?;
        Poll::Ready(Ok(see(buffer.filled())))
    }

    /// Writes what the socket takes, and drops that off the front of `bytes`. Ready when nothing is left.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &mut &[u8]) -> Poll<io::Result<()>> {
        while !bytes.is_empty() {
            let written = match &mut self.socket {
                Socket::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
                Socket::Tls(socket) => Pin::new(socket).poll_write(cx, bytes),
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *bytes = &bytes[written..],
            }
        }
        match &mut self.socket {
            Socket::Plain(_) => Poll::Ready(Ok(())),
            Socket::Tls(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    /// The socket itself, for those who speak another protocol over it from here on.
    pub(crate) fn into_socket(self) -> Box<dyn Duplex> {
        match self.socket {
            Socket::Plain(socket) => Box::new(socket),
            Socket::Tls(socket) => socket,
        }
    }

    /// Whether an idle connection is still open and silent. Costs no system call where nothing has happened.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.poll_read(&mut Context::from_waker(Waker::noop()), |_| ()).is_pending()
    }

    /// The same, and the system is asked: what happened while a core was busy is not known to its runtime yet.
    pub(crate) fn is_surely_idle(&mut self) -> bool {
        let socket = match &self.socket {
            Socket::Plain(socket) => socket,
            Socket::Tls(socket) => socket.get_ref().0,
        };
        let peeked = SockRef::from(socket).peek(&mut [MaybeUninit::uninit()]);
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) && self.is_idle()
    }
}

fn ip(socket: &TcpStream) -> Option<IpAddr> {
    socket.peer_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_closed_while_the_core_was_busy_is_found_by_asking() {
        let upstream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(upstream.local_addr().unwrap()).await.unwrap();
        let mut connection = Connection::plain(socket, Scratch::new());
        let (far, _) = upstream.accept().unwrap();
        assert!(connection.is_surely_idle());
        // Nothing is awaited from here on, as on a core with other work.
        drop(far);
        assert!(connection.is_idle());
        assert!(!connection.is_surely_idle());
    }
}
