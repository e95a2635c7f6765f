//! How much is to be thought: `thinking` and `output_config.effort`.
//!
//! A model that is told to think in Anthropic's words gets what the client said. Another gets an effort: the one that the client
//! names, or the nearest to its budget.

use serde::Deserialize;

use super::fields::{Fields, Wrong};
use super::teller::Teller;
use crate::Text;
use crate::chat;
use crate::client::Audience;
use crate::json::Object;
use crate::openai::Limit;

/// What the client says.
struct Asked<'a> {
    /// `output_config.effort`
    effort: Option<Text<'a>>,
    /// `thinking`, as it came.
    json: Option<&'a str>,
    thinking: Option<Thinking<'a>>,
}

#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    budget_tokens: Option<u32>,
    display: Option<Text<'a>>,
}

/// Writes it; returns what the client's name is for an effort.
pub(super) fn write(
    request: &Fields<'_>,
    (audience, model): (&Audience<'_>, &str),
    teller: &mut Teller<'_, '_>,
    chat: &mut Object<'_>,
) -> Result<&'static str, Wrong> {
    let asked = Asked::read(request, teller)?;
    if let Some(json) = asked.json.filter(|_| asked.is_for(audience.thinking(model))) {
        chat.raw("thinking", json);
        if asked.effort.is_some() {
            teller.lose("output_config.effort");
        }
        return Ok("thinking");
    }
    if asked.hides() {
        teller.lose("thinking.display");
    }
    let name = asked.name();
    if let Some(effort) = asked.effort(teller)? {
        let knows = audience.quirks().is_none_or(|quirks| quirks.limit != Limit::ByModel || reasons(model));
        if knows { chat.string("reasoning_effort", effort) } else { teller.lose(name) }
    }
    Ok(name)
}

impl<'a> Asked<'a> {
    fn read(request: &Fields<'a>, teller: &mut Teller<'_, '_>) -> Result<Self, Wrong> {
        let mut effort = None;
        if let Some(config) = request.object("output_config")? {
            teller.name_others(&config, &["effort", "format"], "output_config.");
            effort = config.text("effort").map_err(|wrong| wrong.at("output_config"))?;
        }
        let json = request.get("thinking");
        let thinking = json.map(serde_json::from_str).transpose();
        let thinking =
            thinking.map_err(|why| Wrong::new("thinking", format!("this cannot be read: {why}")))?;
        Ok(Self { effort, json, thinking })
    }

    fn budget(&self) -> Option<u32> {
        self.thinking.as_ref()?.budget_tokens
    }

    fn is_off(&self) -> bool {
        self.thinking.as_ref().is_some_and(|thinking| thinking.r#type.is("disabled"))
    }

    /// Whether thoughts are not to be shown, for which a chat has no word.
    fn hides(&self) -> bool {
        let display = self.thinking.as_ref().and_then(|thinking| thinking.display);
        display.is_some_and(|display| !display.is("summarized"))
    }

    /// Whether `thinking` itself goes to a model that understands so much of it. With `adaptive` an effort says all.
    fn is_for(&self, understands: chat::Thinking) -> bool {
        match understands {
            chat::Thinking::All => self.effort.is_none() || self.budget().is_some() || self.is_off(),
            chat::Thinking::Budget => self.budget().is_some(),
            chat::Thinking::Nothing => false,
        }
    }

    fn name(&self) -> &'static str {
        if self.effort.is_some() { "output_config.effort" } else { "thinking" }
    }

    /// The effort, in chat's words. How a model thinks that nobody tells is its own affair, as with `adaptive`.
    fn effort(&self, teller: &Teller<'_, '_>) -> Result<Option<&'static str>, Wrong> {
        let Some(effort) = self.effort else {
            let off = Some("none").filter(|_| self.is_off() && teller.is_extended());
            return Ok(self.budget().map(of_budget).or(off));
        };
        Ok(Some(match &*effort.plain() {
            "low" => "low",
            "medium" => "medium",
            "high" => "high",
            "xhigh" => "xhigh",
            "max" if teller.is_extended() => "max",
            // OpenAI's scale ends one below.
            "max" => "xhigh",
            _ => {
                let why = "this must be low, medium, high, xhigh or max";
                return Err(Wrong::new("output_config.effort", why));
            }
        }))
    }
}

/// The effort for which Claude is given about such a budget.
fn of_budget(budget: u32) -> &'static str {
    match budget {
        0..2048 => "minimal",
        2048..8192 => "low",
        8192..16_384 => "medium",
        _ => "high",
    }
}

/// Whether a model of OpenAI's takes an effort: those from before reasoning refuse it.
fn reasons(model: &str) -> bool {
    !["gpt-3.5", "gpt-4", "chatgpt-4o"].iter().any(|family| model.starts_with(family))
}
