//! The headers that every reply of the service has. See [rate limits](https://docs.claude.com/en/api/rate-limits).

use crate::answer::Usage;
use crate::provider::Headers;
use crate::seed::Draw;

const REQUESTS: u64 = 4_000;
const INPUT: u64 = 2_000_000;
const OUTPUT: u64 = 400_000;

/// Headers of a good reply, with what is left of the limits.
pub(super) fn of_reply(draw: &Draw, usage: Usage, content_type: &'static str) -> Headers {
    let mut headers = plain(draw, content_type);
    let mut add = |name: &'static str, value: String| headers.push((name.into(), value.into()));
    let reset = draw.rfc3339(1);
    let input = INPUT.saturating_sub(usage.prompt);
    let output = OUTPUT.saturating_sub(usage.completion);
    add("anthropic-ratelimit-requests-limit", REQUESTS.to_string());
    add("anthropic-ratelimit-requests-remaining", (REQUESTS - 1).to_string());
    add("anthropic-ratelimit-requests-reset", reset.clone());
    add("anthropic-ratelimit-input-tokens-limit", INPUT.to_string());
    add("anthropic-ratelimit-input-tokens-remaining", input.to_string());
    add("anthropic-ratelimit-input-tokens-reset", reset.clone());
    add("anthropic-ratelimit-output-tokens-limit", OUTPUT.to_string());
    add("anthropic-ratelimit-output-tokens-remaining", output.to_string());
    add("anthropic-ratelimit-output-tokens-reset", reset.clone());
    add("anthropic-ratelimit-tokens-limit", (INPUT + OUTPUT).to_string());
    add("anthropic-ratelimit-tokens-remaining", (input + output).to_string());
    add("anthropic-ratelimit-tokens-reset", reset);
    headers
}

/// Headers of any reply.
pub(super) fn plain(draw: &Draw, content_type: &'static str) -> Headers {
    vec![
        ("date".into(), draw.http_date().into()),
        ("content-type".into(), content_type.into()),
        ("request-id".into(), request_id(draw).into()),
        ("anthropic-organization-id".into(), "00000000-0000-4000-a000-000000000001".into()),
    ]
}

/// The id of the request, which error bodies repeat.
pub(super) fn request_id(draw: &Draw) -> String {
    format!("req_01{}", draw.text("request", 22))
}
