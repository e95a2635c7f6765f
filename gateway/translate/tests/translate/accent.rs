//! OpenAI's dialect as others speak it: read into deltas, whole and in chunks.

use allocation_counter::measure;
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Error;
use translate::call::{Api, Call, Losses, Options, Target};
use translate::chat::{Chat, Reader};
use translate::openai::{self, ChunkReader};
use translate::providers::{Completions, Dialect, OPENAI, Provider};
use translate::wire::Framing;

use crate::case::{Way, call};
use crate::fold::{events, fold};
use crate::laws::comparable;

/// A provider of nothing but replies.
struct Accent;

impl Chat for Accent {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
    }

    fn request(
        &self,
        _: &openai::Chat<'_>,
        _: &Options<'_>,
        _: &mut Losses,
        _: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        Err(Error::Truncated)
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(ChunkReader::new(call))
    }
}

static PROVIDER: Provider =
    Provider { chat: Dialect::Native(&Accent), completions: Completions::ThroughChat, ..OPENAI };
const WAY: Way = Way { api: Api::Chat, provider: &PROVIDER, framing: Framing::Sse };

fn sse(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect()
}

/// A chunk of one choice.
fn chunk(index: u32, delta: &Value, finish_reason: &Value) -> Value {
    let choice = json!({ "index": index, "delta": delta, "finish_reason": finish_reason });
    json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice] })
}

fn more(delta: &Value) -> Value {
    chunk(0, delta, &Value::Null)
}

fn end(reason: &str) -> Value {
    chunk(0, &json!({ "content": "" }), &json!(reason))
}

/// What the client gets of a stream.
fn streamed(stream: &str) -> (String, Result<(), Error>) {
    let mut way = WAY.open(&call());
    let end = way.push(stream.as_bytes()).and_then(|()| way.finish());
    (String::from_utf8(std::mem::take(way.out())).unwrap(), end)
}

/// The one choice that the client has, when these chunks and the end have come.
fn choice(chunks: &[Value]) -> Value {
    let (out, end) = streamed(&(sse(chunks) + "data: [DONE]\n\n"));
    assert_eq!(end, Ok(()), "{out}");
    let mut reply = comparable(fold(Api::Chat, out.as_bytes()));
    reply["choices"][0].take()
}

fn whole(reply: &Value) -> Result<Value, Error> {
    let reply = translate::call::reply(Api::Chat, &PROVIDER, reply.to_string().as_bytes(), &call());
    reply.map(|(reply, _)| comparable(serde_json::from_slice(&reply).unwrap()))
}

#[test]
fn an_end_without_a_reason_is_none() {
    let started = sse(&[more(&json!({ "role": "assistant", "content": "Hi" }))]);
    let (_, end) = streamed(&(started.clone() + "data: [DONE]\n\n"));
    assert!(matches!(end, Err(Error::Malformed { .. })), "{end:?}");
    let (out, end) = streamed(&(started + &sse(&[self::end("stop")])));
    assert_eq!(end, Err(Error::Truncated));
    assert!(!out.contains("\"finish_reason\":\""), "{out}");
}

