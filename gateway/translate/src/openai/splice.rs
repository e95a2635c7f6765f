//! A request that stays in OpenAI's own dialect: only what the configuration says is put in its place.

use super::members::Members;
use super::quirks::{Address, Limit, Place, Quirks};
use super::request::StreamOptions;
use crate::call::{Api, Losses, Options, Target};
use crate::json::Object;
use crate::{Error, Text, json};

/// Models that know `max_completion_tokens` only.
const REASONING_FAMILIES: [&str; 4] = ["o1", "o3", "o4", "gpt-5"];

/// Writes the request to `out`: as it came, but for what `options` set, and for what the provider does not know.
pub(crate) fn splice(
    api: Api,
    body: &[u8],
    options: &Options<'_>,
    quirks: &Quirks,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let members = Members::of(body)?;
    let client_model: Option<Text<'_>> = members.read("model")?;
    let model = options.model(client_model)?;
    let client_stream: bool = members.read("stream")?.unwrap_or_default();
    let include_usage = members.read::<StreamOptions>(STREAM_OPTIONS)?.unwrap_or_default().include_usage;
    check(api, &members)?;
    let stream = api != Api::Embeddings && options.stream(client_stream);
    let include_usage = include_usage.unwrap_or_default();
    // Of a stream that is put together, the usage is wanted as of any whole reply.
    let streams = options.streams(client_stream);
    let wants_usage = if streams { options.wants_usage && !include_usage } else { true };
    let asks_usage = stream && wants_usage && (quirks.asks_usage)(options);
    let mut edits = Edits::new(api, &members, options, (&model, quirks), losses);
    if asks_usage {
        edits.0.retain(|(edited, _)| *edited != STREAM_OPTIONS);
        edits.0.push((STREAM_OPTIONS, Some(counting(&members)?)));
    }
    edits.write(body, &members, out);
    let Address { path, query, anchor } = match quirks.place {
        Place::Path(path) => Address { path: path.to_owned(), query: Vec::new(), anchor: None },
        Place::Of(place) => place(options, &model)?,
    };
    Ok(Target {
        query,
        anchor,
        auth: quirks.auth,
        headers: (quirks.headers)(options),
        client_model: client_model.map(|model| model.plain().into_owned()),
        client_stream,
        include_usage,
        hides_usage: asks_usage && streams,
        ..Target::new(path, model, stream)
    })
}

const STREAM_OPTIONS: &str = "stream_options";

/// The client's `stream_options`, and that usage is wanted.
fn counting(members: &Members<'_>) -> Result<String, Error> {
    let own: Option<Members<'_>> = members.read(STREAM_OPTIONS)?;
    let mut out = Vec::with_capacity(32);
    let mut object = Object::new(&mut out);
    object.boolean("include_usage", true);
    for (name, value) in own.iter().flat_map(|own| &own.0).filter(|(name, _)| name != "include_usage") {
        object.foreign(name).extend_from_slice(value.get().as_bytes());
    }
    drop(object);
    Ok(String::from_utf8(out).unwrap_or_default())
}

/// What makes a request one of this API.
fn check(api: Api, members: &Members<'_>) -> Result<(), Error> {
    let full = |name| members.find(name).is_some_and(|value| !matches!(value.trim_start(), "\"\""));
    let (name, why, good) = match api {
        Api::Chat | Api::Messages | Api::Responses => {
            let list = members.find("messages").and_then(|messages| messages.strip_prefix('['));
            let some = list.is_some_and(|list| !list.trim_start().starts_with(']'));
            ("messages", "messages must be a list that holds at least one message", some)
        }
        Api::Completions => ("prompt", "prompt must be a text, or a list of texts or tokens", true),
        Api::Embeddings => ("input", "input must be a text, or a list of texts or tokens", full("input")),
    };
    if good { Ok(()) } else { Err(Error::request(name, why)) }
}

