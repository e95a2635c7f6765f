//! Every reply of every provider, given to a client of OpenAI's responses: legal by OpenAI's document, and the same reply that a
//! client of chats gets.

use serde_json::{Value, json};
use specs::Operation;
use translate::Error;
use translate::call::{self, Api, Call};
use translate::passthrough::Resource;
use translate::providers;

use crate::case::{Case, Way};
use crate::fold::fold;

/// The streams of all chats, each as it would be asked for by a client of responses.
fn streams() -> Vec<(Case, Way, Vec<u8>)> {
    let chats = Case::streams().into_iter().filter(|(case, ..)| case.api == Api::Chat);
    chats.map(|(case, way, bytes)| (case, Way { api: Api::Responses, ..way }, bytes)).collect()
}

/// A call of a client that wants to see all there is.
fn call(case: &Case) -> Call {
    let echo = json!({ "include": ["reasoning.encrypted_content"], "reasoning": { "summary": "auto" } });
    Call { echo: echo.to_string().into_bytes(), ..case.call() }
}

fn operation() -> Operation {
    specs::api("openai").unwrap().operation("POST", "/v1/responses").unwrap()
}

fn told(way: Way, call: &Call, bytes: &[u8], size: usize) -> (Vec<(String, Value)>, Result<(), Error>) {
    let mut stream = way.open(call);
    let mut end = Ok(());
    for piece in bytes.chunks(size.max(1)) {
        end = end.and_then(|()| stream.push(piece));
    }
    end = end.and_then(|()| stream.finish());
    if let Err(why) = &end {
        stream.fail(why);
    }
    (events(stream.out()), end)
}

/// The name and the data of each event.
fn events(stream: &[u8]) -> Vec<(String, Value)> {
    let stream = std::str::from_utf8(stream).unwrap();
    let event = |event: &str| {
        let (name, data) = event.split_once("\ndata: ").unwrap_or_else(|| panic!("{event:?}"));
        (name.strip_prefix("event: ").unwrap().to_owned(), serde_json::from_str(data).unwrap())
    };
    stream.split_terminator("\n\n").map(event).collect()
}

/// What is wrong with a stream by OpenAI's document: with each event, and with their order.
fn wrong(events: &[(String, Value)]) -> Vec<String> {
    let operation = operation();
    let mut sequence = operation.sequence().unwrap();
    let mut found = Vec::new();
    for (name, data) in events {
        found.extend(operation.event(name, data));
        found.extend(sequence.event(name, data));
    }
    found.extend(sequence.end());
    found.iter().map(ToString::to_string).collect()
}

/// A client can read what it gets.
pub(crate) fn is_legal(out: &[u8]) {
    let found = wrong(&events(out));
    assert!(found.is_empty(), "{found:#?} in {}", String::from_utf8_lossy(out));
}

#[test]
fn every_expected_stream_is_in_order() {
    for case in Case::all().into_iter().filter(|case| case.api == Api::Responses) {
        if let Some(expected) = case.read("expected.sse") {
            assert_eq!(wrong(&events(expected.as_bytes())), Vec::<String>::new(), "{case}");
        }
    }
}

#[test]
fn every_stream_is_a_legal_one() {
    for (case, way, bytes) in streams() {
        let (events, end) = told(way, &call(&case), &bytes, bytes.len());
        assert_eq!(wrong(&events), Vec::<String>::new(), "{case}");
        let last = events.last().map(|(name, _)| name.as_str());
        let is_good = matches!(last, Some("response.completed" | "response.incomplete"));
        assert_eq!(is_good, end.is_ok(), "{case}");
    }
}

#[test]
fn one_byte_at_a_time_changes_nothing() {
    for (case, way, bytes) in streams() {
        let call = call(&case);
        assert_eq!(told(way, &call, &bytes, 1), told(way, &call, &bytes, bytes.len()), "{case}");
    }
}

#[test]
fn a_cut_stream_is_never_completed() {
    for (case, way, bytes) in streams() {
        let call = call(&case);
        // Each cut is a stream of its own, so that not all of the long ones are tried.
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 100) {
            let (events, end) = told(way, &call, &bytes[..cut], cut);
            let ends: Vec<&str> = events
                .iter()
                .map(|(name, _)| name.as_str())
                .filter(|name| {
                    ["response.completed", "response.incomplete", "error", "response.failed"].contains(name)
                })
                .collect();
            match end {
                Ok(()) => assert!(
                    matches!(ends[..], ["response.completed" | "response.incomplete"]),
                    "{case} at {cut}"
                ),
                Err(_) => assert_eq!(ends, ["error", "response.failed"], "{case} at {cut}"),
            }
        }
    }
}

/// What a reply says, whoever it is told to.
#[derive(Debug, PartialEq)]
struct Meaning {
    text: String,
    refusal: String,
    thoughts: String,
    proofs: Vec<String>,
    calls: Vec<(String, String, String)>,
    usage: Option<[u64; 5]>,
    model: String,
    is_whole: bool,
}

