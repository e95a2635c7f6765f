//! OpenAI's chat request as one to `generateContent`.
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `functions`, spoken answers, custom tools, files by an id that is none of this service's | refused: there is no such thing |
//! | results of calls that no message made | refused: a result must name its function |
//! | a system message after the first turn | moved to the system instruction, and named: its place is lost |
//! | `parallel_tool_calls` `false`, `strict` of functions, `detail` of images | dropped: there is no word for it |
//! | `reasoning_effort` | a level for Gemini 3, else a budget; thoughts are asked for with it |
//! | `safetySettings`, `cachedContent`, `generationConfig`, … | Google's own, carried where the client sends them, also in `extra_body` |
//! | `user`, `metadata`, `logit_bias`, … | dropped |

use super::native::Native;
use super::{config, contents, tools};
use crate::Error;
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::Chat;

/// Which of Google's services is asked. They differ in a few members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::providers) enum Service {
    Gemini,
    Vertex,
}

/// Writes the body of a request to `out`.
pub(in crate::providers) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    (model, service): (&str, Service),
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    chat.plain_choices()?;
    let native = Native::of(chat, service, losses);
    let body = &mut Object::new(out);
    contents::write(chat, service, losses, body)?;
    tools::write(chat, losses, body)?;
    config::write(chat, options, model, &native, losses, body);
    native.write(body);
    service_tier(chat, service, losses, body);
    if chat.user.is_some() {
        losses.drop("user");
    }
    if chat.stream_options.include_obfuscation == Some(true) {
        losses.drop("stream_options.include_obfuscation");
    }
    Ok(())
}

/// Vertex AI has no such member: it knows the standard tier where no header says otherwise.
fn service_tier(chat: &Chat<'_>, service: Service, losses: &mut Losses, body: &mut Object<'_>) {
    let Some(tier) = chat.service_tier else { return };
    match &*tier.plain() {
        "auto" => (),
        "default" if service == Service::Vertex => (),
        _ if service == Service::Vertex => losses.drop("service_tier"),
        "default" => body.word("serviceTier", "standard"),
        "flex" | "priority" => body.text("serviceTier", tier),
        _ => losses.drop("service_tier"),
    }
}
