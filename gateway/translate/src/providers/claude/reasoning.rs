//! `reasoning_effort` as thinking.
//!
//! Models up to 4.5 are given a budget of tokens, later ones an effort; both must not think where a tool is forced.

use serde::Deserialize;

use crate::call::Losses;
use crate::json::Object;
use crate::openai::{Chat, Message, Role, ToolChoice};
use crate::{Error, Text};

use super::{Claude, Thinking};

/// The least number of tokens to think with.
const LEAST_BUDGET: u32 = 1024;

/// What the request says about thinking.
pub(crate) enum Reasoning<'a> {
    /// Nothing: the model does as it does.
    Unsaid,
    /// Anthropic's own object, as the client sent it.
    Own { json: &'a str, thinks: bool, budget: u32 },
    /// `disabled`
    Off,
    /// `enabled`, with this many tokens.
    Budget(u32),
    /// `adaptive`, unless a tool is forced, with this effort.
    Effort { effort: &'static str, thinks: bool },
}

impl<'a> Reasoning<'a> {
    /// What the client asked for, as far as the model can do it. `limit` is the client's own, of all tokens.
    pub(crate) fn new(
        chat: &Chat<'a>,
        claude: Claude,
        limit: Option<u32>,
        losses: &mut Losses,
    ) -> Result<Self, Error> {
        if let Some(own) = chat.thinking {
            if chat.reasoning_effort.is_some() {
                losses.drop("reasoning_effort");
            }
            return Self::own(own.get());
        }
        let Some(effort) = chat.reasoning_effort else { return Ok(Self::Unsaid) };
        let reasoning = Self::of_effort(chat, effort, claude, limit)?;
        if reasoning.is_less_than(effort) {
            losses.drop("reasoning_effort");
        }
        Ok(reasoning)
    }

    fn own(json: &'a str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Own<'a> {
            #[serde(borrow)]
            r#type: Text<'a>,
            budget_tokens: Option<u32>,
        }
        let own: Own<'_> = serde_json::from_str(json)
            .map_err(|why| Error::request("thinking", format!("thinking cannot be read: {why}")))?;
        let budget = own.budget_tokens.unwrap_or_default();
        Ok(Self::Own { json, thinks: !own.r#type.is("disabled"), budget })
    }

    fn of_effort(
        chat: &Chat<'_>,
        effort: Text<'_>,
        claude: Claude,
        limit: Option<u32>,
    ) -> Result<Self, Error> {
        let (name, budget) = match &*effort.plain() {
            "none" if claude.thinking() == Thinking::Effort && !claude.always_thinks() => {
                return Ok(Self::Off);
            }
            "none" => return Ok(Self::Unsaid),
            "minimal" => ("low", 1024),
            "low" => ("low", 2048),
            "medium" => ("medium", 8192),
            "high" => ("high", 16_384),
            "xhigh" if !claude.knows_xhigh() => ("high", 24_576),
            "xhigh" => ("xhigh", 24_576),
            "max" => ("max", 24_576),
            _ => return Err(Error::request("reasoning_effort", "reasoning_effort has an unknown value")),
        };
        let forced = forces_a_tool(chat);
        Ok(match claude.thinking() {
            Thinking::Never => Self::Unsaid,
            Thinking::Effort => Self::Effort { effort: name, thinks: !forced },
            Thinking::Budget => {
                // OpenAI's limit counts reasoning, so half of it is left for the answer.
                let budget = limit.map_or(budget, |limit| budget.min(limit / 2));
                let possible = budget >= LEAST_BUDGET && !forced && !calls_without_thinking(&chat.messages);
                if possible { Self::Budget(budget) } else { Self::Unsaid }
            }
        })
    }

    /// Whether this is not what `effort` asks for.
    fn is_less_than(&self, effort: Text<'_>) -> bool {
        match self {
            Self::Unsaid => !effort.is("none"),
            Self::Effort { effort: given, .. } => effort.is("xhigh") && *given != "xhigh",
            Self::Own { .. } | Self::Off | Self::Budget(_) => false,
        }
    }

    /// Whether the model will think.
    pub(crate) fn thinks(&self) -> bool {
        match self {
            Self::Unsaid | Self::Off => false,
            Self::Budget(_) => true,
            Self::Own { thinks, .. } | Self::Effort { thinks, .. } => *thinks,
        }
    }

    /// Whether [`Self::write`] writes anything.
    pub(crate) fn is_said(&self) -> bool {
        !matches!(self, Self::Unsaid | Self::Effort { thinks: false, .. })
    }

    /// Tokens to think with, beside those of the answer.
    pub(crate) fn budget(&self) -> u32 {
        match self {
            Self::Own { budget, .. } | Self::Budget(budget) => *budget,
            Self::Unsaid | Self::Off | Self::Effort { .. } => 0,
        }
    }

    /// `output_config.effort`
    pub(crate) fn effort(&self) -> Option<&'static str> {
        if let Self::Effort { effort, .. } = self { Some(effort) } else { None }
    }

    /// Writes `thinking`.
    pub(crate) fn write(&self, body: &mut Object<'_>) {
        match self {
            Self::Unsaid | Self::Effort { thinks: false, .. } => (),
            Self::Own { json, .. } => body.raw("thinking", json),
            Self::Off => body.object("thinking").word("type", "disabled"),
            Self::Effort { thinks: true, .. } => body.object("thinking").word("type", "adaptive"),
            Self::Budget(budget) => {
                let mut thinking = body.object("thinking");
                thinking.word("type", "enabled");
                thinking.number("budget_tokens", (*budget).into());
            }
        }
    }
}

fn forces_a_tool(chat: &Chat<'_>) -> bool {
    match &chat.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_)) => true,
        Some(ToolChoice::Allowed { required, .. }) => *required,
        Some(ToolChoice::Auto | ToolChoice::None) | None => false,
    }
}

/// Whether the last turn waits for results of calls that no thinking block precedes: with a budget that is refused.
fn calls_without_thinking(messages: &[Message<'_>]) -> bool {
    let results = messages.iter().rev().take_while(|message| message.role == Role::Tool).count();
    let turn = messages.iter().rev().nth(results);
    results > 0 && turn.is_some_and(|turn| turn.thinking_blocks.as_ref().is_none_or(Vec::is_empty))
}
