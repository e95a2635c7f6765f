//! OpenAI's chat request as a prompt and the members of text generation.
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `stream` | nothing: a stream is made of the whole reply |
//! | `n` above 1, `functions`, spoken answers | refused: there is no such thing |
//! | tools, their calls and results; pictures, sounds, files; JSON as a format | refused: there is nothing but text |
//! | marks of the prompt in a message | refused: it would be another conversation |
//! | a system message after the first turn | moved to the front, and named: its place is lost |
//! | `stop`, `seed`, `frequency_penalty`, `repetition_penalty` | carried by the names of text-generation-inference |
//! | `user`, `metadata`, `logit_bias`, `presence_penalty`, … | dropped |

use super::prompt;
use crate::call::{Losses, Options};
use crate::json::{self, Object};
use crate::openai::{Chat, ResponseFormat, Stop, ToolChoice};
use crate::{Error, Text};

/// Writes the body of a request to `out`.
pub(super) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    chat.plain()?;
    text_only(chat)?;
    let body = &mut Object::new(out);
    json::string(body.member("inputs"), &prompt::write(chat, losses)?);
    parameters(chat, options, &mut body.object("parameters"));
    name_losses(chat, losses);
    Ok(())
}

/// Refuses what a server that only goes on with a text has not got.
fn text_only(chat: &Chat<'_>) -> Result<(), Error> {
    if !chat.tools.is_empty() && chat.tool_choice != Some(ToolChoice::None) {
        return Err(Error::request("tools", "llama2 in the format raw knows no tools"));
    }
    match chat.response_format {
        None | Some(ResponseFormat::Text) => Ok(()),
        Some(_) => {
            Err(Error::request("response_format", "llama2 in the format raw cannot be held to a JSON format"))
        }
    }
}

/// What is taken by its name, besides the members that are read.
const TAKEN: [&str; 3] = ["frequency_penalty", "repetition_penalty", "seed"];

fn parameters(chat: &Chat<'_>, options: &Options<'_>, written: &mut Object<'_>) {
    if let Some(limit) = options.max_tokens(chat.max_tokens) {
        written.number("max_new_tokens", limit.into());
    }
    let numbers = [
        ("temperature", options.temperature(chat.temperature)),
        ("top_p", options.top_p(chat.top_p)),
        ("top_k", options.top_k(chat.top_k)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            value.write(written.member(name));
        }
    }
    let stop: &[Text<'_>] = chat.stop.as_ref().map(Stop::strings).unwrap_or_default();
    if !stop.is_empty() {
        let mut strings = written.array("stop");
        stop.iter().for_each(|text| strings.text(*text));
    }
    for name in TAKEN {
        if let Some(value) = chat.other(name) {
            written.raw(name, value.get());
        }
    }
    // Where it is not asked for, no reply says why it ended.
    written.boolean("details", true);
    written.boolean("stream", false);
}

fn name_losses(chat: &Chat<'_>, losses: &mut Losses) {
    let others = chat.others.iter().map(|member| &*member.name).filter(|name| !TAKEN.contains(name));
    others.for_each(|name| losses.drop(name));
    for (name, is_set) in [
        ("parallel_tool_calls", chat.parallel_tool_calls == Some(false)),
        ("reasoning_effort", chat.reasoning_effort.is_some_and(|effort| !effort.is("none"))),
        ("service_tier", chat.service_tier.is_some_and(|tier| !tier.is("auto"))),
        ("thinking", chat.thinking.is_some()),
        ("user", chat.user.is_some()),
    ] {
        if is_set {
            losses.drop(name);
        }
    }
}
