//! Members of Google's own that a client sends beside OpenAI's, at the top or in `extra_body`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::config::CARRIED;
use super::request::Service;
use crate::call::Losses;
use crate::json::Object;
use crate::openai::Chat;

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// What the client said by Google's names.
#[derive(Default)]
pub(super) struct Native<'a> {
    service: Option<Service>,
    top: Vec<(&'static str, &'a RawValue)>,
    config: Members<'a>,
}

/// Members of a request that have no other name.
const TOP: &[(&str, &str)] = &[
    ("safetySettings", "safetySettings"),
    ("safety_settings", "safetySettings"),
    ("cachedContent", "cachedContent"),
    ("cached_content", "cachedContent"),
];
/// Those that one service has, and the other has not.
const GEMINI: &[(&str, &str)] = &[("store", "store")];
const VERTEX: &[(&str, &str)] = &[
    ("labels", "labels"),
    ("modelArmorConfig", "modelArmorConfig"),
    ("model_armor_config", "modelArmorConfig"),
];
const CONFIG: &[&str] = &["generationConfig", "generation_config"];

/// What the client sets by OpenAI's names.
const SET: &[&str] = &[
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "stopSequences",
    "candidateCount",
    "seed",
    "frequencyPenalty",
    "presencePenalty",
    "responseLogprobs",
    "logprobs",
];

impl<'a> Native<'a> {
    /// Takes what is Google's, and names what is nobody's.
    pub(super) fn of(chat: &Chat<'a>, service: Service, losses: &mut Losses) -> Self {
        let mut native = Self { service: Some(service), ..Self::default() };
        for member in &chat.others {
            let name: &str = &member.name;
            if name == "extra_body" {
                native.extra(member.value, losses);
            } else if !native.take(name, member.value) && !CARRIED.iter().any(|(ours, _)| *ours == name) {
                losses.drop(name);
            }
        }
        native
    }

    fn extra(&mut self, value: &'a RawValue, losses: &mut Losses) {
        let Ok(Borrowed(members)) = serde_json::from_str(value.get()) else {
            return losses.drop("extra_body");
        };
        for (name, value) in members {
            if !self.take(&name, value) {
                losses.drop(format!("extra_body.{name}"));
            }
        }
    }

    fn take(&mut self, name: &str, value: &'a RawValue) -> bool {
        let own = if self.service == Some(Service::Vertex) { VERTEX } else { GEMINI };
        if let Some((_, known)) = TOP.iter().chain(own).find(|(known, _)| *known == name) {
            self.top.retain(|(taken, _)| taken != known);
            self.top.push((known, value));
            return true;
        }
        if !CONFIG.contains(&name) {
            return false;
        }
        match serde_json::from_str(value.get()) {
            Ok(Borrowed(members)) => {
                self.config.extend(members);
                true
            }
            Err(_) => false,
        }
    }

    /// The client's own part of `generationConfig`.
    pub(super) fn config(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        let own = |(name, _): &(&Cow<'_, str>, &&RawValue)| !SET.contains(&&***name);
        self.config.iter().filter(own).map(|(name, value)| (&**name, *value))
    }

    /// Writes what stands at the top.
    pub(super) fn write(&self, body: &mut Object<'_>) {
        self.top.iter().for_each(|(name, value)| body.raw(name, value.get()));
    }
}

/// Members that are borrowed wherever that is possible.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Members<'a>);
