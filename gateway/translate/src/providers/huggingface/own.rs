//! Members that a client sends by the server's own names: at the top or in `extra_body`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::Object;
use crate::openai::Member;

/// Carries what is among `known`, and names the rest. What is said twice holds as it was said first.
pub(super) fn write<'a>(
    others: impl Iterator<Item = &'a Member<'a>>,
    known: &[&'static str],
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    #[derive(Deserialize)]
    struct Extra<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

    let mut written = Vec::new();
    let mut take = |name: &str, value: &RawValue| {
        // Seeds are not negative here.
        if name == "seed" && value.get().starts_with('-') {
            return false;
        }
        let Some(name) = known.iter().find(|known| **known == name) else { return false };
        if !written.contains(name) {
            written.push(name);
            body.raw(name, value.get());
        }
        true
    };
    for Member { name, value } in others {
        if name != "extra_body" {
            if !take(name, value) {
                losses.drop(&**name);
            }
            continue;
        }
        match serde_json::from_str(value.get()) {
            Ok(Extra(members)) => {
                let lost = members.iter().filter(|(name, value)| !take(name, value));
                lost.for_each(|(name, _)| losses.drop(format!("extra_body.{name}")));
            }
            Err(_) => losses.drop("extra_body"),
        }
    }
}
