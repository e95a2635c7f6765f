//! A Messages request that stays one: only what the configuration says is put in its place.

use crate::call::{Options, Target};
use crate::json::{self, Object};
use crate::openai::Members;
use crate::{Error, Text};

/// Writes the request to `out`: as it came, but for what `options` set.
pub(super) fn splice(body: &[u8], options: &Options<'_>, out: &mut Vec<u8>) -> Result<Target, Error> {
    let members = Members::of(body)?;
    let client_model: Option<Text<'_>> = members.read("model")?;
    let model = options.model(client_model)?;
    let client_stream: bool = members.read("stream")?.unwrap_or_default();
    let stream = options.stream(client_stream);
    let edits = edits(&members, options, &model, stream);
    if edits.is_empty() {
        out.extend_from_slice(body);
    } else {
        out.reserve(body.len() + 128);
        let mut object = Object::new(out);
        for (name, value) in &members.0 {
            let value = edits.iter().find(|(edited, _)| edited == name).map_or(value.get(), |(_, new)| new);
            object.foreign(name).extend_from_slice(value.as_bytes());
        }
        let is_new = |name: &&'static str| members.0.iter().all(|(known, _)| known != name);
        for (name, value) in edits.iter().filter(|(name, _)| is_new(name)) {
            object.raw(name, value);
        }
    }
    let client_model = client_model.map(|model| model.plain().into_owned());
    Ok(Target { client_model, client_stream, ..super::target(options, "/v1/messages", model, stream) })
}

/// What to put in place of which member.
fn edits(
    members: &Members<'_>,
    options: &Options<'_>,
    model: &str,
    stream: bool,
) -> Vec<(&'static str, String)> {
    let mut edits = Vec::new();
    if options.model.is_some() {
        let mut quoted = Vec::with_capacity(model.len() + 2);
        json::string(&mut quoted, model);
        edits.extend(String::from_utf8(quoted).ok().map(|model| ("model", model)));
    }
    edits.extend(options.stream.or(options.upstream).map(|_| ("stream", stream.to_string())));
    // The newest version takes no sampling parameters.
    let samples = !super::takes_bearer(options);
    let tuned = [
        ("max_tokens", options.max_tokens.map(|value| value.to_string())),
        ("temperature", options.temperature.filter(|_| samples).map(|value| value.to_string())),
        ("top_p", options.top_p.filter(|_| samples).map(|value| value.to_string())),
        ("top_k", options.top_k.filter(|_| samples).map(|value| value.to_string())),
    ];
    for (name, value) in tuned {
        if !(options.client_wins && members.find(name).is_some()) {
            edits.extend(value.map(|value| (name, value)));
        }
    }
    edits
}
