//! The load generator: threads with a runtime of their own, connections that stay open, requests that were put together
//! before. It speaks to 127.0.0.1 only, for a bounded time.
//!
//! ```text
//! ready ─ lead-in ─▶ begin ───── counted ─────▶ end ─ what is under way may finish ─▶ limit
//! ```

mod body;
mod clock;
mod pace;
mod tally;
mod watch;
mod wire;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use clock::Clock;
use pace::{Pace, Schedule, drive};
pub(crate) use tally::Tally;
use watch::Watch;
pub(crate) use watch::{END, Expects};
pub(crate) use wire::Wrong;
use wire::{After, Connection};

use super::cores;

/// Whom to ask, and for what.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) addr: SocketAddr,
    /// Head and body.
    pub(crate) request: Arc<[u8]>,
    pub(crate) expects: Expects,
}

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    pub(crate) connections: usize,
    /// Calls a second; absent: as many as come back.
    pub(crate) rate: Option<f64>,
    /// How long is counted.
    pub(crate) duration: Duration,
}

/// What is counted, and until when what is under way may finish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// The lead-in, from which calls are sent.
    pub(crate) start: Instant,
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    pub(crate) limit: Instant,
}

impl Window {
    fn contains(self, now: Instant) -> bool {
        (self.begin..self.end).contains(&now)
    }

    #[cfg(test)]
    fn open() -> Self {
        let begin = Instant::now();
        let later = begin + Duration::from_secs(3600);
        Self { start: begin, begin, end: later, limit: later }
    }
}

/// How long connections may take to open and to answer once.
const OPENING: Duration = Duration::from_secs(10);
/// Before the window, so that nothing that happens once is counted: a part of its length.
const LEAD: f64 = 0.2;

/// Loads a target. `probe` is called at the window's begin and end. Nothing, where it was stopped.
///
/// # Errors
/// The connections could not be opened, or no thread.
pub(crate) async fn measure<P>(
    target: &Target,
    shape: Shape,
    on: &[usize],
    stop: &CancellationToken,
    mut probe: impl FnMut() -> P,
) -> Result<Option<(Tally, [P; 2])>, Wrong> {
    let threads = on.len().clamp(1, shape.connections);
    let mut crew = Vec::with_capacity(threads);
    for number in 0..threads {
        let part = Part { number, threads, shape, target: target.clone(), on: on.to_vec() };
        crew.push(Crew::hire(part, stop.clone())?);
    }
    for member in &mut crew {
        (&mut member.ready).await.map_err(|_| Wrong::Io(std::io::ErrorKind::Other))??;
    }
    let start = Instant::now();
    let begin = start + shape.duration.mul_f64(LEAD);
    let end = begin + shape.duration;
    let grace = shape.duration.clamp(Duration::from_millis(500), Duration::from_secs(5));
    let window = Window { start, begin, end, limit: end + grace };
    let done = crew.into_iter().map(|member| member.send_off(window)).collect::<Vec<_>>();
    let watch = async {
        sleep_until(begin).await;
        let before = probe();
        sleep_until(end).await;
        [before, probe()]
    };
    let probed = tokio::select! {
        probed = watch => probed,
        () = stop.cancelled() => return Ok(None),
    };
    let mut all = Tally::new();
    for tally in join_all(done).await {
        all.add(&tally.map_err(|_| Wrong::Io(std::io::ErrorKind::Other))?);
    }
    Ok((!stop.is_cancelled()).then_some((all, probed)))
}

/// One thread's part of a load.
struct Part {
    number: usize,
    threads: usize,
    shape: Shape,
    target: Target,
    on: Vec<usize>,
}

/// A thread of the load, seen from outside.
struct Crew {
    ready: oneshot::Receiver<Result<(), Wrong>>,
    go: oneshot::Sender<Window>,
    done: oneshot::Receiver<Tally>,
}

impl Crew {
    fn hire(part: Part, stop: CancellationToken) -> Result<Self, Wrong> {
        let (tell_ready, ready) = oneshot::channel();
        let (go, wait) = oneshot::channel();
        let (tell_done, done) = oneshot::channel();
        let body = move || {
            cores::pin(part.on.get(part.number).map_or(&[], std::slice::from_ref));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Some(connections) = part.prepare(tell_ready).await else { return };
                let Ok(window) = wait.await else { return };
                let tally = tokio::select! {
                    tally = part.run(window, connections) => tally,
                    () = stop.cancelled() => Tally::new(),
                };
                // Nobody listens where the whole was stopped.
                let _ = tell_done.send(tally);
            });
        };
        std::thread::Builder::new().name("bench-load".to_owned()).spawn(body)?;
        Ok(Self { ready, go, done })
    }

    fn send_off(self, window: Window) -> oneshot::Receiver<Tally> {
        // A thread that is gone is noticed by its missing tally.
        let _ = self.go.send(window);
        self.done
    }
}

