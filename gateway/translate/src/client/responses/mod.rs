//! OpenAI's Responses API, as clients speak it: items in, items out, and what is kept of them.
//!
//! ```text
//! request ─▶ item, content ─▶ conversation ─▶ a chat          echo: what the response repeats of it
//! deltas ─▶ writer ─▶ output (items) ─▶ events, response      kept: what later requests stand on
//! ```
//!
//! A thought goes to the client as an item, and what proves it to its provider as that item's `encrypted_content`, so that a client
//! that keeps no state continues where the model left off.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

mod background;
mod content;
mod conversation;
mod echo;
mod events;
mod item;
mod kept;
mod likely;
mod output;
mod request;
mod response;
mod tools;
mod writer;

pub use background::{Failed, Standing, failed, next_event, queued, turned};
pub use kept::{Memory, Needs, Page, id, item_id, output, response_of, settle, shown};

use super::{Asked, Audience, Client, Whole};
use crate::Error;
use crate::call::{Call, Losses};
use crate::delta::Usage;
use crate::openai::{Problem, Writer};
use writer::ResponseWriter;

/// The dialect.
pub(crate) struct Responses;

/// What members of a chat are called here.
const NAMES: &[(&str, &str)] = &[
    ("logprobs", "include"),
    ("max_completion_tokens", "max_output_tokens"),
    ("max_tokens", "max_output_tokens"),
    ("messages", "input"),
    ("messages[].content[].cache_control", "input[].content[].prompt_cache_breakpoint"),
    ("messages[].content[].image_url.detail", "input[].content[].detail"),
    ("messages[].reasoning_content", "input[].summary"),
    ("messages[].thinking_blocks", "input[].encrypted_content"),
    ("messages[].thinking_blocks[].data", "input[].encrypted_content"),
    ("reasoning_effort", "reasoning.effort"),
    ("response_format", "text.format"),
    ("response_format.json_schema.description", "text.format.description"),
    // The gateway asks for it by itself.
    ("stream_options", ""),
    ("tools[].function.parameters", "tools[].parameters"),
    ("tools[].function.strict", "tools[].strict"),
    ("verbosity", "text.verbosity"),
];

impl Client for Responses {
    fn request(&self, body: &[u8], audience: &Audience<'_>, losses: &mut Losses) -> Result<Asked, Error> {
        request::write(body, audience, losses)
    }

    fn whole(&self, call: &Call) -> Box<dyn Whole> {
        Box::new(ResponseWriter::whole(call))
    }

    fn stream(&self, call: &Call) -> Box<dyn Writer> {
        Box::new(ResponseWriter::stream(call))
    }

    fn error(&self, problem: &Problem, _id: &str, out: &mut Vec<u8>) -> u16 {
        problem.write(out);
        problem.status
    }

    /// Its [writer](ResponseWriter) knows better: this has no number.
    fn event(&self, problem: &Problem, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: error\ndata: ");
        problem.write(out);
        out.extend_from_slice(b"\n\n");
    }
}

impl Whole for ResponseWriter {
    fn kept(&mut self) -> Vec<u8> {
        self.take_kept()
    }

    fn finish(self: Box<Self>) -> Result<(Vec<u8>, Option<Usage>), Error> {
        self.written()
    }
}

#[cfg(test)]
mod tests;
