//! What is measured: bodies and streams as providers and clients send them, made here, the same in every run.
//!
//! The texts hold what costs: escapes, line breaks, letters of two and three bytes.

mod frame;

use serde_json::{Value, json};

pub use frame::event_stream;

/// Events of text in each stream: as many as a short answer has.
pub const EVENTS: usize = 200;

/// What people and models write: now and then a quote, a line break, a letter beyond ASCII.
const PROSE: &str = "The gateway reads the request once and writes it anew in the words of the \"provider\".\nWhat it cannot say \
there is named, not dropped in silence; größer wird dabei nichts. ";

const WORDS: [&str; 8] = ["The", " quick", " brown", "\n\n", " the \"lazy\"", " Größe", " 日本", " and"];

/// A stream of Anthropic's Messages: named server-sent events, [`EVENTS`] of text.
pub fn anthropic_stream() -> Vec<u8> {
    let start = json!({"type": "message_start", "message": {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message",
        "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": [], "stop_reason": null,
        "stop_sequence": null, "usage": {"input_tokens": 25, "output_tokens": 1}}});
    let block =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let text = words().map(|word| {
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}})
    });
    let end = [
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
            "usage": {"output_tokens": EVENTS}}),
        json!({"type": "message_stop"}),
    ];
    let events = [start, block].into_iter().chain(text).chain(end);
    events.flat_map(|event| named(event["type"].as_str().unwrap_or_default(), &event)).collect()
}

/// A stream of Azure's chat completions: OpenAI's, with what content filters found in the prompt and in each piece.
pub fn azure_stream() -> Vec<u8> {
    let safe = json!({"filtered": false, "severity": "safe"});
    let found = json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe});
    let chunk = |delta: Value, finish: Value, found: &Value| {
        let choice = json!({"content_filter_results": found, "delta": delta, "finish_reason": finish, "index": 0, "logprobs": null});
        let chunk = json!({"choices": [choice], "created": 1_700_000_000, "id": "chatcmpl-1",
            "model": "gpt-4o-2024-08-06", "object": "chat.completion.chunk", "system_fingerprint": "fp_ee1d74bde0"});
        format!("data: {chunk}\n\n")
    };
    let nothing = json!({});
    let prompt = json!([{"prompt_index": 0, "content_filter_results": found}]);
    let first = json!({"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt});
    let mut out = format!("data: {first}\n\n");
    out += &chunk(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null, &nothing);
    for word in words() {
        out += &chunk(json!({"content": word}), Value::Null, &found);
    }
    out += &chunk(json!({}), json!("stop"), &nothing);
    out += "data: [DONE]\n\n";
    out.into_bytes()
}

/// A stream of Bedrock's Converse: binary messages with checksums and padding, [`EVENTS`] of text.
pub fn bedrock_stream() -> Vec<u8> {
    let text = words().map(|word| {
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": word}, "p": "abcdefghijklmnopqrstuvwxyzABCDEFG"}))
    });
    let end = [
        ("contentBlockStop", json!({"contentBlockIndex": 0, "p": "abc"})),
        ("messageStop", json!({"stopReason": "end_turn", "p": "abcdefgh"})),
        (
            "metadata",
            json!({"usage": {"inputTokens": 25, "outputTokens": EVENTS, "totalTokens": 25 + EVENTS},
            "metrics": {"latencyMs": 900}, "p": "ab"}),
        ),
    ];
    let events = [("messageStart", json!({"role": "assistant", "p": "abcdefghijkl"}))]
        .into_iter()
        .chain(text)
        .chain(end);
    event_stream(events)
}

/// A stream of Cohere's version 2: named server-sent events, [`EVENTS`] of text.
pub fn cohere_stream() -> Vec<u8> {
    let message = |kind: &str, content: Value| json!({"type": kind, "index": 0, "delta": {"message": {"content": content}}});
    let start = json!({"type": "message-start", "id": "29f14a5a-11de-4cae-9800-25e4747408ea",
        "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}});
    let block = message("content-start", json!({"type": "text", "text": ""}));
    let text = words().map(|word| message("content-delta", json!({"text": word})));
    let counts = json!({"input_tokens": 25, "output_tokens": EVENTS});
    let end = [
        json!({"type": "content-end", "index": 0}),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE",
            "usage": {"billed_units": counts, "tokens": counts}}}),
    ];
    let events = [start, block].into_iter().chain(text).chain(end);
    let mut out: Vec<u8> =
        events.flat_map(|event| named(event["type"].as_str().unwrap_or_default(), &event)).collect();
    out.extend_from_slice(b"data: [DONE]\n\n");
    out
}

