//! The settings that only some models have: `additionalModelRequestFields`, and `outputConfig.effort`.

use super::family::{Effort, Family, TopK};
use super::native::Native;
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Number};
use crate::providers::claude::{Reasoning, Sampling};
use crate::{Error, Text};

/// What goes where.
pub(super) struct Fields<'a> {
    /// What of the client's sampling the model takes.
    pub(super) sampling: Sampling<'a>,
    /// What Claude is told about thinking.
    reasoning: Reasoning<'a>,
    /// Other members of `additionalModelRequestFields`, with their JSON. The client's own come first.
    members: Vec<(&'a str, String)>,
}

impl<'a> Fields<'a> {
    /// What a client's settings become. Those that the model has no name for are named in `losses`.
    pub(super) fn of(
        chat: &Chat<'a>,
        options: &Options<'_>,
        model: &str,
        native: &'a Native<'_>,
        losses: &mut Losses,
    ) -> Result<Self, Error> {
        let family = Family::of(model);
        let mut fields = Self {
            sampling: Sampling::asked(chat, options, losses),
            reasoning: Reasoning::Unsaid,
            members: Vec::new(),
        };
        for (name, value) in &native.fields.0 {
            fields.set(name, value.get().to_owned());
        }
        if let Effort::Thinking(claude) = family.effort {
            fields.reasoning = Reasoning::new(chat, claude, options.max_tokens(chat.max_tokens), losses)?;
            fields.sampling = fields.sampling.of(claude, fields.reasoning.thinks(), losses);
        } else {
            if chat.thinking.is_some() {
                losses.drop("thinking");
            }
            if let Some(effort) = chat.reasoning_effort {
                fields.effort(effort, family.effort, losses)?;
            }
        }
        if let Some(top_k) = fields.sampling.top_k {
            fields.top_k(top_k, family.top_k, losses);
        }
        Ok(fields)
    }

    /// `outputConfig.effort`
    pub(super) fn claude_effort(&self) -> Option<&'static str> {
        self.reasoning.effort()
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

    /// `reasoning_effort`, for all but Claude.
    fn effort(&mut self, effort: Text<'_>, place: Effort, losses: &mut Losses) -> Result<(), Error> {
        let effort = effort.plain();
        let (six, three) = match &*effort {
            "none" => ("none", ""),
            "minimal" | "low" => ("low", "low"),
            "medium" => ("medium", "medium"),
            "high" => ("high", "high"),
            "xhigh" => ("xhigh", "high"),
            "max" => ("max", "high"),
            _ => return Err(Error::request("reasoning_effort", "reasoning_effort has an unknown value")),
        };
        match place {
            Effort::Object => self.set("reasoning", format!(r#"{{"effort":"{six}"}}"#)),
            Effort::Word if !three.is_empty() => self.set("reasoning_effort", format!(r#""{three}""#)),
            // Nova does not reason unless told to.
            Effort::ReasoningConfig if three.is_empty() => (),
            Effort::ReasoningConfig => {
                self.set(
                    "reasoningConfig",
                    format!(r#"{{"type":"enabled","maxReasoningEffort":"{three}"}}"#),
                );
            }
            Effort::Nowhere | Effort::Word | Effort::Thinking(_) => losses.drop("reasoning_effort"),
        }
        Ok(())
    }

    /// What the client itself says in `additionalModelRequestFields` holds.
    fn set(&mut self, name: &'a str, json: String) {
        if self.members.iter().all(|(known, _)| *known != name) {
            self.members.push((name, json));
        }
    }

    /// Writes `additionalModelRequestFields`, if there is any.
    pub(super) fn write(&self, request: &mut Object<'_>) {
        let own = self.members.iter().any(|(name, _)| *name == "thinking");
        if self.members.is_empty() && !self.reasoning.is_said() {
            return;
        }
        let mut fields = request.object("additionalModelRequestFields");
        for (name, json) in &self.members {
            fields.foreign(name).extend_from_slice(json.as_bytes());
        }
        if !own {
            self.reasoning.write(&mut fields);
        }
    }
}
