//! Converse's own members, which a client may send as they are: at the top of its request, or in `extra_body`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Error;
use crate::call::Losses;
use crate::json::Object;
use crate::openai::Chat;

/// Members that are copied.
const COPIED: &[&str] =
    &["additionalModelResponseFieldPaths", "guardrailConfig", PERFORMANCE, "promptVariables"];
const PERFORMANCE: &str = "performanceConfig";

/// What a client sent besides OpenAI's members.
#[derive(Default)]
pub(super) struct Native<'a> {
    copied: Vec<(&'static str, &'a RawValue)>,
    /// `additionalModelRequestFields`
    pub(super) fields: Pairs<'a>,
    /// `requestMetadata`, and OpenAI's `metadata`, which says the same.
    pub(super) metadata: Vec<(&'static str, Pairs<'a>)>,
}

/// The members of an object, in order.
#[derive(Default)]
pub(super) struct Pairs<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'a> Native<'a> {
    /// Sorts the members that the hub does not read. What has no place here is named in `losses`.
    pub(super) fn of(chat: &Chat<'a>, losses: &mut Losses) -> Result<Self, Error> {
        let mut native = Self::default();
        for member in &chat.others {
            if member.name == "extra_body" {
                for (name, value) in Pairs::read("extra_body", member.value)?.0 {
                    native.take(&name, value, losses, "extra_body.")?;
                }
            } else {
                native.take(&member.name, member.value, losses, "")?;
            }
        }
        Ok(native)
    }

    fn take(
        &mut self,
        name: &str,
        value: &'a RawValue,
        losses: &mut Losses,
        prefix: &str,
    ) -> Result<(), Error> {
        match name {
            "additionalModelRequestFields" => self.fields = Pairs::read(name, value)?,
            "metadata" => self.metadata.push(("metadata", Pairs::read(name, value)?)),
            "requestMetadata" => self.metadata.push(("requestMetadata", Pairs::read(name, value)?)),
            _ => match COPIED.iter().find(|known| **known == name) {
                // Named at the top and in `extra_body`: the first one holds.
                Some(known) if self.copied.iter().any(|(name, _)| name == known) => (),
                Some(known) => self.copied.push((known, value)),
                None => losses.drop(format!("{prefix}{name}")),
            },
        }
        Ok(())
    }

    /// Writes the members that are copied. A `latency` that is configured goes before the client's.
    pub(super) fn write(
        &self,
        request: &mut Object<'_>,
        stream: bool,
        latency: Option<&str>,
        losses: &mut Losses,
    ) -> Result<(), Error> {
        if let Some(latency) = latency {
            request.object(PERFORMANCE).string("latency", latency);
        }
        for (name, value) in &self.copied {
            if *name == PERFORMANCE && latency.is_some() {
                continue;
            }
            if *name == "guardrailConfig" && !stream {
                whole_guardrail(request, value, losses)?;
            } else {
                request.raw(name, value.get());
            }
        }
        Ok(())
    }
}

/// A reply that comes whole has no mode of looking at it piece by piece, and the service refuses to be told one.
fn whole_guardrail(request: &mut Object<'_>, config: &RawValue, losses: &mut Losses) -> Result<(), Error> {
    const MODE: &str = "streamProcessingMode";

    let mut guardrail = request.object("guardrailConfig");
    for (name, value) in Pairs::read("guardrailConfig", config)?.0 {
        if name == MODE {
            losses.drop(format!("guardrailConfig.{MODE}"));
        } else {
            guardrail.foreign(&name).extend_from_slice(value.get().as_bytes());
        }
    }
    Ok(())
}

impl<'a> Pairs<'a> {
    fn read(name: &str, value: &'a RawValue) -> Result<Self, Error> {
        serde_json::from_str(value.get())
            .map_err(|why| Error::request(name, format!("{name} must be an object: {why}")))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
