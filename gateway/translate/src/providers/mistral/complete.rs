//! OpenAI's completion request as one to `/v1/fim/completions`, which models of code have; others are asked by chat.
//!
//! <https://docs.mistral.ai/capabilities/code_generation>

use super::{Chat, native, request};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{Chat as _, Reader};
use crate::completions::{self, through_chat};
use crate::json::Object;
use crate::openai::{ChunkReader, Completion};
use crate::wire::Framing;

/// `/v1/fim/completions`, or `/v1/chat/completions`
pub(super) struct Complete;

impl completions::Complete for Complete {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
    }

    fn request(
        &self,
        completion: &Completion<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(completion.model)?;
        if !model.contains("codestral") {
            return through_chat(completion, losses, |chat, losses| Chat.request(chat, options, losses, out));
        }
        completion.plain_with_suffix()?;
        let stream = options.stream(completion.stream);
        write(completion, options, (&model, stream), losses, out)?;
        Ok(Target::new("/v1/fim/completions", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(ChunkReader::new(call))
    }
}

fn write(
    completion: &Completion<'_>,
    options: &Options<'_>,
    (model, stream): (&str, bool),
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let body = &mut Object::new(out);
    body.string("model", model);
    body.text("prompt", completion.text()?);
    if let Some(suffix) = completion.suffix {
        body.text("suffix", suffix);
    }
    if let Some(limit) = options.max_tokens(completion.max_tokens) {
        body.number("max_tokens", limit.into());
    }
    let numbers = [
        ("temperature", request::temperature(options.temperature(completion.temperature), losses)),
        ("top_p", options.top_p(completion.top_p)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            value.write(body.member(name));
        }
    }
    if let Some(stop) = &completion.stop {
        request::stop(stop, body);
    }
    let names = [
        ("top_k", options.top_k(completion.top_k).is_some()),
        ("user", completion.user.is_some()),
        ("stream_options.include_obfuscation", completion.stream_options.include_obfuscation == Some(true)),
    ];
    names.into_iter().filter(|(_, is_set)| *is_set).for_each(|(name, _)| losses.drop(name));
    native::write(completion.others.iter(), native::FIM, losses, body);
    if stream {
        body.boolean("stream", true);
    }
    Ok(())
}
