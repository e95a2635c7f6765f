//! How the next token is drawn.

use crate::chat::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Number};
use crate::providers::claude::{Claude, Sampling};

/// Names all that was asked for: from version 2026-10-21 on nothing of it is known.
pub(super) fn drop_all(chat: &Chat<'_>, options: &Options<'_>, losses: &mut Losses) {
    let asked = [
        ("temperature", options.temperature(chat)),
        ("top_p", options.top_p(chat)),
        ("top_k", options.top_k(chat)),
    ];
    asked.iter().filter(|(_, value)| value.is_some()).for_each(|(name, _)| losses.drop(*name));
}

/// Writes what the model takes. One that thinks takes no `temperature` but 1, no `top_k`, and of `top_p` 0.95 to 1.
pub(super) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    claude: Claude,
    thinks: bool,
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    let sampling = claude.sampling();
    if sampling == Sampling::None {
        return drop_all(chat, options, losses);
    }
    let temperature = options.temperature(chat);
    if let Some(value) = temperature {
        if thinks && value.value() != 1.0 {
            losses.drop("temperature");
        } else {
            value_to_one(value, losses).write(body.member("temperature"));
        }
    }
    if let Some(value) = options.top_p(chat) {
        let one_too_many = sampling == Sampling::Either && temperature.is_some();
        if one_too_many || thinks && !(0.95..=1.0).contains(&value.value()) {
            losses.drop("top_p");
        } else {
            value.write(body.member("top_p"));
        }
    }
    if let Some(value) = options.top_k(chat) {
        if thinks {
            losses.drop("top_k");
        } else {
            value.write(body.member("top_k"));
        }
    }
}

/// OpenAI's scale ends at 2, Anthropic's at 1.
fn value_to_one<'a>(value: Number<'a>, losses: &mut Losses) -> Number<'a> {
    if value.value() <= 1.0 {
        return value;
    }
    losses.drop("temperature");
    Number::Value(1.0)
}
