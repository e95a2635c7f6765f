//! OpenAI's image requests as DashScope's. Newer models answer in one call; others begin a task, which is looked at until it is over.
//!
//! | member | one call | a task for pictures | a task to edit | a task with a function |
//! |---|---|---|---|---|
//! | path | `multimodal-generation/generation` | `text2image/image-synthesis` | `image2image/image-synthesis` | the same |
//! | `prompt` | a part of the message | `input.prompt` | the same | the same |
//! | `image` | parts of the message | refused | `input.images` | `input.base_image_url`, of one picture |
//! | `n` | `parameters.n`, said also where it is 1: some would make four | the same | the same | the same |
//! | `size` | `parameters.size`; of models that have a few, the nearest, named as dropped | the same | the same | dropped: it follows the picture |
//! | `response_format` | addresses, which are looked up where the client wants the pictures themselves | the same | the same | the same |
//! | `negative_prompt` | `parameters` | `input` | `input` | `input` |
//! | `prompt_extend`, `seed`, `watermark` | `parameters`, as they are | the same | the same | the same |
//! | `function`, `strength`, … | dropped | dropped | dropped | as they are; `description_edit` where none is said |
//! | `mask` | refused: theirs is white where to edit, and OpenAI's transparent | the same | the same | the same |
//! | `quality`, `output_format` (but `png`) | dropped: the model has one | the same | the same | the same |
//!
//! <https://docs.qwencloud.com/api-reference/image-generation/qwen-text-to-image>,
//! <https://docs.qwencloud.com/api-reference/image-generation/wan25-general-image-editing/create-task>

use serde::Deserialize;

use super::failure;
use super::models::{Way, find};
use crate::call::{self, Losses, Options, Target};
use crate::images::{Input, Order, Paint, Pictures};
use crate::json::Object;
use crate::openai::Problem;
use crate::works::Given;
use crate::{Error, Text, path};

/// Models that make pictures.
pub(super) struct Images;

/// Members of the service's own: below `input`, and below `parameters`.
const OF_INPUT: &[&str] = &["negative_prompt"];
const OF_FUNCTION: &[&str] = &["function", "negative_prompt"];
const OF_PARAMETERS: &[&str] = &["prompt_extend", "seed", "watermark"];
const OF_CALL: &[&str] = &["negative_prompt", "prompt_extend", "seed", "watermark"];
const OF_FUNCTIONS: &[&str] = &[
    "bottom_scale",
    "is_sketch",
    "left_scale",
    "prompt_extend",
    "right_scale",
    "seed",
    "strength",
    "top_scale",
    "upscale_factor",
    "watermark",
];

impl Way {
    fn path(self) -> &'static str {
        match self {
            Self::Call => "/api/v1/services/aigc/multimodal-generation/generation",
            Self::Task => "/api/v1/services/aigc/text2image/image-synthesis",
            Self::Edit | Self::Function => "/api/v1/services/aigc/image2image/image-synthesis",
        }
    }

    /// Members of its own below `input`, and those below `parameters`.
    fn own(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Call => (&[], OF_CALL),
            Self::Task | Self::Edit => (OF_INPUT, OF_PARAMETERS),
            Self::Function => (OF_FUNCTION, OF_FUNCTIONS),
        }
    }

    /// Refuses pictures where there is no use for them, or none where there must be some.
    fn check(self, order: &Order<'_>) -> Result<(), Error> {
        let refused = match (self, order.images.len()) {
            (Self::Task, 1..) => "this model makes pictures, and does not edit them",
            (Self::Edit | Self::Function, 0) => "this model edits pictures, and there is none",
            (Self::Function, 2..) => "this model takes one picture",
            _ => return Ok(()),
        };
        Err(Error::request("image", refused))
    }
}

