//! Whole replies made of streams, and streams made of whole replies: they say what they would have said.

use proptest::prelude::*;
use serde_json::Value;
use specs::Violation;
use translate::Error;
use translate::call::{self, Api, Call, Collector, Reply};
use translate::providers::Provider;

use crate::case::{Case, Way};
use crate::damage::{cuts, damage, pieces};
use crate::fold::fold;
use crate::generated::replies;
use crate::golden::{client, judge_events, sse_events};
use crate::laws::comparable;

/// Every API that a reply of this case may be given to: that of the case, and the others that ask the same of the provider.
fn apis(case: &Case) -> Vec<Api> {
    match case.api {
        // Clients of messages have no such tools, so no reply to one calls them.
        Api::Chat if case.name.ends_with("custom-tools") => vec![Api::Chat],
        Api::Chat => vec![Api::Chat, Api::Messages, Api::Responses],
        api => vec![api],
    }
}

/// What is known of a call of another API.
fn call(case: &Case, api: Api) -> Call {
    let echo = if api == Api::Responses && case.api != api { b"{}".to_vec() } else { case.call().echo };
    Call { echo, ..case.call() }
}

fn collected<'a>(way: Way, call: &Call, pieces: impl Iterator<Item = &'a [u8]>) -> Result<Reply, Error> {
    let mut collector = Collector::new(way.api, way.provider, call, way.framing)?;
    for piece in pieces {
        collector.push(piece)?;
    }
    collector.finish()
}

fn read(body: &[u8]) -> Value {
    comparable(serde_json::from_slice(body).unwrap())
}

/// The items of a response are named by their place and their reply; and a thought of which only the proof is shown has no text in a
/// stream, and an empty one in a whole reply.
fn neutral(mut reply: Value) -> Value {
    let blocks = reply.pointer_mut("/choices/0/message/thinking_blocks").and_then(Value::as_array_mut);
    for block in blocks.into_iter().flatten().filter(|block| block["thinking"].is_null()) {
        block["thinking"] = "".into();
    }
    for item in reply.get_mut("output").and_then(Value::as_array_mut).into_iter().flatten() {
        item.as_object_mut().unwrap().remove("id");
    }
    reply
}

fn same(of: &str, got: Value, expected: Value) {
    assert_eq!(without_nulls(neutral(got)), without_nulls(neutral(expected)), "{of}");
}

#[test]
fn a_collected_stream_is_what_its_client_would_have_put_together() {
    let mut seen = 0;
    for (case, way, bytes) in Case::streams() {
        for api in apis(&case) {
            let (way, call, of) = (Way { api, ..way }, call(&case, api), format!("{case} as {}", api.name()));
            let mut stream = way.open(&call);
            let end = stream.push(&bytes).and_then(|()| stream.finish());
            let collected = collected(way, &call, std::iter::once(&bytes[..]));
            match end {
                Ok(()) => {
                    let reply = collected.unwrap_or_else(|why| panic!("{of}: {why}"));
                    assert_eq!(reply.usage, stream.usage(), "{of}");
                    same(&of, read(&reply.body), comparable(fold(api, stream.out())));
                    assert_eq!(reply.kept.is_empty(), stream.kept().is_empty(), "{of}");
                    seen += 1;
                }
                Err(why) => assert_eq!(collected, Err(why), "{of}"),
            }
        }
    }
    assert!(seen > 200, "only {seen} streams came to their end");
}

#[test]
fn a_collected_stream_is_the_whole_reply() {
    let mut seen = 0;
    for (case, way, bytes) in Case::streams() {
        let Some(whole) = case.read("reply.json") else { continue };
        for api in apis(&case) {
            let (way, call, of) = (Way { api, ..way }, call(&case, api), format!("{case} as {}", api.name()));
            let reply = collected(way, &call, std::iter::once(&bytes[..])).unwrap();
            let whole = call::whole(api, case.provider, whole.as_bytes(), &call).unwrap();
            same(&of, read(&reply.body), read(&whole.body));
            assert_eq!(reply.usage, whole.usage, "{of}");
            seen += 1;
        }
    }
    assert!(seen >= 30, "only {seen} cases have both");
}

#[test]
fn a_spread_reply_is_the_whole_one() {
    let mut seen = 0;
    for case in Case::all().into_iter().filter(|case| case.api != Api::Embeddings) {
        let Some(reply) = case.read("reply.json") else { continue };
        for api in apis(&case) {
            spread_is_whole(api, case.provider, reply.as_bytes(), &call(&case, api), &case.to_string());
            seen += 1;
        }
    }
    assert!(seen > 200, "only {seen} whole replies were seen");
}

fn spread_is_whole(api: Api, provider: &Provider, reply: &[u8], call: &Call, of: &str) {
    let of = format!("{of} as {}", api.name());
    let whole = call::whole(api, provider, reply, call);
    let spread = call::spread(api, provider, reply, call);
    let (whole, spread) = match (whole, spread) {
        (Ok(whole), Ok(spread)) => (whole, spread),
        (whole, spread) => return assert_eq!(whole.err(), spread.err(), "{of}"),
    };
    assert_eq!(spread.usage, whole.usage, "{of}");
    same(&of, comparable(fold(api, &spread.body)), read(&whole.body));
}