/// What to put in place of which member; `None` takes it away.
#[derive(Default)]
struct Edits(Vec<(&'static str, Option<String>)>);

impl Edits {
    fn new(
        api: Api,
        members: &Members<'_>,
        options: &Options<'_>,
        (model, quirks): (&str, &Quirks),
        losses: &mut Losses,
    ) -> Self {
        let mut edits = Self::default();
        if options.model.is_some() {
            let mut quoted = Vec::with_capacity(model.len() + 2);
            json::string(&mut quoted, model);
            edits.0.push(("model", String::from_utf8(quoted).ok()));
        }
        if api == Api::Embeddings {
            let dimensions = options.dimensions.map(|dimensions| dimensions.to_string());
            edits.tune(members, options, "dimensions", dimensions);
        } else {
            edits.sampling(members, options, (model, quirks), losses);
        }
        for &name in quirks.addressed {
            edits.0.retain(|(edited, _)| *edited != name);
            edits.0.push((name, None));
        }
        for &name in quirks.refused.iter().filter(|name| members.find(name).is_some()) {
            losses.drop(name);
            edits.0.retain(|(edited, _)| *edited != name);
            edits.0.push((name, None));
        }
        edits
    }

    fn sampling(
        &mut self,
        members: &Members<'_>,
        options: &Options<'_>,
        (model, quirks): (&str, &Quirks),
        losses: &mut Losses,
    ) {
        self.stream(members, options);
        self.max_tokens(members, options, quirks.limit, model);
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        self.tune(members, options, "temperature", number(options.temperature));
        self.tune(members, options, "top_p", number(options.top_p));
        if quirks.top_k {
            self.tune(members, options, "top_k", options.top_k.map(|value| value.to_string()));
        } else if members.find("top_k").is_some() {
            losses.drop("top_k");
            self.0.push(("top_k", None));
        }
    }

    fn stream(&mut self, members: &Members<'_>, options: &Options<'_>) {
        if options.stream.or(options.upstream).is_none() {
            return;
        }
        let client = members.find("stream") == Some("true");
        let stream = options.stream(client);
        self.0.push(("stream", Some(stream.to_string())));
        if !stream && members.find(STREAM_OPTIONS).is_some() {
            self.0.push((STREAM_OPTIONS, None));
        }
    }

    fn tune(
        &mut self,
        members: &Members<'_>,
        options: &Options<'_>,
        name: &'static str,
        value: Option<String>,
    ) {
        if value.is_some() && !(options.client_wins && members.find(name).is_some()) {
            self.0.push((name, value));
        }
    }

    /// A limit is sent by the name that the model knows.
    fn max_tokens(&mut self, members: &Members<'_>, options: &Options<'_>, limit: Limit, model: &str) {
        const OLD: &str = "max_tokens";
        const NEW: &str = "max_completion_tokens";
        let (old, new) = (members.find(OLD), members.find(NEW));
        let configured = options.max_tokens.filter(|_| !(options.client_wins && old.or(new).is_some()));
        let only_new = REASONING_FAMILIES.iter().any(|family| model.starts_with(family));
        let (name, own, other, others) = match limit {
            Limit::ByModel if !only_new && configured.is_none() => return,
            Limit::ByModel if only_new || new.is_some() => (NEW, new, OLD, old),
            Limit::ByModel | Limit::Old => (OLD, old, NEW, new),
        };
        let value = configured.map(|limit| limit.to_string());
        let Some(value) = value.or_else(|| new.or(old).map(str::to_owned)) else { return };
        if others.is_some() {
            self.0.push((other, None));
        }
        if own != Some(&value) {
            self.0.push((name, Some(value)));
        }
    }

    fn write(mut self, body: &[u8], members: &Members<'_>, out: &mut Vec<u8>) {
        if self.0.is_empty() {
            out.extend_from_slice(body);
            return;
        }
        out.reserve(body.len() + 128);
        let mut object = Object::new(out);
        for (name, value) in &members.0 {
            match self.0.iter().position(|(edited, _)| edited == name) {
                None => object.foreign(name).extend_from_slice(value.get().as_bytes()),
                Some(at) => {
                    if let (name, Some(value)) = self.0.swap_remove(at) {
                        object.raw(name, &value);
                    }
                }
            }
        }
        for (name, value) in self.0 {
            if let Some(value) = value {
                object.raw(name, &value);
            }
        }
    }
}
