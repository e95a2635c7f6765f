//! What providers tell of a call's cost, beyond what clients are told: by the documents of each, written by hand.

use translate::call::{self, Api, Call, Stream, Tap};
use translate::delta::{Kinds, Tier, Usage};
use translate::passthrough::realtime;
use translate::providers::find;
use translate::wire::Framing;

/// A reply of one provider's, and what it took.
struct Told {
    provider: &'static str,
    format: Option<&'static str>,
    whole: &'static str,
    events: &'static str,
    usage: Usage,
}

fn tier(name: &str) -> Option<Tier> {
    Tier::new(name)
}

fn openai() -> Usage {
    Usage {
        prompt: 20,
        completion: 15,
        total: Some(35),
        cached: Some(8),
        cache_write: Some(4),
        reasoning: Some(3),
        accepted_prediction: Some(2),
        rejected_prediction: Some(1),
        prompt_kinds: Kinds { audio: Some(5), ..Kinds::default() },
        completion_kinds: Kinds { audio: Some(6), ..Kinds::default() },
        tier: tier("priority"),
        ..Usage::default()
    }
}

const OPENAI: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","service_tier":"priority","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":15,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":4,"audio_tokens":5},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":6,"accepted_prediction_tokens":2,"rejected_prediction_tokens":1}}}"#;
const OPENAI_EVENTS: &str = concat!(
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","service_tier":"priority","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","service_tier":"priority","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "\n\n",
    r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":15,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":4,"audio_tokens":5},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":6,"accepted_prediction_tokens":2,"rejected_prediction_tokens":1}}}"#,
    "\n\ndata: [DONE]\n\n",
);

fn all() -> [Told; 4] {
    let anthropic = Usage {
        prompt: 360,
        completion: 9,
        cached: Some(50),
        cache_write: Some(300),
        cache_write_5m: Some(100),
        cache_write_1h: Some(200),
        tier: tier("priority"),
        ..Usage::default()
    };
    let bedrock = Usage { total: Some(369), ..anthropic };
    let gemini = Usage {
        prompt: 22,
        completion: 12,
        total: Some(34),
        cached: Some(8),
        reasoning: Some(4),
        prompt_kinds: Kinds { text: Some(5), audio: Some(15), image: Some(2) },
        completion_kinds: Kinds { text: Some(8), ..Kinds::default() },
        cached_kinds: Kinds { audio: Some(8), ..Kinds::default() },
        tier: tier("flex"),
        ..Usage::default()
    };
    [
        Told { provider: "openai", format: None, whole: OPENAI, events: OPENAI_EVENTS, usage: openai() },
        Told {
            provider: "anthropic",
            format: None,
            whole: r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":9,"cache_read_input_tokens":50,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"service_tier":"priority"}}"#,
            events: concat!(
                "event: message_start\n",
                r#"data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"usage":{"input_tokens":10,"output_tokens":1,"cache_read_input_tokens":50,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"service_tier":"priority"}}}"#,
                "\n\nevent: content_block_start\n",
                r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#,
                "\n\nevent: message_delta\n",
                r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#,
                "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            ),
            usage: anthropic,
        },
        Told {
            provider: "bedrock",
            format: None,
            whole: r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":10,"outputTokens":9,"totalTokens":369,"cacheReadInputTokens":50,"cacheWriteInputTokens":300,"cacheDetails":[{"ttl":"5m","inputTokens":100},{"ttl":"1h","inputTokens":200}]},"metrics":{"latencyMs":1},"serviceTier":{"type":"priority"}}"#,
            // Its frames are binary: `tests/translate/bedrock.rs` has them.
            events: "",
            usage: bedrock,
        },
        Told {
            provider: "gemini",
            format: None,
            whole: r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":22,"candidatesTokenCount":8,"thoughtsTokenCount":4,"totalTokenCount":34,"cachedContentTokenCount":8,"promptTokensDetails":[{"modality":"TEXT","tokenCount":3},{"modality":"TEXT","tokenCount":2},{"modality":"AUDIO","tokenCount":15},{"modality":"IMAGE","tokenCount":2},{"modality":"VIDEO","tokenCount":7}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":8}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":8}],"serviceTier":"flex"}}"#,
            events: concat!(
                r#"data: {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":22,"totalTokenCount":22}}"#,
                "\n\n",
                r#"data: {"candidates":[{"content":{"parts":[{"text":"!"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":22,"candidatesTokenCount":8,"thoughtsTokenCount":4,"totalTokenCount":34,"cachedContentTokenCount":8,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5},{"modality":"AUDIO","tokenCount":15},{"modality":"IMAGE","tokenCount":2}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":8}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":8}],"serviceTier":"flex"}}"#,
                "\n\n",
            ),
            usage: gemini,
        },
    ]
}

