//! How the next token is drawn.

use super::{Claude, Takes};
use crate::call::{Losses, Options};
use crate::openai::{Chat, Number};

/// What is asked for, as far as the model takes it.
#[derive(Debug, Default)]
pub(crate) struct Sampling<'a> {
    /// 0 to 1.
    pub(crate) temperature: Option<Number<'a>>,
    /// 0 to 1.
    pub(crate) top_p: Option<Number<'a>>,
    /// A number of tokens.
    pub(crate) top_k: Option<Number<'a>>,
}

impl<'a> Sampling<'a> {
    /// What the client and the configuration ask for. `temperature` above 1 becomes 1, and is named: OpenAI's scale
    /// ends at 2, that of all who run Claude at 1.
    pub(crate) fn asked(chat: &Chat<'a>, options: &Options<'_>, losses: &mut Losses) -> Self {
        let mut sampling = Self {
            temperature: options.temperature(chat.temperature),
            top_p: options.top_p(chat.top_p),
            top_k: options.top_k(chat.top_k),
        };
        if sampling.temperature.is_some_and(|value| value.value() > 1.0) {
            losses.drop("temperature");
            sampling.temperature = Some(Number::Value(1.0));
        }
        sampling
    }

    /// What is left of it where Claude is asked. One that thinks takes no `temperature` but 1, no `top_k`, and of
    /// `top_p` 0.95 to 1.
    pub(crate) fn of(mut self, claude: Claude, thinks: bool, losses: &mut Losses) -> Self {
        let takes = claude.takes();
        if takes == Takes::None {
            return self.nothing(losses);
        }
        let one_too_many = takes == Takes::Either && self.temperature.is_some();
        let cold = |value: Number<'_>| thinks && value.value() != 1.0;
        let narrow = |value: Number<'_>| thinks && !(0.95..=1.0).contains(&value.value());
        unless(&mut self.temperature, "temperature", cold, losses);
        unless(&mut self.top_p, "top_p", |value| one_too_many || narrow(value), losses);
        unless(&mut self.top_k, "top_k", |_| thinks, losses);
        self
    }

    /// Names all that was asked for: some models, and Anthropic from version 2026-10-21 on, know nothing of it.
    pub(crate) fn nothing(mut self, losses: &mut Losses) -> Self {
        unless(&mut self.temperature, "temperature", |_| true, losses);
        unless(&mut self.top_p, "top_p", |_| true, losses);
        unless(&mut self.top_k, "top_k", |_| true, losses);
        self
    }
}

fn unless<'a>(
    value: &mut Option<Number<'a>>,
    name: &'static str,
    refused: impl FnOnce(Number<'a>) -> bool,
    losses: &mut Losses,
) {
    if value.take_if(|value| refused(*value)).is_some() {
        losses.drop(name);
    }
}
