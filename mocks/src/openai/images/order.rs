//! What to make: a request with nothing left open.

use serde_json::Value;

use super::{Rules, upload};
use crate::media::Picture;
use crate::media::picture::Format;
use crate::provider::Call;
use crate::script::{Block, Reply};
use crate::tokens;

/// The pictures that are wanted.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) rules: Rules,
    pub(super) pictures: Vec<(u64, Picture)>,
    pub(super) format: Format,
    pub(super) size: (u32, u32),
    pub(super) quality: &'static str,
    pub(super) is_transparent: bool,
    /// As an address instead of the bytes themselves.
    pub(super) by_address: bool,
    /// On the way to each picture.
    pub(super) partial: u32,
    pub(super) revised: Option<String>,
    pub(super) text_tokens: u64,
    pub(super) image_tokens: u64,
}

impl Order {
    pub(super) fn of(call: &Call<'_>, reply: &Reply) -> Self {
        let body = call.body;
        let rules = Rules::of(call);
        let size = size(body["size"].as_str().filter(|asked| rules.sizes.contains(asked)), &rules);
        let is_transparent = body["background"] == "transparent";
        let picture = |number: u64| {
            let seed = call.draw.number(&format!("picture {number}"), u64::MAX);
            let picture = Picture::new(seed, size);
            (seed, if is_transparent { picture.transparent() } else { picture })
        };
        let format = body["output_format"].as_str().unwrap_or(rules.format);
        let image_tokens = if upload::is_wanted(call.operation) { upload::tokens(call) } else { 0 };
        let partial = body["partial_images"].as_u64().filter(|_| body["stream"] == true).unwrap_or_default();
        Self {
            rules,
            pictures: (0..body["n"].as_u64().unwrap_or(1)).map(picture).collect(),
            format: Format::named(format).unwrap_or(Format::Png),
            size,
            quality: quality(body),
            is_transparent,
            by_address: !rules.is_gpt && body["response_format"] != "b64_json",
            partial: u32::try_from(partial).unwrap_or_default(),
            revised: rules.revises.then(|| revised(body, reply)),
            text_tokens: tokens::count(body["prompt"].as_str().unwrap_or_default()),
            image_tokens,
        }
    }

    /// The size as the service names it.
    pub(super) fn size(&self) -> String {
        format!("{}x{}", self.size.0, self.size.1)
    }

    /// What a picture counts in [tokens](https://platform.openai.com/docs/guides/image-generation#cost-and-latency).
    pub(super) fn tokens(&self) -> u64 {
        let (square, tall, wide) = match self.quality {
            "low" => (272, 408, 400),
            "medium" => (1_056, 1_584, 1_568),
            _ => (4_160, 6_240, 6_208),
        };
        let (width, height) = self.size;
        let whole = if width == height {
            square
        } else if width < height {
            tall
        } else {
            wide
        };
        whole + 100 * u64::from(self.partial)
    }
}

fn size(asked: Option<&str>, rules: &Rules) -> (u32, u32) {
    let asked = asked.filter(|asked| *asked != "auto").unwrap_or(rules.sizes[0]);
    let edges = asked.split_once('x').and_then(|(wide, high)| Some((wide.parse().ok()?, high.parse().ok()?)));
    edges.unwrap_or((1024, 1024))
}

/// What is made where the model may choose.
fn quality(body: &Value) -> &'static str {
    ["low", "medium"].into_iter().find(|known| body["quality"] == *known).unwrap_or("high")
}

/// The script's words, or the prompt's, drawn out as the model does.
fn revised(body: &Value, reply: &Reply) -> String {
    let texts = reply.content.iter().flatten().filter_map(|block| match block {
        Block::Text(pieces) => Some(pieces.join()),
        _ => None,
    });
    let scripted: String = texts.collect();
    if scripted.is_empty() {
        format!("A picture of squares in two colours: {}", body["prompt"].as_str().unwrap_or_default())
    } else {
        scripted
    }
}
