//! OpenAI's [images](https://platform.openai.com/docs/api-reference/images): made from words, edited, varied.
//!
//! ```text
//! request ─▶ Rules (of the model) ─▶ check ─▶ Order (what to make) ─▶ pictures ─▶ reply | events | an address
//! ```
//!
//! An address leads back to the mock, and says itself what is to be seen there, so that nothing is kept.

mod address;
mod check;
mod order;
mod reply;
mod rules;
mod upload;

use crate::provider::{Call, Made};
use crate::script::Reply;

pub(crate) use address::{is as is_address, of as address_of, show};
pub(super) use check::{absent, check};
pub(crate) use rules::Rules;
pub(super) use upload::media;

pub(super) const GENERATE: &str = "createImage";
pub(super) const EDIT: &str = "createImageEdit";
pub(super) const VARY: &str = "createImageVariation";

/// Is this operation one of these?
pub(crate) fn has(operation: &str) -> bool {
    [GENERATE, EDIT, VARY].contains(&operation)
}

/// What was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Made {
    let order = order::Order::of(call, reply);
    if call.body["stream"] == true { reply::stream(call, &order) } else { reply::whole(call, &order) }
}