impl Part {
    /// This thread's share of something that all share.
    fn share(&self, all: usize) -> usize {
        all / self.threads + usize::from(self.number < all % self.threads)
    }

    /// Opens the connections, each with one call that nobody counts.
    async fn prepare(&self, tell: oneshot::Sender<Result<(), Wrong>>) -> Option<Vec<Option<Connection>>> {
        let open = async || {
            let mut connection = Connection::open(self.target.addr).await?;
            let tally = RefCell::new(Tally::new());
            let now = Instant::now();
            let window = Window { start: now, begin: now, end: now, limit: now };
            let mut watch = Watch::new(self.target.expects, window, &tally);
            let after = connection.call(&self.target.request, &mut watch).await?;
            Ok((after == After::Keep).then_some(connection))
        };
        let opening = join_all((0..self.share(self.shape.connections)).map(|_| open()));
        let opened: Result<Vec<_>, Wrong> = match timeout(OPENING, opening).await {
            Ok(opened) => opened.into_iter().collect(),
            Err(_) => Err(Wrong::Io(std::io::ErrorKind::TimedOut)),
        };
        let (told, opened) = match opened {
            Ok(opened) => (Ok(()), Some(opened)),
            Err(wrong) => (Err(wrong), None),
        };
        // Nobody listens where another thread failed before.
        let _ = tell.send(told);
        opened
    }

    fn pace(&self, window: Window) -> Pace {
        let Some(rate) = self.shape.rate else { return Pace::Closed };
        let gap = Duration::from_secs_f64(1.0 / rate);
        let number = u32::try_from(self.number).unwrap_or(0);
        let threads = u32::try_from(self.threads).unwrap_or(1);
        Pace::Open(Schedule::new(window.start + gap * number, gap * threads, window.end, Clock::finest()))
    }

    async fn run(&self, window: Window, connections: Vec<Option<Connection>>) -> Tally {
        let (pace, tally) = (self.pace(window), RefCell::new(Tally::new()));
        let (begun, worked) = (Instant::now(), clock::worked());
        let calls: FuturesUnordered<_> = connections
            .into_iter()
            .map(|mut connection| {
                let (pace, tally) = (&pace, &tally);
                async move {
                    drive(pace, window, tally, async || self.call(&mut connection, window, tally).await)
                        .await;
                }
            })
            .collect();
        calls.collect::<()>().await;
        let lasted = begun.elapsed().as_secs_f64();
        let worked = worked.zip(clock::worked()).map(|(begin, end)| end.saturating_sub(begin).as_secs_f64());
        pace.settle(window, &tally);
        Tally { busy: worked.map(|worked| worked / lasted), ..tally.into_inner() }
    }

    /// One call; a connection that cannot take another one is given up.
    async fn call(
        &self,
        slot: &mut Option<Connection>,
        window: Window,
        tally: &RefCell<Tally>,
    ) -> tally::Outcome {
        let mut watch = Watch::new(self.target.expects, window, tally);
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => Connection::open(self.target.addr).await?,
        };
        if connection.call(&self.target.request, &mut watch).await? == After::Keep {
            *slot = Some(connection);
        }
        Ok(watch.first())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 2\r\n\r\n{}";

