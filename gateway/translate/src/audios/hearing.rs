//! What a client wants to have written down: a form with a file.

use crate::Error;
use crate::call::Losses;
use crate::works::{self, Asked};

/// A request for a transcript.
#[derive(Debug)]
pub struct Hearing<'a> {
    /// The model that the client asks for.
    pub model: Option<String>,
    /// The sound.
    pub file: &'a [u8],
    /// What it is: `audio/wav`.
    pub media_type: String,
    /// How the client wants to read it.
    pub form: Form,
    others: Vec<String>,
}

/// A form of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The text in an object.
    Json,
    /// The text alone.
    Text,
}

impl<'a> Hearing<'a> {
    /// Reads a client's request.
    pub(crate) fn read(asked: Asked<'a>) -> Result<Self, Error> {
        if !works::Form::is(asked.content_type) {
            return Err(Error::request(
                "body",
                "a transcription is asked for by a form: multipart/form-data",
            ));
        }
        let form = works::Form::read(asked.content_type, asked.body)?;
        let file = form
            .files("file")
            .next()
            .ok_or_else(|| Error::request("file", "there is no file to transcribe"))?;
        let form_of_text = match form.text("response_format").as_deref() {
            None | Some("json") => Form::Json,
            Some("text") => Form::Text,
            Some(other) => {
                let why = format!(
                    "this provider gives no times: response_format {other} is not to be had, json and text are"
                );
                return Err(Error::request("response_format", why));
            }
        };
        if form.text("stream").as_deref() == Some("true") {
            return Err(Error::request("stream", "this provider does not stream transcripts"));
        }
        let known = ["model", "file", "response_format", "stream"];
        let others = form.0.iter().filter(|part| !known.contains(&part.name.as_str()));
        Ok(Self {
            model: form.text("model"),
            file: file.content,
            media_type: file.media_type().into_owned(),
            form: form_of_text,
            others: others.map(|part| part.name.clone()).collect(),
        })
    }

    /// Notes everything but the sound and the model.
    pub(crate) fn drop_others(&self, losses: &mut Losses) {
        self.others.iter().for_each(|name| losses.drop(name.as_str()));
    }
}
