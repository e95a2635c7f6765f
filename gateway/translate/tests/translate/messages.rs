//! What holds for clients that speak Anthropic's Messages, whatever a provider of another dialect sends.

use proptest::prelude::*;
use serde_json::{Value, json};
use translate::call::{self, Api, Options};
use translate::providers::by_id;
use translate::wire::Framing;

use crate::case::{Way, call};
use crate::fold::{events, fold};

const WAY: fn() -> Way = || Way { api: Api::Messages, framing: Framing::Sse, ..Way::chat("openai") };

/// What the model does next.
#[derive(Clone, Debug)]
enum Step {
    Say(String),
    Think(String),
    /// A piece of a call's arguments; the call begins if it has not yet.
    Call(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        "[ -~é\n]{1,6}".prop_map(Step::Say),
        "[ -~]{1,6}".prop_map(Step::Think),
        (0_usize..4).prop_map(Step::Call),
    ];
    proptest::collection::vec(step, 0..40)
}

/// The arguments of each call, in pieces of a few characters.
fn arguments() -> impl Strategy<Value = Vec<(Value, usize)>> {
    let value = prop_oneof![
        "[ -~é\n]{0,9}".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(json!([{}, "}", [1.5]])),
    ];
    let input =
        proptest::collection::btree_map("[a-z\\\\\"]{1,3}", value, 0..4).prop_map(|input| json!(input));
    proptest::collection::vec((input, 1_usize..9), 4)
}

fn chunk(delta: &Value) -> String {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": null });
    format!("data: {}\n\n", json!({ "id": "c", "model": "m", "choices": [choice] }))
}

/// The stream, what was said, and the calls in the order in which they began.
fn stream(steps: &[Step], arguments: &[(Value, usize)]) -> (String, String, Vec<usize>) {
    let texts: Vec<Vec<char>> =
        arguments.iter().map(|(input, _)| input.to_string().chars().collect()).collect();
    let mut pieces: Vec<_> =
        texts.iter().zip(arguments).map(|(text, (_, size))| text.chunks(*size)).collect();
    let (mut out, mut said, mut begun) = (String::new(), String::new(), Vec::new());
    let mut go_on = |out: &mut String, begun: &mut Vec<usize>, call: usize| {
        let index = begun.iter().position(|known| *known == call).unwrap_or_else(|| {
            begun.push(call);
            let start = json!({ "index": begun.len() - 1, "id": format!("call_{call}"), "type": "function", "function": { "name": "f", "arguments": "" } });
            out.push_str(&chunk(&json!({ "tool_calls": [start] })));
            begun.len() - 1
        });
        let Some(piece) = pieces[call].next() else { return false };
        let piece: String = piece.iter().collect();
        out.push_str(&chunk(
            &json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }),
        ));
        true
    };
    for step in steps {
        match step {
            Step::Say(text) => {
                said.push_str(text);
                out.push_str(&chunk(&json!({ "content": text })));
            }
            Step::Think(text) => out.push_str(&chunk(&json!({ "reasoning_content": text }))),
            Step::Call(call) => _ = go_on(&mut out, &mut begun, *call),
        }
    }
    // What is left of the calls, by turns.
    for call in begun.clone().into_iter().rev() {
        while go_on(&mut out, &mut begun, call) {}
    }
    let last = json!({ "index": 0, "delta": {}, "finish_reason": "stop" });
    out.push_str(&format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({ "id": "c", "model": "m", "choices": [last] })
    ));
    (out, said, begun)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However pieces of calls, of text and of thoughts come by turns: blocks do not overlap, and nothing is lost or told twice.
    #[test]
    fn blocks_come_one_after_the_other(steps in steps(), arguments in arguments(), size in 1_usize..300) {
        let (bytes, said, begun) = stream(&steps, &arguments);
        let mut stream = WAY().open(&call());
        for piece in bytes.as_bytes().chunks(size) {
            stream.push(piece).unwrap();
        }
        stream.finish().unwrap();
        let out = std::mem::take(stream.out());
        let mut open = None;
        for data in events(&out) {
            let event: Value = serde_json::from_str(data).unwrap();
            match event["type"].as_str().unwrap() {
                "content_block_start" => prop_assert_eq!(open.replace(event["index"].clone()), None),
                "content_block_delta" => prop_assert_eq!(open.as_ref(), Some(&event["index"])),
                "content_block_stop" => prop_assert_eq!(open.take(), Some(event["index"].clone())),
                _ => prop_assert!(open.is_none()),
            }
        }
        let message = fold(Api::Messages, &out);
        let blocks = message["content"].as_array().unwrap();
        let of = |kind: &'static str| blocks.iter().filter(move |block| block["type"] == kind);
        let told: String = of("text").map(|block| block["text"].as_str().unwrap()).collect();
        prop_assert_eq!(told, said);
        let thought: String = of("thinking").map(|block| block["thinking"].as_str().unwrap()).collect();
        let thinks = |step: &Step| if let Step::Think(text) = step { text.clone() } else { String::new() };
        prop_assert_eq!(thought, steps.iter().map(thinks).collect::<String>());
        let calls: Vec<_> = of("tool_use").map(|block| (block["id"].clone(), block["input"].clone())).collect();
        let expected: Vec<_> =
            begun.iter().map(|&call| (json!(format!("call_{call}")), arguments[call].0.clone())).collect();
        prop_assert_eq!(calls, expected);
    }

    /// What a client got can be sent back, and is to a provider of OpenAI's dialect what its own model said.
    #[test]
    fn a_message_can_be_sent_back(steps in steps(), arguments in arguments()) {
        let (bytes, said, begun) = stream(&steps, &arguments);
        let mut stream = WAY().open(&call());
        stream.push(bytes.as_bytes()).unwrap();
        let message = fold(Api::Messages, stream.out());
        let request = json!({ "model": "m", "max_tokens": 9, "messages": [
            { "role": "user", "content": "x" }, { "role": "assistant", "content": message["content"] }, { "role": "user", "content": "y" },
        ] });
        let mut out = Vec::new();
        let provider = by_id("openai").unwrap();
        call::request(Api::Messages, provider, request.to_string().as_bytes(), &Options::default(), &mut out).unwrap();
        let chat: Value = serde_json::from_slice(&out).unwrap();
        let turn = &chat["messages"][1];
        if said.is_empty() && begun.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(&turn["role"], "assistant");
        let texts = turn["content"].as_array().map_or(turn["content"].as_str().unwrap_or_default().to_owned(), |parts| {
            parts.iter().map(|part| part["text"].as_str().unwrap()).collect()
        });
        prop_assert_eq!(texts, said);
        let calls = turn["tool_calls"].as_array().cloned().unwrap_or_default();
        let inputs: Vec<Value> = calls
            .iter()
            .map(|call| serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap())
            .collect();
        prop_assert_eq!(inputs, begun.iter().map(|&call| arguments[call].0.clone()).collect::<Vec<_>>());
    }
}

/// What waits for a call that never ends is bounded.
#[test]
fn what_waits_is_bounded() {
    let call_of = |index: u32| json!({ "index": index, "id": format!("c{index}"), "type": "function", "function": { "name": "f", "arguments": "{" } });
    let mut stream = WAY().open(&call());
    stream.push(chunk(&json!({ "tool_calls": [call_of(0)] })).as_bytes()).unwrap();
    let more = chunk(&json!({ "content": "x".repeat(1 << 20) }));
    let refused = (0..16).find_map(|_| {
        stream.out().clear();
        stream.push(more.as_bytes()).err()
    });
    assert!(matches!(refused, Some(translate::Error::TooLarge(_))), "{refused:?}");
}
