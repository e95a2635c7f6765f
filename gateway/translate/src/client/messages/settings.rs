//! How the answer is to be made: how long, how drawn, in which form, for whom.

use super::fields::{Fields, Wrong};
use super::teller::Teller;
use crate::Text;
use crate::client::Audience;
use crate::json::Object;

/// The longest name of a user that OpenAI takes. <https://platform.openai.com/docs/api-reference/chat/create>
const USER_CHARS: usize = 64;

/// Writes what needs no more than another name.
pub(super) fn write(
    request: &Fields<'_>,
    audience: &Audience<'_>,
    teller: &mut Teller<'_, '_>,
    chat: &mut Object<'_>,
) -> Result<(), Wrong> {
    match request.get("max_tokens") {
        None => return Err(Wrong::new("max_tokens", "this is required")),
        Some("0") => {
            return Err(Wrong::new("max_tokens", "0 would only fill a cache, which this provider cannot"));
        }
        Some(limit) => chat.raw("max_tokens", limit),
    }
    for name in ["temperature", "top_p", "top_k"] {
        if let Some(number) = request.get(name) {
            if !number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
                return Err(Wrong::new(name, "this must be a number"));
            }
            chat.raw(name, number);
        }
    }
    if let Some(stop) = request
        .get("stop_sequences")
        .filter(|_| !request.list("stop_sequences").is_ok_and(|list| list.is_empty()))
    {
        chat.raw("stop", stop);
    }
    match request.text("service_tier")?.map(Text::plain).as_deref() {
        None => (),
        Some("auto") => chat.word("service_tier", "auto"),
        Some("standard_only") => chat.word("service_tier", "default"),
        Some(_) => return Err(Wrong::new("service_tier", "this must be auto or standard_only")),
    }
    user(request, audience, teller, chat)
}

fn user(
    request: &Fields<'_>,
    audience: &Audience<'_>,
    teller: &mut Teller<'_, '_>,
    chat: &mut Object<'_>,
) -> Result<(), Wrong> {
    let Some(metadata) = request.object("metadata")? else { return Ok(()) };
    teller.name_others(&metadata, &["user_id"], "metadata.");
    let user = metadata.text("user_id").map_err(|wrong| wrong.at("metadata"))?;
    let Some(user) = user.filter(|user| !user.is_empty()) else { return Ok(()) };
    let is_long = user.plain().chars().count() > USER_CHARS;
    if audience.quirks().is_some() && is_long {
        teller.lose("metadata.user_id");
    } else {
        chat.text("user", user);
    }
    Ok(())
}

/// Writes the form of the answer.
pub(super) fn write_format(request: &Fields<'_>, chat: &mut Object<'_>) -> Result<(), Wrong> {
    let config = request.object("output_config")?;
    let format = match &config {
        Some(config) => config.object("format").map_err(|wrong| wrong.at("output_config"))?,
        None => None,
    };
    // The name that it had in its beta.
    let Some(format) = format.or(request.object("output_format")?) else { return Ok(()) };
    let at = |wrong: Wrong| wrong.at("output_config.format");
    if !format.needed("type").map_err(at)?.is("json_schema") {
        return Err(at(Wrong::new("type", "this must be json_schema")));
    }
    let schema = format.get("schema").filter(|schema| schema.starts_with('{'));
    let schema = schema.ok_or_else(|| at(Wrong::new("schema", "this must be an object")))?;
    let mut response_format = chat.object("response_format");
    response_format.word("type", "json_schema");
    let mut named = response_format.object("json_schema");
    // OpenAI wants a name, which says nothing.
    named.word("name", "answer");
    named.raw("schema", schema);
    named.boolean("strict", true);
    Ok(())
}