#[test]
fn reasons_are_told_in_openais_words() {
    for (theirs, ours) in [
        ("stop", "stop"),
        ("eos_token", "stop"),
        ("stop_sequence", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("model_length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
    ] {
        assert_eq!(
            choice(&[more(&json!({ "content": "Hi" })), end(theirs)])["finish_reason"],
            ours,
            "{theirs}"
        );
    }
    // One that comes twice is told once, and none is no reason.
    let chunks = [chunk(0, &json!({ "content": "Hi" }), &json!("")), end("length"), end("stop")];
    assert_eq!(choice(&chunks)["finish_reason"], "length");
}

#[test]
fn a_model_that_failed_has_no_end() {
    let (out, end) = streamed(&sse(&[more(&json!({ "content": "Hi" })), end("error")]));
    assert!(matches!(end, Err(Error::Provider(_))), "{end:?}");
    assert!(!out.contains("[DONE]"));
    let message = json!({ "content": "" });
    let reply = json!({ "choices": [{ "index": 0, "message": message, "finish_reason": "error" }] });
    assert!(matches!(whole(&reply), Err(Error::Provider(_))));
}

#[test]
fn errors_are_found_where_either_has_them() {
    let openai = json!({ "error": { "message": "slow down", "type": "rate_limit_error" } });
    let mistral =
        json!({ "object": "error", "message": "slow down", "type": "rate_limit_error", "code": "1300" });
    for error in [openai, mistral] {
        let (_, end) = streamed(&sse(&[more(&json!({ "content": "Hi" })), error.clone()]));
        let Err(Error::Provider(problem)) = end else { panic!("{error}: {end:?}") };
        assert_eq!((problem.status, &*problem.message), (429, "slow down"));
        assert!(matches!(whole(&error), Err(Error::Provider(problem)) if problem.message == "slow down"));
    }
}

#[test]
fn calls_are_told_apart_by_index_and_by_id() {
    let call = |entry: Value| more(&json!({ "tool_calls": [entry] }));
    let names = |chunks: &[Value]| -> Vec<(String, Value)> {
        let calls = choice(chunks)["message"]["tool_calls"].take();
        let call =
            |call: &Value| (call["id"].as_str().unwrap().to_owned(), call["function"]["arguments"].clone());
        calls.as_array().unwrap().iter().map(call).collect()
    };
    let both = [("a".to_owned(), json!({ "x": 1 })), ("b".to_owned(), json!({ "y": 2 }))];
    let pieces = [
        call(json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": "" } })),
        call(json!({ "index": 0, "function": { "arguments": "{\"x\":" } })),
        call(json!({ "index": 0, "function": { "arguments": "1}" } })),
        call(json!({ "index": 1, "id": "b", "function": { "name": "g", "arguments": "{" } })),
        call(json!({ "index": 1, "id": "b", "function": { "name": "g", "arguments": "\"y\":2}" } })),
        end("tool_calls"),
    ];
    assert_eq!(names(&pieces), both, "in pieces, with and without the id again");
    let a = json!({ "id": "a", "index": 0, "function": { "name": "f", "arguments": { "x": 1 } } });
    let b = json!({ "id": "b", "index": 0, "function": { "name": "g", "arguments": "{\"y\":2}" } });
    assert_eq!(names(&[more(&json!({ "tool_calls": [a, b] })), end("stop")]), both, "by id alone");
    let a = json!({ "id": "a", "function": { "name": "f", "arguments": { "x": 1 } } });
    let b = json!({ "id": "b", "function": { "name": "g" } });
    let rest = json!({ "function": { "arguments": "{\"y\":2}" } });
    assert_eq!(names(&[call(a), call(b), call(rest), end("tool_calls")]), both, "without an index");
    let nameless = json!({ "id": "null", "function": { "name": "f", "arguments": {} } });
    let [(id, arguments)] = &names(&[call(nameless), end("tool_calls")])[..] else { panic!() };
    assert_eq!((id.as_str(), arguments), (&*format!("call_{}_0", self::call().id), &json!({})));
}

#[test]
fn a_stop_with_calls_waits_for_them() {
    let call = json!({ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{}" } });
    assert_eq!(choice(&[more(&json!({ "tool_calls": [call] })), end("stop")])["finish_reason"], "tool_calls");
}

#[test]
fn thoughts_come_by_any_of_their_names() {
    let thinking =
        |text: &str| json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": text }] }]);
    let ways: [[Value; 2]; 3] = [
        ["Let me ", "see."].map(|text| json!({ "content": "", "reasoning_content": text })),
        ["Let me ", "see."].map(|text| json!({ "reasoning": text, "reasoning_details": [] })),
        ["Let me ", "see."].map(|text| json!({ "content": thinking(text) })),
    ];
    for [one, other] in ways {
        let told = choice(&[more(&one), more(&other), more(&json!({ "content": "42" })), end("stop")]);
        assert_eq!(told["message"]["reasoning_content"], "Let me see.", "{one}");
        assert_eq!(told["message"]["thinking_blocks"].as_array().map(Vec::len), Some(1), "{one}");
        assert_eq!(told["message"]["content"], "42", "{one}");
    }
}

#[test]
fn a_thought_after_an_answer_is_another() {
    let mixed = json!([
        { "type": "thinking", "thinking": [{ "type": "text", "text": "one" }], "signature": "s1" },
        { "type": "thinking", "thinking": "two" },
        { "type": "text", "text": "Well: " },
        { "type": "reference", "reference_ids": [1] },
        { "type": "thinking", "thinking": [{ "type": "text", "text": "three" }, { "type": "reference", "reference_ids": [2] }] },
        { "type": "text", "text": "42" },
    ]);
    let reply = json!({ "id": "c", "model": "m", "choices": [{ "index": 0, "message": { "content": mixed }, "finish_reason": "stop" }] });
    let whole = whole(&reply).unwrap();
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "Well: 42");
    let block = |text: &str| json!({ "type": "thinking", "thinking": text });
    let signed = json!({ "type": "thinking", "thinking": "one", "signature": "s1" });
    assert_eq!(message["thinking_blocks"], json!([signed, block("two"), block("three")]));
    assert_eq!(choice(&[more(&json!({ "content": mixed })), end("stop")])["message"], *message);
}

#[test]
fn choices_come_in_any_order() {
    let stream = sse(&[
        chunk(1, &json!({ "content": "B" }), &Value::Null),
        chunk(0, &json!({ "content": "A" }), &Value::Null),
        chunk(1, &json!({ "refusal": "no" }), &Value::Null),
        chunk(0, &json!({ "content": "aa" }), &Value::Null),
        chunk(1, &json!({ "content": "b" }), &json!("length")),
        chunk(0, &json!({ "content": "a" }), &json!("stop")),
    ]) + "data: [DONE]\n\n";
    let (out, end) = streamed(&stream);
    assert_eq!(end, Ok(()));
    let text = |index: u64| -> String {
        let chunks =
            events(out.as_bytes()).into_iter().filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let choices = chunks.map(|mut chunk| chunk["choices"][0].take());
        let of = choices.filter(|choice| choice["index"] == index);
        of.filter_map(|choice| choice["delta"]["content"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!((text(0), text(1)), ("Aaaa".to_owned(), "Bb".to_owned()), "{out}");
    let far = sse(&[chunk(4_000_000_000, &json!({ "content": "B" }), &Value::Null)]);
    assert!(matches!(streamed(&far).1, Err(Error::Malformed { .. })));
}

#[test]
fn likelihoods_lack_no_member() {
    let logprobs = json!({ "content": [{ "token": "Hi", "logprob": -0.5, "top_logprobs": [{ "token": "Ho", "logprob": -1.5 }] }] });
    let choice =
        json!({ "index": 0, "message": { "content": "Hi" }, "logprobs": logprobs, "finish_reason": null });
    let whole = whole(&json!({ "choices": [choice] })).unwrap();
    let top = json!([{ "token": "Ho", "logprob": -1.5, "bytes": null }]);
    let entry = json!([{ "token": "Hi", "logprob": -0.5, "bytes": null, "top_logprobs": top }]);
    assert_eq!(whole["choices"][0]["logprobs"]["content"], entry);
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
}

#[test]
fn what_is_no_reply_is_refused() {
    for broken in [
        json!({ "id": "c" }),
        json!({ "choices": [] }),
        json!({ "choices": [{ "message": { "content": 5 } }] }),
    ] {
        assert!(matches!(whole(&broken), Err(Error::Malformed { .. })), "{broken}");
    }
    assert!(matches!(streamed("data: {\"id\":\"c\"}\n\n").1, Err(Error::Malformed { .. })));
    // Content in content in content: read to the second only, however deep it goes.
    let deep = format!("{}{}", "[{\"type\":\"thinking\",\"thinking\":".repeat(50_000), "}]".repeat(50_000));
    let (_, end) = streamed(&format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{deep}}}}}]}}\n\n"));
    assert!(end.is_err());
}

/// Pieces of one reply, each of one kind.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Thought(String),
    Arguments(String),
    Call,
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let text = "(\\PC|\"|\\\\|\n){0,6}";
    let one = prop_oneof![
        4 => text.prop_map(Piece::Text),
        3 => text.prop_map(Piece::Thought),
        3 => text.prop_map(Piece::Arguments),
        1 => Just(Piece::Call),
    ];
    proptest::collection::vec(one, 0..20)
}

