//! What a message or a tool says, as a chat has it.
//!
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::{Array, text_of};
use crate::{Error, Text};

/// One part. Which members it has depends on its `type`.
#[derive(Debug, Deserialize)]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    text: Option<Text<'a>>,
    refusal: Option<Text<'a>>,
    detail: Option<Text<'a>>,
    image_url: Option<Text<'a>>,
    file_id: Option<Text<'a>>,
    file_data: Option<Text<'a>>,
    file_url: Option<Text<'a>>,
    filename: Option<Text<'a>>,
    prompt_cache_breakpoint: Option<&'a RawValue>,
}

/// A string, or parts.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Text(Text<'a>),
    Parts(Vec<Part<'a>>),
}

impl<'a> Content<'a> {
    /// Reads it; `path` is its place in the client's request.
    pub(super) fn read(json: &'a str, path: &str) -> Result<Self, Error> {
        if let Some(text) = Text::token(json) {
            return Ok(Self::Text(text));
        }
        if !json.starts_with('[') {
            return Err(Error::request(path, format!("{path} must be a string or a list of parts")));
        }
        text_of(json)
            .map(Self::Parts)
            .map_err(|why| Error::request(path, format!("{path} cannot be read: {why}")))
    }

    /// The texts of an answer, which make one; and why it declined, where it did.
    pub(super) fn answer(&self, path: &str) -> Result<(Vec<Text<'a>>, Vec<Text<'a>>), Error> {
        let parts = match self {
            Self::Text(text) => return Ok((vec![*text], Vec::new())),
            Self::Parts(parts) => parts,
        };
        let (mut texts, mut refusals) = (Vec::new(), Vec::new());
        for (number, part) in parts.iter().enumerate() {
            match (part.text, part.refusal) {
                (Some(text), _) => texts.push(text),
                (None, Some(refusal)) => refusals.push(refusal),
                (None, None) => {
                    let path = format!("{path}[{number}]");
                    let why = format!("{path}: an answer has parts of type output_text and refusal only");
                    return Err(Error::request(path, why));
                }
            }
        }
        Ok((texts, refusals))
    }

    /// Writes it as the content of a chat's message. One text is a string, as every server understands.
    pub(super) fn write(&self, path: &str, losses: &mut Losses, out: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Text(text) => text.write(out),
            Self::Parts(parts) => match &parts[..] {
                [Part { text: Some(text), prompt_cache_breakpoint: None, .. }] => text.write(out),
                parts => {
                    let mut list = Array::new(out);
                    for (number, part) in parts.iter().enumerate() {
                        part.write(&format!("{path}[{number}]"), losses, &mut list)?;
                    }
                }
            },
        }
        Ok(())
    }

    /// Whether there is nothing but text in it.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Parts(parts) => parts.iter().all(|part| part.text.is_some()),
        }
    }
}

impl Part<'_> {
    fn write(&self, path: &str, losses: &mut Losses, list: &mut Array<'_>) -> Result<(), Error> {
        let kind = self.r#type.plain();
        let missing =
            |what: &str| Err(Error::request(path, format!("{path}: a part of type {kind} must have {what}")));
        match &*kind {
            "input_text" | "output_text" | "text" | "refusal" => {
                let Some(text) = self.text.or(self.refusal) else { return missing("text") };
                let mut part = list.object();
                part.word("type", "text");
                part.text("text", text);
                self.mark(&mut part);
            }
            "input_image" => {
                let Some(url) = self.image_url else { return missing("image_url: no files are kept here") };
                let mut part = list.object();
                part.word("type", "image_url");
                {
                    let mut image = part.object("image_url");
                    image.text("url", url);
                    match self.detail {
                        Some(detail) if detail.is("original") => losses.drop("input[].content[].detail"),
                        Some(detail) => image.text("detail", detail),
                        None => (),
                    }
                }
                self.mark(&mut part);
            }
            "input_file" => {
                let Some(data) = self.file_data.or(self.file_url) else {
                    if self.file_id.is_some() {
                        return missing("file_data: no files are kept here");
                    }
                    return missing("file_data");
                };
                if self.detail.is_some_and(|detail| !detail.is("auto")) {
                    losses.drop("input[].content[].detail");
                }
                let mut part = list.object();
                part.word("type", "file");
                {
                    let mut file = part.object("file");
                    if let Some(name) = self.filename {
                        file.text("filename", name);
                    }
                    file.text("file_data", data);
                }
                self.mark(&mut part);
            }
            kind => {
                return Err(Error::request(
                    path,
                    format!(
                        "Invalid value: '{kind}'. Supported values are: 'input_text', 'input_image', and 'input_file'."
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Where the prompt may be cached up to.
    fn mark(&self, part: &mut crate::json::Object<'_>) {
        if let Some(mark) = self.prompt_cache_breakpoint {
            part.raw("prompt_cache_breakpoint", mark.get());
        }
    }
}