/// A stream of Cohere's version 1: JSON lines, [`EVENTS`] of text.
pub fn cohere_lines() -> Vec<u8> {
    let line = |event: &Value| format!("{event}\n");
    let start = json!({"is_finished": false, "event_type": "stream-start", "generation_id": "g1"});
    let mut out = line(&start);
    for word in words() {
        out += &line(&json!({"is_finished": false, "event_type": "text-generation", "text": word}));
    }
    let counts = json!({"input_tokens": 25, "output_tokens": EVENTS});
    let response = json!({"response_id": "r1", "text": words().collect::<String>(), "generation_id": "g1",
        "finish_reason": "COMPLETE", "meta": {"api_version": {"version": "1"}, "billed_units": counts, "tokens": counts}});
    out += &line(
        &json!({"is_finished": true, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": response}),
    );
    out.into_bytes()
}

/// A stream of OpenAI's chat completions: unnamed server-sent events, [`EVENTS`] of text.
pub fn openai_stream() -> Vec<u8> {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "gpt-4o-2024-08-06", "choices": choices, "usage": usage});
        format!("data: {chunk}\n\n")
    };
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    let mut out = chunk(choice(json!({"role": "assistant", "content": ""}), Value::Null), Value::Null);
    for word in words() {
        out += &chunk(choice(json!({"content": word}), Value::Null), Value::Null);
    }
    out += &chunk(choice(json!({}), json!("stop")), Value::Null);
    out += &chunk(
        json!([]),
        json!({"prompt_tokens": 25, "completion_tokens": EVENTS, "total_tokens": 25 + EVENTS}),
    );
    out += "data: [DONE]\n\n";
    out.into_bytes()
}

/// A stream of the Gemini API as unnamed server-sent events, [`EVENTS`] of text: each counts the tokens so far.
pub fn gemini_stream() -> Vec<u8> {
    gemini_pieces().map(|piece| format!("data: {piece}\n\n")).collect::<String>().into_bytes()
}

/// The same as one JSON array, over many lines.
pub fn gemini_array() -> Vec<u8> {
    let pieces: Vec<String> = gemini_pieces().map(|piece| format!("{piece:#}\n")).collect();
    format!("[{}]\n", pieces.join(",\r\n")).into_bytes()
}

fn gemini_pieces() -> impl Iterator<Item = Value> {
    let piece = |candidate: Value, count: usize| {
        let usage = json!({"promptTokenCount": 25, "candidatesTokenCount": count, "totalTokenCount": 25 + count,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 25}]});
        json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash",
            "responseId": "Zk8waZ7BDqXJ7dcPxO6H0Ag"})
    };
    let candidate = |text: &str| json!({"content": {"parts": [{"text": text}], "role": "model"}, "index": 0});
    let text = words().zip(1..).map(move |(word, count)| piece(candidate(word), count)).collect::<Vec<_>>();
    let mut last = candidate("");
    last["finishReason"] = "STOP".into();
    text.into_iter().chain([piece(last, EVENTS)])
}

/// A stream of Mistral's chunks, [`EVENTS`] of text: each is padded to a length of its own.
pub fn mistral_stream() -> Vec<u8> {
    let chunk = |delta: Value, finish: Value, padding: usize| {
        json!({"id": "b1c4d2e8f0a94e6c8d7b5a3f1e2d4c6b", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "mistral-small-latest",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            "p": &"abcdefghijklmnopqrstuvwxyz0123456789"[..padding % 36]})
    };
    let first = chunk(json!({"role": "assistant", "content": ""}), Value::Null, 5);
    let text = words().zip(1..).map(|(word, at)| chunk(json!({"content": word}), Value::Null, at * 7));
    let mut last = chunk(json!({"content": ""}), json!("stop"), 3);
    last["usage"] = json!({"prompt_tokens": 25, "completion_tokens": EVENTS, "total_tokens": 25 + EVENTS});
    let chunks = [first].into_iter().chain(text).chain([last]);
    let events: String = chunks.map(|chunk| format!("data: {chunk}\n\n")).collect();
    (events + "data: [DONE]\n\n").into_bytes()
}

/// A chat's stream of Text Generation Inference: unnamed server-sent events, [`EVENTS`] of text, with the role in each.
pub fn tgi_chunks() -> Vec<u8> {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({"object": "chat.completion.chunk", "id": "", "created": 1_700_000_000,
            "model": "meta-llama/Llama-3.1-8B-Instruct", "system_fingerprint": "3.3.6-native",
            "choices": choices, "usage": usage});
        format!("data: {chunk}\n\n")
    };
    let choice = |text: &str, finish: Value| {
        let delta = json!({"role": "assistant", "content": text});
        json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}])
    };
    let mut out: String = words().map(|word| chunk(choice(word, Value::Null), Value::Null)).collect();
    out += &chunk(choice("", json!("stop")), Value::Null);
    out += &chunk(
        json!([]),
        json!({"prompt_tokens": 25, "completion_tokens": EVENTS, "total_tokens": 25 + EVENTS}),
    );
    out += "data: [DONE]\n\n";
    out.into_bytes()
}