fn written(pieces: &[Piece]) -> Vec<Value> {
    let mut calls = 0;
    let call = |index: u32, more: Value| json!({ "tool_calls": [{ "index": index, "function": more }] });
    let mut chunks: Vec<Value> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(json!({ "content": text })),
            Piece::Thought(text) => {
                Some(json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": text }] }] }))
            }
            Piece::Arguments(json) => (calls > 0).then(|| call(calls - 1, json!({ "arguments": json }))),
            Piece::Call => {
                calls += 1;
                Some(call(calls - 1, json!({ "name": "f", "arguments": "" })))
            }
        })
        .map(|delta| more(&delta))
        .collect();
    chunks.push(end("stop"));
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// With other spaces in each event, nothing is learned twice.
    #[test]
    fn a_learned_accent_changes_nothing(pieces in pieces(), spaces in proptest::collection::vec(0_usize..3, 1..9)) {
        let stream = sse(&written(&pieces)) + "data: [DONE]\n\n";
        let spaced: String = stream
            .split_inclusive("data: {")
            .zip(spaces.iter().cycle())
            .map(|(event, spaces)| event.to_owned() + &" ".repeat(*spaces))
            .collect();
        let (out, end) = streamed(&stream);
        prop_assert_eq!(&end, &Ok(()));
        prop_assert_eq!((out, end), streamed(&spaced));
    }
}

#[test]
fn a_chunk_takes_no_memory() {
    let padded = |delta: &Value, padding: &str| {
        let mut chunk = more(delta);
        chunk["p"] = json!(padding);
        sse(&[chunk]).into_bytes()
    };
    let thinking = |text: &str| json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": text }] }] });
    let arguments = |json: &str| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": json } }] });
    let began =
        json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "" } }] });
    let kinds: [&dyn Fn(&str) -> Value; 3] = [&|text| json!({ "content": text }), &thinking, &arguments];
    for kind in kinds {
        let mut stream = WAY.open(&call());
        stream.push(&padded(&began, "a")).unwrap();
        stream.push(&padded(&kind("first"), "ab")).unwrap();
        stream.out().clear();
        stream.out().reserve(1 << 20);
        let (one, other) = (padded(&kind(" \"Größe\"\n日本 😀"), "abcdef"), padded(&kind("x"), ""));
        let info = measure(|| {
            for _ in 0..100 {
                stream.push(&one).unwrap();
                stream.push(&other).unwrap();
            }
        });
        assert!(stream.out().len() > 20_000, "every event is translated");
        assert_eq!(info.count_total, 0, "{}", kind("x"));
    }
}
