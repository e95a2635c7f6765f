//! What a provider said, read back into neutral terms: one reader for each form of reply, written from the provider's documents.
//!
//! A reader knows the members that it understands; what else a reply says is told, so that nobody thinks it is kept.

mod anthropic;
mod anthropic_text;
mod bedrock;
mod cohere;
mod cohere_v1;
mod draft;
mod gemini;
mod invoke;
mod ollama;
mod openai;
mod responses;
mod tgi;
mod unsaid;

use mocks::script::{Failure, Kind, Reply};
use serde_json::Value;

use super::events::{Event, Events};
use super::exchange::{End, Exchange, Request};
use crate::Surface;
use crate::meaning::Meaning;
use draft::Draft;

/// How the replies of one operation are read.
pub(super) struct Reader {
    /// What a client of the gateway would ask to get such a reply.
    pub(super) surface: Surface,
    /// How its requests are read, where they are not those by which gateways ask the provider for this.
    pub(super) asked: Option<fn(&Value) -> Meaning>,
    /// Takes a whole reply, or one event of a stream.
    take: fn(&mut Draft, &Event),
    /// Reads an error: name of the exception or empty, and body.
    fail: fn(u16, &str, &Event) -> Failure,
    /// Members that are understood, or that say nothing new: paths with `*` for any one step, `**` for all below.
    known: &'static [&'static str],
}

/// A reply in neutral terms.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) reply: Reply,
    /// What the bytes say and this does not.
    pub(super) unsaid: Vec<String>,
}

/// The reader for what a provider answers to a request.
fn reader(provider: &str, request: &Request) -> Option<&'static Reader> {
    let path = request.path.as_str();
    let ends = |end: &str| path.ends_with(end);
    match provider {
        "anthropic" if ends("/v1/messages") => Some(&anthropic::MESSAGES),
        "anthropic" if ends("/v1/complete") => Some(&anthropic_text::COMPLETE),
        "vertex" if ends(":rawPredict") || ends(":streamRawPredict") => claude(path),
        "cohere" if ends("/v2/chat") => Some(&cohere::CHAT),
        "cohere" if ends("/v1/chat") => Some(&cohere_v1::CHAT),
        "cohere" if ends("/v1/generate") => Some(&cohere_v1::GENERATE),
        "bedrock" if ends("/converse") || ends("/converse-stream") => Some(&bedrock::CONVERSE),
        "bedrock" => invoke::find(request),
        "gemini" | "vertex" if ends(":generateContent") || ends(":streamGenerateContent") => {
            Some(&gemini::GENERATE)
        }
        "ollama" if ends("/api/chat") => Some(&ollama::CHAT),
        "ollama" if ends("/api/generate") => Some(&ollama::GENERATE),
        "tgi" if ends("/generate") || ends("/generate_stream") || path == "/" => Some(&tgi::GENERATE),
        // Whoever has these paths speaks OpenAI's dialect.
        _ if ends("/chat/completions") => Some(&openai::CHAT),
        _ if ends("/completions") => Some(&openai::COMPLETIONS),
        _ if ends("/embeddings") => Some(&openai::EMBEDDINGS),
        _ if ends("/responses") => Some(&responses::RESPONSES),
        "huggingface" if path.contains("/models/") && !path.contains("/pipeline/") => Some(&tgi::GENERATE),
        _ => None,
    }
}

/// Vertex has the models of several makers at such paths, each in its own words.
fn claude(path: &str) -> Option<&'static Reader> {
    path.contains("/publishers/anthropic/").then_some(&anthropic::MESSAGES)
}

/// Reads an exchange.
///
/// # Errors
/// A sentence, where there is no reader for it, or nothing to read.
pub(super) fn read(exchange: &Exchange) -> Result<(&'static Reader, Read), String> {
    let (provider, path) = (exchange.provider.as_str(), exchange.request.path.as_str());
    let reader = reader(provider, &exchange.request).ok_or_else(|| {
        format!("nothing here reads what {provider} answers at {path}: it is kept in bytes only")
    })?;
    let reply = exchange.reply.as_ref().ok_or("there was no reply")?;
    if matches!(exchange.end, End::ClientLeft | End::TooLong) {
        return Err("the reply is not whole".to_owned());
    }
    let events = Events::read(reply, &exchange.body());
    let mut draft = Draft::new(events.is_stream);
    if reply.status >= 400 {
        let name = reply.header("x-amzn-errortype").unwrap_or_default();
        let event = events.list.first().ok_or("the error cannot be read")?;
        draft.failure = Some((reader.fail)(reply.status, name, event));
        draft
            .headers
            .extend(reply.header("retry-after").map(|value| ("retry-after".to_owned(), value.to_owned())));
    } else {
        for (number, event) in events.list.iter().enumerate() {
            draft.event = number;
            match event.name.ends_with("Exception") {
                // In Amazon's streams a name says it.
                true => draft.interrupt((reader.fail)(500, &event.name, event)),
                false => (reader.take)(&mut draft, event),
            }
        }
        if path.contains("/invoke") {
            invoke::count(&mut draft, reply, &events.list);
        }
        if provider == "huggingface" && reply.kind() == "application/json" {
            tgi::without_prompt(&mut draft, &exchange.request.json());
        }
    }
    let mut unsaid = unsaid::of(&events.list, reader.known);
    unsaid.extend(events.problems.iter().cloned());
    unsaid.extend(draft.notes.clone());
    let count = events.list.len();
    Ok((reader, Read { reply: draft.into_reply(exchange.end, events.is_stream, count), unsaid }))
}

/// The kind of an error by one of these words, or by its status.
fn kind(status: u16, word: &str, words: &[(&str, Kind)]) -> Kind {
    words.iter().find(|(known, _)| *known == word).map_or_else(|| Kind::of_status(status), |(_, kind)| *kind)
}
