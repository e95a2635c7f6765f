//! Where the service may cache the prompt up to: a block of its own, after what is to be cached.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CachePointBlock.html>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::Array;

/// Adds a cache point where the client asks for one by `cache_control`.
pub(super) fn point(blocks: &mut Array<'_>, cache_control: Option<&RawValue>) {
    let Some(control) = cache_control else {
        return;
    };
    let control: Control<'_> = serde_json::from_str(control.get()).unwrap_or_default();
    let mut block = blocks.object();
    let mut point = block.object("cachePoint");
    point.word("type", "default");
    if let Some(ttl @ ("5m" | "1h")) = control.ttl {
        point.string("ttl", ttl);
    }
}

#[derive(Default, Deserialize)]
struct Control<'a> {
    ttl: Option<&'a str>,
}
