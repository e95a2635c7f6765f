//! What a scenario says itself of reply and request upstream, beyond what follows from its script.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Outcome, Scenario};

/// What must be so, besides what the requirements ask.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The statuses that fit: one, or a list; empty means those that fit the outcome.
    #[serde(deserialize_with = "one_or_many")]
    pub status: Vec<u16>,
    /// Words of which the error's message must contain at least one, in any case of letters.
    pub mentions: Vec<String>,
    /// The finish reason: a word, or one for each provider whose dialect leads to another one than the script says.
    pub finish: EachProvider<String>,
    /// All text of the first choice.
    pub text: Option<String>,
    /// All reasoning text of the first choice.
    pub reasoning: Option<String>,
    /// The refusal of the first choice.
    pub refusal: Option<String>,
    /// The tool calls of the first choice, in order; an empty list: none.
    pub tool_calls: Option<Vec<ExpectedCall>>,
    /// Token counts; those left out may be as they like.
    pub usage: Option<Counts>,
    /// Members of the error object that the client gets.
    pub error: Option<ExpectedError>,
    /// The providers whose targets are asked by all calls of the play, in order.
    pub asked: Option<Vec<String>>,
    /// How often the targets of each provider are asked, in any order.
    pub share: BTreeMap<String, usize>,
    /// How often the targets of each provider are asked at most.
    pub most: BTreeMap<String, usize>,
    /// Whether all calls are asked of one target.
    pub same: bool,
    /// Members of the client's request that must reach the provider under the same name and value.
    pub carried: Vec<String>,
    /// JSON pointers into the upstream request and what must be there; `null`: nothing.
    pub upstream: Members,
}

/// A tool call that the client must get.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedCall {
    /// The tool's name.
    pub name: String,
    /// Its arguments as JSON, whatever their spaces and order; absent: any.
    #[serde(default)]
    pub arguments: Option<Value>,
    /// Its id; absent: any.
    #[serde(default)]
    pub id: Option<String>,
}

/// Token counts that the client must get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counts {
    /// `prompt_tokens`.
    pub prompt: Option<u64>,
    /// `completion_tokens`.
    pub completion: Option<u64>,
    /// `total_tokens`.
    pub total: Option<u64>,
    /// `prompt_tokens_details.cached_tokens`.
    pub cached: Option<u64>,
    /// `completion_tokens_details.reasoning_tokens`.
    pub reasoning: Option<u64>,
}

/// The error object that the client must get, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedError {
    /// `error.type`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `error.code`.
    pub code: Option<String>,
    /// `error.param`.
    pub param: Option<String>,
    /// A part of `error.message`.
    pub message: Option<String>,
}

/// A value for all providers, or one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EachProvider<T> {
    /// For those that are not named.
    pub all: Option<T>,
    /// By provider.
    pub by: BTreeMap<String, T>,
}

/// JSON pointers and values, for all providers and for each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members {
    /// Wherever it is played.
    pub all: BTreeMap<String, Value>,
    /// By provider.
    pub by: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Expect {
    /// Whether something is said of the reply that the script does not say.
    pub(crate) fn says_reply(&self) -> bool {
        let texts = [&self.text, &self.reasoning, &self.refusal, &self.finish.all];
        texts.into_iter().any(Option::is_some) || self.tool_calls.is_some() || self.usage.is_some()
    }

    /// Whether something is said of an error; of its status alone only where no requirement of the outcome judges that.
    pub(crate) fn says_error(&self, outcome: Outcome) -> bool {
        let is_judged = matches!(outcome, Outcome::Error | Outcome::Refused);
        self.error.is_some() || (!self.status.is_empty() && !is_judged)
    }

    /// Whether something is said of whose targets are asked.
    pub(crate) fn says_targets(&self) -> bool {
        self.asked.is_some() || !self.share.is_empty() || !self.most.is_empty() || self.same
    }

    /// Whether something is said of the request upstream.
    pub(crate) fn says_upstream(&self) -> bool {
        !self.carried.is_empty() || !self.upstream.all.is_empty() || !self.upstream.by.is_empty()
    }
}

impl Scenario {
    /// Whether the scenario itself says what the requirement of this id judges.
    pub(crate) fn states(&self, id: &str) -> bool {
        match id {
            "scenario.reply" => self.expect.says_reply(),
            "scenario.error" => self.expect.says_error(self.outcome),
            "scenario.upstream" => self.expect.says_upstream(),
            _ => false,
        }
    }
}

impl<T> EachProvider<T> {
    /// What holds for this provider.
    pub fn get(&self, provider: &str) -> Option<&T> {
        self.by.get(provider).or(self.all.as_ref())
    }
}

impl<T> Default for EachProvider<T> {
    fn default() -> Self {
        Self { all: None, by: BTreeMap::new() }
    }
}

impl Members {
    /// What must be in the request of this provider.
    pub fn of(&self, provider: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.all.iter().chain(self.by.get(provider).into_iter().flatten())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for EachProvider<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EachProviderVisitor(PhantomData))
    }
}

struct EachProviderVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for EachProviderVisitor<T> {
    type Value = EachProvider<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, or a word for each provider")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let all = T::deserialize(serde::de::value::StrDeserializer::<E>::new(text))?;
        Ok(EachProvider { all: Some(all), by: BTreeMap::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let by = BTreeMap::deserialize(MapAccessDeserializer::new(map))?;
        Ok(EachProvider { all: None, by })
    }
}

impl<'de> Deserialize<'de> for Members {
    /// A name that begins with `/` is a pointer, for all; any other one is a provider's.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Self::default();
        for (name, value) in BTreeMap::<String, Value>::deserialize(deserializer)? {
            if name.starts_with('/') {
                members.all.insert(name, value);
                continue;
            }
            let Value::Object(pointers) = value else {
                return Err(D::Error::custom(format!(
                    "`{name}` is neither a JSON pointer, which begins with `/`, nor a provider with pointers of its own"
                )));
            };
            if let Some(wrong) = pointers.keys().find(|pointer| !pointer.starts_with('/')) {
                return Err(D::Error::custom(format!(
                    "`{wrong}` is no JSON pointer: it must begin with `/`"
                )));
            }
            members.by.insert(name, pointers.into_iter().collect());
        }
        Ok(members)
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
    struct Statuses;
    impl<'de> Visitor<'de> for Statuses {
        type Value = Vec<u16>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an HTTP status, or a list of them")
        }

        fn visit_u64<E: serde::de::Error>(self, status: u64) -> Result<Vec<u16>, E> {
            let status = u16::try_from(status).ok().filter(|status| (100..1000).contains(status));
            status.map(|status| vec![status]).ok_or_else(|| E::custom("no HTTP status: it has three digits"))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u16>, A::Error> {
            let mut statuses = Vec::new();
            while let Some(status) = list.next_element()? {
                statuses.push(status);
            }
            Ok(statuses)
        }
    }
    deserializer.deserialize_any(Statuses)
}
