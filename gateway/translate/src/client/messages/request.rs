//! A Messages request as a chat.
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | tools of Anthropic's own and their blocks, `mcp_servers`, images by the id of a file, documents by URL | refused: without them it were another request |
//! | `citations`, `container`, `context_management`, `diagnostics`, `inference_geo`, `speed`, `user_profile_id`, … | named |
//! | `cache_control`, `is_error`, thinking | named where the provider speaks OpenAI's dialect, which has no such thing |
//! | `metadata.user_id` of more than 64 characters | the same: OpenAI refuses it |
//! | `thinking` | an effort, where the provider does not know budgets; named where the model does not reason |

use super::fields::{Fields, Wrong};
use super::teller::Teller;
use super::turns::Turns;
use super::{effort, settings, tools};
use crate::call::Losses;
use crate::client::{Asked, Audience};
use crate::json::Object;
use crate::openai::Members;
use crate::{Error, Text};

/// What this module and those below it read.
const KNOWN: &[&str] = &[
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Reads a request.
pub(super) fn read(body: &[u8], audience: &Audience<'_>, losses: &mut Losses) -> Result<Asked, Error> {
    let request = Fields::of(Members::of(body)?);
    if request.get("mcp_servers").is_some_and(|servers| servers.trim() != "[]") {
        return Err(Wrong::new("mcp_servers", "this provider calls no servers of tools").into());
    }
    let client_model: Option<Text<'_>> = request.text("model")?;
    let model = audience.model(client_model)?;
    let stream = request.boolean("stream")?.unwrap_or_default();
    let mut asked = Asked { chat: Vec::with_capacity(body.len() + 1024), ..Asked::default() };
    let mut teller = Teller::new(audience, &model, losses);
    teller.name_others(&request, KNOWN, "");
    let mut chat = Object::new(&mut asked.chat);
    if let Some(model) = client_model {
        chat.text("model", model);
    }
    chat.boolean("stream", stream);
    if audience.streams(stream) && audience.counts_if_asked() {
        chat.object("stream_options").boolean("include_usage", true);
    }
    settings::write(&request, audience, &mut teller, &mut chat)?;
    let effort = effort::write(&request, (audience, &model), &mut teller, &mut chat)?;
    settings::write_format(&request, &mut chat)?;
    let has_tools = tools::write(&request, &mut teller, &mut chat)?;
    tools::write_choice(&request, has_tools, &mut chat)?;
    asked.places = write_messages(&request, teller, &mut chat)?;
    drop(chat);
    asked.names = names(effort);
    Ok(asked)
}

fn write_messages(
    request: &Fields<'_>,
    teller: Teller<'_, '_>,
    chat: &mut Object<'_>,
) -> Result<Vec<String>, Wrong> {
    let turns = request.list("messages")?;
    if turns.is_empty() {
        return Err(Wrong::new("messages", "at least one message is required"));
    }
    let mut written = Turns { messages: chat.array("messages"), teller, places: Vec::new() };
    if let Some(system) = request.get("system") {
        written.system(system)?;
    }
    for (at, turn) in turns.into_iter().enumerate() {
        written.turn(at, turn.get())?;
    }
    Ok(written.places)
}

/// What chat's members are called here.
fn names(effort: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("max_completion_tokens", "max_tokens"),
        ("messages[].reasoning_content", "messages[].content[].thinking"),
        ("messages[].thinking_blocks", "messages[].content[].thinking"),
        ("messages[].is_error", "messages[].content[].is_error"),
        ("messages[].cache_control", "messages[].content[].cache_control"),
        ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
        ("reasoning_effort", effort),
        ("response_format", "output_config.format"),
        ("response_format.json_schema.strict", ""),
        ("safety_identifier", "metadata.user_id"),
        ("stop", "stop_sequences"),
        ("stream_options", ""),
        ("tools[].function.strict", "tools[].strict"),
        ("user", "metadata.user_id"),
    ]
}