    /// A server that gives its n-th reply, counted from 0, by this function; an empty one: it ends the connection.
    async fn serve(listener: TcpListener, reply: impl Fn(usize) -> String) {
        let count = std::cell::Cell::new(0);
        let one = async |mut stream: TcpStream| {
            let mut asked = vec![0; REQUEST.len()];
            while stream.read_exact(&mut asked).await.is_ok() {
                assert_eq!(asked, REQUEST);
                let said = reply(count.replace(count.get() + 1));
                if stream.write_all(said.as_bytes()).await.is_err()
                    || said.is_empty()
                    || said.contains("close")
                {
                    return;
                }
            }
        };
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                Ok((stream, _)) = listener.accept() => connections.push(one(stream)),
                Some(()) = connections.next() => {}
            }
        }
    }

    /// Loads such a server, once more where the machine stood still for all of a window.
    async fn load(shape: Shape, expects: Expects, reply: impl Fn(usize) -> String) -> Result<Tally, Wrong> {
        loop {
            let tally = load_once(shape, expects, &reply).await?;
            if tally.calls > 5 {
                return Ok(tally);
            }
        }
    }

    async fn load_once(
        shape: Shape,
        expects: Expects,
        reply: impl Fn(usize) -> String,
    ) -> Result<Tally, Wrong> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target { addr: listener.local_addr().unwrap(), request: REQUEST.into(), expects };
        let stop = CancellationToken::new();
        let measured = measure(&target, shape, &[], &stop, || ());
        tokio::select! {
            measured = measured => measured.map(|measured| measured.expect("nobody stops it").0),
            () = serve(listener, reply) => unreachable!("it serves for ever"),
        }
    }

    fn shape(connections: usize, rate: Option<f64>) -> Shape {
        Shape { connections, rate, duration: Duration::from_millis(60) }
    }

    fn whole(headers: &str) -> String {
        let body = format!("{{\"text\":\"a {END}\"}}");
        format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn right_replies_are_counted_however_connections_end() {
        for headers in ["", "connection: close\r\n"] {
            let tally = load(shape(3, None), Expects::End, |_| whole(headers)).await.unwrap();
            assert_eq!((tally.wrong, tally.unfinished, tally.unsent), (0, 0, 0), "{headers:?}");
            assert!(tally.calls > 0 && tally.sent >= tally.calls && tally.latency.len() >= tally.calls);
            assert_eq!(tally.first.len(), tally.latency.len());
        }
    }

    #[tokio::test]
    async fn every_call_that_is_due_is_sent() {
        let tally = load(shape(2, Some(500.0)), Expects::End, |_| whole("")).await.unwrap();
        // The lead-in has a fifth of the window: 72 milliseconds, a call every two.
        assert_eq!(tally.sent + tally.unsent, 36);
    }

    #[tokio::test]
    async fn stamps_in_chunks_are_pieces() {
        let reply = |_| {
            let piece = |_| format!("1a\r\ndata: @{}\r\n", stamp());
            let pieces: String = (0..4).map(piece).collect();
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{pieces}0\r\n\r\n")
        };
        let tally = load(shape(1, None), Expects::Stamps(4), reply).await.unwrap();
        assert_eq!((tally.wrong, tally.reason), (0, None));
        assert!(tally.calls > 0 && tally.chunk.len() >= tally.calls);
    }

    fn stamp() -> u64 {
        mocks::stamp::now()
    }

    #[tokio::test]
    async fn wrong_replies_are_told_and_the_rest_is_counted() {
        let failed = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";
        let cases = [
            (failed.to_owned(), Wrong::Status(503)),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
                Wrong::Text { found: 0, wanted: 1 },
            ),
            (String::new(), Wrong::Cut),
            ("hello\r\n\r\n".to_owned(), Wrong::Http),
        ];
        for (bad, wrong) in cases {
            // The first is the call that opens the connection; every third of the others is bad.
            let reply = |number: usize| if number % 3 == 2 { bad.clone() } else { whole("") };
            let tally = load(shape(1, None), Expects::End, reply).await.unwrap();
            assert_eq!(tally.reason, Some(wrong));
            assert!(tally.wrong > 0 && tally.calls > 0, "{tally:?}");
        }
    }

    #[tokio::test]
    async fn nobody_is_loaded_who_cannot_answer_once() {
        let failed = load(shape(4, None), Expects::End, |_| "HTTP/1.1 500 No\r\n\r\n".to_owned()).await;
        assert_eq!(failed.unwrap_err(), Wrong::Status(500));
    }

    #[tokio::test]
    async fn what_is_stopped_gives_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target =
            Target { addr: listener.local_addr().unwrap(), request: REQUEST.into(), expects: Expects::End };
        let stop = CancellationToken::new();
        let long = Shape { duration: Duration::from_secs(60), ..shape(1, None) };
        let measured = measure(&target, long, &[], &stop, || ());
        let reply = |number: usize| {
            if number == 3 {
                stop.cancel();
            }
            whole("")
        };
        let measured = tokio::select! {
            measured = measured => measured,
            () = serve(listener, reply) => unreachable!("it serves for ever"),
        };
        assert!(measured.unwrap().is_none());
    }
}
