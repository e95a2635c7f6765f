//! Tools, and calls of them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;

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