/// A prompt's stream of Text Generation Inference, [`EVENTS`] of text: each has a number and a likelihood of its own.
pub fn tgi_tokens() -> Vec<u8> {
    let event = |index: usize, text: &str, is_last: bool| {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let logprob = -1.0 / (index as f64 + 0.7);
        let token =
            json!({"id": index * 7919 % 128_000, "text": text, "logprob": logprob, "special": is_last});
        let details = json!({"finish_reason": "eos_token", "generated_tokens": EVENTS, "seed": null, "input_length": 25});
        let (whole, details) = if is_last { (json!("all"), details) } else { (Value::Null, Value::Null) };
        let event = json!({"index": index, "token": token, "generated_text": whole, "details": details});
        format!("data: {event}\n\n")
    };
    let mut out: String = words().zip(1..).map(|(word, index)| event(index, word, false)).collect();
    out += &event(EVENTS + 1, "</s>", true);
    out.into_bytes()
}

/// A stream of Ollama's as JSON lines, [`EVENTS`] of text: each has its own time, to the nanosecond.
pub fn ollama_stream() -> Vec<u8> {
    let line = |time: usize, content: &str| {
        let created_at = format!("2026-11-21T06:{:02}:{:02}.{:09}Z", time / 60 % 60, time % 60, time * 7919);
        json!({"model": "llama3.2", "created_at": created_at,
            "message": {"role": "assistant", "content": content}, "done": false})
    };
    let mut lines: Vec<Value> = words().zip(1..).map(|(word, time)| line(time, word)).collect();
    let mut last = line(EVENTS + 1, "");
    for (name, value) in [
        ("done", json!(true)),
        ("done_reason", json!("stop")),
        ("prompt_eval_count", json!(25)),
        ("eval_count", json!(EVENTS)),
    ] {
        last[name] = value;
    }
    lines.push(last);
    lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
}

/// A client's request of at least so many bytes: a system message, a tool, turns of text.
pub fn request(size: usize) -> Vec<u8> {
    let mut messages = vec![json!({"role": "system", "content": "You are a helpful assistant."})];
    let mut written = 600;
    while written < size {
        let text = text(size.div_ceil(8).clamp(64, 24_000));
        written += text.len();
        messages.push(
            json!({"role": if messages.len() % 2 == 1 { "user" } else { "assistant" }, "content": text}),
        );
    }
    messages.push(json!({"role": "user", "content": "And now?"}));
    let tool = json!({"type": "function", "function": {"name": "get_weather", "description": "Get the weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "City name"},
            "unit": {"type": "string", "enum": ["c", "f"]}}, "required": ["city"]}}});
    json!({"model": "claude-sonnet-4-5", "messages": messages, "temperature": 0.7, "max_tokens": 1024,
        "stop": ["\n\nHuman:"], "user": "u-1", "tools": [tool]})
    .to_string()
    .into_bytes()
}

/// A whole reply of each provider, with about one kilobyte of text and a tool call.
pub fn reply(provider: &str) -> Vec<u8> {
    let text = text(1000);
    let reply = match provider {
        "anthropic" => {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [{"type": "text", "text": text}, {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}],
            "stop_reason": "tool_use", "stop_sequence": null, "usage": {"input_tokens": 25, "output_tokens": 200}})
        }
        "bedrock" => json!({"output": {"message": {"role": "assistant", "content": [{"text": text},
            {"toolUse": {"toolUseId": "tooluse_1", "name": "get_weather", "input": {"city": "Paris"}}}]}},
            "stopReason": "tool_use", "usage": {"inputTokens": 25, "outputTokens": 200, "totalTokens": 225}, "metrics": {"latencyMs": 900}}),
        _ => {
            json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\":\"Paris\"}"}}]},
                "logprobs": null, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 25, "completion_tokens": 200, "total_tokens": 225}})
        }
    };
    reply.to_string().into_bytes()
}

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().cycle().take(EVENTS)
}

fn text(size: usize) -> String {
    PROSE.chars().cycle().take(size).collect()
}

fn named(event: &str, data: &Value) -> Vec<u8> {
    format!("event: {event}\ndata: {data}\n\n").into_bytes()
}
