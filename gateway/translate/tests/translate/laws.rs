//! What holds for every stream of every provider, whatever it is fed.

use proptest::prelude::*;
use serde_json::Value;
use translate::Error;
use translate::call::{self, Api, Call, Options};
use translate::chat::Reader;
use translate::openai::ChunkReader;
use translate::providers::{ALL, Completions, Dialect};
use translate::wire::{Frame, Framer};

use crate::case::{Case, Way, call};
use crate::damage::{cuts, damage, pieces};
use crate::fold::{events, fold};
use crate::generated::replies;
use crate::order::Order;

/// What the client gets, and how the stream ended.
fn translated<'a>(
    way: Way,
    call: &Call,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<(), Error>) {
    let mut stream = way.open(call);
    let mut end = Ok(());
    for piece in pieces {
        end = end.and_then(|()| stream.push(piece));
    }
    end = end.and_then(|()| stream.finish());
    if let Err(why) = &end {
        stream.fail(why);
    }
    (std::mem::take(stream.out()), end)
}

fn at_once(way: Way, call: &Call, bytes: &[u8]) -> (Vec<u8>, Result<(), Error>) {
    translated(way, call, std::iter::once(bytes))
}

fn anthropic() -> Way {
    Way::chat("anthropic")
}

#[test]
fn one_byte_at_a_time_changes_nothing() {
    for (case, way, bytes) in Case::streams() {
        let call = case.call();
        assert_eq!(translated(way, &call, bytes.chunks(1)), at_once(way, &call, &bytes), "{case}");
    }
}

#[test]
fn a_cut_stream_is_never_done() {
    for (case, way, bytes) in Case::streams() {
        // Which has its own law.
        if case.api == Api::Responses {
            continue;
        }
        let call = case.call();
        let mut ended = false;
        for cut in 0..bytes.len() {
            let (out, end) = at_once(way, &call, &bytes[..cut]);
            let out = String::from_utf8(out).unwrap();
            let [done, error, reason] = marks(case.api);
            assert_eq!(out.contains(done), end.is_ok(), "{case} at {cut}");
            assert_eq!(out.contains(error), end.is_err(), "{case} at {cut}");
            // Once the provider's own end has come, nothing can undo it; and it says why the model stopped.
            assert!(end.is_ok() || !ended, "{case} at {cut}");
            assert_eq!(end.is_ok(), out.replace(": \"", ":\"").contains(reason), "{case} at {cut}");
            ended |= end.is_ok();
        }
    }
}

/// How an end, an error, and a reason to stop begin.
fn marks(api: Api) -> [&'static str; 3] {
    match api {
        Api::Messages => ["event: message_stop\n", "event: error\n", "\"stop_reason\":\""],
        _ => ["data: [DONE]", "data: {\"error\":", "\"finish_reason\":\""],
    }
}

#[test]
fn usage_that_was_not_asked_for_is_not_told() {
    for (case, way, bytes) in Case::streams() {
        let call = case.call();
        if way.relays() || matches!(case.api, Api::Messages | Api::Responses) {
            continue;
        }
        let (out, end) = at_once(way, &call, &bytes);
        let mut stream = way.open(&Call { include_usage: false, ..call });
        assert_eq!(stream.push(&bytes).and_then(|()| stream.finish()), end, "{case}");
        if end.is_ok() {
            let without = String::from_utf8(std::mem::take(stream.out())).unwrap();
            assert!(!without.contains("\"usage\":"), "{case}: {without}");
            assert_eq!(events(without.as_bytes()).last(), events(&out).last(), "{case}");
        }
    }
}

#[test]
fn what_follows_the_end_is_not_read() {
    for (case, way, bytes) in Case::streams() {
        let call = case.call();
        let (out, end) = at_once(way, &call, &bytes);
        let ends = [&b"data: [DONE]\n\n"[..], b"data: {\"type\":\"message_stop\"}\n\n"];
        if end.is_err() || !ends.iter().any(|end| out.ends_with(end)) {
            continue;
        }
        let mut stream = way.open(&call);
        stream.push(&bytes).unwrap();
        if stream.done() {
            stream.push(b"data: not JSON\n\nevent: error\ndata: {}\n\n").unwrap();
            stream.push(&bytes).unwrap();
            stream.finish().unwrap();
            stream.fail(&Error::Truncated);
            assert_eq!(*stream.out(), out, "{case}");
        }
    }
}

