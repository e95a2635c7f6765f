//! A call: what the gateway calls, and the one path every request and every reply takes.
//!
//! ```text
//! client bytes ─▶ openai::{Chat, Completion, Embedding} ─▶ Chat | Complete | Embed ─▶ provider bytes
//! provider bytes ─▶ wire::Framer ─▶ Reader ─▶ Delta ─▶ openai's writers ─▶ client bytes
//! ```

mod api;
mod losses;
mod options;
mod stream;
mod tap;
mod target;

pub use api::Api;
pub use losses::Losses;
pub use options::{Azure, Gemini, Options};
pub use stream::Stream;
pub use tap::Tap;
pub use target::{Auth, Target};

use crate::chat::Reader;
use crate::delta::{Order, Usage};
use crate::openai::{self, CompletionWriter, EmbeddingWriter, ReplyWriter};
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
    /// Whether the client wants its vectors as base64.
    pub base64: bool,
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
    /// OpenAI's error object.
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
    if let Some(quirks) = provider.quirks(api) {
        return openai::splice(api, body, options, quirks, out);
    }
    let mut losses = Losses::default();
    let target = match api {
        Api::Chat => chat(provider, body, options, &mut losses, out)?,
        Api::Completions => complete(provider, body, options, &mut losses, out)?,
        Api::Embeddings => embed(provider, body, options, &mut losses, out)?,
    };
    let dropped = losses.into_names();
    if options.strict && !dropped.is_empty() {
        return Err(Error::Dropped(dropped));
    }
    Ok(Target { dropped, ..target })
}

fn chat(
    provider: &Provider,
    body: &[u8],
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let Dialect::Native(native) = provider.chat else { return Err(provider.without(Api::Chat)) };
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
    let Dialect::Native(native) = provider.embeddings else { return Err(provider.without(Api::Embeddings)) };
    let embedding = openai::Embedding::read(body)?;
    let target = native.request(&embedding, options, losses, out)?;
    Ok(Target {
        client_model: embedding.model.map(|model| model.plain().into_owned()),
        base64: embedding.base64,
        ..target
    })
}

/// Translates a reply that came whole.
pub fn reply(
    api: Api,
    provider: &Provider,
    body: &[u8],
    call: &Call,
) -> Result<(Vec<u8>, Option<Usage>), Error> {
    if provider.quirks(api).is_some() {
        return openai::check_reply(api, body).map(|usage| (body.to_vec(), usage));
    }
    if let (Api::Embeddings, Dialect::Native(native)) = (api, provider.embeddings) {
        return embeddings::reply(native, body, call, EmbeddingWriter::new(call));
    }
    let mut reader = provider.reader(api, call).ok_or_else(|| provider.without(api))?;
    let mut order = Order::default();
    if api == Api::Completions {
        let mut writer = CompletionWriter::new(call);
        read_whole(&mut *reader, body, &mut order, &mut writer)?;
        return writer.finish();
    }
    let mut writer = ReplyWriter::new(call);
    read_whole(&mut *reader, body, &mut order, &mut writer)?;
    writer.finish()
}

fn read_whole(
    reader: &mut dyn Reader,
    body: &[u8],
    order: &mut Order,
    writer: &mut dyn crate::delta::Sink,
) -> Result<(), Error> {
    let mut gate = order.gate(writer);
    reader.reply(body, &mut gate)?;
    gate.close()
}

/// Translates a reply whose status is not 2xx. A `retry-after` among its headers is still true for the client.
pub fn failure(provider: &Provider, status: u16, headers: &Headers<'_>, body: &[u8]) -> Failure {
    let problem = (provider.problem)(status, headers, body);
    Failure { status: problem.status, body: problem.body() }
}

/// Reads a document of a provider's reply.
pub(crate) fn read<'a, T: serde::Deserialize<'a>>(what: &'static str, data: &'a [u8]) -> Result<T, Error> {
    json::read(data).map_err(Error::malformed(what))
}
