//! The settings that only some models have: `additionalModelRequestFields`, and `outputConfig.effort`.
//!
//! How hard to think is said in four ways; `family` knows which.

use super::family::{Effort, Family, TopK};
use super::native::Native;
use super::turns;
use crate::chat::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Number, Role, ToolChoice};

/// The fewest tokens that Claude takes for thinking:
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>
const LEAST_BUDGET: u32 = 1024;

/// What goes where.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// `outputConfig.effort`
    pub(super) effort: Option<&'static str>,
    /// Members of `additionalModelRequestFields`, with their JSON.
    members: Vec<(&'a str, String)>,
}

impl<'a> Fields<'a> {
    /// What a client's settings become. Those that the model has no name for are named in `losses`.
    pub(super) fn of(
        chat: &Chat<'_>,
        options: &Options<'_>,
        family: Family,
        native: &'a Native<'_>,
        losses: &mut Losses,
    ) -> Self {
        let mut fields = Self::default();
        for (name, value) in &native.fields.0 {
            fields.set(name, value.get().to_owned());
        }
        if let Some(top_k) = options.top_k(chat) {
            fields.top_k(top_k, family.top_k, losses);
        }
        match (chat.thinking, family.effort) {
            (Some(thinking), Effort::Adaptive | Effort::Budget) => {
                fields.set("thinking", thinking.get().to_owned());
            }
            (Some(_), _) => losses.drop("thinking"),
            (None, _) => (),
        }
        if let Some(effort) = chat.reasoning_effort
            && !(thinks(chat, family.effort)
                && fields.effort(&effort.plain(), family.effort, options.max_tokens(chat)))
        {
            losses.drop("reasoning_effort");
        }
        fields
    }

    fn top_k(&mut self, top_k: Number<'_>, place: TopK, losses: &mut Losses) {
        let mut value = Vec::new();
        top_k.write(&mut value);
        let value = String::from_utf8(value).expect("a number is ASCII");
        match place {
            TopK::Member(name) => self.set(name, value),
            TopK::InferenceConfig => self.set("inferenceConfig", format!(r#"{{"topK":{value}}}"#)),
            TopK::Nowhere => losses.drop("top_k"),
        }
    }

    /// Whether the model can be told to think that hard.
    fn effort(&mut self, effort: &str, place: Effort, max_tokens: Option<u32>) -> bool {
        let Some(effort) = EFFORTS.iter().find(|known| known.name == effort) else {
            return false;
        };
        let none = effort.name == "none";
        match place {
            Effort::Nowhere => return false,
            // Not to think is what these do unless told otherwise.
            Effort::Adaptive | Effort::Budget | Effort::Nova if none => (),
            Effort::Adaptive => {
                self.effort = Some(effort.adaptive);
                self.set("thinking", r#"{"type":"adaptive"}"#.to_owned());
            }
            Effort::Budget => {
                // What thinking takes is part of `maxTokens`, and something must be left for the answer.
                let budget = max_tokens.map_or(effort.budget, |max| effort.budget.min(max.saturating_sub(1)));
                if budget < LEAST_BUDGET {
                    return false;
                }
                self.set("thinking", format!(r#"{{"type":"enabled","budget_tokens":{budget}}}"#));
            }
            Effort::Nova => {
                self.set(
                    "reasoningConfig",
                    format!(r#"{{"type":"enabled","maxReasoningEffort":"{}"}}"#, effort.three),
                );
            }
            Effort::Word if none => return false,
            Effort::Word => self.set("reasoning_effort", format!(r#""{}""#, effort.three)),
            Effort::Object => self.set("reasoning", format!(r#"{{"effort":"{}"}}"#, effort.adaptive)),
        }
        true
    }

    /// What the client itself says in `additionalModelRequestFields` holds.
    fn set(&mut self, name: &'a str, json: String) {
        if self.members.iter().all(|(known, _)| *known != name) {
            self.members.push((name, json));
        }
    }

    /// Writes `additionalModelRequestFields`, if there is any.
    pub(super) fn write(&self, request: &mut Object<'_>) {
        if self.members.is_empty() {
            return;
        }
        let mut fields = request.object("additionalModelRequestFields");
        for (name, json) in &self.members {
            fields.raw(name, json);
        }
    }
}

/// Whether Claude would think at all: not where it must call a tool, nor, with a budget, amid calls that it is not
/// shown to have thought about. Those weigh more than how hard it thinks.
///
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>
fn thinks(chat: &Chat<'_>, place: Effort) -> bool {
    if !matches!(place, Effort::Adaptive | Effort::Budget) {
        return true;
    }
    let forced = matches!(
        chat.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. })
    );
    let answered = chat.messages.last().is_some_and(|message| message.role == Role::Tool);
    let last = chat.messages.iter().rfind(|message| message.role == Role::Assistant);
    let shown = last.is_none_or(turns::shows_reasoning);
    !forced && (place == Effort::Adaptive || !answered || shown)
}

/// A word of OpenAI's `reasoning_effort`.
struct Known {
    name: &'static str,
    /// Where the scale is low, medium, high, xhigh, max, and none.
    adaptive: &'static str,
    /// Where the scale is low, medium, high.
    three: &'static str,
    /// Tokens to think with at most.
    budget: u32,
}

const EFFORTS: &[Known] = &[
    Known { name: "none", adaptive: "none", three: "low", budget: 0 },
    Known { name: "minimal", adaptive: "low", three: "low", budget: 1024 },
    Known { name: "low", adaptive: "low", three: "low", budget: 2048 },
    Known { name: "medium", adaptive: "medium", three: "medium", budget: 8192 },
    Known { name: "high", adaptive: "high", three: "high", budget: 16384 },
    Known { name: "xhigh", adaptive: "xhigh", three: "high", budget: 24576 },
    Known { name: "max", adaptive: "max", three: "high", budget: 32768 },
];
