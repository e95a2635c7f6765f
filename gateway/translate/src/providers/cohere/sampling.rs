//! How the model is sampled: in the same words in both versions, and for generation.

use crate::Text;
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Completion, Member, Number, Stop};

/// Members of a request, besides those that are read by name, that have their place here.
pub(super) const TAKEN: &[&str] = &["frequency_penalty", "presence_penalty", "seed"];

/// What is asked for.
pub(super) struct Sampling<'s, 'a> {
    limit: Option<u32>,
    temperature: Option<Number<'a>>,
    top_p: Option<Number<'a>>,
    top_k: Option<Number<'a>>,
    stop: &'s [Text<'a>],
    others: &'s [Member<'a>],
    /// Whether the service takes both penalties.
    takes_both: bool,
    /// The highest temperature.
    hottest: f64,
}

impl<'s, 'a> Sampling<'s, 'a> {
    /// Of a chat in version 2.
    pub(super) fn of_chat(chat: &'s Chat<'a>, options: &Options<'_>) -> Self {
        Self {
            limit: options.max_tokens(chat.max_tokens),
            temperature: options.temperature(chat.temperature),
            top_p: options.top_p(chat.top_p),
            top_k: options.top_k(chat.top_k),
            stop: chat.stop.as_ref().map(Stop::strings).unwrap_or_default(),
            others: &chat.others,
            takes_both: true,
            hottest: 1.0,
        }
    }

    /// Of a chat in version 1, which answers two penalties with 400.
    pub(super) fn of_chat_v1(chat: &'s Chat<'a>, options: &Options<'_>) -> Self {
        Self { takes_both: false, ..Self::of_chat(chat, options) }
    }

    /// Of a completion. Generation takes a temperature of up to 5, so OpenAI's scale fits.
    pub(super) fn of_completion(completion: &'s Completion<'a>, options: &Options<'_>) -> Self {
        Self {
            limit: options.max_tokens(completion.max_tokens),
            temperature: options.temperature(completion.temperature),
            top_p: options.top_p(completion.top_p),
            top_k: options.top_k(completion.top_k),
            stop: completion.stop.as_ref().map(Stop::strings).unwrap_or_default(),
            others: &completion.others,
            takes_both: false,
            hottest: 5.0,
        }
    }

    /// Writes it; returns the limit of tokens.
    pub(super) fn write(&self, losses: &mut Losses, body: &mut Object<'_>) -> Option<u32> {
        if let Some(limit) = self.limit {
            body.number("max_tokens", limit.into());
        }
        let mut nearest =
            |ours: &'static str, theirs: &'static str, asked: Option<Number<'_>>, least, most| {
                let Some(asked) = asked else { return };
                let value = asked.value();
                if value.is_nan() {
                    return losses.drop(ours);
                }
                if (least..=most).contains(&value) {
                    return asked.write(body.member(theirs));
                }
                losses.drop(ours);
                Number::Value(value.clamp(least, most)).write(body.member(theirs));
            };
        nearest("temperature", "temperature", self.temperature, 0.0, self.hottest);
        nearest("top_p", "p", self.top_p, 0.01, 0.99);
        nearest("top_k", "k", self.top_k, 0.0, 500.0);
        let frequency = self.other("frequency_penalty");
        let presence = self.other("presence_penalty");
        let both = frequency.is_some() && presence.is_some() && !self.takes_both;
        nearest("frequency_penalty", "frequency_penalty", frequency, 0.0, 1.0);
        nearest("presence_penalty", "presence_penalty", presence.filter(|_| !both), 0.0, 1.0);
        if both {
            losses.drop("presence_penalty");
        }
        self.seed(losses, body);
        if !self.stop.is_empty() {
            let mut sequences = body.array("stop_sequences");
            self.stop.iter().for_each(|text| sequences.text(*text));
        }
        self.limit
    }

    fn other(&self, name: &str) -> Option<Number<'a>> {
        let member = self.others.iter().find(|member| member.name == name)?;
        let digits = member.value.get();
        // A penalty of zero is none.
        Some(Number::Json(digits)).filter(|number| number.value() != 0.0)
    }

    /// Seeds are whole numbers, and not negative.
    fn seed(&self, losses: &mut Losses, body: &mut Object<'_>) {
        let Some(seed) = self.others.iter().find(|member| member.name == "seed") else { return };
        match seed.value.get() {
            digits if digits.parse::<u64>().is_ok() => body.raw("seed", digits),
            _ => losses.drop("seed"),
        }
    }
}
