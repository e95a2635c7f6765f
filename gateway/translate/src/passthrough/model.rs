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

/// The model that a body of JSON names in one of these places, each the names of members within one another. Of a foundation
/// model's ARN, it is the model's id that is meant.
pub fn named(body: &[u8], places: &[&[&'static str]]) -> Result<Option<String>, Error> {
    for place in places {
        if let Some(model) = at(body, place)? {
            let id = model.split_once(FOUNDATION).map(|(_, id)| id.to_owned());
            return Ok(Some(id.unwrap_or(model)));
        }
    }
    Ok(None)
}

/// What an ARN of one of the service's own models has before the model's id.
const FOUNDATION: &str = "::foundation-model/";

fn at(body: &[u8], place: &[&'static str]) -> Result<Option<String>, Error> {
    let Some((name, inner)) = place.split_first() else { return Ok(None) };
    let members = Members::of(body)?;
    if inner.is_empty() {
        let named: Option<Text<'_>> = members.read(name)?;
        return Ok(named.map(|name| name.plain().into_owned()));
    }
    members.find(name).map_or(Ok(None), |value| at(value.as_bytes(), inner))
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
    fn a_model_is_found_where_it_stands() {
        let body = br#"{"a":{"b":{"modelArn":"arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"}},"c":{"modelArn":"m"}}"#;
        let rerank: &[&[&str]] = &[&["a", "b", "modelArn"]];
        assert_eq!(named(body, rerank).unwrap().as_deref(), Some("cohere.rerank-v3-5:0"));
        let either: &[&[&str]] = &[&["x", "modelArn"], &["c", "modelArn"]];
        assert_eq!(named(body, either).unwrap().as_deref(), Some("m"));
        assert_eq!(named(body, &[]).unwrap(), None);
        assert!(named(b"[1]", rerank).is_err() && named(br#"{"a":5}"#, rerank).is_err());
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