/// Once to a stream and back is where it began, in every dialect, relayed ones included.
#[test]
fn a_reply_that_was_spread_and_collected_is_itself() {
    for case in Case::all().into_iter().filter(|case| case.provider.relays(case.api)) {
        let framing = translate::wire::Framing::Sse;
        let (Some(reply), false) = (case.read("reply.json"), case.api == Api::Embeddings) else { continue };
        let Ok(spread) = call::spread(case.api, case.provider, reply.as_bytes(), &case.call()) else {
            continue;
        };
        let way = Way { api: case.api, provider: case.provider, framing };
        let back = collected(way, &case.call(), std::iter::once(&spread.body[..])).unwrap();
        let expected: Value = serde_json::from_str(&reply).unwrap();
        assert_eq!(without_nulls(read(&back.body)), without_nulls(comparable(expected)), "{case}");
        assert_eq!(back.usage, spread.usage, "{case}");
    }
}

/// What is null may as well be absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        value => value,
    }
}

#[test]
fn a_cut_stream_is_no_reply() {
    for (case, way, bytes) in Case::streams() {
        let call = case.call();
        let mut collector = Collector::new(way.api, way.provider, &call, way.framing).unwrap();
        for (at, byte) in bytes.iter().enumerate() {
            if collector.push(std::slice::from_ref(byte)).is_err() {
                break;
            }
            // Each cut that could bring something: at the end of a line, or of a message.
            let cut = &bytes[..=at];
            if matches!(byte, b'\n' | b'}' | b']') || way.framing == translate::wire::Framing::EventStream {
                let mut stream = way.open(&call);
                let end = stream.push(cut).and_then(|()| stream.finish());
                assert_eq!(collected(way, &call, std::iter::once(cut)).map(drop), end, "{case} at {at}");
            }
        }
    }
}

#[test]
fn the_documents_allow_what_was_turned() {
    let mut found: Vec<String> = Vec::new();
    let mut judge = |of: String, violations: Vec<Violation>| {
        found.extend(violations.iter().map(|violation| format!("{of}: {violation}")));
    };
    for case in Case::all().into_iter().filter(|case| case.api != Api::Embeddings && !case.is_broken()) {
        for api in apis(&case) {
            let (call, of) = (call(&case, api), format!("{case} as {}", api.name()));
            let reply = case.read("reply.json");
            if let Some(Ok(spread)) =
                reply.map(|reply| call::spread(api, case.provider, reply.as_bytes(), &call))
            {
                let events = sse_events(std::str::from_utf8(&spread.body).unwrap());
                judge(of.clone(), judge_events(&client(api), events));
            }
            let Some((way, bytes)) = case.stream() else { continue };
            if let Ok(reply) = collected(Way { api, ..way }, &call, std::iter::once(&bytes[..])) {
                judge(of, client(api).reply(200, &serde_json::from_slice(&reply.body).unwrap()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_reply_is_the_same_collected_and_spread(reply in replies()) {
        let provider = Way::chat("anthropic").provider;
        for api in [Api::Chat, Api::Completions, Api::Messages, Api::Responses] {
            let call = Call { echo: b"{}".to_vec(), ..crate::case::call() };
            spread_is_whole(api, provider, &reply.whole(), &call, "made up");
            let way = Way { api, ..Way::chat("anthropic") };
            let whole = call::whole(api, provider, &reply.whole(), &call).unwrap();
            let collected = collected(way, &call, std::iter::once(&reply.stream()[..])).unwrap();
            same(api.name(), read(&collected.body), read(&whole.body));
            prop_assert_eq!(collected.usage, whole.usage);
        }
    }

    #[test]
    fn cuts_change_nothing(cuts in cuts()) {
        for (case, way, bytes) in Case::streams() {
            let call = case.call();
            let pieces = pieces(&bytes, &cuts);
            prop_assert_eq!(collected(way, &call, pieces), collected(way, &call, std::iter::once(&bytes[..])), "{}", case);
        }
    }

    #[test]
    fn no_bytes_panic(damage in damage(), size in 1_usize..400) {
        for case in Case::all().into_iter().filter(|case| case.api != Api::Embeddings) {
            if let Some((way, mut bytes)) = case.stream() {
                damage.iter().for_each(|damage| damage.to(&mut bytes));
                let reply = collected(way, &case.call(), bytes.chunks(size));
                prop_assert!(reply.is_err() || serde_json::from_slice::<Value>(&reply.unwrap().body).is_ok());
            }
            if let Some(reply) = case.read("reply.json") {
                let mut bytes = reply.into_bytes();
                damage.iter().for_each(|damage| damage.to(&mut bytes));
                let spread = call::spread(case.api, case.provider, &bytes, &case.call());
                let whole = call::whole(case.api, case.provider, &bytes, &case.call());
                prop_assert!(spread.is_err() || whole.is_ok(), "{}", case);
            }
        }
    }
}