fn streamed(api: Api, told: &Told) -> Option<Usage> {
    let provider = find(told.provider, told.format).unwrap();
    let mut stream = Stream::new(api, provider, &Call::default(), Framing::Sse).unwrap();
    stream.push(told.events.as_bytes()).unwrap();
    stream.finish().unwrap();
    stream.usage()
}

#[test]
fn every_part_of_the_cost_is_read_of_whole_replies_and_of_streams() {
    for told in all() {
        let provider = find(told.provider, told.format).unwrap();
        for api in [Api::Chat, Api::Messages, Api::Responses] {
            let whole = call::whole(api, provider, told.whole.as_bytes(), &Call::default());
            let name = (told.provider, api);
            assert_eq!(whole.map(|reply| reply.usage), Ok(Some(told.usage)), "{name:?}");
            if !told.events.is_empty() {
                assert_eq!(streamed(api, &told), Some(told.usage), "{name:?}, streamed");
            }
        }
        // OpenAI's own chats never pass.
        let Some(mut tap) = Tap::new(Api::Chat, provider, None) else { continue };
        tap.push(told.whole.as_bytes());
        tap.finish();
        assert_eq!(tap.usage(), Some(told.usage), "{}, passing", told.provider);
    }
}

#[test]
fn the_fast_mode_has_a_price_of_its_own() {
    let fast = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,"service_tier":"standard","speed":"SPEED"}}"#;
    for (speed, named) in [("fast", "fast"), ("standard", "standard")] {
        let body = fast.replace("SPEED", speed);
        let reply =
            call::whole(Api::Chat, find("anthropic", None).unwrap(), body.as_bytes(), &Call::default());
        assert_eq!(reply.unwrap().usage.unwrap().tier, tier(named), "{speed}");
    }
}

#[test]
fn a_tier_that_is_no_word_is_none() {
    for other in ["null", "7", "{\"a\":[]}", "\"\""] {
        let body = OPENAI.replace("\"priority\"", other);
        let reply = call::whole(Api::Chat, find("openai", None).unwrap(), body.as_bytes(), &Call::default());
        assert_eq!(reply.unwrap().usage, Some(Usage { tier: None, ..openai() }), "{other}");
    }
}

#[test]
fn responses_and_sessions_tell_what_sound_and_pictures_took() {
    let mut tap = Tap::responses(None);
    tap.push(br#"{"id":"resp_1","service_tier":"flex","usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}"#);
    tap.finish();
    assert_eq!(tap.usage().unwrap().tier, tier("flex"));
    let done = br#"{"type":"response.done","response":{"usage":{"total_tokens":30,"input_tokens":10,"output_tokens":20,"input_token_details":{"text_tokens":4,"audio_tokens":5,"image_tokens":1,"cached_tokens":3,"cached_tokens_details":{"text_tokens":1,"audio_tokens":2,"image_tokens":0}},"output_token_details":{"text_tokens":8,"audio_tokens":12}}}}"#;
    let expected = Usage {
        prompt: 10,
        completion: 20,
        total: Some(30),
        cached: Some(3),
        prompt_kinds: Kinds { text: Some(4), audio: Some(5), image: Some(1) },
        completion_kinds: Kinds { text: Some(8), audio: Some(12), image: None },
        cached_kinds: Kinds { text: Some(1), audio: Some(2), image: Some(0) },
        ..Usage::default()
    };
    assert_eq!(realtime::cost(done), Some(expected));
    let live = br#"{"usageMetadata":{"promptTokenCount":9,"responseTokenCount":4,"totalTokenCount":13,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":9}],"responseTokensDetails":[{"modality":"TEXT","tokenCount":4}]}}"#;
    let expected = Usage {
        prompt: 9,
        completion: 4,
        total: Some(13),
        prompt_kinds: Kinds { audio: Some(9), ..Kinds::default() },
        completion_kinds: Kinds { text: Some(4), ..Kinds::default() },
        ..Usage::default()
    };
    assert_eq!(realtime::cost(live), Some(expected));
}
