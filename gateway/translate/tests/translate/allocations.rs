//! What the hot path takes from the allocator: nothing.

use allocation_counter::measure;
use serde_json::json;
use translate::call::{self, Api, Call, Options, Stream};
use translate::providers::by_id;
use translate::wire::Framing;

use crate::case::{Way, call, framed};

/// Allocations made by pushing `pieces` of a stream that has begun with `start`.
fn allocations(provider: &str, start: &[&[u8]], pieces: &[&[u8]]) -> u64 {
    allocations_of(Way::chat(provider), start, pieces)
}

fn allocations_of(way: Way, start: &[&[u8]], pieces: &[&[u8]]) -> u64 {
    allocations_in(way.open(&call()), start, pieces)
}

fn allocations_in(mut stream: Stream, start: &[&[u8]], pieces: &[&[u8]]) -> u64 {
    for piece in start {
        stream.push(piece).unwrap();
    }
    stream.out().clear();
    // The caller sends what is there and keeps the room.
    stream.out().reserve(1 << 20);
    let info = measure(|| {
        for piece in pieces {
            stream.push(piece).unwrap();
        }
    });
    assert!(stream.out().len() > pieces.len() * 100, "every event is translated");
    info.count_total
}

fn sse(data: &serde_json::Value) -> Vec<u8> {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap()).into_bytes()
}

fn anthropic() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let message = json!({ "id": "msg_1", "model": "claude", "content": [], "usage": { "input_tokens": 1, "output_tokens": 1 } });
    let delta = |index: u32, piece| json!({ "type": "content_block_delta", "index": index, "delta": piece });
    let start = [
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } }),
        delta(0, json!({ "type": "text_delta", "text": "first" })),
        delta(1, json!({ "type": "input_json_delta", "partial_json": "{" })),
    ];
    let text = sse(&delta(0, json!({ "type": "text_delta", "text": " \"Größe\"\n日本 😀" })));
    let arguments = sse(&delta(1, json!({ "type": "input_json_delta", "partial_json": "\"a\":1," })));
    (start.iter().flat_map(sse).collect(), text, arguments)
}

#[test]
fn a_text_event_of_anthropic_takes_none() {
    let (start, text, arguments) = anthropic();
    let many = text.repeat(50);
    assert_eq!(allocations("anthropic", &[&start], &[&text[..]; 200]), 0, "one event a read");
    assert_eq!(allocations("anthropic", &[&start], &[&many[..]; 4]), 0, "many events a read");
    assert_eq!(allocations("anthropic", &[&start], &[&arguments[..]; 200]), 0, "pieces of arguments");
}

/// A response tells its texts again at their end, and so gathers them; that takes room once.
#[test]
fn a_text_event_of_a_response_takes_none() {
    let way = Way { api: Api::Responses, ..Way::chat("anthropic") };
    let (start, text, arguments) = anthropic();
    let many = text.repeat(50);
    assert_eq!(allocations_of(way, &[&start, &text], &[&text[..]; 100]), 0, "one event a read");
    assert_eq!(allocations_of(way, &[&start, &text], &[&many[..]; 2]), 0, "many events a read");
    assert_eq!(allocations_of(way, &[&start, &arguments], &[&arguments[..]; 100]), 0, "pieces of arguments");
    let thought = |text: &str| {
        sse(
            &json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": text } }),
        )
    };
    let message = json!({ "id": "msg_1", "model": "claude", "content": [], "usage": { "input_tokens": 1, "output_tokens": 1 } });
    let block = json!({ "type": "thinking", "thinking": "", "signature": "" });
    let start = [
        sse(&json!({ "type": "message_start", "message": message })),
        sse(&json!({ "type": "content_block_start", "index": 0, "content_block": block })),
        thought("first"),
    ];
    assert_eq!(allocations_of(way, &[&start.concat()], &[&thought(" I think\n")[..]; 100]), 0, "thoughts");
}

