//! OpenAI's chat request as one to `/v1/chat`.
//!
//! <https://docs.cohere.com/v1/reference/chat>
//!
//! | member | what becomes of it |
//! |---|---|
//! | the last message of the user | `message`; where results of tools are the last, they are `tool_results` and `message` is empty |
//! | the system's messages | `preamble` where they come first, else turns of the `SYSTEM` |
//! | a conversation that ends with the assistant, pictures | refused: there is no such thing |
//! | `tools` | `parameter_definitions`: names, descriptions and Python's types; what a schema says beyond is named |
//! | `tool_choice` `none` | no tools |
//! | `tool_choice` `required`, or one or some functions | only those are offered; that one must be called is named |
//! | ids of calls | made by the gateway: version 1 has none |
//! | `reasoning_effort`, `thinking`, `logprobs` | dropped: version 1 has no word for them |
//! | two penalties | `presence_penalty` is dropped: the service takes one |
//!
//! All else is as in version 2.

mod read;
mod tools;
mod turns;

use super::chat::{format, name_losses};
use super::native;
use super::sampling::Sampling;
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader};
use crate::json::Object;
use crate::openai;
use crate::wire::Framing;

/// `/v1/chat`
pub(super) struct Chat;

impl chat::Chat for Chat {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::JsonLines]
    }

    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        chat.plain()?;
        let (model, stream) = (options.model(chat.model)?, options.stream(chat.stream));
        let body = &mut Object::new(out);
        body.string("model", &model);
        body.boolean("stream", stream);
        turns::write(chat, losses, body)?;
        tools::write(chat, losses, body)?;
        Sampling::of_chat_v1(chat, options).write(losses, body);
        if let Some(schema) = format(chat, losses) {
            let mut format = body.object("response_format");
            format.string("type", "json_object");
            if let Some(schema) = schema {
                format.raw("schema", schema);
            }
        }
        native::write(&chat.others, native::CHAT_V1, losses, body);
        for (name, is_set) in [
            ("reasoning_effort", chat.reasoning_effort.is_some_and(|effort| !effort.is("none"))),
            ("thinking", chat.thinking.is_some()),
        ] {
            if is_set {
                losses.drop(name);
            }
        }
        name_losses(chat, losses);
        Ok(Target::new("/v1/chat", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(read::LineReader::new(call))
    }
}
