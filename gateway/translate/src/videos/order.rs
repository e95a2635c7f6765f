//! What a client wants to see: JSON, or a form with a picture, in one shape.

use crate::call::Losses;
use crate::images::{Input, Reference, size};
use crate::json::Object;
use crate::openai::Members;
use crate::works::{Asked, Form, Part, as_json};
use crate::{Error, Text};

/// A request for a video.
#[derive(Debug, Default)]
pub struct Order {
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
    pub picture: Option<Input<'static>>,
    /// Members that mean something to some providers only, by name, as JSON: those of `extra_body`, too.
    pub others: Vec<(String, String)>,
}

/// What is read by name.
const READ: &[&str] = &["model", "prompt", "seconds", "size", "input_reference", "extra_body"];
/// Nobody makes longer ones.
const LONGEST: u64 = 600;

impl Order {
    /// Reads a client's request.
    pub(super) fn read(asked: Asked<'_>) -> Result<Self, Error> {
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

    fn of_json(members: &Members<'_>) -> Result<Self, Error> {
        let text =
            |name| members.read::<Text<'_>>(name).map(|text| text.map(|text| text.plain().into_owned()));
        // The service takes a text; that it is a number is easily overlooked.
        let length = members.find("seconds").map(|value| seconds(value.trim_matches('"'))).transpose()?;
        let picture = members.read::<Reference<'_>>("input_reference")?;
        let mut others: Vec<(String, String)> = Vec::new();
        for member in members.others(READ) {
            others.push((member.name.into_owned(), member.value.get().to_owned()));
        }
        if let Some(extra) = members.find("extra_body") {
            for member in Members::of(extra.as_bytes())?.others(&[]) {
                others.push((member.name.into_owned(), member.value.get().to_owned()));
            }
        }
        Ok(Self {
            model: text("model")?,
            prompt: text("prompt")?.unwrap_or_default(),
            seconds: length,
            size: text("size")?.map(|text| size(&text)).transpose()?.flatten(),
            picture: picture.map(|picture| picture.input("input_reference")).transpose()?.map(Input::kept),
            others,
            client_model: None,
        })
    }

    fn of_form(form: &Form<'_>) -> Result<Self, Error> {
        let other = |part: &&Part<'_>| !part.is_file && !READ.contains(&part.name.as_str());
        let others = form
            .0
            .iter()
            .filter(other)
            .map(|part| (part.name.clone(), as_json(&String::from_utf8_lossy(part.content))));
        Ok(Self {
            model: form.text("model"),
            prompt: form.text("prompt").unwrap_or_default(),
            seconds: form.text("seconds").map(|text| seconds(&text)).transpose()?,
            size: form.text("size").map(|text| size(&text)).transpose()?.flatten(),
            picture: form.files("input_reference").next().map(|part| Input::of(part).kept()),
            others: others.collect(),
            client_model: None,
        })
    }

    /// The model that is asked for.
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }

    /// Writes the members that this provider knows, and notes the others.
    pub(super) fn others(&self, own: &[&str], object: &mut Object<'_>, losses: &mut Losses) {
        for (name, value) in &self.others {
            match own.contains(&name.as_str()) {
                true => object.foreign(name).extend_from_slice(value.as_bytes()),
                false => losses.drop(name.as_str()),
            }
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.others.iter().any(|(known, _)| known == name)
    }
}

fn seconds(text: &str) -> Result<u64, Error> {
    let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds.ok_or_else(|| Error::request("seconds", format!("seconds must be a number from 1 to {LONGEST}")))
}
