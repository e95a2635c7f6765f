//! A reply whose body is still to come, or partly here.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::time::{Instant, Sleep, sleep_until};

use super::exchange::Opened;
use super::{Connection, Framing, Gunzip, Head, Peer, Step, Timeouts};
use crate::fault::Fault;

/// An upstream's reply. Dropping it closes its connection unless the body has come to a clean end.
pub(crate) struct Reply {
    pub(crate) head: Head,
    /// Who sends it.
    pub(crate) ip: Option<IpAddr>,
    body: Decoder,
    /// What was read along with the head.
    rest: BytesMut,
    /// `None` once the body is complete.
    connection: Option<Connection>,
    /// Where the connection goes afterwards; `None`: nowhere.
    home: Option<Rc<Peer>>,
    clock: Clock,
}

impl Reply {
    /// `deadline`: the end of the whole call.
    pub(crate) fn new(
        opened: Opened,
        peer: &Rc<Peer>,
        timeouts: Timeouts,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let Opened { connection, head, rest, sent } = opened;
        let coding = match head.value("content-encoding").map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "identity") => Coding::Plain,
            Some("gzip" | "x-gzip") => Coding::Gzip(Box::new(Gunzip::new())),
            Some(other) => Coding::Unknown(other.chars().filter(char::is_ascii_graphic).take(40).collect()),
        };
        let body = Decoder { framing: head.framing()?, coding };
        let home = (sent && head.keeps_alive()).then(|| Rc::clone(peer));
        let clock = Clock { last: Instant::now(), deadline, timeouts, sleep: None };
        let ip = connection.ip;
        Ok(Self { head, ip, body, rest, connection: Some(connection), home, clock })
    }

    /// Reads once, and shows `see` the plain data that came, in pieces. `false`: that was the end of the body.
    pub(crate) fn poll_data<E: From<Fault>>(
        &mut self,
        cx: &mut Context<'_>,
        mut see: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Poll<Result<bool, E>> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(Ok(false)) };
        let body = &mut self.body;
        let progress = if !self.rest.is_empty() || body.framing.is_end() {
            body.decode(&std::mem::take(&mut self.rest), see)?
        } else {
            let read = connection.poll_read(cx, |bytes| {
                if bytes.is_empty() {
                    body.framing.close().map(|()| Progress::Closed).map_err(E::from)
                } else {
                    body.decode(bytes, &mut see)
                }
            });
            match read {
                Poll::Ready(Ok(progress)) => progress?,
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Fault::Cut.into())),
                Poll::Pending => return self.clock.poll(cx).map(|fault| Err(fault.into())),
            }
        };
        if let Progress::More = progress {
            return Poll::Ready(self.clock.note().map(|()| true).map_err(E::from));
        }
        let connection = self.connection.take();
        if let (Progress::End, Some(connection), Some(peer)) = (progress, connection, self.home.take()) {
            peer.put(connection);
        }
        Poll::Ready(self.body.finish().map(|()| false).map_err(E::from))
    }

    /// Whether the body has been read to its end.
    pub(crate) fn is_over(&self) -> bool {
        self.connection.is_none()
    }

    /// Reads the whole body, at most `limit` bytes of it.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        let mut see = |bytes: &[u8]| {
            if body.len() + bytes.len() > limit {
                return Err(Fault::ReplyTooLong("body"));
            }
            body.extend_from_slice(bytes);
            Ok(())
        };
        while poll_fn(|cx| self.poll_data(cx, &mut see)).await? {}
        Ok(body)
    }
}

/// Wire bytes to plain bytes.
struct Decoder {
    framing: Framing,
    coding: Coding,
}

enum Coding {
    Plain,
    Gzip(Box<Gunzip>),
    Unknown(String),
}

#[derive(Clone, Copy, PartialEq)]
enum Progress {
    More,
    /// The body is complete, and so is what was read.
    End,
    /// The body is complete, but the connection is of no further use.
    Closed,
}

impl Decoder {
    fn decode<E: From<Fault>>(
        &mut self,
        mut bytes: &[u8],
        mut see: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Progress, E> {
        loop {
            match self.framing.step(&mut bytes)? {
                Step::Data(data) => match &mut self.coding {
                    Coding::Plain => see(data)?,
                    Coding::Gzip(gunzip) => gunzip.push(data, &mut see)?,
                    Coding::Unknown(name) => return Err(Fault::Encoding(name.clone()).into()),
                },
                Step::End => return Ok(if bytes.is_empty() { Progress::End } else { Progress::Closed }),
                // The end of a counted body is known without another read.
                Step::More if self.framing.is_end() => return Ok(Progress::End),
                Step::More => return Ok(Progress::More),
            }
        }
    }

    fn finish(&mut self) -> Result<(), Fault> {
        match std::mem::replace(&mut self.coding, Coding::Plain) {
            Coding::Gzip(gunzip) => gunzip.finish(),
            Coding::Plain | Coding::Unknown(_) => Ok(()),
        }
    }
}

/// Watches for silence, and for the end of the call. Armed by the first read that must wait, and re-armed only when
/// it rings: a read costs no timer.
struct Clock {
    last: Instant,
    deadline: Instant,
    timeouts: Timeouts,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    /// Notes a read. An upstream that never pauses never lets the timer be polled, so the end of the call is seen here.
    fn note(&mut self) -> Result<(), Fault> {
        self.last = Instant::now();
        if self.last < self.deadline { Ok(()) } else { Err(Fault::CallTimeout(self.timeouts.call)) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        loop {
            let until = self.deadline.min(self.last + self.timeouts.read);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
            ready!(sleep.as_mut().poll(cx));
            let now = Instant::now();
            if now >= self.deadline {
                return Poll::Ready(Fault::CallTimeout(self.timeouts.call));
            }
            if now >= until {
                return Poll::Ready(Fault::ReadTimeout(self.timeouts.read));
            }
            sleep.as_mut().reset(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::Way;
    use crate::limits::Limits;
    use crate::upstream::{Origin, Scratch};
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn a_call_ends_though_there_is_always_more_to_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        far.unwrap().0.write_all(b"data").await.unwrap();
        let near = near.unwrap();
        near.readable().await.unwrap();

        let (limits, scratch) = (Limits::default(), Scratch::new());
        let origin = Origin { tls: false, host: "localhost".to_owned(), port: 80 };
        let peer =
            Peer::new(origin, Way::default(), &crate::tls::client(None).unwrap(), scratch.clone(), &limits)
                .unwrap();
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { connect: second, write: second, read: second, call: second };
        let head = Head::parse(&mut b"HTTP/1.1 200 OK\r\n\r\n"[..].into()).unwrap().unwrap();
        let opened =
            Opened { connection: Connection::plain(near, scratch), head, rest: BytesMut::new(), sent: true };
        let mut reply = Reply::new(opened, &Rc::new(peer), timeouts, Instant::now())
            .unwrap_or_else(|fault| panic!("{fault}"));
        let read = poll_fn(|cx| reply.poll_data(cx, |_| Ok::<_, Fault>(()))).await;
        assert!(matches!(read, Err(Fault::CallTimeout(_))), "{read:?}");
    }
}
