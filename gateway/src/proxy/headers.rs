//! Which header fields pass, in either direction. What is not named here stays where it is: cookies, keys, the
//! provider's own plumbing, and everything that belongs to one hop.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::upstream::Head;

/// Of a client's request: tracing, whoever the provider is. <https://www.w3.org/TR/trace-context/>
const TRACE: &[&str] = &[PARENT, "tracestate"];
/// Which of them says whose part a call is.
pub(super) const PARENT: &str = "traceparent";
/// Of a client's request, for one provider.
const OF_PROVIDER: &[(&str, &str)] =
    &[("anthropic", "anthropic-beta"), ("openai", "openai-beta"), ("azure", "openai-beta")];

/// Of a provider's reply: when to try again, and what is left.
const LIMITS: &[&str] = &["retry-after", "retry-after-ms", "x-should-retry"];
const LIMIT_FAMILIES: &[&str] = &["x-ratelimit-", "anthropic-ratelimit-"];
/// Of a provider's reply: its name for the call, by which its support finds it. Logged, not passed on.
const CALL_IDS: &[&str] = &["x-request-id", "request-id", "x-amzn-requestid"];

/// Of a provider's reply: the tokens of what was asked.
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>,
/// <https://github.com/huggingface/text-generation-inference/blob/main/router/src/server.rs>
const TOKENS: [&str; 2] = ["x-amzn-bedrock-input-token-count", "x-prompt-tokens"];

/// Parameters of a query by which one provider or the other takes keys as well; the last are of signed URLs.
/// <https://cloud.google.com/apis/docs/system-parameters>, <https://learn.microsoft.com/azure/ai-services/openai/how-to/realtime-audio-websockets>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>
const KEYS: &[&str] = &[
    "access_token",
    "api-key",
    "api_key",
    "authorization",
    "key",
    "oauth_token",
    "x-api-key",
    "x-goog-api-key",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// Whether a parameter of the client's query is a key, of whomever.
pub(super) fn is_key(name: &str) -> bool {
    KEYS.iter().any(|key| name.eq_ignore_ascii_case(key))
}

/// The client's fields that go upstream.
pub(super) fn upstream<'a>(
    headers: &'a HeaderMap,
    provider: &str,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let own = OF_PROVIDER.iter().find(|(name, _)| *name == provider).map(|(_, field)| field);
    TRACE.iter().chain(own).flat_map(|name| {
        let values = headers.get_all(*name).iter().filter_map(|value| value.to_str().ok());
        values.map(|value| (*name, value))
    })
}

/// Adds the provider's fields that the client gets to see.
pub(super) fn downstream(head: &Head, headers: &mut HeaderMap) {
    for (name, value) in head.fields() {
        let family = LIMIT_FAMILIES.iter().any(|family| {
            name.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family.as_bytes()))
        });
        if !family && !LIMITS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
}

/// Adds what the provider says of a body that passes through.
pub(super) fn of_body(head: &Head, headers: &mut HeaderMap) {
    if let Some(Ok(value)) = head.value("content-disposition").map(HeaderValue::from_str) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

/// What a provider's own clients read besides the body: error types, counts, names of calls.
const NATIVE: &[&str] = &[
    "request-id",
    "x-amzn-bedrock-cache-read-input-token-count",
    "x-amzn-bedrock-cache-write-input-token-count",
    "x-amzn-bedrock-content-type",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-bedrock-invocation-latency",
    "x-amzn-bedrock-knowledge-base-session-id",
    "x-amzn-bedrock-output-token-count",
    "x-amzn-bedrock-performanceconfig-latency",
    "x-amzn-bedrock-service-tier",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-goog-upload-chunk-granularity",
    "x-goog-upload-size-received",
    "x-goog-upload-status",
    "x-goog-upload-url",
];

/// Adds what a provider's own clients read.
pub(super) fn of_native(head: &Head, headers: &mut HeaderMap) {
    for name in NATIVE {
        if let Some(Ok(value)) = head.value(name).map(HeaderValue::from_str) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The provider's name for the call.
pub(super) fn call_id(head: &Head) -> Option<String> {
    CALL_IDS.iter().find_map(|name| head.value(name)).map(|id| id.chars().take(100).collect())
}

/// The tokens of what was asked, where the provider counts them in a header.
pub(super) fn tokens(head: &Head) -> Option<u64> {
    TOKENS.iter().find_map(|name| head.value(name))?.trim().parse().ok()
}

/// A value that a header can hold, whatever `text` is: what is not printable becomes `?`, and its length is bounded.
pub(super) fn printable(text: &str) -> HeaderValue {
    const MOST: usize = 2 << 10;
    let safe =
        text.chars().take(MOST).map(|char| if char == ' ' || char.is_ascii_graphic() { char } else { '?' });
    HeaderValue::from_str(&safe.collect::<String>()).unwrap_or(HeaderValue::from_static("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_reply_only_limits_pass() {
        let wire = b"HTTP/1.1 429 No\r\nRetry-After: 7\r\nX-RateLimit-Remaining-Tokens: 1\r\nanthropic-ratelimit-requests-reset: z\r\n\
            Set-Cookie: a=b\r\nConnection: close\r\nopenai-organization: acme\r\nx-request-id: req_1\r\nserver: x\r\n\r\n";
        let head = Head::parse(&mut wire[..].into()).unwrap().unwrap();
        let mut headers = HeaderMap::new();
        downstream(&head, &mut headers);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["anthropic-ratelimit-requests-reset", "retry-after", "x-ratelimit-remaining-tokens"]
        );
        assert_eq!(call_id(&head).as_deref(), Some("req_1"));
    }

    #[test]
    fn of_a_request_no_key_passes() {
        let mut headers = HeaderMap::new();
        for name in
            ["authorization", "x-api-key", "api-key", "cookie", "traceparent", "anthropic-beta", "host"]
        {
            headers.insert(name, HeaderValue::from_static("v"));
        }
        let names = |provider| upstream(&headers, provider).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("anthropic"), ["traceparent", "anthropic-beta"]);
        assert_eq!(names("openai"), ["traceparent"]);
    }

    #[test]
    fn any_text_can_be_shown() {
        assert_eq!(printable("a\r\nb: é"), "a??b: ?");
        assert_eq!(printable(&"x".repeat(9000)).len(), 2048);
    }
}