impl Paint for Images {
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(order.model.as_deref().map(Text::Plain))?;
        let family = find(&model);
        let way = family.way;
        order.no_mask()?;
        way.check(order)?;
        let is_png = order.output_format.as_deref().is_none_or(|format| format == "png");
        for (name, is_there) in [
            ("quality", order.quality.is_some()),
            ("output_format", !is_png),
            ("output_compression", order.output_compression.is_some()),
        ] {
            if is_there {
                losses.drop(name);
            }
        }
        let (of_input, of_parameters) = way.own();
        order.others.drop_but(&[of_input, of_parameters].concat(), losses);
        let mut body = Object::new(out);
        body.string("model", &model);
        {
            let mut input = body.object("input");
            if way == Way::Call {
                message(order, &mut input);
            } else {
                task(way, order, &mut input);
            }
            order.others.put(of_input, &mut input);
        }
        let mut parameters = body.object("parameters");
        parameters.number("n", order.n);
        if let Some((size, is_exact)) = order.size.map(|size| family.sizes.of(size)) {
            if !is_exact {
                losses.drop("size");
            }
            if let Some((width, height)) = size {
                parameters.string("size", &format!("{width}*{height}"));
            }
        }
        order.others.put(of_parameters, &mut parameters);
        let headers =
            if way == Way::Call { Vec::new() } else { vec![("x-dashscope-async", "enable".to_owned())] };
        Ok(Target { anchor: Some("/services/"), headers, ..Target::new(way.path(), model, false) })
    }

    fn has_addresses(&self) -> bool {
        true
    }

    /// The buckets of results.
    fn keeps_at(&self) -> &'static [&'static str] {
        &[".aliyuncs.com"]
    }

    fn task(&self, given: Given<'_>) -> Result<Option<Target>, Error> {
        let Reply { output, .. } = call::read("reply", given.body)?;
        let goes_on = matches!(output.task_status.as_deref(), Some("PENDING" | "RUNNING" | "SUSPENDED"));
        let Some(id) = output.task_id.filter(|_| goes_on) else { return Ok(None) };
        let target = Target::new(format!("/api/v1/tasks/{}", path::segment(&id)?), String::new(), false);
        Ok(Some(Target { anchor: Some("/tasks/"), ..target }))
    }

    fn reply(&self, given: Given<'_>, _: &str, pictures: &mut Pictures) -> Result<(), Error> {
        let Reply { output, code, message } = call::read("reply", given.body)?;
        let mut made = 0;
        let mut why = output.code.or(code).zip(output.message.or(message));
        for part in output.choices.into_iter().flat_map(|choice| choice.message.content) {
            if let Some(image) = part.image {
                pictures.address(image);
                made += 1;
            }
        }
        for result in output.results {
            match result.url {
                Some(url) => {
                    pictures.address(url);
                    made += 1;
                    pictures.revised(result.actual_prompt.unwrap_or_default());
                }
                None => why = result.code.zip(result.message).or(why),
            }
        }
        if made > 0 {
            return Ok(());
        }
        Err(Error::Provider(match (why, output.task_status.as_deref()) {
            (Some((code, message)), _) => {
                failure::of_task(&code, &format!("the model made no picture: {message}"))
            }
            (None, Some(status)) => Problem::of(502).saying(format!("the task of the picture is {status}")),
            (None, None) => Problem::of(502).saying("the model made no picture"),
        }))
    }
}

/// What a model is told that answers in one call: the pictures, and the text last.
fn message(order: &Order<'_>, input: &mut Object<'_>) {
    let mut messages = input.array("messages");
    let mut message = messages.object();
    message.word("role", "user");
    let mut content = message.array("content");
    for image in &order.images {
        content.object().string("image", &address(image));
    }
    content.object().string("text", &order.prompt);
}

fn task(way: Way, order: &Order<'_>, input: &mut Object<'_>) {
    input.string("prompt", &order.prompt);
    match (way, order.images.first()) {
        (Way::Function, Some(image)) => {
            if order.others.get("function").is_none() {
                input.word("function", "description_edit");
            }
            input.string("base_image_url", &address(image));
        }
        (Way::Edit, Some(_)) => {
            let mut images = input.array("images");
            order.images.iter().for_each(|image| images.text(Text::Plain(&address(image))));
        }
        _ => (),
    }
}

/// A picture's own bytes as an address.
fn address(image: &Input<'_>) -> String {
    format!("data:{};base64,{}", image.media_type, image.data)
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow, default)]
    output: Output<'a>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow)]
    results: Vec<Made<'a>>,
    task_id: Option<String>,
    task_status: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Vec<Part<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    image: Option<Text<'a>>,
}

/// A picture of a task, or why there is none.
#[derive(Deserialize)]
struct Made<'a> {
    #[serde(borrow)]
    url: Option<Text<'a>>,
    actual_prompt: Option<String>,
    code: Option<String>,
    message: Option<String>,
}
