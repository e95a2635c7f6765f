//! The dialects that clients speak besides OpenAI's chat, which is the hub: a folder each, with one reader of requests and one
//! writer of replies.
//!
//! ```text
//! client bytes ─▶ Client::request ─▶ OpenAI's chat, as bytes ─▶ whatever the provider speaks
//! provider bytes ─▶ Reader ─▶ Delta ─▶ Client::whole | Client::stream ─▶ client bytes
//! ```
//!
//! A request becomes a chat as bytes, not as a value: so providers of OpenAI's dialect, whose requests are only
//! [spliced](crate::openai), and those with dialects of their own get it the same way as a chat that came from a client.

mod audience;
mod kept;
pub(crate) mod messages;
pub mod responses;

use std::borrow::Cow;

pub(crate) use audience::Audience;
pub(crate) use kept::Kept;
pub(crate) use messages::Messages;
pub(crate) use responses::Responses;

use crate::Error;
use crate::call::{Call, Losses};
use crate::delta::{Sink, Usage};
use crate::openai::{Problem, Writer};

/// A dialect that clients speak.
pub(crate) trait Client: Sync {
    /// Writes a request as OpenAI's chat has it. What that has no word for is named in `losses` by the client's own names, or
    /// refused.
    fn request(&self, body: &[u8], audience: &Audience<'_>, losses: &mut Losses) -> Result<Asked, Error>;

    /// Collects a reply that is given whole.
    fn whole(&self, call: &Call) -> Box<dyn Whole>;

    /// Writes the events of a reply that is given as a stream.
    fn stream(&self, call: &Call) -> Box<dyn Writer>;

    /// Writes the body of an error; returns the status that goes with it. `id` is the gateway's name for the call.
    fn error(&self, problem: &Problem, id: &str, out: &mut Vec<u8>) -> u16;

    /// Writes the error that ends a stream, as an event.
    fn event(&self, problem: &Problem, out: &mut Vec<u8>);
}

/// Collects the deltas of one reply.
pub(crate) trait Whole: Sink {
    /// What a store is to keep of the reply; empty where nothing is.
    fn kept(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The reply, and what it cost.
    fn finish(self: Box<Self>) -> Result<(Vec<u8>, Option<Usage>), Error>;
}

/// A client's request as a chat.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The chat.
    pub(crate) chat: Vec<u8>,
    /// Where each message of the chat comes from, as the client's own path: `messages.3`.
    pub(crate) places: Vec<String>,
    /// How the client calls what chat calls so; empty where it said no such thing.
    pub(crate) names: Vec<(&'static str, &'static str)>,
    /// What the reply repeats of the request.
    pub(crate) echo: Vec<u8>,
}

impl Asked {
    /// What the client calls a member that the provider could not be told; `None` where it did not say it.
    pub(crate) fn name<'m>(&self, member: &'m str) -> Option<Cow<'m, str>> {
        match self.names.iter().find(|(chat, _)| *chat == member) {
            Some((_, "")) => None,
            Some((_, own)) => Some(Cow::Borrowed(own)),
            None => Some(self.place(member).map_or(Cow::Borrowed(member), Cow::Owned)),
        }
    }

    /// The same of an error.
    pub(crate) fn blame(&self, error: Error) -> Error {
        match error {
            Error::Request { message, param: Some(param) } => {
                Error::Request { message, param: self.name(&param).map(Cow::into_owned) }
            }
            other => other,
        }
    }

    /// Of a path into a message, where that message comes from.
    fn place(&self, member: &str) -> Option<String> {
        let (number, _) = member.strip_prefix("messages[")?.split_once(']')?;
        self.places.get(number.parse::<usize>().ok()?).cloned()
    }
}
