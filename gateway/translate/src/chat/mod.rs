//! Chat: what the gateway calls, and the one path every request and every reply takes.
//!
//! ```text
//! client bytes ─▶ openai::Chat ─▶ Chat::request ─▶ provider bytes
//! provider bytes ─▶ wire::Framer ─▶ Reader ─▶ Delta ─▶ ChunkWriter | ReplyWriter ─▶ client bytes
//! ```

mod losses;
mod options;
mod stream;

pub use losses::Losses;
pub use options::Options;
pub use stream::ChatStream;

use crate::delta::{Order, Sink, Usage};
use crate::openai::{self, Problem, ReplyWriter};
use crate::providers::{Auth, Dialect, Provider};
use crate::wire::{Frame, Framing};
use crate::{Error, json};

/// A provider's chat API in a dialect of its own.
pub trait Chat: Sync {
    /// How its streams are cut into messages.
    fn framing(&self) -> Framing;

    /// Writes the provider's request body to `out`, says where it goes, and names in `losses` what it cannot carry.
    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error>;

    /// Reads one reply; each reply needs its own.
    fn reader(&self) -> Box<dyn Reader>;

    /// What the provider says with a status other than 2xx.
    fn problem(&self, status: u16, headers: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> Problem;
}

/// Reads one reply in a provider's dialect.
pub trait Reader: Send {
    /// Reads a reply that came whole, as the stream it might have been.
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error>;

    /// Reads one frame of a reply that comes as a stream. Unknown ones are skipped, corrupt ones are errors.
    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error>;

    /// The provider's stream is over. For a reader that has seen all of the reply, but waited for what may follow it.
    fn finish(&mut self, _sink: &mut dyn Sink) {}
}

/// Where a request goes, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The provider's own path, percent-encoded, from its `/` on.
    pub path: String,
    /// How the provider wants to be shown the key.
    pub auth: Auth,
    /// Headers that go with the request, besides `content-type` and the key.
    pub headers: Vec<(&'static str, String)>,
    /// The model that is asked for.
    pub model: String,
    /// The model that the client named, if any.
    pub client_model: Option<String>,
    /// Whether the reply will come as a stream.
    pub stream: bool,
    /// Whether the client itself asked for a stream.
    pub client_stream: bool,
    /// Whether the client asked for usage at the end of its stream.
    pub include_usage: bool,
    /// What the provider cannot be told, as paths into the client's request.
    pub dropped: Vec<String>,
}

impl Target {
    /// A target whose other members are still to be said: no header, a bearer token, nothing dropped.
    pub fn new(path: impl Into<String>, model: String, stream: bool) -> Self {
        Self {
            path: path.into(),
            auth: Auth::Bearer,
            headers: Vec::new(),
            model,
            client_model: None,
            stream,
            client_stream: false,
            include_usage: false,
            dropped: Vec::new(),
        }
    }
}

/// What the gateway knows about a call whose reply is to be translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Names the reply where the provider names none. The client sees `chatcmpl-` before it.
    pub id: String,
    /// When the reply was made: seconds since 1970.
    pub created: u64,
    /// The model that was asked for; shown where the provider names none.
    pub model: String,
    /// Whether the client asked for usage at the end of its stream.
    pub include_usage: bool,
}

/// What the client gets when the provider answered with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status for the client.
    pub status: u16,
    /// OpenAI's error object.
    pub body: Vec<u8>,
}

/// Translates a client's request. `out` gets the provider's body; on an error it is of no use.
pub fn request(
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let native = match provider.chat {
        Dialect::OpenAi { top_k } => return openai::splice(body, options, top_k, out),
        Dialect::Native(native) => native,
    };
    let chat = openai::Chat::read(body)?;
    let mut losses = Losses::default();
    let target = native.request(&chat, options, &mut losses, out)?;
    let dropped = losses.into_names();
    if options.strict && !dropped.is_empty() {
        return Err(Error::Dropped(dropped));
    }
    Ok(Target {
        dropped,
        client_model: chat.model.map(|model| model.plain().into_owned()),
        client_stream: chat.stream,
        include_usage: chat.include_usage(),
        ..target
    })
}

/// Translates a reply that came whole.
pub fn reply(provider: &Provider, body: &[u8], call: &Call) -> Result<(Vec<u8>, Option<Usage>), Error> {
    match provider.chat {
        Dialect::OpenAi { .. } => openai::check_reply(body).map(|usage| (body.to_vec(), usage)),
        Dialect::Native(native) => {
            let mut writer = ReplyWriter::new(call);
            let mut order = Order::default();
            let mut gate = order.gate(&mut writer);
            native.reader().reply(body, &mut gate)?;
            gate.close()?;
            writer.finish()
        }
    }
}

/// Translates a reply whose status is not 2xx. A `retry-after` among its headers is still true for the client.
pub fn failure(
    provider: &Provider,
    status: u16,
    headers: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
) -> Failure {
    let problem = match provider.chat {
        Dialect::OpenAi { .. } => openai::problem(status, body),
        Dialect::Native(native) => native.problem(status, headers, body),
    };
    Failure { status: problem.status, body: problem.body() }
}

/// Reads a document of a provider's reply.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(what: &'static str, data: &'a [u8]) -> Result<T, Error> {
    json::read(data).map_err(Error::malformed(what))
}
