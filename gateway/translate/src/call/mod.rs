//! A call: what the gateway calls, and the one path every request and every reply takes.
//!
//! ```text
//! client bytes ─▶ (client::Client ─▶) openai::{Chat, Completion, Embedding} ─▶ Chat | Complete | Embed ─▶ provider bytes
//! provider bytes ─▶ wire::Framer ─▶ Reader ─▶ Delta ─▶ openai's writers, or client::Client's ─▶ client bytes
//! ```

mod api;
mod collector;
mod losses;
mod options;
mod spread;
mod stream;
mod tap;
mod target;

pub use api::Api;
pub use collector::Collector;
pub(crate) use collector::Gather;
pub use losses::Losses;
pub use options::{Azure, Gemini, Options};
pub use spread::spread;
pub use stream::Stream;
pub use tap::Tap;
pub use target::{Auth, Target};

use crate::client::{Audience, Client, Kept, Whole};
use crate::delta::{Order, Usage};
use crate::openai::{
    self, ChunkWriter, CompletionChunkWriter, CompletionWriter, EmbeddingWriter, Problem, ReplyWriter, Writer,
};
use crate::providers::{Completions, Dialect, Provider};
use crate::{Error, answer, completions, embeddings, json};

/// What the gateway knows about a call whose reply is to be translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Names the reply where the provider names none. The client sees `chatcmpl-` or `cmpl-` before it.
    pub id: String,
    /// When the reply was made: seconds since 1970.
    pub created: u64,
    /// The model that was asked for; shown where the provider names none.
    pub model: String,
    /// Whether the client asked for usage at the end of its stream.
    pub include_usage: bool,
    /// Whether the provider was asked for usage, and the client did not.
    pub hides_usage: bool,
    /// Whether the client wants its vectors as base64.
    pub base64: bool,
    /// What the reply repeats of the request, as [`Target::echo`] has it.
    pub echo: Vec<u8>,
    /// Tokens of the prompt, where a header of the reply counts them and its body may not.
    pub counted: Option<u64>,
}

/// The headers of a reply: a name in lower case to its first value.
pub type Headers<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What the client gets when the provider answered with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status for the client.
    pub status: u16,
    /// The error object of the client's dialect.
    pub body: Vec<u8>,
}

/// Translates a client's request. `out` gets the provider's body; on an error it is of no use.
pub fn request(
    api: Api,
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let mut losses = Losses::default();
    // Who has no streams is not asked for one.
    let upstream = if provider.framings(api).is_empty() { Some(false) } else { options.upstream };
    let options = &Options { upstream, ..*options };
    let target = match (api, provider.splice(api), api.client()) {
        (_, Some(splice), _) => splice(body, options, out)?,
        (_, None, Some(client)) => ask(client, provider, body, options, &mut losses, out)?,
        (Api::Completions, ..) => complete(provider, body, options, &mut losses, out)?,
        (Api::Embeddings, ..) => embed(provider, body, options, &mut losses, out)?,
        _ => chat(provider, body, options, &mut losses, out)?,
    };
    let dropped = losses.into_names();
    if options.strict && !dropped.is_empty() {
        return Err(Error::Dropped(dropped));
    }
    let streams = api != Api::Embeddings && options.streams(target.client_stream);
    Ok(Target { dropped, streams, ..target })
}

/// Asks a provider's chat in the name of a client that speaks another dialect; what it cannot carry is named in the client's words.
fn ask(
    client: &dyn Client,
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let asked = client.request(body, &Audience::new(provider, options), losses)?;
    let mut others = Losses::default();
    let target =
        chat(provider, &asked.chat, options, &mut others, out).map_err(|error| asked.blame(error))?;
    for name in others.into_names() {
        if let Some(name) = asked.name(&name) {
            losses.drop(name);
        }
    }
    Ok(Target { echo: asked.echo, ..target })
}

fn chat(
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let native = match provider.chat {
        Dialect::OpenAi(quirks) => return openai::splice(Api::Chat, body, options, quirks, losses, out),
        Dialect::Native(native) => native,
        Dialect::None => return Err(provider.without(Api::Chat)),
    };
    let mut chat = openai::Chat::read(body)?;
    if chat.response_format.is_some() && native.answers_by_tool(&options.model(chat.model)?) {
        answer::by_tool(&mut chat);
    }
    let target = native.request(&chat, options, losses, out)?;
    Ok(target.of_chat(&chat))
}

