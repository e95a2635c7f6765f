//! The items that a request stands on: those of earlier turns, and its own, each with an id as the service gives it.

use serde_json::{Value, json};

use super::{kept, list};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// Everything that the model is told, in order.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    /// What `previous_response_id` stands for.
    pub(super) earlier: Vec<Value>,
    /// What the request brings.
    pub(super) input: Vec<Value>,
}

impl Conversation {
    /// Reads it.
    ///
    /// # Errors
    /// An earlier response, or an item that is referred to, is not there.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Failure> {
        let earlier = match call.body["previous_response_id"].as_str() {
            None => Vec::new(),
            Some(id) => kept::chain(call, id).ok_or_else(|| absent(id))?,
        };
        let input = match &call.body["input"] {
            Value::String(text) if text.is_empty() => Vec::new(),
            Value::String(text) => {
                vec![settled(call, 0, &json!({ "type": "message", "role": "user", "content": text }))?]
            }
            items => {
                let items = list(items).iter().enumerate();
                items.map(|(index, item)| settled(call, index, item)).collect::<Result<_, _>>()?
            }
        };
        Ok(Self { earlier, input })
    }

    /// All items, the oldest first.
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.earlier.iter().chain(&self.input)
    }
}

fn absent(id: &str) -> Failure {
    Failure {
        param: Some("previous_response_id".into()),
        code: Some("previous_response_not_found".into()),
        ..Failure::new(Kind::InvalidRequest, format!("Previous response with id '{id}' not found."))
    }
}

/// Kinds of items, what their ids begin with, and whether they have a status.
const KINDS: &[(&str, &str, bool)] = &[
    ("message", "msg", true),
    ("function_call", "fc", true),
    ("function_call_output", "fc", true),
    ("custom_tool_call", "ctc", true),
    ("custom_tool_call_output", "ctco", true),
    ("reasoning", "rs", false),
    ("file_search_call", "fs", true),
    ("web_search_call", "ws", true),
    ("computer_call", "cu", true),
    ("computer_call_output", "cuo", true),
    ("image_generation_call", "ig", true),
    ("code_interpreter_call", "ci", true),
    ("local_shell_call", "lsh", true),
    ("local_shell_call_output", "lsho", true),
    ("shell_call", "sh", true),
    ("shell_call_output", "sho", true),
    ("apply_patch_call", "apc", true),
    ("apply_patch_call_output", "apco", true),
    ("mcp_call", "mcp", true),
    ("mcp_list_tools", "mcpl", false),
    ("mcp_approval_request", "mcpr", false),
    ("mcp_approval_response", "mcpa", false),
    ("tool_search_call", "tsc", true),
    ("tool_search_output", "tso", true),
    ("additional_tools", "at", false),
    ("compaction", "cmp", false),
    ("compaction_trigger", "cmp", false),
    ("program", "prog", false),
    ("program_output", "progo", true),
];

/// Members that may be null where they are sent, and are left out where they are listed.
const UNSAID: [&str; 7] =
    ["acknowledged_safety_checks", "call_id", "caller", "name", "namespace", "phase", "status"];

/// An item as the service lists it: named, whole, and where it refers to another one, that one.
fn settled(call: &Call<'_>, index: usize, item: &Value) -> Result<Value, Failure> {
    let kind = item["type"].as_str().unwrap_or(if item.get("role").is_some() {
        "message"
    } else {
        "item_reference"
    });
    let id = item["id"].as_str();
    if kind == "item_reference" {
        let id = id.unwrap_or_default();
        return kept::item(call, id).ok_or_else(|| lost(call, id));
    }
    let (_, prefix, has_status) =
        KINDS.iter().find(|(known, ..)| *known == kind).copied().unwrap_or((kind, "item", false));
    let drawn = || format!("{prefix}_{}", call.draw.hex(&format!("input {index}"), 48));
    let mut settled = item.clone();
    if let Some(members) = settled.as_object_mut() {
        members.retain(|name, value| !(value.is_null() && UNSAID.contains(&name.as_str())));
    }
    settled["type"] = kind.into();
    settled["id"] = id.map_or_else(drawn, str::to_owned).into();
    if has_status && !item["status"].is_string() {
        settled["status"] = "completed".into();
    }
    match kind {
        "message" => settled["content"] = content(item),
        // What a page of items cannot leave out.
        "shell_call" if settled.get("environment").is_none() => settled["environment"] = Value::Null,
        "shell_call_output" if settled.get("max_output_length").is_none() => {
            settled["max_output_length"] = Value::Null;
        }
        "tool_search_call" | "tool_search_output" => {
            for (member, value) in [("call_id", Value::Null), ("execution", "client".into())] {
                if settled.get(member).is_none() {
                    settled[member] = value;
                }
            }
        }
        _ => {}
    }
    Ok(settled)
}

/// A message's parts; text by itself is one.
fn content(message: &Value) -> Value {
    match (&message["content"], message["role"] == "assistant") {
        (Value::String(text), true) => {
            json!([{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }])
        }
        (Value::String(text), false) => json!([{ "type": "input_text", "text": text }]),
        (parts, _) => list(parts).iter().map(part).collect(),
    }
}

/// What an earlier answer may leave out of its text is empty.
fn part(part: &Value) -> Value {
    let mut part = part.clone();
    if part["type"] == "output_text" {
        for member in ["annotations", "logprobs"] {
            if !part[member].is_array() {
                part[member] = json!([]);
            }
        }
    }
    part
}

fn lost(call: &Call<'_>, id: &str) -> Failure {
    let why = match call.body["store"] == false {
        true => {
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
        }
        false => "",
    };
    let message = format!("Item with id '{id}' not found.{why}");
    Failure { param: Some("input".into()), ..Failure::new(Kind::NotFound, message) }
}
