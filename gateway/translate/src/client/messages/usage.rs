//! Token counts in Anthropic's words: its count of what was read leaves out what came from a cache, or went to one.

use crate::delta::Usage;
use crate::json::Object;

/// Writes a `usage` object. What the provider did not say is left out, but for the two counts that Anthropic always has.
pub(super) fn write(usage: Option<Usage>, out: &mut Vec<u8>) {
    let usage = usage.unwrap_or_default();
    let cached = usage.cached.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    let mut object = Object::new(out);
    object.number("input_tokens", usage.prompt.saturating_sub(cached));
    if let Some(written) = usage.cache_write {
        object.number("cache_creation_input_tokens", written);
    }
    if let Some(cached) = usage.cached {
        object.number("cache_read_input_tokens", cached);
    }
    object.number("output_tokens", usage.completion);
    if let Some(reasoning) = usage.reasoning {
        object.object("output_tokens_details").number("thinking_tokens", reasoning);
    }
}
