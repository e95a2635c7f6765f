//! A realtime session: messages pass between two sockets as they are, until one side closes.
//!
//! | what ends it | the client is closed with | the upstream is closed with |
//! |---|---|---|
//! | the upstream closes | its code and reason | its own |
//! | the client closes | its own | its code and reason |
//! | the upstream breaks off, or breaks the rules | 1011 | 1002, if it is there |
//! | the client breaks off, or breaks the rules | 1002, 1007, 1009 | 1001 |
//! | it asks for another model than the file's | 1008 | 1001 |
//! | nobody says anything, it takes too long, the gateway goes away | 1001 | 1001 |
//!
//! Codes: <https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1>

use std::cell::Cell;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;
use translate::delta::Usage;
use translate::passthrough::realtime;

use super::record::Record;
use crate::limits::Limits;
use crate::server::Busy;
use crate::upstream::Duplex;

/// How long the other side may take to close as well.
const CLOSE: Duration = Duration::from_secs(5);
/// The status of every session, by which its record tells it.
const SWITCHED: u16 = 101;
/// Bytes that may wait for one side behind the message that is being written: none.
const BUFFER: usize = 0;

/// A session that both sides have agreed to.
pub(super) struct Session {
    pub(super) client: OnUpgrade,
    pub(super) upstream: Box<dyn Duplex>,
    /// What the upstream said behind its handshake.
    pub(super) rest: Vec<u8>,
    pub(super) rules: Rules,
}

/// What holds for one session.
pub(super) struct Rules {
    pub(super) limits: Limits,
    pub(super) draining: CancellationToken,
    /// The one model that the client's first message may name, where that is where it is named.
    pub(super) model: Option<String>,
}

/// Who ends it, and how.
enum End {
    /// One side closed it.
    Closed(Option<CloseFrame>),
    /// Went away, broke the rules, or takes nothing.
    Broken(Side, Broken),
    /// The client may not have this model.
    Model,
    Idle,
    Long,
    Draining,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Client,
    Upstream,
}

/// Why nothing more can be had of a side, or given to it.
enum Broken {
    Gone,
    Stuck,
    Rules(CloseCode),
}

impl Session {
    /// Passes messages until one side ends it, and tells the other.
    pub(super) async fn run(self, mut record: Record, busy: Busy) {
        let Self { client, upstream, rest, rules } = self;
        let settings = settings(rules.limits.message_bytes);
        let upstream = WebSocketStream::from_partially_read(upstream, rest, Role::Client, Some(settings));
        let (client, upstream) = tokio::join!(timeout(rules.limits.send, client), upstream);
        let Ok(Ok(client)) = client else { return };
        let client = WebSocketStream::from_raw_socket(TokioIo::new(client), Role::Server, Some(settings));
        let (mut client, mut upstream) = (Line::new(client.await), Line::new(upstream));
        let end = relay(&mut client, &mut upstream, &rules, &mut record).await;
        let (code, outcome) = (end.code(), end.outcome());
        record.close_code = Some(code);
        record.end(SWITCHED, outcome);
        // The call is over, and can be told; what follows is politeness.
        drop(record);
        let (to_client, to_upstream) = end.farewells(&rules.limits);
        let _ = tokio::join!(
            timeout(CLOSE, client.close(to_client)),
            timeout(CLOSE, upstream.close(to_upstream)),
        );
        drop(busy);
    }
}

/// One WebSocket, its two directions apart.
struct Line<S> {
    from: SplitStream<WebSocketStream<S>>,
    to: SplitSink<WebSocketStream<S>, Message>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    fn new(socket: WebSocketStream<S>) -> Self {
        let (to, from) = socket.split();
        Self { from, to }
    }

    /// Says farewell, or answers one, waits for the end, and lets go. `None`: there is nobody.
    async fn close(mut self, farewell: Option<Option<CloseFrame>>) {
        let Some(frame) = farewell else { return };
        // Where the other side closed first, its answer is on its way already; then this is an error that says so.
        let _ = self.to.send(Message::Close(frame)).await;
        let _ = self.to.flush().await;
        while let Some(Ok(_)) = self.from.next().await {}
    }
}

/// Passes messages both ways until something ends that.
async fn relay<C, U>(client: &mut Line<C>, upstream: &mut Line<U>, rules: &Rules, record: &mut Record) -> End
where
    C: AsyncRead + AsyncWrite + Unpin,
    U: AsyncRead + AsyncWrite + Unpin,
{
    let (started, heard) = (Instant::now(), Cell::new(Instant::now()));
    let within = rules.limits.send;
    let mut model = rules.model.as_deref();
    let ask = pass(&mut client.from, &mut upstream.to, Side::Client, within, |message| {
        heard.set(Instant::now());
        let Some(allowed) = model.take_if(|_| is_content(message)) else { return Ok(()) };
        let named = realtime::model(message.to_text().unwrap_or_default().as_bytes());
        if named.is_none_or(|named| named == allowed) { Ok(()) } else { Err(End::Model) }
    });
    let answer = pass(&mut upstream.from, &mut client.to, Side::Upstream, within, |message| {
        heard.set(Instant::now());
        record.speak(SWITCHED);
        if let Message::Text(_) | Message::Binary(_) = message {
            add(&mut record.usage, realtime::cost(&message.clone().into_data()));
        }
        Ok(())
    });
    let idle = async {
        let until = || heard.get() + rules.limits.session_idle;
        while until() > Instant::now() {
            sleep_until(until()).await;
        }
    };
    tokio::select! {
        end = ask => end,
        end = answer => end,
        () = idle => End::Idle,
        () = sleep_until(started + rules.limits.session) => End::Long,
        () = rules.draining.cancelled() => End::Draining,
    }
}

