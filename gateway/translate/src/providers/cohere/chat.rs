//! OpenAI's chat request as one to `/v2/chat`.
//!
//! <https://docs.cohere.com/reference/chat>
//!
//! The service refuses members that it does not know, so nothing is sent that is not written here. What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `functions`, spoken answers, sounds, files, custom tools | refused: there is no such thing |
//! | `tool_choice` | `REQUIRED`, `NONE`, or nothing for `auto`; where functions are named, only they are offered |
//! | `parallel_tool_calls` `false`, `strict` of some tools only, the description of a schema | dropped: there is no word for it |
//! | `reasoning_effort` | `thinking`, with a budget for the efforts below `high` |
//! | `temperature` and penalties beyond 1, `top_p` beyond 0.99, `top_k` beyond 500 | the nearest that there is, and named |
//! | `documents`, `citation_options`, `safety_mode`, `priority`, … | Cohere's own, carried where the client sends them, also in `extra_body` |
//! | `user`, `metadata`, `logit_bias`, `top_logprobs`, `service_tier`, … | dropped |

use serde::Deserialize;

use super::sampling::Sampling;
use super::{messages, native, read, tools};
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader, Thinking};
use crate::json::Object;
use crate::openai::{self, ResponseFormat};
use crate::wire::Framing;
use crate::{Error, Text};

/// `/v2/chat`
pub(super) struct Chat;

impl chat::Chat for Chat {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
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
        messages::write(chat, losses, body)?;
        tools::write(chat, losses, body)?;
        let limit = Sampling::of_chat(chat, options).write(losses, body);
        if let Some(schema) = format(chat, losses) {
            let mut format = body.object("response_format");
            format.string("type", "json_object");
            if let Some(schema) = schema {
                format.raw("json_schema", schema);
            }
        }
        thinking(chat, limit, losses, body)?;
        if chat.other("logprobs").is_some_and(|value| value.get() == "true") {
            body.boolean("logprobs", true);
        }
        native::write(&chat.others, native::CHAT, losses, body);
        name_losses(chat, losses);
        Ok(Target::new("/v2/chat", model, stream))
    }

    fn thinking(&self, _: &str) -> Thinking {
        Thinking::Budget
    }

    fn reader(&self, _: &Call) -> Box<dyn Reader> {
        Box::new(read::EventReader::default())
    }
}

/// The schema of the JSON that is asked for, if JSON is, and if there is a schema.
pub(super) fn format<'a>(chat: &openai::Chat<'a>, losses: &mut Losses) -> Option<Option<&'a str>> {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => None,
        Some(ResponseFormat::JsonObject) => Some(None),
        Some(ResponseFormat::JsonSchema(format)) => {
            if format.description.is_some() {
                losses.drop("response_format.json_schema.description");
            }
            Some(format.schema.map(serde_json::value::RawValue::get))
        }
    }
}

/// What is read by name and means nothing to Cohere.
pub(super) fn name_losses(chat: &openai::Chat<'_>, losses: &mut Losses) {
    for (name, is_set) in [
        ("user", chat.user.is_some()),
        ("service_tier", chat.service_tier.is_some_and(|tier| !tier.is("auto"))),
        ("stream_options.include_obfuscation", chat.stream_options.include_obfuscation == Some(true)),
    ] {
        if is_set {
            losses.drop(name);
        }
    }
}

/// [Models that can think](https://docs.cohere.com/docs/reasoning) do so unless told otherwise, without a budget.
fn thinking(
    chat: &openai::Chat<'_>,
    limit: Option<u32>,
    losses: &mut Losses,
    body: &mut Object<'_>,
) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Own<'a> {
        #[serde(borrow)]
        r#type: Text<'a>,
        #[serde(alias = "budget_tokens")]
        token_budget: Option<u32>,
    }

    let (is_on, budget) = match (chat.thinking, chat.reasoning_effort) {
        (Some(own), effort) => {
            if effort.is_some() {
                losses.drop("reasoning_effort");
            }
            let own: Own<'_> = serde_json::from_str(own.get())
                .map_err(|why| Error::request("thinking", format!("thinking cannot be read: {why}")))?;
            (!own.r#type.is("disabled"), own.token_budget)
        }
        (None, Some(effort)) => match &*effort.plain() {
            "none" => (false, None),
            "minimal" => (true, Some(1024)),
            "low" => (true, Some(2048)),
            "medium" => (true, Some(8192)),
            "high" | "xhigh" | "max" => (true, None),
            _ => return Err(Error::request("reasoning_effort", "reasoning_effort has an unknown value")),
        },
        (None, None) => return Ok(()),
    };
    let mut thinking = body.object("thinking");
    thinking.string("type", if is_on { "enabled" } else { "disabled" });
    // OpenAI's limit counts reasoning, so half of it is left for the answer.
    let budget = budget.map(|budget| limit.map_or(budget, |limit| budget.min(limit / 2)));
    if let Some(budget) = budget.filter(|budget| is_on && *budget > 0) {
        thinking.number("token_budget", budget.into());
    }
    Ok(())
}
