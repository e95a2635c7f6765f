//! A request for a response, as a request for a chat.
//!
//! | what is said | what becomes of it |
//! |---|---|
//! | what a chat knows by another name | it goes by that name |
//! | what the gateway does itself: `store`, `previous_response_id`, `metadata`, `include`, `reasoning.summary` | it is done, or repeated |
//! | what only makes the answer better or cheaper | it is left out, and named |
//! | what would make another answer if it were left out | 400 |
//!
//! <https://platform.openai.com/docs/api-reference/responses/create>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::conversation::Conversation;
use super::item::{Item, Place};
use super::tools::{Choice, Tool};
use super::{NAMES, echo};
use crate::call::Losses;
use crate::client::{Asked, Audience};
use crate::json::{Object, text_of};
use crate::openai::{Members, Number};
use crate::{Error, Text};

/// What is read by name.
const READ: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "reasoning",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// `reasoning`
#[derive(Debug, Default, Deserialize)]
pub(super) struct Reasoning<'a> {
    #[serde(borrow)]
    pub(super) effort: Option<Text<'a>>,
    pub(super) summary: Option<Text<'a>>,
    pub(super) generate_summary: Option<Text<'a>>,
    context: Option<Text<'a>>,
    mode: Option<Text<'a>>,
}

/// `text`
#[derive(Debug, Default, Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    format: Option<Format<'a>>,
    verbosity: Option<Text<'a>>,
}

/// `text.format`
#[derive(Debug, Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    name: Option<Text<'a>>,
    description: Option<Text<'a>>,
    schema: Option<&'a RawValue>,
    strict: Option<bool>,
}

/// `stream_options`
#[derive(Debug, Default, Deserialize)]
struct StreamOptions {
    include_obfuscation: Option<bool>,
}

/// Reads a client's request, and writes the chat.
pub(super) fn write(body: &[u8], audience: &Audience<'_>, losses: &mut Losses) -> Result<Asked, Error> {
    let members = Members::of(body)?;
    refuse(&members)?;
    lose(&members, losses)?;
    if audience.memory().is_off && members.read::<bool>("store")? == Some(true) {
        losses.drop("store");
    }
    let tools = Tool::list(members.find("tools"))?;
    let mut chat = Vec::with_capacity(body.len() + 256);
    let mut object = Object::new(&mut chat);
    if let Some(model) = members.read::<Text<'_>>("model")? {
        object.text("model", model);
    }
    let places = messages(&members, audience, losses, &mut object)?;
    sampling(&members, &mut object)?;
    stream(&members, audience, losses, &mut object)?;
    call_tools(&members, &tools, losses, &mut object)?;
    form(&members, &mut object)?;
    likelihoods(&members, &mut object)?;
    for member in members.others(READ) {
        object.foreign(&member.name).extend_from_slice(member.value.get().as_bytes());
    }
    drop(object);
    let echo = echo::write(&members, audience.memory().is_off)?;
    Ok(Asked { chat, places, names: NAMES.to_vec(), echo })
}

/// What cannot be done here, and would make another answer if it were left out.
fn refuse(members: &Members<'_>) -> Result<(), Error> {
    for (name, why) in [
        ("conversation", "conversations are kept by OpenAI itself: use previous_response_id"),
        ("prompt", "prompts are kept by OpenAI itself: send its text as instructions and input"),
        ("moderation", "moderation is done by OpenAI itself: this provider has none"),
        (
            "messages",
            "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'.",
        ),
    ] {
        if members.find(name).is_some() {
            return Err(Error::request(name, why));
        }
    }
    if members.find("metadata").is_some_and(|metadata| !metadata.starts_with('{')) {
        return Err(Error::request("metadata", "metadata must be an object"));
    }
    let is_on = |name| members.read::<bool>(name);
    if is_on("background")? == Some(true) && is_on("store")? == Some(false) {
        return Err(Error::request("background", "background requires store=true"));
    }
    Ok(())
}

/// What can be left out.
fn lose(members: &Members<'_>, losses: &mut Losses) -> Result<(), Error> {
    if members.read::<Text<'_>>("truncation")?.is_some_and(|truncation| !truncation.is("disabled")) {
        losses.drop("truncation");
    }
    if members.find("context_management").is_some_and(|list| list != "[]") {
        losses.drop("context_management");
    }
    Ok(())
}

