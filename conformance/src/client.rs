//! A client of the gateway over HTTP/1.1 that keeps every piece of a reply with its time.
//!
//! One connection a call, so that nothing of one call can be blamed on another.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use crate::report::model::End;
use crate::scenario::{Behaviour, Pause};

/// The client's own key. Nothing upstream may end with these four letters.
pub(crate) const KEY: &str = "sk-of-the-judge-7Q4Z";

/// No reply that a suite asks for is longer.
const MOST_BYTES: usize = 256 << 20;

/// What the kernel keeps for a client that stops reading.
const FEW_BYTES: u32 = 64 << 10;

/// Where a gateway listens.
#[derive(Debug, Clone)]
pub struct Client {
    host: String,
    /// Path before every path of a route.
    prefix: String,
}

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// Method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Besides `host` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
    /// How the reply is read.
    pub behaviour: Behaviour,
    /// Hears when `behaviour.terminate_after` is reached.
    pub reached: Option<Arc<Notify>>,
    /// Whoever may end `behaviour.pause` before its time.
    pub rest: Option<Arc<Rest>>,
}

/// A client's pause, for whoever watches it.
#[derive(Debug, Default)]
pub struct Rest {
    /// Told by the client when it stops reading.
    pub begun: Notify,
    /// Told to the client when it has waited long enough.
    pub over: Notify,
}

/// One reply as it came.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// When the request was sent.
    pub sent: Instant,
    /// Absent where no header came.
    pub status: Option<u16>,
    /// In order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// When the header came, in milliseconds since `sent`.
    pub head_ms: f64,
    /// Pieces of the body as they came, each with its time.
    pub pieces: Vec<(f64, Bytes)>,
    /// How it ended.
    pub end: End,
    /// Why, where it did not end in order.
    pub reason: String,
    /// When it ended.
    pub end_ms: f64,
}

impl Client {
    /// A client of the gateway at this address.
    ///
    /// # Errors
    /// A sentence, where the address is not plain HTTP.
    pub fn new(url: &str) -> Result<Self, String> {
        let rest =
            url.strip_prefix("http://").ok_or_else(|| format!("`{url}` does not begin with http://"))?;
        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        Ok(Self { host, prefix })
    }

    /// Calls, and reads the reply as the target's behaviour says, for at most `patience`.
    pub async fn call(&self, target: &Target, patience: Duration) -> Transcript {
        let mut transcript = Transcript::new();
        let deadline = transcript.sent + patience;
        if timeout_at(deadline, self.drive(target, &mut transcript)).await.is_err() {
            transcript.end(End::TimedOut, format!("nothing more within {} ms", patience.as_millis()));
        }
        transcript.end_ms = transcript.now();
        transcript
    }

    async fn drive(&self, target: &Target, transcript: &mut Transcript) {
        let opened = async {
            let stream = self.connect(target).await.map_err(|error| error.to_string())?;
            // Every write is a message; nothing is gained by waiting for more.
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())
        };
        let (mut sender, connection) = match opened.await {
            Ok(opened) => opened,
            Err(reason) => return transcript.end(End::Refused, reason),
        };
        // Ends with this function, so that leaving closes the connection.
        let _connection = Running(tokio::spawn(async move {
            // The same error comes out of the call or of its body.
            let _ = connection.await;
        }));
        let request = match self.request(target) {
            Ok(request) => request,
            Err(error) => return transcript.end(End::Refused, error.to_string()),
        };
        transcript.sent = Instant::now();
        match sender.send_request(request).await {
            Ok(reply) => {
                transcript.head(&reply);
                read(reply.into_body(), target, transcript).await;
            }
            Err(error) if is_reset(&error) => transcript.end(End::Reset, explain(&error)),
            Err(error) => transcript.end(End::Refused, explain(&error)),
        }
    }

    /// Where the client will not read, the kernel shall not do it in its stead: what it takes for us would be judged as taken by the
    /// gateway, and kernels take more than a reply has.
    async fn connect(&self, target: &Target) -> io::Result<TcpStream> {
        if target.behaviour.pause.is_none() {
            return TcpStream::connect(&self.host).await;
        }
        let mut addresses = tokio::net::lookup_host(&self.host).await?;
        let address = addresses.next().ok_or(io::ErrorKind::NotFound)?;
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_recv_buffer_size(FEW_BYTES)?;
        socket.connect(address).await
    }

    fn request(&self, target: &Target) -> http::Result<http::Request<Full<Bytes>>> {
        let mut request = http::Request::builder()
            .method(target.method.as_str())
            .uri(format!("{}{}", self.prefix, target.path))
            .header("host", &self.host);
        for (name, value) in &target.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(target.body.clone()))
    }
}

