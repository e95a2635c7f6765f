//! A request that stays in OpenAI's own dialect: only what the configuration says is put in its place.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::request::{Name, StreamOptions};
use super::unreadable::unreadable;
use crate::chat::{Losses, Options, Target};
use crate::json::Object;
use crate::{Error, Text, json};

/// Models that know `max_completion_tokens` only.
const REASONING_FAMILIES: [&str; 4] = ["o1", "o3", "o4", "gpt-5"];

/// Writes the request to `out`: as it came, but for what `options` set. `top_k` is kept where the provider knows it.
pub(crate) fn splice(
    body: &[u8],
    options: &Options<'_>,
    top_k: bool,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    let members: Members<'_> = json::read(body).map_err(|why| unreadable::<Members<'_>>(body, &why))?;
    let client_model: Option<Text<'_>> = members.read("model")?;
    let client_model = client_model.map(|model| model.plain().into_owned());
    let model = options.model.map(str::to_owned).or_else(|| client_model.clone());
    let model = model.filter(|model| !model.is_empty()).ok_or_else(Error::no_model)?;
    let client_stream: bool = members.read("stream")?.unwrap_or_default();
    let include_usage = members.read::<StreamOptions>("stream_options")?.unwrap_or_default().include_usage;
    let list = members.find("messages").and_then(|messages| messages.strip_prefix('['));
    if list.is_none_or(|list| list.trim_start().starts_with(']')) {
        return Err(Error::request("messages", "messages must be a list that holds at least one message"));
    }
    let mut losses = Losses::default();
    let edits = Edits::new(&members, options, &model, top_k, &mut losses);
    let dropped = losses.into_names();
    if options.strict && !dropped.is_empty() {
        return Err(Error::Dropped(dropped));
    }
    edits.write(body, &members, out);
    Ok(Target {
        client_model,
        client_stream,
        include_usage: include_usage.unwrap_or_default(),
        dropped,
        ..Target::new("/v1/chat/completions", model, options.stream.unwrap_or(client_stream))
    })
}

/// What to put in place of which member; `None` takes it away.
#[derive(Default)]
struct Edits(Vec<(&'static str, Option<String>)>);

impl Edits {
    fn new(
        members: &Members<'_>,
        options: &Options<'_>,
        model: &str,
        top_k: bool,
        losses: &mut Losses,
    ) -> Self {
        let mut edits = Self::default();
        if options.model.is_some() {
            let mut quoted = Vec::with_capacity(model.len() + 2);
            json::string(&mut quoted, model);
            edits.0.push(("model", String::from_utf8(quoted).ok()));
        }
        if let Some(stream) = options.stream {
            edits.0.push(("stream", Some(stream.to_string())));
            if !stream && members.find("stream_options").is_some() {
                edits.0.push(("stream_options", None));
            }
        }
        edits.max_tokens(members, options, model);
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        edits.tune(members, options, "temperature", number(options.temperature));
        edits.tune(members, options, "top_p", number(options.top_p));
        if top_k {
            edits.tune(members, options, "top_k", options.top_k.map(|value| value.to_string()));
        } else if members.find("top_k").is_some() {
            losses.drop("top_k");
            edits.0.push(("top_k", None));
        }
        edits
    }

    fn tune(
        &mut self,
        members: &Members<'_>,
        options: &Options<'_>,
        name: &'static str,
        value: Option<String>,
    ) {
        if value.is_some() && !(options.client_wins && members.find(name).is_some()) {
            self.0.push((name, value));
        }
    }

    /// The older name is sent by the newer one where the model knows that only.
    fn max_tokens(&mut self, members: &Members<'_>, options: &Options<'_>, model: &str) {
        const OLD: &str = "max_tokens";
        const NEW: &str = "max_completion_tokens";
        let (old, new) = (members.find(OLD), members.find(NEW));
        let configured = options.max_tokens.map(|limit| limit.to_string());
        let configured = configured.filter(|_| !(options.client_wins && (old.is_some() || new.is_some())));
        let only_new = REASONING_FAMILIES.iter().any(|family| model.starts_with(family));
        let name = if only_new || new.is_some() { NEW } else { OLD };
        let value = configured.or_else(|| old.filter(|_| only_new && new.is_none()).map(str::to_owned));
        if value.is_none() && !(only_new && old.is_some()) {
            return;
        }
        if old.is_some() && name == NEW {
            self.0.push((OLD, None));
        }
        if value.is_some() {
            self.0.push((name, value));
        }
    }

    fn write(mut self, body: &[u8], members: &Members<'_>, out: &mut Vec<u8>) {
        if self.0.is_empty() {
            out.extend_from_slice(body);
            return;
        }
        out.reserve(body.len() + 128);
        let mut object = Object::new(out);
        for (name, value) in &members.0 {
            match self.0.iter().position(|(edited, _)| edited == name) {
                None => object.foreign(name).extend_from_slice(value.get().as_bytes()),
                Some(at) => {
                    if let (name, Some(value)) = self.0.swap_remove(at) {
                        object.raw(name, &value);
                    }
                }
            }
        }
        for (name, value) in self.0 {
            if let Some(value) = value {
                object.raw(name, &value);
            }
        }
    }
}

/// The members of the request, in order, none of them read.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// A member that is there and not null.
    fn find(&self, name: &str) -> Option<&'a str> {
        let member = self.0.iter().find(|(known, _)| known == name);
        member.map(|(_, value)| value.get()).filter(|&value| value != "null")
    }

    fn read<T: Deserialize<'a>>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let value = self.find(name).map(serde_json::from_str);
        value.transpose().map_err(|why| Error::request(name, format!("{name} cannot be read: {why}")))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a chat request")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        let members = deserializer.deserialize_map(Each)?;
        let mut names: Vec<&str> = members.0.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(D::Error::custom(format_args!("{} is named twice", pair[0]))),
            None => Ok(members),
        }
    }
}
