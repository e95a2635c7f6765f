//! The headers that every reply of the service has.
//! See [rate limits](https://platform.openai.com/docs/guides/rate-limits).

use std::borrow::Cow;

use crate::answer::Usage;
use crate::provider::Headers;
use crate::seed::Draw;

const REQUESTS: u64 = 10_000;
const TOKENS: u64 = 2_000_000;

/// Headers of a good reply, with what is left of the limits.
pub(super) fn of_reply(draw: &Draw, usage: Usage, content_type: &'static str) -> Headers {
    let tokens = usage.prompt + usage.completion;
    let used = draw.number("requests", 100) + 1;
    let mut headers = plain(draw, content_type);
    let mut add = |name: &'static str, value: String| headers.push((name.into(), value.into()));
    add("x-ratelimit-limit-requests", REQUESTS.to_string());
    add("x-ratelimit-limit-tokens", TOKENS.to_string());
    add("x-ratelimit-remaining-requests", (REQUESTS - used).to_string());
    add("x-ratelimit-remaining-tokens", TOKENS.saturating_sub(tokens).to_string());
    add("x-ratelimit-reset-requests", format!("{}ms", used * 6));
    add("x-ratelimit-reset-tokens", format!("{}ms", tokens.div_ceil(34)));
    headers
}

/// Headers of any reply.
pub(super) fn plain(draw: &Draw, content_type: &'static str) -> Headers {
    let mut headers: Headers = Vec::with_capacity(14);
    let mut add = |name: &'static str, value: Cow<'static, str>| headers.push((name.into(), value));
    add("date", draw.http_date().into());
    add("content-type", content_type.into());
    add("openai-organization", "org-touchstone".into());
    add("openai-processing-ms", (draw.number("processing", 400) + 100).to_string().into());
    add("openai-version", "2020-10-01".into());
    add("x-request-id", format!("req_{}", draw.hex("request", 32)).into());
    headers
}