#[test]
fn a_folded_stream_is_the_whole_reply() {
    let mut found = 0;
    for (case, way, bytes) in Case::streams() {
        let call = case.call();
        let Some(reply) = case.read("reply.json") else { continue };
        let (out, end) = at_once(way, &call, &bytes);
        assert_eq!(end, Ok(()), "{case}");
        let (reply, _) = case.translate_reply(reply.as_bytes()).unwrap();
        assert_eq!(
            comparable(fold(case.api, &out)),
            comparable(serde_json::from_slice(&reply).unwrap()),
            "{case}"
        );
        found += 1;
    }
    assert!(found >= 10, "only {found} cases have both");
}

/// A whole reply gives arguments as a document of its own spaces and escapes, a stream as the model wrote them.
pub(crate) fn comparable(mut reply: Value) -> Value {
    // Those of a call that was cut short are no document.
    let read = |arguments: Option<&mut Value>| {
        if let Some(arguments) = arguments
            && let Ok(read) = serde_json::from_str(arguments.as_str().unwrap())
        {
            *arguments = read;
        }
    };
    let message = reply.pointer_mut("/choices/0/message");
    let calls = message.and_then(|message| message.get_mut("tool_calls")).and_then(Value::as_array_mut);
    for call in calls.into_iter().flatten() {
        read(call.pointer_mut("/function/arguments"));
    }
    for item in reply.get_mut("output").and_then(Value::as_array_mut).into_iter().flatten() {
        read(item.get_mut("arguments"));
    }
    reply
}

/// What reads the replies of a case, where they are not passed through.
fn reader(case: &Case) -> Option<Box<dyn Reader>> {
    let provider = case.provider;
    match (case.api.asks(), provider.chat, provider.completions) {
        (Api::Chat, Dialect::OpenAi(_), _) if case.api != Api::Chat => {
            Some(Box::new(ChunkReader::new(&case.call())))
        }
        (Api::Chat, Dialect::Native(chat), _)
        | (Api::Completions, Dialect::Native(chat), Completions::ThroughChat) => {
            Some(chat.reader(&case.call()))
        }
        (Api::Completions, _, Completions::Native(native)) => Some(native.reader(&case.call())),
        _ => None,
    }
}

#[test]
fn deltas_come_in_their_order() {
    for case in Case::all().into_iter().filter(|case| !case.is_broken()) {
        if let (Some((way, bytes)), Some(mut reader)) = (case.stream(), reader(&case)) {
            let mut order = Order::default();
            let mut framer = Framer::new(way.framing);
            if framer.push(&bytes, &mut |frame: Frame<'_>| reader.frame(&frame, &mut order)).is_ok() {
                reader.finish(&mut order);
            }
        }
        if let (Some(reply), Some(mut reader)) = (case.read("reply.json"), reader(&case)) {
            let mut order = Order::default();
            if reader.reply(reply.as_bytes(), &mut order).is_ok() {
                assert_eq!(order.seen.last().map(String::as_str), Some("End"), "{case}");
            }
        }
    }
}

#[test]
fn memory_per_stream_is_bounded() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\",\"content\":[]}}\n\n";
    let mut stream = anthropic().open(&call());
    stream.push(start.as_bytes()).unwrap();
    let refused = (0..10_000).find_map(|index| {
        let block = "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}";
        let event =
            format!("event: content_block_start\ndata: {{\"index\":{index},\"content_block\":{block}}}\n\n");
        stream.out().clear();
        stream.push(event.as_bytes()).err()
    });
    assert!(matches!(refused, Some(Error::Malformed { .. })), "a reply has calls without end");
}

/// The client can read what it gets: JSON events, who speaks first in each choice, `[DONE]` or an error last, and only there.
fn is_readable(api: Api, out: &[u8]) {
    let events = events(out);
    match api {
        Api::Messages => return is_message(&events),
        Api::Responses => return crate::responses::is_legal(out),
        _ => (),
    }
    let (last, others) = events.split_last().expect("a stream says at least why it failed");
    let error = |data: &str| serde_json::from_str::<Value>(data).unwrap().get("error").is_some();
    assert!(*last == "[DONE]" || error(last), "{last}");
    let mut begun = Vec::new();
    for data in others {
        let chunk: Value = serde_json::from_str(data).unwrap();
        if api == Api::Completions {
            assert!(chunk["id"].as_str().unwrap().starts_with("cmpl-"));
            continue;
        }
        assert!(chunk["id"].as_str().unwrap().starts_with("chatcmpl-"));
        for choice in chunk["choices"].as_array().unwrap() {
            let index = choice["index"].as_u64().unwrap();
            assert_eq!(choice["delta"]["role"].is_string(), !begun.contains(&index), "{data}");
            begun.push(index);
        }
    }
}