/// The same to clients that speak Messages: translated from elsewhere, and guarded where it stays what it was.
#[test]
fn a_text_event_of_a_message_takes_none() {
    let to_messages = |provider| Way { api: Api::Messages, ..Way::chat(provider) };
    let (start, text, _) = anthropic();
    assert_eq!(allocations_of(to_messages("anthropic"), &[&start], &[&text[..]; 200]), 0, "as it came");
    let chunk = |delta: serde_json::Value| {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null });
        format!("data: {}\n\n", json!({ "id": "c", "model": "gpt-4o", "choices": [choice] })).into_bytes()
    };
    let call =
        json!({ "index": 0, "id": "t", "type": "function", "function": { "name": "f", "arguments": "" } });
    let piece =
        |json: &str| chunk(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": json } }] }));
    let text = [chunk(json!({ "content": "first" })), chunk(json!({ "content": " \"Größe\"\n日本 😀" }))];
    assert_eq!(allocations_of(to_messages("openai"), &[&text[0]], &[&text[1][..]; 200]), 0, "text");
    let begun = [chunk(json!({ "tool_calls": [call] })), piece("{"), piece("\"a\": [")].concat();
    assert_eq!(
        allocations_of(to_messages("openai"), &[&begun], &[&piece("\"\u{e9}\\\" {\", 1,")[..]; 200]),
        0,
        "arguments"
    );
}

#[test]
fn a_torn_event_takes_none_once_one_was_torn() {
    let (start, text, _) = anthropic();
    let (head, tail) = text.split_at(text.len() / 2);
    let torn: Vec<&[u8]> = [head, tail].repeat(100);
    assert_eq!(allocations("anthropic", &[&start, head, tail], &torn), 0);
}

#[test]
fn a_text_event_of_bedrock_takes_none() {
    let delta = |text: &str, padding: &str| {
        framed(&json!({ "event": "contentBlockDelta", "payload": {
            "contentBlockIndex": 0, "delta": { "text": text }, "p": padding,
        } }))
    };
    let start = [
        framed(&json!({ "event": "messageStart", "payload": { "role": "assistant" } })),
        delta("first", "abc"),
    ];
    let (one, other) = (delta(" \"Größe\"\n日本 😀", "abcdefgh"), delta("x", ""));
    let pieces: Vec<&[u8]> = [&one[..], &other[..]].repeat(100);
    assert_eq!(allocations("bedrock", &[&start.concat()], &pieces), 0);
}

#[test]
fn an_event_of_openai_takes_none() {
    let chunk = |text: &str, padding: &str| {
        let choice =
            json!({ "index": 0, "delta": { "content": text }, "logprobs": null, "finish_reason": null });
        let chunk = json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
            "choices": [choice], "usage": null, "obfuscation": padding });
        format!("data: {chunk}\n\n").into_bytes()
    };
    let (start, text) = (chunk("first", "abc"), chunk(" \"Größe\"\n日本 😀", "a"));
    assert_eq!(allocations("openai", &[&start], &[&text[..]; 200]), 0);
}

#[test]
fn an_event_of_azure_takes_none() {
    let event = |choices: serde_json::Value, id: &str, more: &str| {
        format!(
            "data: {{\"choices\":{choices},\"created\":1,\"id\":\"{id}\",\"model\":\"gpt-4o\"{more}}}\n\n"
        )
        .into_bytes()
    };
    let safe = json!({ "filtered": false, "severity": "safe" });
    let chunk = |text: &str| {
        let found = json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe });
        let choice = json!({ "content_filter_results": found, "delta": { "content": text }, "finish_reason": null, "index": 0, "logprobs": null });
        event(json!([choice]), "chatcmpl-1", ",\"object\":\"chat.completion.chunk\"")
    };
    let prompt = event(json!([]), "", ",\"prompt_filter_results\":[]");
    let (first, text) = (chunk("first"), chunk(" \"Größe\"\n日本 😀"));
    assert_eq!(allocations("azure", &[&prompt, &first], &[&text[..]; 200]), 0);
}

#[test]
fn a_piece_of_a_completion_takes_none() {
    let of = |provider, framing| Way { api: Api::Completions, provider: by_id(provider).unwrap(), framing };
    let event = |text: &str| {
        let piece = json!({ "type": "completion", "id": "c", "completion": text, "stop_reason": null, "model": "claude-2.1" });
        sse(&piece)
    };
    let (start, text) = (event("first"), event(" \"Größe\"\n日本 😀"));
    let older = Call { model: "claude-2.1".to_owned(), ..call() };
    assert_eq!(allocations_in(of("anthropic", Framing::Sse).open(&older), &[&start], &[&text[..]; 200]), 0);

    let line = |text: &str| {
        let line =
            json!({ "model": "m", "created_at": "2026-01-01T00:00:00Z", "response": text, "done": false });
        format!("{line}\n").into_bytes()
    };
    let (start, text) = (line("first"), line(" \"Größe\"\n日本 😀"));
    assert_eq!(allocations_of(of("ollama", Framing::JsonLines), &[&start], &[&text[..]; 200]), 0);
}

