//! What each model can, as data: the [reference](https://platform.openai.com/docs/api-reference/images/create) says it member by
//! member.

use super::{EDIT, VARY};
use crate::provider::Call;

/// One model, or a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The names begin so.
    name: &'static str,
    /// As a request names them; the first is what it makes where it may choose.
    pub(super) sizes: &'static [&'static str],
    pub(super) qualities: &'static [&'static str],
    /// Members that it has none of.
    pub(super) unknown: &'static [&'static str],
    pub(super) prompt: usize,
    pub(super) most: u64,
    /// Whether it writes tokens of pictures, and so usage, streams, formats; and no addresses.
    pub(super) is_gpt: bool,
    pub(super) revises: bool,
    /// The format where none is asked for.
    pub(super) format: &'static str,
}

const DALL_E_2: Rules = Rules {
    name: "dall-e-2",
    sizes: &["1024x1024", "256x256", "512x512"],
    qualities: &["standard", "auto"],
    unknown: &[
        "background",
        "moderation",
        "output_format",
        "output_compression",
        "stream",
        "partial_images",
        "input_fidelity",
        "style",
    ],
    prompt: 1_000,
    most: 10,
    is_gpt: false,
    revises: false,
    format: "png",
};

const DALL_E_3: Rules = Rules {
    name: "dall-e-3",
    sizes: &["1024x1024", "1792x1024", "1024x1792"],
    qualities: &["standard", "hd", "auto"],
    unknown: &[
        "background",
        "moderation",
        "output_format",
        "output_compression",
        "stream",
        "partial_images",
        "input_fidelity",
    ],
    prompt: 4_000,
    most: 1,
    revises: true,
    ..DALL_E_2
};

/// `gpt-image-1` and those after it.
const GPT: Rules = Rules {
    name: "gpt-image-",
    sizes: &["1024x1024", "1024x1536", "1536x1024", "auto"],
    qualities: &["low", "medium", "high", "auto"],
    unknown: &["response_format", "style"],
    prompt: 32_000,
    most: 10,
    is_gpt: true,
    revises: false,
    format: "png",
};

/// [xAI's](https://docs.x.ai/docs/guides/image-generations): quality, size and style are passed over, pictures are JPEGs.
const GROK: Rules = Rules {
    name: "grok-",
    sizes: &["1024x768"],
    qualities: &[],
    unknown: &[],
    prompt: 32_000,
    most: 10,
    is_gpt: false,
    revises: true,
    format: "jpeg",
};

const ALL: &[Rules] = &[DALL_E_2, DALL_E_3, GPT, Rules { name: "chatgpt-image", ..GPT }, GROK];

impl Rules {
    /// Those of the model that is asked for; a name that says nothing is that of a GPT model.
    pub(crate) fn of(call: &Call<'_>) -> Self {
        let named =
            |name: &str| ALL.iter().copied().find(|rules| name.starts_with(rules.name)).unwrap_or(GPT);
        match call.body["model"].as_str() {
            Some(name) => named(name),
            None if call.operation == VARY => DALL_E_2,
            None if call.operation == EDIT => GPT,
            // Whoever asks for what only the GPT models have gets one of them.
            None => {
                let has = |name: &str| call.body.get(name).is_some_and(|value| !value.is_null());
                let is_gpt = DALL_E_3.unknown.iter().any(|name| has(name));
                if is_gpt { GPT } else { DALL_E_2 }
            }
        }
    }

    /// Whether sizes and qualities are passed over instead of being refused.
    pub(super) fn passes_over(&self) -> bool {
        self.qualities.is_empty()
    }

    /// Whether it edits pictures, and whether it varies them.
    pub(super) fn takes(&self, operation: &str) -> bool {
        match operation {
            EDIT => self.is_gpt || self.name == DALL_E_2.name,
            VARY => self.name == DALL_E_2.name,
            _ => true,
        }
    }
}