/// A task that ends when this is dropped.
struct Running(tokio::task::JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn read(mut body: Incoming, target: &Target, transcript: &mut Transcript) {
    let behaviour = target.behaviour;
    let mut events = EventCount::default();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) if is_reset(&error) => return transcript.end(End::Reset, explain(&error)),
            Err(error) => return transcript.end(End::Truncated, explain(&error)),
        };
        let Ok(piece) = frame.into_data() else { continue };
        events.count(&piece);
        bytes += piece.len();
        transcript.pieces.push((transcript.now(), piece));
        if let Some(reached) = &target.reached
            && behaviour.terminate_after.is_some_and(|after| events.seen >= after)
        {
            reached.notify_one();
        }
        if behaviour.leave_after.is_some_and(|after| events.seen >= after) {
            return transcript.end(End::Left, String::new());
        }
        if let Some(pause) = behaviour.pause.filter(|pause| events.seen >= pause.after) {
            rest(pause, target.rest.as_deref()).await;
            return transcript.end(End::Left, String::new());
        }
        if bytes > MOST_BYTES {
            return transcript.end(End::Left, format!("more than {MOST_BYTES} bytes"));
        }
    }
    transcript.end(End::Complete, String::new());
}

/// Reads nothing for as long as the pause takes, or until whoever watches it has seen enough.
async fn rest(pause: Pause, watched: Option<&Rest>) {
    let over = async {
        let Some(rest) = watched else { return std::future::pending().await };
        rest.begun.notify_one();
        rest.over.notified().await;
    };
    // Either way the pause is over.
    let _ = timeout(Duration::from_millis(pause.ms), over).await;
}

/// Counts ends of events, wherever the bytes are cut. CR counts for nothing: two ends of line in a row end an event.
#[derive(Default)]
struct EventCount {
    seen: usize,
    after_line: bool,
}

impl EventCount {
    fn count(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().filter(|byte| **byte != b'\r') {
            let ends_line = *byte == b'\n';
            self.seen += usize::from(ends_line && self.after_line);
            self.after_line = ends_line && !self.after_line;
        }
    }
}

pub(crate) fn is_reset(error: &hyper::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return io.kind() == io::ErrorKind::ConnectionReset;
        }
        source = cause.source();
    }
    false
}

pub(crate) fn explain(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Transcript {
    fn new() -> Self {
        Self {
            sent: Instant::now(),
            status: None,
            headers: Vec::new(),
            head_ms: 0.0,
            pieces: Vec::new(),
            end: End::Refused,
            reason: String::new(),
            end_ms: 0.0,
        }
    }

    fn head<B>(&mut self, reply: &http::Response<B>) {
        self.status = Some(reply.status().as_u16());
        self.head_ms = self.now();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.headers = reply.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    }

    fn end(&mut self, end: End, reason: String) {
        self.end = end;
        self.reason = reason;
    }

    fn now(&self) -> f64 {
        self.sent.elapsed().as_secs_f64() * 1e3
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The whole body.
    pub fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_wherever_the_bytes_are_cut() {
        let text = b"data: a\n\ndata: b\r\n\r\ndata: c\n\n";
        for size in 1..text.len() {
            let mut events = EventCount::default();
            text.chunks(size).for_each(|piece| events.count(piece));
            assert_eq!(events.seen, 3, "pieces of {size}");
        }
    }

    #[test]
    fn an_address_may_have_a_path() {
        let client = Client::new("http://localhost/gateway/").unwrap();
        assert_eq!((client.host.as_str(), client.prefix.as_str()), ("localhost:80", "/gateway"));
        assert!(Client::new("https://localhost").is_err());
    }

    /// A pause that nobody could end would outlast this test.
    #[tokio::test]
    async fn whoever_watches_a_pause_may_end_it() {
        let watched = Rest::default();
        let pause = Pause { after: 0, ms: u64::MAX };
        tokio::join!(rest(pause, Some(&watched)), async {
            watched.begun.notified().await;
            watched.over.notify_one();
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_nobody_watches_takes_its_time() {
        let begun = Instant::now();
        rest(Pause { after: 0, ms: 700 }, None).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(700));
    }
}
