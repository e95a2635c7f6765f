//! The members of a request that are either a word or an object.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::Text;

/// Where to stop.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop<'a> {
    /// At this string.
    One(Text<'a>),
    /// At any of these.
    Many(Vec<Text<'a>>),
}

/// Which tool the model must call.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolChoice<'a> {
    /// Any or none.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This function.
    Function(Text<'a>),
    /// Only these functions; at least one where `required`.
    Allowed {
        /// Whether one must be called.
        required: bool,
        /// The functions.
        names: Vec<Text<'a>>,
    },
}

/// The form of the answer.
#[derive(Clone, Debug)]
pub enum ResponseFormat<'a> {
    /// Any text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON after this schema.
    JsonSchema(JsonSchema<'a>),
}

/// `response_format.json_schema`
#[derive(Clone, Debug, Deserialize)]
pub struct JsonSchema<'a> {
    /// What the schema is called.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// What it is for.
    pub description: Option<Text<'a>>,
    /// The schema.
    pub schema: Option<&'a RawValue>,
    /// Whether the answer must follow it to the letter.
    pub strict: Option<bool>,
}

impl<'a> Stop<'a> {
    /// The strings.
    pub fn strings(&self) -> &[Text<'a>] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Stop<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if let Some(text) = Text::token(json) {
            return Ok(Self::One(text));
        }
        inside("stop", json).map(Self::Many)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ToolChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object<'a> {
            r#type: &'a str,
            #[serde(borrow)]
            function: Option<Named<'a>>,
            allowed_tools: Option<Allowed<'a>>,
        }
        #[derive(Deserialize)]
        struct Allowed<'a> {
            mode: &'a str,
            #[serde(borrow)]
            tools: Vec<Entry<'a>>,
        }
        #[derive(Deserialize)]
        struct Entry<'a> {
            #[serde(borrow)]
            function: Named<'a>,
        }
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            name: Text<'a>,
        }

        let json = <&RawValue>::deserialize(deserializer)?.get();
        match json {
            "\"auto\"" => return Ok(Self::Auto),
            "\"none\"" => return Ok(Self::None),
            "\"required\"" => return Ok(Self::Required),
            _ => (),
        }
        match inside("tool_choice", json)? {
            Object { r#type: "function", function: Some(function), .. } => Ok(Self::Function(function.name)),
            Object { r#type: "allowed_tools", allowed_tools: Some(allowed), .. } => Ok(Self::Allowed {
                required: allowed.mode == "required",
                names: allowed.tools.iter().map(|tool| tool.function.name).collect(),
            }),
            Object { r#type, .. } => {
                Err(D::Error::custom(format_args!("tool_choice of type {type} is not supported")))
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ResponseFormat<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object<'a> {
            r#type: &'a str,
            #[serde(borrow)]
            json_schema: Option<JsonSchema<'a>>,
        }

        match Object::deserialize(deserializer)? {
            Object { r#type: "text", .. } => Ok(Self::Text),
            Object { r#type: "json_object", .. } => Ok(Self::JsonObject),
            Object { r#type: "json_schema", json_schema: Some(schema) } => Ok(Self::JsonSchema(schema)),
            Object { r#type, .. } => {
                Err(D::Error::custom(format_args!("response_format of type {type} is not supported")))
            }
        }
    }
}

/// Reads a value that was captured whole, because its kind was not known before.
fn inside<'a, T: Deserialize<'a>, E: serde::de::Error>(name: &str, json: &'a str) -> Result<T, E> {
    serde_json::from_str(json).map_err(|why| E::custom(format_args!("in {name}, {why}")))
}
