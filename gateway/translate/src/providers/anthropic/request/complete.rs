//! OpenAI's completion request, read as a chat of one message, as a text completion.
//!
//! <https://docs.anthropic.com/en/api/complete>

use super::{MAX_TOKENS, account, stop, write_sampling};
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::Chat;
use crate::providers::claude::Sampling;
use crate::{Error, Text};

/// Writes the body; returns the model, and whether the reply will stream.
pub(in crate::providers::anthropic) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(String, bool), Error> {
    chat.others.iter().for_each(|member| losses.drop(&*member.name));
    let (model, streams) = (options.model(chat.model)?, options.stream(chat.stream));
    let mut body = Object::new(out);
    body.string("model", &model);
    body.number("max_tokens_to_sample", options.max_tokens(chat.max_tokens).unwrap_or(MAX_TOKENS).into());
    body.boolean("stream", streams);
    prompt(chat, body.member("prompt"));
    write_sampling(&Sampling::asked(chat, options, losses), &mut body);
    stop(chat, losses, &mut body);
    account(chat, losses, &mut body);
    Ok((model, streams))
}

/// These models only know how a conversation goes on.
fn prompt(chat: &Chat<'_>, out: &mut Vec<u8>) {
    let texts = chat.messages.iter().flat_map(|message| message.content.texts());
    let turns = [Text::Plain("\n\nHuman: ")].into_iter().chain(texts).chain([Text::Plain("\n\nAssistant:")]);
    out.push(b'"');
    turns.for_each(|text| text.write_inner(out));
    out.push(b'"');
}