/// Anthropic's events: a message first, blocks one after the other, and its end or an error last, and only there.
fn is_message(events: &[&str]) {
    let (mut open, mut next) = (false, 0);
    for (at, data) in events.iter().enumerate() {
        let event: Value = serde_json::from_str(data).unwrap();
        let kind = event["type"].as_str().unwrap();
        assert_eq!(matches!(kind, "message_stop" | "error"), at + 1 == events.len(), "{data}");
        assert_eq!(kind == "message_start", at == 0 && kind != "error", "{data}");
        if let Some(index) = event["index"].as_u64() {
            assert_eq!(index, next, "{data}");
            assert_eq!(kind == "content_block_start", !open, "{data}");
            open = kind != "content_block_stop";
            next += u64::from(!open);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(cuts in cuts()) {
        for (case, way, bytes) in Case::streams() {
            let call = case.call();
            let pieces = pieces(&bytes, &cuts);
            prop_assert_eq!(translated(way, &call, pieces), at_once(way, &call, &bytes), "{}", case);
        }
    }

    #[test]
    fn no_bytes_panic(damage in damage(), size in 1_usize..400) {
        for case in Case::all() {
            if let Some((way, mut bytes)) = case.stream() {
                damage.iter().for_each(|damage| damage.to(&mut bytes));
                let (out, _) = translated(way, &case.call(), bytes.chunks(size));
                if !way.relays() {
                    is_readable(case.api, &out);
                }
            }
            for file in ["request.json", "reply.json", "error.json"] {
                let Some(mut bytes) = case.read(file).map(String::into_bytes) else { continue };
                damage.iter().for_each(|damage| damage.to(&mut bytes));
                let _ = case.translate(&bytes);
                let _ = case.translate_reply(&bytes);
                call::failure(case.api, case.provider, 500, &|_| None, &bytes, "id");
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_do_not_panic(bytes: Vec<u8>) {
        for provider in ALL {
            for api in Api::ALL {
                for &framing in provider.framings(api) {
                    let _ = translated(Way { api, provider, framing }, &call(), bytes.chunks(3));
                }
                let _ = call::request(api, provider, &bytes, &Options::default(), &mut Vec::new());
                let _ = call::reply(api, provider, &bytes, &call());
            }
            call::failure(Api::Chat, provider, 400, &|_| None, &bytes, "id");
        }
    }

    #[test]
    fn made_up_streams_fold_to_their_whole_replies(reply in replies(), size in 1_usize..200) {
        let (out, end) = translated(anthropic(), &call(), reply.stream().chunks(size));
        prop_assert_eq!(end, Ok(()));
        is_readable(Api::Chat, &out);
        let provider = anthropic().provider;
        let (whole, _) = call::reply(Api::Chat, provider, &reply.whole(), &call()).unwrap();
        let whole: Value = serde_json::from_slice(&whole).unwrap();
        prop_assert_eq!(whole["choices"][0]["message"]["content"].as_str().unwrap_or(""), reply.text());
        prop_assert_eq!(comparable(fold(Api::Chat, &out)), comparable(whole));
    }

    /// A learned shape is a shorter way to the same: with other spaces in each event, nothing is learned twice.
    #[test]
    fn a_learned_shape_changes_nothing(reply in replies(), spaces in proptest::collection::vec(0_usize..3, 1..9)) {
        let stream = String::from_utf8(reply.stream()).unwrap();
        let spaced: String = stream
            .split_inclusive("data: {")
            .zip(spaces.iter().cycle())
            .map(|(event, spaces)| event.to_owned() + &" ".repeat(*spaces))
            .collect();
        prop_assert_eq!(at_once(anthropic(), &call(), stream.as_bytes()), at_once(anthropic(), &call(), spaced.as_bytes()));
    }

    #[test]
    fn openai_passes_byte_by_byte(reply in replies(), size in 1_usize..200) {
        let openai = Way::chat("openai");
        let (stream, _) = at_once(anthropic(), &call(), &reply.stream());
        prop_assert_eq!(translated(openai, &call(), stream.chunks(size)), (stream.clone(), Ok(())));
    }
}