fn of_chat(chat: &Value) -> Meaning {
    let (choice, usage) = (&chat["choices"][0], &chat["usage"]);
    let message = &choice["message"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let blocks = message["thinking_blocks"].as_array().into_iter().flatten();
    let mut proofs: Vec<String> = blocks
        .filter_map(|block| block["signature"].as_str().or(block["data"].as_str()))
        .map(str::to_owned)
        .collect();
    let calls = || message["tool_calls"].as_array().into_iter().flatten();
    proofs.extend(calls().filter_map(|call| call.get("extra_content")).map(Value::to_string));
    proofs.sort();
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    Meaning {
        text: text(&message["content"]),
        refusal: text(&message["refusal"]),
        // Some who speak OpenAI's dialect have the shorter name.
        thoughts: text(if message["reasoning"].is_string() {
            &message["reasoning"]
        } else {
            &message["reasoning_content"]
        }),
        proofs,
        calls: calls()
            .map(|call| {
                (text(&call["id"]), text(&call["function"]["name"]), text(&call["function"]["arguments"]))
            })
            .collect(),
        usage: usage.is_object().then(|| {
            let (prompt, completion) = (&usage["prompt_tokens_details"], &usage["completion_tokens_details"]);
            [
                count(&usage["prompt_tokens"]),
                count(&usage["completion_tokens"]),
                count(&usage["total_tokens"]),
                count(&prompt["cached_tokens"]),
                count(&completion["reasoning_tokens"]),
            ]
        }),
        model: text(&chat["model"]),
        is_whole: !["length", "content_filter"].contains(&choice["finish_reason"].as_str().unwrap()),
    }
}

fn of_response(response: &Value) -> Meaning {
    let items = || response["output"].as_array().unwrap().iter();
    let texts = |list: &str, member: &str| -> String {
        let parts = items().filter_map(|item| item[list].as_array()).flatten();
        parts.filter_map(|part| part[member].as_str()).collect()
    };
    let is_message = |item: &&Value| item["type"] == "message";
    let said: String = items()
        .filter(is_message)
        .flat_map(|item| item["content"].as_array().unwrap())
        .filter_map(|part| part["text"].as_str())
        .collect();
    let mut proofs: Vec<String> = items()
        .filter_map(|item| item["encrypted_content"].as_str())
        .map(|sealed| {
            let (kind, rest) = sealed.split_once('.').unwrap();
            let extra = || serde_json::from_str::<Value>(rest).unwrap()["extra_content"].to_string();
            if kind == "call" { extra() } else { rest.to_owned() }
        })
        .collect();
    proofs.sort();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (count, usage) = (|value: &Value| value.as_u64().unwrap_or_default(), &response["usage"]);
    Meaning {
        text: said,
        refusal: texts("content", "refusal"),
        thoughts: texts("summary", "text"),
        proofs,
        calls: items()
            .filter(|item| item["type"] == "function_call")
            .map(|call| (text(&call["call_id"]), text(&call["name"]), text(&call["arguments"])))
            .collect(),
        usage: usage.is_object().then(|| {
            [
                count(&usage["input_tokens"]),
                count(&usage["output_tokens"]),
                count(&usage["total_tokens"]),
                count(&usage["input_tokens_details"]["cached_tokens"]),
                count(&usage["output_tokens_details"]["reasoning_tokens"]),
            ]
        }),
        model: text(&response["model"]),
        is_whole: response["status"] == "completed",
    }
}

#[test]
fn a_stream_says_what_the_chat_says() {
    let mut found = 0;
    for (case, way, bytes) in streams() {
        let call = call(&case);
        let mut chat = Way { api: Api::Chat, ..way }.open(&call);
        let is_told =
            !case.provider.relays(Api::Chat) && chat.push(&bytes).and_then(|()| chat.finish()).is_ok();
        let (events, end) = told(way, &call, &bytes, bytes.len());
        if !is_told || end.is_err() || String::from_utf8_lossy(chat.out()).contains("\"index\":1,\"delta\"") {
            continue;
        }
        let response = &events.last().unwrap().1["response"];
        assert_eq!(of_response(response), of_chat(&fold(Api::Chat, chat.out())), "{case}");
        found += 1;
    }
    assert!(found > 100, "only {found} streams were compared");
}

#[test]
fn a_whole_reply_says_what_the_chat_says() {
    let operation = operation();
    let mut found = 0;
    // Those who have the API themselves are not asked by way of their chat.
    let is_asked =
        |case: &Case| case.api == Api::Chat && case.provider.passage(Resource::Responses).is_none();
    for case in Case::all().into_iter().filter(is_asked) {
        let (Some(reply), Some(expected)) = (case.read("reply.json"), case.json("expected.json")) else {
            continue;
        };
        let (body, _) = call::reply(Api::Responses, case.provider, reply.as_bytes(), &call(&case))
            .unwrap_or_else(|why| panic!("{case}: {why}"));
        let response: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(operation.reply(200, &response), Vec::new(), "{case}");
        if expected["choices"].as_array().is_some_and(|choices| choices.len() == 1) {
            assert_eq!(of_response(&response), of_chat(&expected), "{case}");
            found += 1;
        }
    }
    assert!(found > 100, "only {found} replies were compared");
}

#[test]
fn what_was_accepted_once_is_accepted_as_what_came_before() {
    let requests = Case::all().into_iter().filter(|case| case.api == Api::Responses);
    let requests: Vec<String> = requests.filter_map(|case| case.read("request.json")).collect();
    assert!(requests.len() > 50, "only {} requests", requests.len());
    requests.iter().for_each(|request| translate::fuzz::turns(request.as_bytes()));
}

#[test]
fn every_chat_can_be_asked_for_a_response() {
    for provider in providers::ALL.iter().filter(|provider| provider.serves(Api::Chat)) {
        assert!(provider.serves(Api::Responses), "{}", provider.id());
    }
}
