//! Works: pictures and transcripts, whose requests and replies are translated as a whole.
//!
//! ```text
//! client's JSON or form ─▶ images::Order | audios::Hearing ─▶ Paint | Hear ─▶ provider's bytes
//! provider's JSON or bytes ─▶ Paint | Hear ─▶ images::Pictures | audios::Heard ─▶ client's bytes
//! ```

mod form;
mod others;

pub(crate) use form::{Form, Part, as_json};
pub(crate) use others::Others;

use crate::Error;
use crate::audios::{self, Hear};
use crate::call::{Losses, Options, Target};
use crate::delta::Usage;
use crate::images::{self, Paint};
use crate::passthrough::Resource;
use crate::providers::{Provider, bedrock, dashscope, gemini, huggingface, vertex};

/// What a provider has in a dialect of its own.
#[derive(Clone, Copy)]
pub enum Work {
    /// Pictures.
    Images(&'static dyn Paint),
    /// Transcripts.
    Transcripts(&'static dyn Hear),
}

/// What of a provider's in a format is translated so.
type Has = (&'static str, Option<&'static str>, &'static [(Resource, Work)]);

const ALL: &[Has] = &[
    ("bedrock", None, bedrock::WORKS),
    ("dashscope", None, dashscope::WORKS),
    ("dashscope", Some("mainland"), dashscope::WORKS),
    ("gemini", None, gemini::WORKS),
    ("gemini", Some("vertex"), vertex::WORKS),
    ("huggingface", None, huggingface::WORKS),
];

impl Provider {
    /// How it makes what this resource is about, where that is translated.
    pub fn work(&self, resource: Resource) -> Option<Work> {
        let (.., works) =
            ALL.iter().find(|(name, format, _)| (self.name, self.format) == (*name, *format))?;
        works.iter().find(|(known, _)| *known == resource).map(|(_, work)| *work)
    }
}

/// A client's request, as far as HTTP knows it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// As the client says it; a form's names its boundary.
    pub content_type: &'a str,
    /// All of it.
    pub body: &'a [u8],
    /// Whether the pictures that come with it are to be edited.
    pub edits: bool,
}

/// Where a request goes, and what its reply must be told of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where it goes.
    pub target: Target,
    /// Of the provider's body.
    pub content_type: String,
    /// What the reply may be.
    pub accept: &'static str,
    wish: Wish,
}

/// What the client wants the reply to look like.
#[derive(Clone, Debug)]
enum Wish {
    Images(images::Look),
    Transcript(audios::Form),
}

/// A client's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// All of it, also of a stream.
    pub body: Vec<u8>,
    /// Of the body.
    pub content_type: &'static str,
    /// What it cost, where the provider says so.
    pub usage: Option<Usage>,
}

/// A provider's reply, as far as HTTP knows it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Without parameters, in lower case.
    pub media_type: &'a str,
    /// All of it.
    pub body: &'a [u8],
    /// When it was made: seconds since 1970.
    pub created: u64,
}

/// Translates a client's request. `out` gets the provider's body; on an error it is of no use.
pub fn request(
    work: Work,
    asked: Asked<'_>,
    options: &Options<'_>,
    out: &mut Vec<u8>,
) -> Result<Sent, Error> {
    let mut losses = Losses::default();
    let mut sent = match work {
        Work::Images(paint) => {
            let order = images::Order::read(asked)?;
            let target = paint.request(&order, options, &mut losses, out)?;
            order.forgotten(paint.has_addresses(), &mut losses);
            let target = Target { client_model: order.model.clone(), ..target };
            Sent {
                target,
                content_type: JSON.to_owned(),
                accept: paint.accept(),
                wish: Wish::Images(order.look()),
            }
        }
        Work::Transcripts(hear) => {
            let hearing = audios::Hearing::read(asked)?;
            let (target, content_type) = hear.request(&hearing, options, &mut losses, out)?;
            let target = Target { client_model: hearing.model.clone(), ..target };
            Sent { target, content_type, accept: JSON, wish: Wish::Transcript(hearing.form) }
        }
    };
    let dropped = losses.into_names();
    if options.strict && !dropped.is_empty() {
        return Err(Error::Dropped(dropped));
    }
    sent.target.dropped = dropped;
    Ok(sent)
}

/// Where to look again, if a provider's reply is that of a task that is not over.
pub fn task(work: Work, given: Given<'_>) -> Result<Option<Target>, Error> {
    match work {
        Work::Images(paint) => paint.task(given),
        Work::Transcripts(_) => Ok(None),
    }
}

/// Whether a provider may tell the gateway to look a work up at this host, besides its own.
pub fn lies_at(work: Work, host: &str) -> bool {
    let Work::Images(paint) = work else { return false };
    paint.keeps_at().iter().any(|end| host.ends_with(end))
}

/// Reads a provider's reply.
pub fn made(work: Work, sent: &Sent, given: Given<'_>) -> Result<Made, Error> {
    let kind = match (work, &sent.wish) {
        (Work::Images(paint), Wish::Images(look)) => {
            let mut pictures = images::Pictures::default();
            paint.reply(given, &sent.target.model, &mut pictures)?;
            Kind::Images(pictures, look.clone(), given.created)
        }
        (Work::Transcripts(hear), Wish::Transcript(form)) => {
            Kind::Transcript(Box::new(hear.reply(given)?.write(*form)))
        }
        _ => return Err(Error::Malformed { what: "reply", why: "it answers something else".to_owned() }),
    };
    Ok(Made(kind))
}

/// Translates a provider's reply, with what may be missing as it is.
pub fn reply(work: Work, sent: &Sent, given: Given<'_>) -> Result<Written, Error> {
    made(work, sent, given)?.write()
}

/// A work that was made.
#[derive(Debug)]
pub struct Made(Kind);

#[derive(Debug)]
enum Kind {
    Images(images::Pictures, images::Look, u64),
    Transcript(Box<Written>),
}

impl Made {
    /// The addresses of what the client wants to see itself.
    pub fn missing(&self) -> Vec<String> {
        match &self.0 {
            Kind::Images(pictures, look, _) => pictures.addresses(look),
            Kind::Transcript(_) => Vec::new(),
        }
    }

    /// What lay at one of them.
    pub fn found(&mut self, address: &str, media_type: &str, bytes: &[u8]) {
        if let Kind::Images(pictures, ..) = &mut self.0 {
            pictures.found(address, media_type, bytes);
        }
    }

    /// The client's reply.
    pub fn write(self) -> Result<Written, Error> {
        match self.0 {
            Kind::Images(pictures, look, created) => pictures.write(&look, created),
            Kind::Transcript(written) => Ok(*written),
        }
    }
}

pub(crate) const JSON: &str = "application/json";
