//! What a client wants to see: JSON, or a form with a picture, in one shape.

use crate::images::{Input, Reference, size};
use crate::openai::Members;
use crate::works::{Asked, Form, Others};
use crate::{Error, Text};

/// A request for a video.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// The model that is asked for.
    pub model: Option<String>,
    /// The one that the client named.
    pub(super) client_model: Option<String>,
    /// What is to be seen.
    pub prompt: String,
    /// How long; what the provider makes of it, once it is asked.
    pub seconds: Option<u64>,
    /// Width and height; what the provider makes of them, once it is asked.
    pub size: Option<(u32, u32)>,
    /// What it begins with.
    pub picture: Option<Input<'a>>,
    /// Those of `extra_body`, too.
    pub(super) others: Others<'a>,
}

/// What is read by name.
const READ: &[&str] = &["model", "prompt", "seconds", "size", "input_reference", "extra_body"];
/// Nobody makes longer ones.
const LONGEST: u64 = 600;

impl<'a> Order<'a> {
    /// Reads a client's request.
    pub(super) fn read(asked: Asked<'a>) -> Result<Self, Error> {
        let order = if Form::is(asked.content_type) {
            Self::of_form(&Form::read(asked.content_type, asked.body)?)?
        } else {
            Self::of_json(&Members::of(asked.body)?)?
        };
        if order.prompt.is_empty() {
            return Err(Error::request("prompt", "prompt must be a text that is not empty"));
        }
        Ok(Self { client_model: order.model.clone(), ..order })
    }

    fn of_json(members: &Members<'a>) -> Result<Self, Error> {
        let text =
            |name| members.read::<Text<'a>>(name).map(|text| text.map(|text| text.plain().into_owned()));
        // The service takes a text; that it is a number is easily overlooked.
        let length = members.find("seconds").map(|value| seconds(value.trim_matches('"'))).transpose()?;
        let picture = members.read::<Reference<'a>>("input_reference")?;
        let extra = members.find("extra_body").map(|extra| Members::of(extra.as_bytes())).transpose()?;
        let extra = extra.map(|extra| Others::of_json(&extra, &[])).unwrap_or_default();
        Ok(Self {
            model: text("model")?,
            prompt: text("prompt")?.unwrap_or_default(),
            seconds: length,
            size: text("size")?.map(|text| size(&text)).transpose()?.flatten(),
            picture: picture.map(|picture| picture.input("input_reference")).transpose()?,
            others: Others::of_json(members, READ).and(extra),
            client_model: None,
        })
    }

    fn of_form(form: &Form<'a>) -> Result<Self, Error> {
        Ok(Self {
            model: form.text("model"),
            prompt: form.text("prompt").unwrap_or_default(),
            seconds: form.text("seconds").map(|text| seconds(&text)).transpose()?,
            size: form.text("size").map(|text| size(&text)).transpose()?.flatten(),
            picture: form.files("input_reference").next().map(Input::of),
            others: Others::of_form(form, READ),
            client_model: None,
        })
    }

    /// The model that is asked for.
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }
}

fn seconds(text: &str) -> Result<u64, Error> {
    let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds.ok_or_else(|| Error::request("seconds", format!("seconds must be a number from 1 to {LONGEST}")))
}
