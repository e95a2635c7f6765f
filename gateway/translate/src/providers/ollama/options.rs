//! `options`: how the model is sampled.
//!
//! <https://github.com/ollama/ollama/blob/main/docs/modelfile.mdx#valid-parameters-and-values>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Completion, Member, Number, Stop};

/// Members of a request, besides those that are read by name, that have their place here.
pub(super) const TAKEN: &[&str] = &["frequency_penalty", "presence_penalty", "seed", "options"];

/// Writes the options of a chat.
pub(super) fn of_chat(chat: &Chat<'_>, options: &Options<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    let sampling = Sampling {
        limit: options.max_tokens(chat.max_tokens),
        numbers: [
            ("temperature", options.temperature(chat.temperature)),
            ("top_p", options.top_p(chat.top_p)),
            ("top_k", options.top_k(chat.top_k)),
        ],
        stop: chat.stop.as_ref(),
        others: &chat.others,
    };
    sampling.write(losses, body);
}

/// Writes the options of a completion.
pub(super) fn of_completion(
    completion: &Completion<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    let sampling = Sampling {
        limit: options.max_tokens(completion.max_tokens),
        numbers: [
            ("temperature", options.temperature(completion.temperature)),
            ("top_p", options.top_p(completion.top_p)),
            ("top_k", options.top_k(completion.top_k)),
        ],
        stop: completion.stop.as_ref(),
        others: &completion.others,
    };
    sampling.write(losses, body);
}

struct Sampling<'s, 'a> {
    limit: Option<u32>,
    numbers: [(&'static str, Option<Number<'a>>); 3],
    stop: Option<&'s Stop<'a>>,
    others: &'s [Member<'a>],
}

impl Sampling<'_, '_> {
    fn write(&self, losses: &mut Losses, body: &mut Object<'_>) {
        let other = |name: &str| self.others.iter().find(|member| member.name == name);
        let stop: Vec<_> = self.stop.map(Stop::strings).unwrap_or_default().to_vec();
        let own = other("options").map(|member| Own::read(member.value));
        let taken = self.others.iter().any(|member| TAKEN.contains(&&*member.name));
        let is_empty = self.limit.is_none()
            && self.numbers.iter().all(|(_, value)| value.is_none())
            && stop.is_empty()
            && !taken;
        if is_empty {
            return;
        }
        let mut written = body.object("options");
        if let Some(limit) = self.limit {
            written.number("num_predict", limit.into());
        }
        for (name, value) in self.numbers {
            if let Some(value) = value {
                value.write(written.member(name));
            }
        }
        for name in ["seed", "frequency_penalty", "presence_penalty"] {
            if let Some(member) = other(name) {
                written.raw(name, member.value.get());
            }
        }
        if !stop.is_empty() {
            let mut strings = written.array("stop");
            stop.iter().for_each(|text| strings.text(*text));
        }
        match own {
            None => (),
            Some(Some(own)) => own.write(&mut written),
            Some(None) => losses.drop("options"),
        }
    }
}

/// The client's own `options`.
struct Own<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Own<'a> {
    fn read(value: &'a RawValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Members<'a>(#[serde(borrow)] std::collections::BTreeMap<Cow<'a, str>, &'a RawValue>);
        let Members(members) = serde_json::from_str(value.get()).ok()?;
        Some(Self(members.into_iter().collect()))
    }

    /// What OpenAI has a name for is set by that name.
    fn write(&self, options: &mut Object<'_>) {
        const SET: &[&str] = &[
            "num_predict",
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "frequency_penalty",
            "presence_penalty",
            "stop",
        ];
        for (name, value) in self.0.iter().filter(|(name, _)| !SET.contains(&&**name)) {
            options.foreign(name).extend_from_slice(value.get().as_bytes());
        }
    }
}
