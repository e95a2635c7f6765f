//! Anthropic's Messages API, as clients speak it: to whichever provider.
//!
//! - Requests: <https://docs.anthropic.com/en/api/messages>
//! - Streams: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>
//! - Errors: <https://docs.anthropic.com/en/api/errors>
//!
//! Replies: content blocks come one after the other, each whole before the next begins ([`Blocks`](blocks::Blocks)).

mod blocks;
mod content;
mod effort;
mod events;
mod failure;
mod fields;
mod gather;
mod message;
mod request;
mod settings;
mod spread;
mod teller;
mod tools;
mod turns;
mod usage;

pub(crate) use gather::Gathered;
pub(crate) use spread::spread;

use super::{Asked, Audience, Client, Whole};
use crate::call::{Call, Losses};
use crate::openai::{Problem, Writer};
use crate::{Error, Text};

/// The dialect.
pub(crate) struct Messages;

impl Client for Messages {
    fn request(&self, body: &[u8], audience: &Audience<'_>, losses: &mut Losses) -> Result<Asked, Error> {
        request::read(body, audience, losses)
    }

    fn whole(&self, call: &Call) -> Box<dyn Whole> {
        Box::new(message::MessageWriter::new(call))
    }

    fn stream(&self, call: &Call) -> Box<dyn Writer> {
        Box::new(events::EventWriter::new(call))
    }

    fn error(&self, problem: &Problem, id: &str, out: &mut Vec<u8>) -> u16 {
        failure::write(problem, Some(id), out);
        failure::status(problem)
    }

    fn event(&self, problem: &Problem, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: error\ndata: ");
        failure::write(problem, None, out);
        out.extend_from_slice(b"\n\n");
    }
}

/// What begins the data of the `redacted_thinking` block in which a client is given what the provider of a call wants to be shown
/// again with it; behind it the call's id, a colon, and base64 of the JSON. So it comes back from clients that know nothing of it.
const SEALED: &str = "extra_content:";

/// Adds a message's id to the inside of a JSON string: the provider's own, so that the logs of both sides can be joined, behind what
/// every such id begins with.
fn write_id(id: Text<'_>, out: &mut Vec<u8>) {
    const ID: &[u8] = b"msg_";
    let at = out.len();
    id.write_inner(out);
    if !out[at..].starts_with(ID) {
        out.splice(at..at, ID.iter().copied());
    }
}
