//! What a request means, whatever its dialect: the judge's own reading, one reader for each API of a dialect.
//!
//! Two requests that mean the same may differ in form: texts may lie in one block or in several, turns of one role may be
//! one turn. [`compare`] knows that.

mod anthropic;
mod bedrock;
mod cohere;
mod cohere_v1;
mod compare;
mod compare_turns;
mod gemini;
mod llama2;
mod mistral;
mod ollama;
mod openai;
mod openai_input;
mod responses;
mod tgi;
mod vertex;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Surface, dialect};

pub(crate) use compare::is_same_number;
pub use compare::{Difference, Facet, compare};

/// A request in neutral terms. Absent members are `None` or empty.
///
/// A prompt of one text is what the user says, as if it were said in a chat.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// System and developer texts, in order.
    pub system: Vec<String>,
    /// Those of them that come after somebody spoke.
    pub later: Vec<String>,
    /// Turns; neighbours of one role are one turn.
    pub turns: Vec<Turn>,
    /// What is to be embedded; or the prompts of a completion, where they are several, or tokens.
    pub inputs: Vec<Input>,
    /// How long vectors shall be.
    pub dimensions: Option<u64>,
    /// Tools offered.
    pub tools: Vec<Tool>,
    /// How the model shall choose among them.
    pub choice: Option<Choice>,
    /// Whether several calls at once are allowed.
    pub parallel: Option<bool>,
    /// Most tokens to answer with.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<f64>,
    /// Most likely tokens considered.
    pub top_k: Option<u64>,
    /// Stop strings.
    pub stop: Vec<String>,
    /// Form of the answer.
    pub format: Option<Format>,
    /// How much to think.
    pub effort: Option<Effort>,
    /// Who asks.
    pub user: Option<String>,
    /// Guardrail: identifier and version.
    pub guardrail: Option<(String, String)>,
    /// What has no neutral form, by the client's own name: `seed`, `n`, `logit_bias`, …
    pub others: BTreeMap<String, Value>,
}

/// A turn of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// `user` or `assistant`; tool results are the user's.
    pub role: &'static str,
    /// In order.
    pub parts: Vec<Part>,
}

/// One thing in a turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Text; never empty.
    Text(String),
    /// A picture.
    Image(Picture),
    /// Sound: format and base64.
    Audio(String, String),
    /// A file: base64, or the id of one.
    File(String),
    /// The assistant called a tool.
    Call {
        /// Its id.
        id: String,
        /// The tool's name.
        name: String,
        /// The arguments as JSON; a string where they do not parse.
        arguments: Value,
    },
    /// The tool answered.
    Result {
        /// The call's id.
        id: String,
        /// The texts of the answer, pictures described by their beginning.
        text: String,
    },
    /// The assistant's own reasoning, with its signature; without text, the data that the provider hides it in.
    Reasoning(String, String),
    /// The assistant declined.
    Refusal(String),
    /// What no dialect of ours knows.
    Unknown(Value),
}

/// One thing of several that are asked at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Input {
    /// A text, character by character.
    Text(String),
    /// A text as the numbers of its tokens.
    Tokens(Vec<u64>),
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// Media type and base64.
    Data(String, String),
    /// Address.
    Url(String),
}

/// As the client says it: an address, be it one that holds the picture.
impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Data(media_type, base64) => {
                serializer.collect_str(&format_args!("data:{media_type};base64,{base64}"))
            }
            Self::Url(address) => serializer.serialize_str(address),
        }
    }
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does; empty where nothing is said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON schema of its arguments; an absent one is that of an object without members.
    #[serde(rename = "parameters")]
    pub schema: Value,
}

/// How the model shall choose among tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// As it likes.
    Auto,
    /// None at all.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
    /// Something else; as it stands.
    Other(String),
}

/// The form of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Format {
    /// Some JSON object.
    #[serde(rename = "json_object")]
    Object,
    /// JSON of this schema.
    #[serde(rename = "json_schema")]
    Schema(Value),
}

/// How much to think.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// By name: `low`.
    Level(String),
    /// In tokens.
    Tokens(u64),
    /// As the model sees fit.
    Adaptive,
    /// Not at all.
    Off,
}

pub(crate) use anthropic::{completion as anthropic_completion, read as anthropic};
pub(crate) use bedrock::{embedding as bedrock_embedding, read as bedrock};
pub(crate) use cohere::{completion as cohere_completion, embedding as cohere_embedding, read as cohere};
pub(crate) use gemini::{embedding as gemini_embedding, read as gemini};
pub(crate) use llama2::read as llama2;
pub(crate) use mistral::{completion as mistral_completion, embedding as mistral_embedding, read as mistral};
pub(crate) use ollama::{completion as ollama_completion, embedding as ollama_embedding, read as ollama};
pub(crate) use openai::read as openai;
pub(crate) use openai_input::{completion as openai_completion, embedding as openai_embedding};
pub(crate) use responses::read as responses;
pub(crate) use tgi::{features as huggingface_features, prompt as tgi_prompt, read as tgi};
pub(crate) use vertex::{embedding as vertex_embedding, read as vertex};

