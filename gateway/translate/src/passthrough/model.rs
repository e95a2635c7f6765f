//! The model of a request that passes through: what the client named, and what is sent instead.

use super::multipart;
use crate::json::Object;
use crate::openai::Members;
use crate::{Error, Text, json};

/// Puts `model` into a request's body, and gives the one that the client named. A body of a kind that names no model is left
/// as it is.
pub fn model(content_type: &str, body: &mut Vec<u8>, model: Option<&str>) -> Result<Option<String>, Error> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "multipart/form-data" => multipart::model(content_type, body, model),
        "" | "application/json" => of_json(body, model),
        _ => Ok(None),
    }
}

fn of_json(body: &mut Vec<u8>, model: Option<&str>) -> Result<Option<String>, Error> {
    let members = Members::of(body)?;
    let named: Option<Text<'_>> = members.read("model")?;
    let named = named.map(|name| name.plain().into_owned());
    let Some(model) = model.filter(|model| named.as_deref() != Some(model)) else { return Ok(named) };
    let mut out = Vec::with_capacity(body.len() + model.len() + 16);
    let mut object = Object::new(&mut out);
    for (name, value) in members.0.iter().filter(|(name, _)| name != "model") {
        object.foreign(name).extend_from_slice(value.get().as_bytes());
    }
    let mut quoted = Vec::with_capacity(model.len() + 2);
    json::string(&mut quoted, model);
    object.foreign("model").extend_from_slice(&quoted);
    drop(object);
    *body = out;
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_model_takes_the_place_of_the_clients() {
        let mut body = br#"{"model":"mine","input":"a \u00e9","n":1e400}"#.to_vec();
        assert_eq!(model("application/json", &mut body, Some("tts-1")).unwrap().as_deref(), Some("mine"));
        assert_eq!(body, br#"{"input":"a \u00e9","n":1e400,"model":"tts-1"}"#);
    }

    #[test]
    fn without_a_configured_model_not_a_byte_changes() {
        let same = br#" { "model" : "mine" , "input":"" }"#.to_vec();
        let mut body = same.clone();
        assert_eq!(
            model("application/json; charset=utf-8", &mut body, None).unwrap().as_deref(),
            Some("mine")
        );
        assert_eq!(body, same);
        assert!(model("application/json", &mut b"[1".to_vec(), None).is_err());
    }
}
