//! What a client wants to see: JSON, or for edits a form, in one shape.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::openai::{DataUrl, Members};
use crate::works::{Asked, Form, Others, Part};
use crate::{Error, Text};

/// A request for pictures.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// The model that the client asks for.
    pub model: Option<String>,
    /// What is to be seen.
    pub prompt: String,
    /// How many pictures.
    pub n: u64,
    /// Width and height; none where the model may choose.
    pub size: Option<(u32, u32)>,
    /// `low`, `medium`, `high`, `standard` or `hd`; none where the model may choose.
    pub quality: Option<String>,
    /// Pictures that are to be edited.
    pub images: Vec<Input<'a>>,
    /// Where to edit them: where this is transparent.
    pub mask: Option<Input<'a>>,
    pub(crate) others: Others<'a>,
    edits: bool,
    stream: bool,
    background: Option<String>,
    /// `png`, `jpeg` or `webp`.
    pub output_format: Option<String>,
    /// From 0 to 100.
    pub output_compression: Option<u8>,
    /// `url` or `b64_json`.
    response_format: Option<String>,
}

/// A picture that came with the request.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// `image/png`
    pub media_type: String,
    /// Base64.
    pub data: Cow<'a, str>,
}

/// What the reply must be told of the request.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub(super) edits: bool,
    pub(super) stream: bool,
    pub(super) size: Option<(u32, u32)>,
    pub(super) quality: Option<String>,
    pub(super) is_transparent: bool,
    /// Whether addresses will not do.
    pub(super) wants_data: bool,
}

/// What is read by name.
const READ: &[&str] = &[
    "model",
    "prompt",
    "n",
    "size",
    "quality",
    "stream",
    "background",
    "output_format",
    "output_compression",
    "response_format",
    "images",
    "image",
    "mask",
];

impl<'a> Order<'a> {
    /// Reads a client's request.
    pub(crate) fn read(asked: Asked<'a>) -> Result<Self, Error> {
        let order = if Form::is(asked.content_type) {
            Self::of_form(&Form::read(asked.content_type, asked.body)?)?
        } else {
            Self::of_json(&Members::of(asked.body)?)?
        };
        if order.prompt.is_empty() {
            return Err(Error::request("prompt", "prompt must be a text that is not empty"));
        }
        if asked.edits && order.images.is_empty() {
            return Err(Error::request("image", "there is no image to edit"));
        }
        if !(1..=10).contains(&order.n) {
            return Err(Error::request("n", "n must be from 1 to 10"));
        }
        Ok(Self { edits: asked.edits, ..order })
    }

    fn of_json(members: &Members<'a>) -> Result<Self, Error> {
        let text =
            |name| members.read::<Text<'a>>(name).map(|text| text.map(|text| text.plain().into_owned()));
        let mut images = Vec::new();
        for reference in members.read::<Vec<Reference<'a>>>("images")?.unwrap_or_default() {
            images.push(reference.input("images")?);
        }
        let mask = members.read::<Reference<'a>>("mask")?.map(|mask| mask.input("mask")).transpose()?;
        let size = text("size")?;
        Ok(Self {
            model: text("model")?,
            prompt: text("prompt")?.unwrap_or_default(),
            n: members.read("n")?.unwrap_or(1),
            size: size.map(|size| self::size(&size)).transpose()?.flatten(),
            quality: text("quality")?.filter(|quality| quality != "auto"),
            images,
            mask,
            others: Others::of_json(members, READ),
            stream: members.read("stream")?.unwrap_or(false),
            background: text("background")?,
            output_format: text("output_format")?,
            output_compression: members.read("output_compression")?,
            response_format: text("response_format")?,
            edits: false,
        })
    }

    fn of_form(form: &Form<'a>) -> Result<Self, Error> {
        let number = |name: &'static str| {
            let read = |text: String| {
                text.parse::<u64>().map_err(|_| Error::request(name, format!("{name} must be a number")))
            };
            form.text(name).map(read).transpose()
        };
        Ok(Self {
            model: form.text("model"),
            prompt: form.text("prompt").unwrap_or_default(),
            n: number("n")?.unwrap_or(1),
            size: form.text("size").map(|size| self::size(&size)).transpose()?.flatten(),
            quality: form.text("quality").filter(|quality| quality != "auto"),
            images: form.files("image").map(Input::of).collect(),
            mask: form.files("mask").next().map(Input::of),
            others: Others::of_form(form, READ),
            stream: form.text("stream").as_deref() == Some("true"),
            background: form.text("background"),
            output_format: form.text("output_format"),
            output_compression: number("output_compression")?.and_then(|number| u8::try_from(number).ok()),
            response_format: form.text("response_format"),
            edits: false,
        })
    }

    /// What hardly a provider has that is not OpenAI: addresses to look pictures up at, and transparent ones.
    pub(crate) fn forgotten(&self, has_addresses: bool, losses: &mut Losses) {
        if self.response_format.as_deref() == Some("url") && !has_addresses {
            losses.drop("response_format");
        }
        if self.background.as_deref() == Some("transparent") {
            losses.drop("background");
        }
    }

    /// Refuses more than one picture, where a provider makes one a call.
    pub(crate) fn only_one(&self) -> Result<(), Error> {
        match self.n {
            1 => Ok(()),
            _ => Err(Error::request("n", "this model makes one picture a call: n must be 1")),
        }
    }

    /// Refuses a mask, where a provider has none, or one that means something else: what would come back is another picture.
    pub(crate) fn no_mask(&self) -> Result<(), Error> {
        match self.mask {
            None => Ok(()),
            Some(_) => Err(Error::request("mask", "this provider cannot be told where to edit by a mask")),
        }
    }

    pub(crate) fn look(&self) -> Look {
        Look {
            edits: self.edits,
            stream: self.stream,
            size: self.size,
            quality: self.quality.clone(),
            is_transparent: false,
            wants_data: self.stream || self.response_format.as_deref() == Some("b64_json"),
        }
    }
}

impl Input<'_> {
    /// A file of a form's.
    pub(crate) fn of<'a>(part: &Part<'a>) -> Input<'a> {
        Input { media_type: part.media_type().into_owned(), data: STANDARD.encode(part.content).into() }
    }
}

/// A picture by its address, or by the id of a file.
#[derive(Deserialize)]
pub(crate) struct Reference<'a> {
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
}

impl<'a> Reference<'a> {
    /// The picture, where it came along.
    pub(crate) fn input(self, name: &str) -> Result<Input<'a>, Error> {
        let refused = || Error::request(name, "this provider takes pictures as files and as data URLs alone");
        let url = self.image_url.and_then(|url| Text::token(url.get())).ok_or_else(refused)?.plain();
        let (media_type, data) = {
            let url = DataUrl::read(&url).ok_or_else(refused)?;
            (url.media_type.to_owned(), url.data.to_owned())
        };
        Ok(Input { media_type, data: data.into() })
    }
}

/// `1024x1024`, or none for `auto`.
pub(crate) fn size(text: &str) -> Result<Option<(u32, u32)>, Error> {
    if text == "auto" {
        return Ok(None);
    }
    let edges = text.split_once('x').and_then(|(wide, high)| Some((wide.parse().ok()?, high.parse().ok()?)));
    let edges = edges.filter(|(wide, high)| (1..=8_192).contains(wide) && (1..=8_192).contains(high));
    edges.map(Some).ok_or_else(|| Error::request("size", "size must be auto, or like 1024x1024"))
}
