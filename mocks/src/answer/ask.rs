//! What a chat request asks for, in neutral terms: each provider reads its own body into this.

use std::borrow::Cow;

use serde_json::Value;

use crate::tokens;

/// A question.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    /// The model asked.
    pub model: &'a str,
    /// Every text of the prompt that counts as tokens: system, messages, tool definitions.
    pub texts: Vec<Cow<'a, str>>,
    /// Tokens beyond the texts: marks around messages, images.
    pub extra_tokens: u64,
    /// The last message.
    pub last: Last<'a>,
    /// Images in the last message.
    pub images: usize,
    /// In order.
    pub tools: Vec<Tool<'a>>,
    /// Which tools to call.
    pub choose: Choose<'a>,
    /// More than one call at once is welcome.
    pub parallel: bool,
    /// The form of the answer.
    pub format: Format<'a>,
    /// At most so many tokens.
    pub limit: Option<u64>,
    /// Strings before which the answer ends.
    pub stop: Vec<&'a str>,
    /// How many answers.
    pub choices: usize,
    /// How much the model thinks aloud; 0: not at all.
    pub reasoning: Effort,
    /// Is a stream wanted?
    pub stream: bool,
}

/// More answers are given to no request, whatever it asks for: so many as 16 prompts have that each ask for 128.
const ANSWERS: usize = 2_048;

impl Ask<'_> {
    /// How many answers are given: at least one.
    pub(super) fn count(&self) -> usize {
        self.choices.clamp(1, ANSWERS)
    }
}

/// How much a model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// Not at all.
    #[default]
    None,
    /// Aloud: its thoughts are blocks of the answer.
    Aloud,
    /// In silence: only so many tokens of it show.
    Silent(u64),
}

/// The last message.
#[derive(Debug, Clone)]
pub enum Last<'a> {
    /// Somebody's words.
    Said(Cow<'a, str>),
    /// What tools returned.
    Results(Vec<Cow<'a, str>>),
}

impl Default for Last<'_> {
    fn default() -> Self {
        Self::Said(Cow::Borrowed(""))
    }
}

/// A tool that may be called.
#[derive(Debug, Clone, Copy)]
pub struct Tool<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does; may be empty.
    pub description: &'a str,
    /// JSON Schema of its arguments; absent: free text where `is_text`, else no arguments.
    pub schema: Option<&'a Value>,
    /// Takes text instead of JSON.
    pub is_text: bool,
}

/// Which tools to call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choose<'a> {
    /// As the model likes.
    #[default]
    Auto,
    /// None.
    None,
    /// At least one.
    Any,
    /// This one.
    Named(&'a str),
    /// Those of these names, at least one of them where required.
    Among(Vec<&'a str>, bool),
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, Default)]
pub enum Format<'a> {
    /// Words.
    #[default]
    Text,
    /// Some JSON object.
    Object,
    /// JSON of this schema.
    Schema(&'a Value),
    /// JSON of the schema that this text holds.
    Written(&'a str),
}

impl Ask<'_> {
    /// Tokens of the prompt.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.texts.iter().map(|text| tokens::count(text)).sum::<u64>() + self.extra_tokens
    }
}
