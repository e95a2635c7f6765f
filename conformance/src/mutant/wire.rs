//! Bodies on their way through a proxy, and the ways in which a connection may behave wrongly.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How a connection behaves wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Every request is sent upstream twice.
    Twice,
    /// The provider's reply is read to its end as fast as it comes, whoever still listens.
    Greedy,
    /// The reply to the client passes piece by piece at first; after so many pieces the rest is held back to the end.
    Hold(usize),
    /// The reply to the client has all its bytes, and then the connection breaks.
    Unended,
    /// The reply to the client has all its bytes, and then nothing happens any more.
    Hang,
    /// A client gets the reply of the one that came before.
    Mix,
    /// When the reply to the client is over the gateway is asked once more, and the client gets both.
    Again,
}

/// What both proxies send: to the client, or to the gateway.
pub(super) type Body = UnsyncBoxBody<Bytes, Broken>;

/// Why nothing more passes.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("the other side broke off: {0}")]
    Http(#[from] hyper::Error),
    #[error("nobody there: {0}")]
    Io(#[from] std::io::Error),
    #[error("no message: {0}")]
    Message(#[from] http::Error),
    #[error("cut on purpose")]
    OnPurpose,
}

/// A task that ends when this is dropped: the connection that a body comes from.
pub(super) struct Running(pub(super) JoinHandle<()>);

/// Nobody waits longer for the rest of a reply that its own reader has left.
const GREEDY: Duration = Duration::from_secs(20);

type Piece = Result<Bytes, Broken>;

impl Wire {
    pub(super) fn side(self) -> &'static str {
        match self {
            Self::Twice | Self::Greedy => "connection upstream",
            Self::Hold(_) | Self::Unended | Self::Hang | Self::Mix | Self::Again => {
                "connection to the client"
            }
        }
    }

    /// The body as this behaviour lets it pass. `Twice`, `Mix` and `Again` are the proxy's: they are about several calls.
    pub(super) fn pass(self, pieces: impl Stream<Item = Piece> + Send + 'static) -> Body {
        match self {
            Self::Twice | Self::Mix | Self::Again => body(pieces),
            Self::Greedy => greedy(pieces),
            Self::Hold(after) => body(hold(pieces, after)),
            Self::Unended => unended(pieces),
            Self::Hang => {
                body(pieces.filter(|piece| std::future::ready(piece.is_ok())).chain(stream::pending()))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The pieces of a body as they come; leaving them closes the connection.
pub(super) fn pieces(body: Incoming, connection: Running) -> impl Stream<Item = Piece> + Send + 'static {
    stream::unfold(Some((body, connection)), |state| async move {
        let (mut body, connection) = state?;
        loop {
            match body.frame().await? {
                Ok(frame) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    return Some((Ok(piece), Some((body, connection))));
                }
                Err(error) => {
                    // What came before the break is flushed once the writer has to wait.
                    tokio::task::yield_now().await;
                    return Some((Err(error.into()), None));
                }
            }
        }
    })
}

/// A body of these pieces.
pub(super) fn body(pieces: impl Stream<Item = Piece> + Send + 'static) -> Body {
    BodyExt::boxed_unsync(StreamBody::new(pieces.map_ok(Frame::data)))
}

/// A body of these bytes.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A body of these bytes that breaks off behind them.
pub(super) fn broken(bytes: impl Into<Bytes>) -> Body {
    unended(stream::iter([Ok(bytes.into())]))
}

/// All pieces, then a break.
fn unended(pieces: impl Stream<Item = Piece> + Send + 'static) -> Body {
    let pieces = pieces.filter(|piece| std::future::ready(piece.is_ok()));
    body(pieces.chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(Broken::OnPurpose)
    })))
}

/// How long after the end of a stream that is held back it is let go.
const LATE: Duration = Duration::from_millis(100);

/// The first pieces as they come, the rest as one at the end.
fn hold(
    pieces: impl Stream<Item = Piece> + Send + 'static,
    after: usize,
) -> impl Stream<Item = Piece> + Send + 'static {
    let state = (Box::pin(pieces), 0, false);
    stream::unfold(state, move |(mut pieces, passed, over)| async move {
        if over {
            return None;
        }
        if passed < after {
            let piece = pieces.next().await?;
            return Some((piece, (pieces, passed + 1, false)));
        }
        let mut held = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => held.extend_from_slice(&piece),
                Err(error) => return Some((Err(error), (pieces, passed, true))),
            }
        }
        // Late enough that no busy machine takes it for a race with the provider's last event.
        tokio::time::sleep(LATE).await;
        Some((Ok(Bytes::from(held)), (pieces, passed, true)))
    })
}

/// Reads on by itself, whether or not anyone takes the pieces.
fn greedy(pieces: impl Stream<Item = Piece> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(tokio::time::timeout(GREEDY, async move {
        let mut pieces = Box::pin(pieces);
        while let Some(piece) = pieces.next().await {
            // The receiver may be gone: that is what is wrong with it.
            let _ = sender.send(piece);
        }
    }));
    body(stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) }))
}

/// The whole body, and whether it ended in order.
pub(super) async fn collect(pieces: impl Stream<Item = Piece> + Send + 'static) -> (Vec<u8>, bool) {
    let mut pieces = Box::pin(pieces);
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}