#[test]
fn a_line_of_ollama_takes_none() {
    let line = |text: &str, time: &str| {
        let message = json!({ "role": "assistant", "content": text });
        format!("{}\n", json!({ "model": "m", "created_at": time, "message": message, "done": false }))
            .into_bytes()
    };
    let start = line("first", "2026-01-01T00:00:00Z");
    let (one, other) =
        (line(" \"Größe\"\n日本 😀", "2026-01-01T00:00:00.5Z"), line("x", "2026-01-01T00:00:01Z"));
    let pieces: Vec<&[u8]> = [&one[..], &other[..]].repeat(100);
    assert_eq!(allocations("ollama", &[&start], &pieces), 0);
}

#[test]
fn a_chunk_of_mistral_takes_none() {
    let chunk = |content: serde_json::Value, padding: &str| {
        let choice = json!({ "index": 0, "delta": { "content": content }, "finish_reason": null });
        let chunk = json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], "p": padding });
        format!("data: {chunk}\n\n").into_bytes()
    };
    let thought =
        |text: &str| json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": text }] }]);
    let (start, text) = (chunk(json!("first"), "abc"), chunk(json!(" \"Größe\"\n日本 😀"), "a"));
    assert_eq!(allocations("mistral", &[&start], &[&text[..]; 200]), 0);
    let (start, text) = (chunk(thought("first"), "abc"), chunk(thought(" \"Größe\"\n日本 😀"), ""));
    assert_eq!(allocations("mistral", &[&start], &[&text[..]; 200]), 0, "thoughts");
}

#[test]
fn an_event_of_cohere_takes_none() {
    let delta = |kind: &str, message: serde_json::Value| {
        sse(&json!({ "type": kind, "index": 0, "delta": { "message": message } }))
    };
    let content = |text: &str| delta("content-delta", json!({ "content": { "text": text } }));
    let arguments =
        |json: &str| delta("tool-call-delta", json!({ "tool_calls": { "function": { "arguments": json } } }));
    let function = json!({ "name": "f", "arguments": "" });
    let call = json!({ "tool_calls": { "id": "c", "type": "function", "function": function } });
    let start = sse(&json!({ "type": "message-start", "id": "c1" }));
    let (text, piece) = (content(" \"Größe\"\n日本 😀"), arguments("\"a\":1,"));
    let begun = [&start[..], &content("first")].concat();
    assert_eq!(allocations("cohere", &[&begun], &[&text[..]; 200]), 0);
    let called = [&start[..], &delta("tool-call-start", call), &arguments("{")].concat();
    assert_eq!(allocations("cohere", &[&called], &[&piece[..]; 200]), 0, "pieces of arguments");
}

#[test]
fn a_line_of_coheres_first_version_takes_none() {
    let line = |kind: &str, member: &str, value: serde_json::Value| {
        format!("{}\n", json!({ "is_finished": false, "event_type": kind, member: value })).into_bytes()
    };
    let text = |text: &str| line("text-generation", "text", json!(text));
    let chunk = |member: &str, value: &str| {
        line("tool-calls-chunk", "tool_call_delta", json!({ "index": 0, member: value }))
    };
    let start = line("stream-start", "generation_id", json!("g1"));
    let begun = [&start[..], &text("first")].concat();
    assert_eq!(allocations("cohere-v1", &[&begun], &[&text(" \"Größe\"\n日本 😀")[..]; 200]), 0);
    let called = [&start[..], &chunk("name", "f"), &chunk("parameters", "{")].concat();
    let piece = chunk("parameters", "\"a\":1,");
    assert_eq!(allocations("cohere-v1", &[&called], &[&piece[..]; 200]), 0, "pieces of arguments");
    let way = Way { api: Api::Completions, framing: Framing::JsonLines, ..Way::chat("cohere") };
    let first = text("first");
    assert_eq!(allocations_of(way, &[&first], &[&text("more")[..]; 200]), 0, "generation");
}