/// Reads what this provider is asked, when the client asks on this surface; `None` for a provider that the judge does not
/// know there.
pub fn read(provider: &str, surface: Surface, body: &Value) -> Option<Meaning> {
    let mut meaning = (dialect::asked(provider, surface, body)?.read)(body);
    meaning.join_turns();
    Some(meaning)
}

/// Reads what the client asks in the words of its surface; `None` where it asks nothing.
pub fn of_client(surface: Surface, body: &Value) -> Option<Meaning> {
    if !surface.asks(body) {
        return None;
    }
    let mut meaning = match surface {
        Surface::Chat => openai(body),
        Surface::Responses => responses(body),
        Surface::Messages => anthropic(body),
        Surface::Completions => openai_completion(body),
        Surface::Embeddings => openai_embedding(body),
    };
    meaning.join_turns();
    Some(meaning)
}

impl Meaning {
    fn turn(&mut self, role: &'static str, parts: Vec<Part>) {
        self.turns.push(Turn { role, parts });
    }

    /// What the user says, where that is all.
    fn said(&mut self, text: String) {
        self.turn("user", vec![Part::Text(text)]);
    }

    /// The same with the pictures of each turn behind its texts.
    pub fn beside(mut self) -> Self {
        for turn in &mut self.turns {
            turn.parts.sort_by_key(|part| matches!(part, Part::Image(_)));
        }
        self
    }

    /// The same with each call called by its number instead of its id.
    pub fn numbered(mut self) -> Self {
        let mut known: Vec<String> = Vec::new();
        let parts = self.turns.iter_mut().flat_map(|turn| &mut turn.parts);
        for part in parts {
            if let Part::Call { id, .. } | Part::Result { id, .. } = part {
                let number = known.iter().position(|known| known == id).unwrap_or_else(|| {
                    known.push(id.clone());
                    known.len() - 1
                });
                *id = number.to_string();
            }
        }
        self
    }

    /// Whether a call has no id.
    pub fn has_nameless_calls(&self) -> bool {
        let mut parts = self.turns.iter().flat_map(|turn| &turn.parts);
        parts.any(|part| matches!(part, Part::Call { id, .. } if id.is_empty()))
    }

    /// The same without what proves thoughts: what a gateway makes of it for its clients is its own affair.
    pub fn unproven(mut self) -> Self {
        for part in self.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
            if let Part::Reasoning(_, proof) = part {
                proof.clear();
            }
        }
        self
    }

    /// The same with calls, and results, called by their place among their own.
    pub fn in_order(mut self) -> Self {
        let (mut calls, mut results) = (0, 0);
        for part in self.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
            let (id, count) = match part {
                Part::Call { id, .. } => (id, &mut calls),
                Part::Result { id, .. } => (id, &mut results),
                _ => continue,
            };
            *id = count.to_string();
            *count += 1;
        }
        self
    }

    /// The same with tools, and an answer, that do not forbid members which they do not name.
    pub fn open(mut self) -> Self {
        fn open(schema: &mut Value) {
            match schema {
                Value::Object(members) => {
                    if members.get("additionalProperties") == Some(&Value::Bool(false)) {
                        members.remove("additionalProperties");
                    }
                    members.values_mut().for_each(open);
                }
                Value::Array(elements) => elements.iter_mut().for_each(open),
                _ => {}
            }
        }
        self.tools.iter_mut().for_each(|tool| open(&mut tool.schema));
        if let Some(Format::Schema(schema)) = &mut self.format {
            open(schema);
        }
        self
    }

    /// Neighbours of one role become one turn; empty texts and empty turns mean nothing.
    fn join_turns(&mut self) {
        let mut joined: Vec<Turn> = Vec::new();
        for mut turn in self.turns.drain(..) {
            turn.parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
            match joined.last_mut() {
                Some(last) if last.role == turn.role => last.parts.append(&mut turn.parts),
                _ if turn.parts.is_empty() => {}
                _ => joined.push(turn),
            }
        }
        self.turns = joined;
        self.system.retain(|text| !text.is_empty());
    }
}

/// The member as a list: an array's elements, or the thing itself, or nothing.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(elements) => elements,
        one => std::slice::from_ref(one),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every element as a text to be embedded, or to be completed.
fn inputs(value: &Value) -> Vec<Input> {
    strings(value).into_iter().map(Input::Text).collect()
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}

/// The schema of a tool without parameters.
fn no_parameters() -> Value {
    serde_json::json!({"type": "object", "properties": {}})
}

/// Schemas that say the same: `properties: {}` is as good as none, `additionalProperties: false` binds calls of nothing.
///
/// An empty list of what is required says what no list says, and definitions of nothing bind nothing:
/// <https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.4>.
fn schema(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, value| match name.as_str() {
            "required" => value.as_array().is_none_or(|list| !list.is_empty()),
            "$defs" | "definitions" => value.as_object().is_none_or(|list| !list.is_empty()),
            _ => true,
        });
    }
    match &value {
        Value::Null => no_parameters(),
        Value::Object(members) if members.is_empty() => no_parameters(),
        Value::Object(members) if members.len() == 1 && value["type"] == "object" => no_parameters(),
        other => other.clone(),
    }
}
