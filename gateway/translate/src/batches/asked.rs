//! What a client asks for that [makes a batch](https://platform.openai.com/docs/api-reference/batch/create), and what the object
//! says of it for ever.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;
use crate::openai::Members;

/// The only API whose lines are translated.
const ENDPOINT: &str = "/v1/chat/completions";
/// The only window that OpenAI knows.
const WINDOW: &str = "24h";
/// [Metadata](https://platform.openai.com/docs/api-reference/batch/create#batch_create-metadata): pairs, and their lengths.
const PAIRS: usize = 16;
const KEY: usize = 64;
const VALUE: usize = 512;

/// What a batch was asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// OpenAI's name of the input file.
    pub input_file_id: String,
    /// A JSON object, or nothing.
    pub metadata: Option<Box<str>>,
}

impl Asked {
    /// Reads a request.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        let members = Members::of(body)?;
        let text = |name: &'static str| -> Result<String, Error> {
            let found: Option<String> = members.read(name)?;
            found.ok_or_else(|| Error::request(name, format!("Missing required parameter: '{name}'.")))
        };
        let input_file_id = text("input_file_id")?;
        let endpoint = text("endpoint")?;
        if endpoint != ENDPOINT {
            let message = format!("this provider's batches are of {ENDPOINT} only");
            return Err(Error::request("endpoint", message));
        }
        if text("completion_window")? != WINDOW {
            return Err(Error::request("completion_window", "Invalid value. Supported values are: '24h'."));
        }
        let metadata: Option<&RawValue> = members.read("metadata")?;
        let metadata = metadata.map(|metadata| checked(metadata.get())).transpose()?;
        Ok(Self { input_file_id, metadata })
    }

    /// What is shown of a batch of which nothing is known any more.
    pub fn lost(native: &str) -> Self {
        Self { input_file_id: format!("file-{native}-input"), metadata: None }
    }

    /// The API that its lines ask.
    pub fn endpoint(&self) -> &'static str {
        ENDPOINT
    }

    /// How long it may take.
    pub fn window(&self) -> &'static str {
        WINDOW
    }
}

fn checked(json: &str) -> Result<Box<str>, Error> {
    #[derive(Deserialize)]
    struct Pairs(std::collections::BTreeMap<String, String>);

    let Pairs(pairs) = serde_json::from_str(json)
        .map_err(|_| Error::request("metadata", "metadata is an object of strings"))?;
    let fits =
        |(key, value): (&String, &String)| key.chars().count() <= KEY && value.chars().count() <= VALUE;
    if pairs.len() > PAIRS || !pairs.iter().all(fits) {
        let message = format!("metadata has at most {PAIRS} pairs, of {KEY} and {VALUE} characters");
        return Err(Error::request("metadata", message));
    }
    Ok(json.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read() {
        let body = br#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"a": "b"}}"#;
        let asked = Asked::read(body).unwrap();
        assert_eq!((&*asked.input_file_id, asked.metadata.as_deref()), ("file-1", Some(r#"{"a": "b"}"#)));
    }

    #[test]
    fn what_is_no_request_is_refused_by_the_member_at_fault() {
        let whole = [
            ("input_file_id", r#""file-1""#),
            ("endpoint", r#""/v1/chat/completions""#),
            ("completion_window", r#""24h""#),
            ("metadata", "null"),
        ];
        for (name, wrong) in [
            ("input_file_id", "null"),
            ("input_file_id", "7"),
            ("endpoint", r#""/v1/embeddings""#),
            ("completion_window", r#""1h""#),
            ("metadata", r#"{"a":1}"#),
            ("metadata", "[]"),
        ] {
            let value = |(known, value): &(&str, &'static str)| if *known == name { wrong } else { *value };
            let members: Vec<_> =
                whole.iter().map(|pair| format!("\"{}\":{}", pair.0, value(pair))).collect();
            let refused = Asked::read(format!("{{{}}}", members.join(",")).as_bytes()).unwrap_err();
            assert!(
                matches!(&refused, Error::Request { param: Some(param), .. } if param == name),
                "{refused:?}"
            );
        }
    }
}