fn messages(
    members: &Members<'_>,
    audience: &Audience<'_>,
    losses: &mut Losses,
    chat: &mut Object<'_>,
) -> Result<Vec<String>, Error> {
    let mut conversation = Conversation::new(chat.array("messages"), audience.quirks().is_none());
    if let Some(instructions) = members.read::<Text<'_>>("instructions")?.filter(|text| !text.is_empty()) {
        conversation.instructions(instructions);
    }
    let mut items = Vec::new();
    for json in audience.memory().earlier {
        items.extend(Item::read(json, Place::Earlier, losses)?);
    }
    let Some(input) = members.find("input") else {
        return Err(Error::request("input", "Missing required parameter: 'input'."));
    };
    if let Some(text) = Text::token(input) {
        return conversation.items_and(&items, text, losses);
    }
    let own: Vec<&RawValue> = text_of(input).map_err(|_| {
        Error::request("input", "Invalid type for 'input': expected one of a string or array of input items.")
    })?;
    for (at, json) in own.iter().enumerate() {
        items.extend(Item::read(audience.memory().item(json.get()), Place::Input(at), losses)?);
    }
    conversation.items(&items, losses)
}

fn sampling(members: &Members<'_>, chat: &mut Object<'_>) -> Result<(), Error> {
    for name in ["temperature", "top_p"] {
        if let Some(number) = members.read::<Number<'_>>(name)? {
            number.write(chat.member(name));
        }
    }
    if let Some(limit) = members.read::<u32>("max_output_tokens")? {
        chat.number("max_completion_tokens", limit.into());
    }
    let reasoning = members.read::<Reasoning<'_>>("reasoning")?.unwrap_or_default();
    if let Some(effort) = reasoning.effort {
        chat.text("reasoning_effort", effort);
    }
    Ok(())
}

fn stream(
    members: &Members<'_>,
    audience: &Audience<'_>,
    losses: &mut Losses,
    chat: &mut Object<'_>,
) -> Result<(), Error> {
    let reasoning = members.read::<Reasoning<'_>>("reasoning")?.unwrap_or_default();
    let told = [("reasoning.context", reasoning.context), ("reasoning.mode", reasoning.mode)];
    for (name, _) in told.iter().filter(|(_, value)| value.is_some_and(|value| !value.is("auto"))) {
        losses.drop(*name);
    }
    let options = members.read::<StreamOptions>("stream_options")?.unwrap_or_default();
    if options.include_obfuscation == Some(true) {
        losses.drop("stream_options.include_obfuscation");
    }
    let stream = members.read::<bool>("stream")?;
    if let Some(stream) = stream {
        chat.boolean("stream", stream);
    }
    if audience.counts_if_asked() && audience.streams(stream == Some(true)) {
        chat.object("stream_options").boolean("include_usage", true);
    }
    Ok(())
}

fn call_tools(
    members: &Members<'_>,
    tools: &[Tool<'_>],
    losses: &mut Losses,
    chat: &mut Object<'_>,
) -> Result<(), Error> {
    if let Some(choice) = members.find("tool_choice") {
        let choice = Choice::read(choice)?;
        // Without tools the word `auto` says nothing, and some refuse it.
        if !tools.is_empty() {
            choice.write(chat.member("tool_choice"));
        }
    }
    if tools.is_empty() {
        return Ok(());
    }
    {
        let mut list = chat.array("tools");
        tools.iter().for_each(|tool| tool.write(losses, &mut list));
    }
    if let Some(parallel) = members.read::<bool>("parallel_tool_calls")? {
        chat.boolean("parallel_tool_calls", parallel);
    }
    Ok(())
}

/// `text`, which is `response_format` and `verbosity` in a chat.
fn form(members: &Members<'_>, chat: &mut Object<'_>) -> Result<(), Error> {
    let form = members.read::<Form<'_>>("text")?.unwrap_or_default();
    if let Some(verbosity) = form.verbosity {
        chat.text("verbosity", verbosity);
    }
    let Some(format) = form.format else { return Ok(()) };
    match &*format.r#type.plain() {
        "text" => (),
        "json_object" => chat.object("response_format").word("type", "json_object"),
        "json_schema" => {
            let (Some(name), Some(schema)) = (format.name, format.schema) else {
                let missing = if format.name.is_none() { "text.format.name" } else { "text.format.schema" };
                return Err(Error::request(missing, format!("Missing required parameter: '{missing}'.")));
            };
            let mut written = chat.object("response_format");
            written.word("type", "json_schema");
            let mut own = written.object("json_schema");
            own.text("name", name);
            if let Some(description) = format.description {
                own.text("description", description);
            }
            own.raw("schema", schema.get());
            if let Some(strict) = format.strict {
                own.boolean("strict", strict);
            }
        }
        kind => {
            let why = format!(
                "Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'."
            );
            return Err(Error::request("text.format.type", why));
        }
    }
    Ok(())
}

/// Likelihoods are asked for by `include`; `top_logprobs` says of how many tokens.
fn likelihoods(members: &Members<'_>, chat: &mut Object<'_>) -> Result<(), Error> {
    let top = members.read::<u32>("top_logprobs")?.filter(|top| *top > 0);
    if echo::includes(members, "message.output_text.logprobs")? || top.is_some() {
        chat.boolean("logprobs", true);
    }
    if let Some(top) = top {
        chat.number("top_logprobs", top.into());
    }
    Ok(())
}