/// Passes messages one way. Pings are answered by us, and end here.
async fn pass<F, T>(
    from: &mut SplitStream<WebSocketStream<F>>,
    to: &mut SplitSink<WebSocketStream<T>, Message>,
    side: Side,
    within: Duration,
    mut see: impl FnMut(&Message) -> Result<(), End>,
) -> End
where
    F: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let message = match from.next().await {
            Some(Ok(Message::Close(frame))) => return End::Closed(frame),
            Some(Ok(message)) => message,
            Some(Err(error)) => return End::Broken(side, Broken::of(&error)),
            None => return End::Broken(side, Broken::Gone),
        };
        if let Err(end) = see(&message) {
            return end;
        }
        if !is_content(&message) {
            continue;
        }
        match timeout(within, to.send(message)).await {
            Ok(Ok(())) => (),
            Ok(Err(_)) => return End::Broken(side.other(), Broken::Gone),
            Err(_) => return End::Broken(side.other(), Broken::Stuck),
        }
    }
}

fn is_content(message: &Message) -> bool {
    matches!(message, Message::Text(_) | Message::Binary(_))
}

fn settings(message: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(message))
        .max_frame_size(Some(message))
        .write_buffer_size(BUFFER)
}

/// Adds up what answers cost.
fn add(sum: &mut Option<Usage>, cost: Option<Usage>) {
    if let Some(cost) = cost {
        *sum = Some(sum.map_or(cost, |sum| sum.plus(&cost)));
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Upstream,
            Self::Upstream => Self::Client,
        }
    }
}

impl Broken {
    fn of(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::Rules(CloseCode::Size),
            Error::Utf8(_) => Self::Rules(CloseCode::Invalid),
            Error::Protocol(error) if is_cut(error) => Self::Gone,
            Error::Protocol(_) | Error::AttackAttempt => Self::Rules(CloseCode::Protocol),
            _ => Self::Gone,
        }
    }
}

/// The socket ended without a farewell: that breaks the rules too, but there is nobody to be told.
fn is_cut(error: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError::{
        ReceivedAfterClosing, ResetWithoutClosingHandshake,
    };
    matches!(error, ResetWithoutClosingHandshake | ReceivedAfterClosing)
}

impl End {
    /// A word for programs.
    fn outcome(&self) -> &'static str {
        match self {
            Self::Closed(_) => "done",
            Self::Broken(Side::Client, Broken::Rules(_)) => "request_refused",
            Self::Broken(Side::Client, _) => "client_gone",
            Self::Broken(Side::Upstream, Broken::Gone) => "upstream_closed",
            Self::Broken(Side::Upstream, Broken::Stuck) => "upstream_timeout",
            Self::Broken(Side::Upstream, Broken::Rules(_)) => "upstream_invalid_reply",
            Self::Model => "model_not_allowed",
            Self::Idle => "idle",
            Self::Long => "too_long",
            Self::Draining => "draining",
        }
    }

    /// The code with which it ends for the client. 1005 and 1006 are never sent: they say that none was.
    fn code(&self) -> u16 {
        let code = match self {
            Self::Closed(Some(frame)) => return frame.code.into(),
            Self::Closed(None) => CloseCode::Status,
            Self::Broken(Side::Client, Broken::Rules(code)) => *code,
            Self::Broken(Side::Client, _) => CloseCode::Abnormal,
            Self::Broken(Side::Upstream, _) => CloseCode::Error,
            Self::Model => CloseCode::Policy,
            Self::Idle | Self::Long | Self::Draining => CloseCode::Away,
        };
        code.into()
    }

    /// What client and upstream are closed with.
    fn farewells(self, limits: &Limits) -> (Option<Option<CloseFrame>>, Option<Option<CloseFrame>>) {
        let say = |code, reason: &str| Some(Some(CloseFrame { code, reason: reason.into() }));
        let both = |reason: &str| (say(CloseCode::Away, reason), say(CloseCode::Away, reason));
        let left = say(CloseCode::Away, "the client has left");
        match self {
            Self::Closed(frame) => (Some(frame.clone()), Some(frame)),
            Self::Broken(Side::Client, Broken::Rules(code)) => (say(code, "this breaks the rules"), left),
            Self::Broken(Side::Client, _) => (None, left),
            Self::Broken(Side::Upstream, Broken::Gone) => {
                (say(CloseCode::Error, "the upstream server broke off"), None)
            }
            Self::Broken(Side::Upstream, _) => (
                say(CloseCode::Error, "the upstream server did not keep to the rules"),
                say(CloseCode::Protocol, ""),
            ),
            Self::Model => (say(CloseCode::Policy, "cannot use own model"), left),
            Self::Idle => both(&format!("nothing was said for {:?}", limits.session_idle)),
            Self::Long => both(&format!("a session takes {:?} at most", limits.session)),
            Self::Draining => both("the gateway goes away"),
        }
    }
}
