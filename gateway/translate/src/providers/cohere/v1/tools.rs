//! Tools of version 1, whose parameters are no JSON Schema but a list of names with Python's types.
//!
//! <https://docs.cohere.com/v1/docs/tool-use>

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Function};
use crate::providers::cohere::tools::{Choice, choice, offered};
use crate::{Error, Text};

/// Writes `tools`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let offered = offered(chat)?;
    if offered.is_empty() {
        return Ok(());
    }
    match choice(chat) {
        Choice::None => return Ok(()),
        Choice::Required => losses.drop("tool_choice"),
        Choice::Auto => (),
    }
    if chat.parallel_tool_calls == Some(false) {
        losses.drop("parallel_tool_calls");
    }
    let mut tools = body.array("tools");
    offered.into_iter().for_each(|function| tool(function, losses, &mut tools));
    Ok(())
}

fn tool(function: &Function<'_>, losses: &mut Losses, tools: &mut Array<'_>) {
    if function.strict == Some(true) {
        losses.drop("tools[].function.strict");
    }
    let mut tool = tools.object();
    tool.text("name", function.name);
    // The service asks for one.
    tool.text("description", function.description.unwrap_or_default());
    let Some(schema) = function.parameters else { return };
    match serde_json::from_str(schema.get()) {
        Ok(Members(schema)) => definitions(&schema, losses, &mut tool),
        Err(_) => losses.drop("tools[].function.parameters"),
    }
}

/// Members by name, unread.
#[derive(Deserialize)]
struct Members<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

/// One parameter.
#[derive(Default, Deserialize)]
struct Parameter<'a> {
    #[serde(borrow)]
    r#type: Option<&'a RawValue>,
    description: Option<Text<'a>>,
    items: Option<&'a RawValue>,
}

/// Members of a schema that are read, or say nothing more than the definitions do: no other parameters are what is meant anyway.
const SAID: &[&str] =
    &["properties", "required", "type", "additionalProperties", "$schema", "title", "description"];

fn definitions(schema: &BTreeMap<Cow<'_, str>, &RawValue>, losses: &mut Losses, tool: &mut Object<'_>) {
    let mut is_whole = schema.keys().all(|name| SAID.contains(&&**name));
    let list = |name: &str| schema.get(name).map_or("[]", |list| list.get());
    let required: Vec<Cow<'_, str>> = serde_json::from_str(list("required")).unwrap_or_default();
    let properties = schema.get("properties").map_or("{}", |properties| properties.get());
    let Members(properties) = serde_json::from_str(properties).unwrap_or(Members(BTreeMap::new()));
    if !properties.is_empty() {
        let mut definitions = tool.object("parameter_definitions");
        for (name, schema) in &properties {
            let mut definition = Vec::new();
            is_whole &= parameter(schema, required.contains(name), &mut Object::new(&mut definition));
            definitions.foreign(name).extend_from_slice(&definition);
        }
    }
    if !is_whole {
        losses.drop("tools[].function.parameters");
    }
}

/// Writes a definition; whether it says all that the schema does.
fn parameter(schema: &RawValue, is_required: bool, definition: &mut Object<'_>) -> bool {
    let parameter: Parameter<'_> = serde_json::from_str(schema.get()).unwrap_or_default();
    let python = python(parameter.r#type);
    let items: Option<Parameter<'_>> =
        parameter.items.and_then(|items| serde_json::from_str(items.get()).ok());
    if let Some(description) = parameter.description {
        definition.text("description", description);
    }
    let kind = match (python, items.as_ref().and_then(|items| self::python(items.r#type))) {
        (Some("list"), Some(item)) => format!("List[{item}]"),
        (kind, _) => kind.unwrap_or("str").to_owned(),
    };
    definition.string("type", &kind);
    definition.boolean("required", is_required);
    python.is_some() && is_plain(schema, &["type", "description", "items"]) && items_are_plain(&parameter)
}

fn items_are_plain(parameter: &Parameter<'_>) -> bool {
    parameter.items.is_none_or(|items| is_plain(items, &["type"]))
}

/// Whether a schema has no members but these. Objects within objects have properties, and so are none.
fn is_plain(schema: &RawValue, known: &[&str]) -> bool {
    let members = serde_json::from_str(schema.get());
    members.is_ok_and(|Members(members)| members.keys().all(|name| known.contains(&&**name)))
}

fn python(json: Option<&RawValue>) -> Option<&'static str> {
    match json?.get() {
        "\"string\"" => Some("str"),
        "\"integer\"" => Some("int"),
        "\"number\"" => Some("float"),
        "\"boolean\"" => Some("bool"),
        "\"array\"" => Some("list"),
        "\"object\"" => Some("dict"),
        _ => None,
    }
}
