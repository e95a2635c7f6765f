//! What holds for every request, whatever the client sends.

use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Error;
use translate::call::{self, Api, Gemini, Options};
use translate::providers::{ALL, by_id};

fn translate(provider: &str, request: &str, options: &Options<'_>) -> Result<(Value, Vec<String>), Error> {
    let mut body = Vec::new();
    let target = call::request(Api::Chat, by_id(provider).unwrap(), request.as_bytes(), options, &mut body)?;
    Ok((serde_json::from_slice(&body).unwrap(), target.dropped))
}

const MINIMAL: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;

/// Two readers might each take another of two members, so that one checks what the other does not send.
#[test]
fn a_member_that_is_named_twice_is_refused() {
    let twice = MINIMAL.replacen('{', r#"{"model":"other","#, 1);
    let escaped = MINIMAL.replacen('{', r#"{"mod\u0065l":"other","#, 1);
    for provider in ALL {
        for request in [&twice, &escaped] {
            let refused =
                call::request(Api::Chat, provider, request.as_bytes(), &Options::default(), &mut Vec::new());
            assert!(matches!(refused, Err(Error::Request { .. })), "{} takes {request}", provider.name);
        }
    }
}

#[test]
fn without_a_model_or_messages_nothing_is_sent() {
    for provider in ALL {
        for request in [
            r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            r#"{"model":"","messages":[{"role":"user","content":"hi"}]}"#,
            r#"{"model":"m","messages":[ ]}"#,
            r#"{"model":"m"}"#,
            r#"{"model":"m","messages":[]}"#,
            "[]",
            "",
        ] {
            let refused =
                call::request(Api::Chat, provider, request.as_bytes(), &Options::default(), &mut Vec::new());
            assert_eq!(refused.map_err(|why| why.status()), Err(400), "{} takes {request}", provider.name);
        }
    }
}

#[test]
fn no_model_reaches_another_path() {
    for name in ["..", ".", "../../admin", "a/b", "a?b", "a#b", "%2e%2e", "a b", "\u{e9}", ""] {
        for provider in ALL {
            let options = Options { model: Some(name), ..Options::default() };
            let Ok(target) =
                call::request(Api::Chat, provider, MINIMAL.as_bytes(), &options, &mut Vec::new())
            else {
                continue;
            };
            let segments: Vec<&str> = target.path.split('/').collect();
            assert!(!segments.contains(&"..") && !segments.contains(&"."), "{}", target.path);
            assert!(
                target.path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte)),
                "{}",
                target.path
            );
            let plain = Options { model: Some("m"), ..Options::default() };
            let plain =
                call::request(Api::Chat, provider, MINIMAL.as_bytes(), &plain, &mut Vec::new()).unwrap();
            assert_eq!(segments.len(), plain.path.split('/').count(), "{}", target.path);
        }
    }
}

/// What is only carried is never built, so its depth takes no stack.
#[test]
fn depth_is_no_danger() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let request = MINIMAL.replacen(
        '{',
        &format!(r#"{{"tools":[{{"type":"function","function":{{"name":"f","parameters":{{"type":"object","x":{deep}}}}}}}],"#),
        1,
    );
    let gemini = Gemini { project: Some("p"), location: Some("l"), endpoint: Some("e") };
    let options = Options { gemini, ..Options::default() };
    for provider in ALL {
        let mut body = Vec::new();
        let asked = call::request(Api::Chat, provider, request.as_bytes(), &options, &mut body);
        if provider.id() == "llama2-raw" {
            assert_eq!(asked.map_err(|why| why.status()), Err(400), "it knows no tools");
            continue;
        }
        let is_carried = body.windows(deep.len()).any(|part| part == deep.as_bytes());
        let is_named = asked.unwrap().dropped.iter().any(|name| name == "tools[].function.parameters");
        assert!(is_carried || is_named, "{}", provider.id());
    }
    let nested = MINIMAL.replace("\"hi\"", &deep);
    let refused = call::request(
        Api::Chat,
        by_id("anthropic").unwrap(),
        nested.as_bytes(),
        &Options::default(),
        &mut Vec::new(),
    );
    assert_eq!(refused.map_err(|why| why.status()), Err(400));
}

/// Whatever a member of OpenAI's is, it is carried, refused or named: never dropped in silence.
#[test]
fn what_is_not_carried_is_named() {
    let members = [
        ("seed", json!(7)),
        ("metadata", json!({"a": "b"})),
        ("logprobs", json!(true)),
        ("top_logprobs", json!(2)),
        ("logit_bias", json!({"1": 2})),
        ("presence_penalty", json!(0.5)),
        ("frequency_penalty", json!(0.5)),
        ("store", json!(true)),
        ("prediction", json!({"type": "content", "content": "x"})),
        ("verbosity", json!("low")),
        ("web_search_options", json!({})),
        ("prompt_cache_key", json!("k")),
        ("never_heard_of", json!(1)),
    ];
    for provider in ["anthropic", "bedrock"] {
        for (name, value) in &members {
            let mut request: Value = serde_json::from_str(MINIMAL).unwrap();
            request[*name] = value.clone();
            let (_, dropped) = translate(provider, &request.to_string(), &Options::default()).unwrap();
            let carried = provider == "bedrock" && *name == "metadata";
            assert_eq!(dropped, if carried { vec![] } else { vec![(*name).to_owned()] }, "{provider} {name}");
            let strict = Options { strict: true, ..Options::default() };
            let refused = translate(provider, &request.to_string(), &strict);
            assert_eq!(refused.is_err(), !carried, "{provider} {name}");
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ \\n\t]{1,3}", "[ -~]{1,12}", "\\PC{1,6}"]
}

fn message() -> impl Strategy<Value = Value> {
    let call = ("[a-zA-Z0-9_.:-]{1,8}", "[a-z]{1,5}", prop_oneof![Just(String::new()), Just("{\"a\":1}".to_owned())])
        .prop_map(|(id, name, arguments)| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } }));
    prop_oneof![
        text().prop_map(|text| json!({ "role": "system", "content": text })),
        text().prop_map(|text| json!({ "role": "developer", "content": [{ "type": "text", "text": text }] })),
        text().prop_map(|text| json!({ "role": "user", "content": text })),
        (text(), text()).prop_map(|(one, two)| json!({ "role": "user", "content": [
            { "type": "text", "text": one },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,aGk=" } },
            { "type": "text", "text": two },
        ] })),
        (text(), proptest::collection::vec(call, 0..3))
            .prop_map(|(text, calls)| json!({ "role": "assistant", "content": text, "tool_calls": calls })),
        ("[a-zA-Z0-9_.:-]{1,8}", text())
            .prop_map(|(id, text)| json!({ "role": "tool", "tool_call_id": id, "content": text })),
    ]
}

