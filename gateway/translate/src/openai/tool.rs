//! Tools, and calls of them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::call::Losses;
use crate::json::has_member;

/// A tool that the model may call.
#[derive(Debug, Deserialize)]
pub struct Tool<'a> {
    /// `function` or `custom`.
    #[serde(borrow)]
    pub r#type: Text<'a>,
    /// Of a function.
    pub function: Option<Function<'a>>,
    /// Where the provider may cache the prompt up to. Not OpenAI's own; Anthropic's name for it.
    pub cache_control: Option<&'a RawValue>,
}

/// A function that the model may call.
#[derive(Debug, Deserialize)]
pub struct Function<'a> {
    /// What it is called.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// A JSON schema of its arguments.
    pub parameters: Option<&'a RawValue>,
    /// Whether arguments must follow the schema to the letter.
    pub strict: Option<bool>,
}

/// A call that the model made.
#[derive(Debug, Deserialize)]
pub struct ToolCall<'a> {
    /// What its result names.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Of a function.
    pub function: Option<CalledFunction<'a>>,
    /// What the provider wants to be shown again with the call. Not OpenAI's own; Google's name for it.
    pub extra_content: Option<&'a RawValue>,
}

/// What was called, and with what.
#[derive(Debug, Deserialize)]
pub struct CalledFunction<'a> {
    /// The function.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// A JSON object, as text. May be empty.
    #[serde(default)]
    pub arguments: Text<'a>,
}

impl Tool<'_> {
    /// Names the mark of the cache, for those that know none on tools.
    pub(crate) fn name_cache(&self, losses: &mut Losses) {
        if self.cache_control.is_some() {
            losses.drop("tools[].cache_control");
        }
    }
}

impl Function<'_> {
    /// Adds the schema of its arguments to `out`, with the type that other providers ask for and OpenAI does not.
    pub(crate) fn write_schema(&self, out: &mut Vec<u8>) {
        let schema = self.parameters.map_or("{}", RawValue::get);
        let typed = has_member(schema, "type");
        match schema.strip_prefix('{').map(str::trim_start) {
            Some("}") => out.extend_from_slice(b"{\"type\":\"object\"}"),
            Some(rest) if !typed => {
                out.extend_from_slice(b"{\"type\":\"object\",");
                out.extend_from_slice(rest.as_bytes());
            }
            _ => out.extend_from_slice(schema.as_bytes()),
        }
    }
}

impl CalledFunction<'_> {
    /// Its arguments as a JSON object; `None` where they are none.
    ///
    /// As it came, so that big numbers and escapes stay what they were. Its depth does not matter: it is not built,
    /// only looked over.
    pub(crate) fn input(&self) -> Option<Cow<'_, str>> {
        let arguments = self.arguments.plain();
        match arguments.trim() {
            "" | "null" => Some(Cow::Borrowed("{}")),
            input if input.starts_with('{') && serde_json::from_str::<&RawValue>(input).is_ok() => {
                Some(arguments)
            }
            _ => None,
        }
    }
}
