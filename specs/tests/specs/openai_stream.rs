//! The order of OpenAI's chunks.

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::Violation;

use crate::openai::chat;

/// Which chunk of a stream this is, and of which choice.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Opening(usize),
    Text(usize),
    /// A tool call's first piece, then its others.
    Call(usize, usize),
    Arguments(usize, usize),
    Closing(usize),
    Usage,
    Done,
}

use Event::{Arguments, Call, Closing, Done, Opening, Text, Usage};

impl Event {
    fn name(&self) -> &'static str {
        if *self == Done { "[DONE]" } else { "" }
    }

    fn data(&self) -> Value {
        let chunk = |choices: Value, usage: Value| json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": choices, "usage": usage });
        let choice = |index: &usize, delta: Value, finish: Value| {
            chunk(
                json!([{ "index": index, "delta": delta, "finish_reason": finish, "logprobs": null }]),
                Value::Null,
            )
        };
        match self {
            Opening(n) => choice(n, json!({ "role": "assistant", "content": "" }), Value::Null),
            Text(n) => choice(n, json!({ "content": "x" }), Value::Null),
            Call(n, call) => {
                let call = json!({ "index": call, "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "" } });
                choice(n, json!({ "tool_calls": [call] }), Value::Null)
            }
            Arguments(n, call) => {
                let call = json!({ "index": call, "function": { "arguments": "{" } });
                choice(n, json!({ "tool_calls": [call] }), Value::Null)
            }
            Closing(n) => choice(n, json!({}), json!("stop")),
            Usage => {
                chunk(json!([]), json!({ "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 }))
            }
            Done => json!("[DONE]"),
        }
    }
}

/// Everything wrong with a stream: each event by itself, their order, and the end.
fn judge(events: &[Event]) -> Vec<Violation> {
    let chat = chat();
    let mut sequence = chat.sequence().expect("chat streams");
    let mut found = Vec::new();
    for event in events {
        found.extend(chat.event(event.name(), &event.data()));
        found.extend(sequence.event(event.name(), &event.data()));
    }
    found.extend(sequence.end());
    found
}

fn lines(events: &[Event]) -> String {
    judge(events).iter().map(|violation| format!("{violation}\n")).collect()
}

/// One choice's chunks: text and calls in any mixture, calls numbered as they open.
fn choice(n: usize) -> impl Strategy<Value = Vec<Event>> {
    let body = prop::collection::vec((0..3usize, any::<prop::sample::Index>()), 0..8);
    body.prop_map(move |steps| {
        let (mut events, mut calls) = (vec![Opening(n)], 0);
        for (step, which) in steps {
            events.push(match step {
                1 => {
                    calls += 1;
                    Call(n, calls - 1)
                }
                2 if calls > 0 => Arguments(n, which.index(calls)),
                _ => Text(n),
            });
        }
        events.push(Closing(n));
        events
    })
}

/// A legal stream: up to three choices, interleaved at will.
fn stream() -> impl Strategy<Value = Vec<Event>> {
    let choices = (1..4usize).prop_flat_map(|count| (0..count).map(choice).collect::<Vec<_>>());
    (choices, prop::collection::vec(any::<prop::sample::Index>(), 40), any::<bool>()).prop_map(
        |(mut choices, turns, usage)| {
            let mut events = Vec::new();
            for turn in turns.iter().cycle() {
                choices.retain(|choice| !choice.is_empty());
                if choices.is_empty() {
                    break;
                }
                let turn = turn.index(choices.len());
                events.push(choices[turn].remove(0));
            }
            events.extend(usage.then_some(Usage));
            events.push(Done);
            events
        },
    )
}

/// Whether a stream stays legal without this event.
fn may_lack(event: &Event) -> bool {
    matches!(event, Text(_) | Arguments(..) | Usage)
}

proptest! {
    #[test]
    fn legal_streams_pass(events in stream()) {
        prop_assert_eq!(judge(&events), []);
    }

    #[test]
    fn a_stream_that_lacks_an_event_fails(events in stream(), at: prop::sample::Index) {
        let needed: Vec<_> = (0..events.len()).filter(|n| !may_lack(&events[*n])).collect();
        let mut lacking = events.clone();
        let event = lacking.remove(needed[at.index(needed.len())]);
        // A call that never went on may be missing, if it was the last to open.
        let last = matches!(event, Call(n, call) if !lacking.iter().any(|other|
            matches!(other, Call(m, later) | Arguments(m, later) if *m == n && *later >= call)));
        // So may a whole choice, which is not what this does: its other chunks are there.
        prop_assert!(last || !judge(&lacking).is_empty(), "{:?} was not missed", event);
    }

    #[test]
    fn a_stream_that_repeats_an_event_fails(events in stream(), at: prop::sample::Index) {
        let once: Vec<_> = (0..events.len()).filter(|n| !matches!(events[*n], Text(_) | Arguments(..))).collect();
        let at = once[at.index(once.len())];
        let mut repeated = events.clone();
        repeated.insert(at, events[at].clone());
        prop_assert!(!judge(&repeated).is_empty(), "{:?} passed twice", events[at]);
    }

    #[test]
    fn a_stream_with_neighbours_swapped_fails(events in stream(), at: prop::sample::Index) {
        let of = |event: &Event| match event {
            Opening(n) | Text(n) | Closing(n) | Call(n, _) | Arguments(n, _) => Some(*n),
            Usage | Done => None,
        };
        let ordered = |pair: &[Event]| match (&pair[0], &pair[1]) {
            (_, Usage | Done) => true,
            (Call(_, first), Arguments(_, second)) => of(&pair[0]) == of(&pair[1]) && first == second,
            (Opening(_), _) | (_, Closing(_)) | (Call(..), Call(..)) => of(&pair[0]) == of(&pair[1]),
            _ => false,
        };
        let pairs: Vec<_> = (0..events.len() - 1).filter(|n| ordered(&events[*n..*n + 2])).collect();
        let at = pairs[at.index(pairs.len())];
        let mut swapped = events.clone();
        swapped.swap(at, at + 1);
        prop_assert!(!judge(&swapped).is_empty(), "{:?} passed after {:?}", events[at], events[at + 1]);
    }
}

#[test]
fn faults_of_order_are_named() {
    insta::assert_snapshot!(lines(&[Text(0), Closing(0), Done]), @"/choices/0: expected one of `only`, `opening`, got `piece` as event 1 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/lanes/0/order)");
    insta::assert_snapshot!(lines(&[Opening(0), Text(0), Done]), @"(whole): expected one of `closing`, `piece` for index 0 of /choices, got the end of the stream (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/lanes/0/order)");
    insta::assert_snapshot!(lines(&[Opening(0), Closing(0)]), @"(whole): expected one of `chunk`, `done`, `usage`, got the end of the stream (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/order)");
    insta::assert_snapshot!(lines(&[Opening(0), Closing(0), Done, Done]), @"(whole): expected the end of the stream, got `done` as event 4 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/order)");
    insta::assert_snapshot!(lines(&[Opening(0), Usage, Closing(0), Done]), @"(whole): expected `done`, got `chunk` as event 3 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/order)");
    insta::assert_snapshot!(lines(&[Opening(0), Arguments(0, 0), Call(0, 2), Closing(0), Done]), @r#"
    /choices/0/delta/tool_calls/0: expected `opening`, got `piece` as event 1 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/lanes/0/lanes/0/order)
    /choices/0/delta/tool_calls/0/index: expected 1, the next, got 2 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/lanes/0/lanes/0/from)
    "#);
    insta::assert_snapshot!(lines(&[]), @"(whole): expected `chunk`, got the end of the stream (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/order)");
}

#[test]
fn an_identity_that_changes_is_named() {
    let mut sequence = chat().sequence().unwrap();
    assert_eq!(sequence.event("", &Opening(0).data()), []);
    let mut other = Text(0).data();
    other["id"] = json!("chatcmpl-2");
    other["created"] = json!(2);
    let found: Vec<_> = sequence.event("", &other).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    /id: expected "chatcmpl-1" as in the first event, got "chatcmpl-2" (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/same)
    /created: expected 1 as in the first event, got 2 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/same)
    "#);
}

#[test]
fn an_error_ends_a_stream() {
    let error = json!({ "error": { "message": "no", "type": "server_error", "param": null, "code": null } });
    let chat = chat();
    assert_eq!(chat.event("", &error), []);
    let mut sequence = chat.sequence().unwrap();
    assert!(!sequence.complete());
    assert_eq!(sequence.event("", &Opening(0).data()), []);
    assert_eq!(sequence.expected(), ["chunk", "done", "usage", "error"]);
    assert_eq!(sequence.event("", &error), []);
    assert!(sequence.complete());
    assert!(sequence.expected().is_empty());
    assert_eq!(sequence.end(), []);
    let found: Vec<_> = sequence.event("[DONE]", &json!("[DONE]")).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @"(whole): expected the end of the stream, got `[DONE]` as event 3 (x-sequence, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-sequence/ends)");
}

#[test]
fn a_stream_of_one_chunk_passes() {
    let mut whole = Opening(0).data();
    whole["choices"][0]["finish_reason"] = json!("stop");
    let mut sequence = chat().sequence().unwrap();
    assert_eq!(sequence.event("", &whole), []);
    assert_eq!(sequence.event("[DONE]", &json!("[DONE]")), []);
    assert_eq!(sequence.end(), []);
}

#[test]
fn events_are_judged_by_themselves() {
    let chat = chat();
    assert_eq!(chat.events().collect::<Vec<_>>(), ["", "[DONE]"]);
    let mut chunk = Text(0).data();
    chunk.as_object_mut().unwrap().remove("id");
    chunk["choices"][0].as_object_mut().unwrap().remove("finish_reason");
    let mut found = chat.event("", &chunk);
    found.extend(chat.event("ping", &json!({})));
    found.extend(chat.event("[DONE]", &json!("DONE")));
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    (whole): expected member `id`, got an object with `choices`, `created`, `model`, `object`, `usage` (required, #/components/schemas/CreateChatCompletionStreamResponse/required)
    /choices/0: expected member `finish_reason`, got an object with `delta`, `index`, `logprobs` (required, #/components/schemas/CreateChatCompletionStreamResponse/properties/choices/items/required)
    (whole): expected one of the events ``, `[DONE]`, got `ping` (x-events, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-events)
    (whole): expected "[DONE]", got "DONE" (const, #/paths/~1v1~1chat~1completions/post/responses/200/content/text~1event-stream/x-events/[DONE]/const)
    "#);
}