fn complete(
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    if let Completions::OpenAi(quirks) = provider.completions {
        return openai::splice(Api::Completions, body, options, quirks, losses, out);
    }
    let completion = openai::Completion::read(body)?;
    let target = match (&provider.completions, provider.chat) {
        (Completions::Native(native), _) => native.request(&completion, options, losses, out)?,
        (Completions::ThroughChat, Dialect::Native(native)) => {
            completions::through_chat(&completion, losses, |chat, losses| {
                native.request(chat, options, losses, out)
            })?
        }
        _ => return Err(provider.without(Api::Completions)),
    };
    Ok(Target {
        client_model: completion.model.map(|model| model.plain().into_owned()),
        client_stream: completion.stream,
        include_usage: completion.include_usage(),
        ..target
    })
}

fn embed(
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let native = match provider.embeddings {
        Dialect::OpenAi(quirks) => {
            return openai::splice(Api::Embeddings, body, options, quirks, losses, out);
        }
        Dialect::Native(native) => native,
        Dialect::None => return Err(provider.without(Api::Embeddings)),
    };
    let embedding = openai::Embedding::read(body)?;
    let target = native.request(&embedding, options, losses, out)?;
    Ok(Target {
        client_model: embedding.model.map(|model| model.plain().into_owned()),
        base64: embedding.base64,
        ..target
    })
}

/// A reply that came whole, translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// What the client gets.
    pub body: Vec<u8>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// What a store is to keep of it; empty where nothing is.
    pub kept: Vec<u8>,
}

/// Translates a reply that came whole: what the client gets, and what it cost.
pub fn reply(
    api: Api,
    provider: &Provider,
    body: &[u8],
    call: &Call,
) -> Result<(Vec<u8>, Option<Usage>), Error> {
    whole(api, provider, body, call).map(|reply| (reply.body, reply.usage))
}

/// Translates a reply that came whole.
pub fn whole(api: Api, provider: &Provider, body: &[u8], call: &Call) -> Result<Reply, Error> {
    let plain = |(body, usage)| Reply { body, usage, kept: Vec::new() };
    if provider.quirks(api).is_some() {
        return openai::check_reply(api, body).map(|usage| plain((body.to_vec(), usage)));
    }
    if let (Api::Embeddings, Dialect::Native(native)) = (api, provider.embeddings) {
        return embeddings::reply(native, body, call, EmbeddingWriter::new(call)).map(plain);
    }
    let mut reader = provider.reader(api, call).ok_or_else(|| provider.without(api))?;
    if provider.splice(api).is_some() {
        return Kept::check(reader, body).map(|usage| plain((body.to_vec(), usage)));
    }
    let mut writer = whole_writer(api, call);
    let mut order = Order::default();
    let mut gate = order.gate(&mut *writer);
    reader.reply(body, &mut gate)?;
    gate.close()?;
    collector::finish(&order, writer)
}

/// Collects a reply for a client that is to get it whole.
fn whole_writer(api: Api, call: &Call) -> Box<dyn Whole> {
    match (api, api.client()) {
        (_, Some(client)) => client.whole(call),
        (Api::Completions, None) => Box::new(CompletionWriter::new(call)),
        (_, None) => Box::new(ReplyWriter::new(call)),
    }
}

/// Writes a reply for a client that is to get it as a stream.
fn stream_writer(api: Api, call: &Call) -> Box<dyn Writer> {
    match (api, api.client()) {
        (_, Some(client)) => client.stream(call),
        (Api::Completions, None) => Box::new(CompletionChunkWriter::new(call)),
        (_, None) => Box::new(ChunkWriter::new(call)),
    }
}

/// Translates a reply whose status is not 2xx. A `retry-after` among its headers is still true for the client. `id` is the
/// gateway's name for the call.
pub fn failure(
    api: Api,
    provider: &Provider,
    status: u16,
    headers: &Headers<'_>,
    body: &[u8],
    id: &str,
) -> Failure {
    error(api, &(provider.problem)(status, headers, body), id)
}

/// An error in the client's words.
pub fn error(api: Api, problem: &Problem, id: &str) -> Failure {
    let Some(client) = api.client() else { return Failure { status: problem.status, body: problem.body() } };
    let mut body = Vec::with_capacity(128 + problem.message.len());
    let status = client.error(problem, id, &mut body);
    Failure { status, body }
}

/// Reads a document of a provider's reply.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(what: &'static str, data: &'a [u8]) -> Result<T, Error> {
    json::read(data).map_err(Error::malformed(what))
}