#[test]
fn a_token_of_an_inference_server_takes_none() {
    let event = |index: u32, text: &str| {
        let token =
            json!({ "id": 100 * index, "text": text, "logprob": -0.5 / f64::from(index), "special": false });
        let event = json!({ "index": index, "token": token, "generated_text": null, "details": null });
        format!("data: {event}\n\n").into_bytes()
    };
    let pieces: Vec<Vec<u8>> = (2..200).map(|index| event(index, " \"Größe\"\n日本 😀")).collect();
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    for provider in ["huggingface-tgi", "huggingface"] {
        let way = Way { api: Api::Completions, ..Way::chat(provider) };
        assert_eq!(allocations_of(way, &[&event(1, "first")], &pieces), 0, "{provider}");
    }
}

#[test]
fn a_chunk_of_an_inference_server_takes_none() {
    let chunk = |text: &str| {
        let choice = json!({ "index": 0, "delta": { "role": "assistant", "content": text }, "logprobs": null, "finish_reason": null });
        let chunk = json!({ "object": "chat.completion.chunk", "id": "", "created": 1, "model": "m",
            "system_fingerprint": "3.3.6-native", "choices": [choice], "usage": null });
        format!("data: {chunk}\n\n").into_bytes()
    };
    let (start, text) = (chunk("first"), chunk(" \"Größe\"\n日本 😀"));
    assert_eq!(allocations("huggingface-tgi", &[&start], &[&text[..]; 200]), 0);
}

/// The usage of each piece counts all before it, so its numbers vary.
fn gemini(text: &str, count: u32) -> String {
    let candidate = json!({ "content": { "parts": [{ "text": text }], "role": "model" }, "index": 0 });
    let usage = json!({ "promptTokenCount": 9, "candidatesTokenCount": count, "totalTokenCount": 9 + count });
    json!({ "candidates": [candidate], "modelVersion": "gemini-2.5-flash", "responseId": "r1", "usageMetadata": usage }).to_string()
}

#[test]
fn a_piece_of_gemini_takes_none() {
    let sse = |text: &str, count: u32| format!("data: {}\n\n", gemini(text, count)).into_bytes();
    let pieces: Vec<Vec<u8>> = (1..200).map(|count| sse(" \"Größe\"\n日本 😀", count)).collect();
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    assert_eq!(allocations("gemini", &[&sse("first", 1)], &pieces), 0);
}

#[test]
fn an_element_of_geminis_array_takes_none() {
    let element = |text: &str, count: u32| format!(",\r\n{}\n", gemini(text, count)).into_bytes();
    let mut start = element("first", 1);
    start[0] = b'[';
    let pieces: Vec<Vec<u8>> = (1..200).map(|count| element(" \"Größe\"\n日本 😀", count)).collect();
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let way = Way { framing: Framing::JsonArray, ..Way::chat("gemini") };
    // The line end behind an element stays with the next one, once there is room for that.
    let warm: Vec<&[u8]> = std::iter::once(&start[..]).chain(pieces.iter().rev().take(4).copied()).collect();
    assert_eq!(allocations_of(way, &warm, &pieces), 0);
}

/// Vertex AI counts at the end only.
#[test]
fn a_piece_of_vertex_takes_none() {
    let sse = |text: &str| {
        let candidate = json!({ "content": { "role": "model", "parts": [{ "text": text }] } });
        let piece = json!({ "candidates": [candidate], "usageMetadata": { "trafficType": "ON_DEMAND" },
            "modelVersion": "gemini-2.5-flash", "createTime": "2026-01-01T00:00:00Z", "responseId": "r1" });
        format!("data: {piece}\n\n").into_bytes()
    };
    let text = sse(" \"Größe\"\n日本 😀");
    assert_eq!(allocations("gemini-vertex", &[&sse("first")], &[&text[..]; 200]), 0);
}

/// One allocation for each list in the request, and few besides.
#[test]
fn a_request_takes_few() {
    let turn = |role: &str| json!({ "role": role, "content": "The \"gateway\" reads it once.\n".repeat(15) });
    let request = json!({
        "model": "claude-sonnet-4-5", "temperature": 0.7, "max_tokens": 1024, "stream": true, "stop": ["\n\nHuman:"],
        "messages": [{ "role": "system", "content": "Be brief." }, turn("user"), turn("assistant"), turn("user"), turn("assistant"), turn("user")],
        "tools": [{ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } }],
    })
    .to_string();
    let provider = by_id("anthropic").unwrap();
    let mut out = Vec::with_capacity(2 * request.len());
    let info = measure(|| {
        call::request(Api::Chat, provider, request.as_bytes(), &Options::default(), &mut out).unwrap();
    });
    assert!(info.count_total <= 24, "{} allocations", info.count_total);
}