/// Calls, with a result for each in messages of their own.
fn exchange() -> impl Strategy<Value = Vec<Value>> {
    let ids = proptest::collection::btree_set("[a-zA-Z0-9_-]{1,8}", 1..4);
    (text(), ids).prop_map(|(text, ids)| {
        let call = |id: &String| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
        let calls: Vec<_> = ids.iter().map(call).collect();
        let results = ids.iter().rev().map(|id| json!({ "role": "tool", "tool_call_id": id, "content": "x" }));
        std::iter::once(json!({ "role": "assistant", "content": text, "tool_calls": calls })).chain(results).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Empty texts, turns that follow each other, odd ids: the provider's own document allows what is sent.
    #[test]
    fn what_is_sent_is_legal(messages in proptest::collection::vec(message(), 1..8), even: bool) {
        for (provider, path, models) in [
            ("anthropic", "/v1/messages", ["claude-sonnet-4-5", "claude-opus-5"]),
            ("bedrock", "/model/m/converse", ["anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-lite-v1:0"]),
        ] {
            let operation = specs::api(provider).unwrap().operation("POST", path).unwrap();
            let request = json!({ "model": models[usize::from(even)], "messages": messages, "max_tokens": 9 });
            match translate(provider, &request.to_string(), &Options::default()) {
                Ok((body, _)) => {
                    // Calls without results, and results without calls, are the client's own, and stay so.
                    let violations: Vec<_> =
                        operation.request(&body).into_iter().filter(|violation| violation.keyword != "x-calls").collect();
                    prop_assert!(violations.is_empty(), "{:?} in {}", violations, body);
                    let roles: Vec<&str> = body["messages"].as_array().unwrap().iter().map(|turn| turn["role"].as_str().unwrap()).collect();
                    prop_assert!(roles.windows(2).all(|pair| pair[0] != pair[1]), "{roles:?}");
                }
                Err(why) => {
                    let expected = ["says anything", "begin with the user", "no tool is named"];
                    prop_assert!(expected.iter().any(|part| why.to_string().contains(part)), "{}", why);
                }
            }
        }
    }

    /// However many results there are and whatever is said after them: the turn after the calls holds them all.
    #[test]
    fn results_stay_with_their_calls(rounds in proptest::collection::vec((message(), exchange()), 1..4)) {
        let begin = vec![json!({ "role": "user", "content": "x" })];
        let plain = |message: &Value| message["role"] != "tool" && message["role"] != "assistant";
        let rounds = rounds.into_iter().flat_map(|(first, calls)| Some(first).filter(plain).into_iter().chain(calls));
        let messages: Vec<Value> = begin.into_iter().chain(rounds).collect();
        let tools = json!([{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }]);
        for (provider, path) in [("anthropic", "/v1/messages"), ("bedrock", "/model/m/converse")] {
            let operation = specs::api(provider).unwrap().operation("POST", path).unwrap();
            let request = json!({ "model": "m", "messages": messages, "tools": tools, "max_tokens": 9 });
            let (body, _) = translate(provider, &request.to_string(), &Options::default()).unwrap();
            let violations = operation.request(&body);
            prop_assert!(violations.is_empty(), "{:?} in {}", violations, body);
        }
    }

    /// A string arrives as it was sent, in whatever way its JSON is escaped.
    #[test]
    fn text_arrives_as_it_was_sent(text in "x\\PC{1,20}") {
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let request = MINIMAL.replace("\"hi\"", &format!("\"{escaped}\""));
        for provider in ["anthropic", "bedrock"] {
            let (body, _) = translate(provider, &request, &Options::default()).unwrap();
            prop_assert_eq!(body["messages"][0]["content"][0]["text"].as_str().unwrap(), &*text);
        }
    }

    /// Without anything to put in its place, a request in the same dialect is not touched.
    #[test]
    fn the_same_dialect_is_not_touched(text in "\\PC{0,20}") {
        let request = format!("\n {{ \"messages\" : [{}], \"x\":1.10 ,\"model\":\"m\"}} ", json!({ "role": "user", "content": text }));
        let mut body = Vec::new();
        call::request(Api::Chat, by_id("openai").unwrap(), request.as_bytes(), &Options::default(), &mut body).unwrap();
        prop_assert_eq!(body, request.as_bytes());
    }
}
