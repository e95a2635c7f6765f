//! Usage that the gateway wants of a stream, though its client does not: asked for, and hidden.

use proptest::prelude::*;
use serde_json::{Value, json};
use translate::call::{self, Api, Azure, Call, Options, Stream, Target};
use translate::delta::Named;
use translate::providers::find;
use translate::wire::Framing;

fn ask(provider: &str, options: &Options<'_>, body: &Value) -> (Target, Value) {
    let mut out = Vec::new();
    let provider = find(provider, None).unwrap();
    let target = call::request(Api::Chat, provider, body.to_string().as_bytes(), options, &mut out).unwrap();
    (target, serde_json::from_slice(&out).unwrap())
}

fn wants<'a>() -> Options<'a> {
    Options { wants_usage: true, ..Options::default() }
}

fn chat(more: &Value) -> Value {
    let mut chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    chat.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    chat
}

#[test]
fn usage_is_asked_for_only_where_it_is_wanted_and_its_client_did_not() {
    let stream = || json!({"stream": true});
    let with = |options: Value| json!({"stream": true, "stream_options": options});
    for (client, sent, hides) in [
        (stream(), json!({"include_usage": true}), true),
        (
            with(json!({"include_usage": false, "include_obfuscation": false})),
            json!({"include_usage": true, "include_obfuscation": false}),
            true,
        ),
        (with(json!(null)), json!({"include_usage": true}), true),
        (with(json!({"include_usage": true})), json!({"include_usage": true}), false),
        (json!({}), json!(null), false),
    ] {
        let (target, body) = ask("openai", &wants(), &chat(&client));
        assert_eq!((&body["stream_options"], target.hides_usage), (&sent, hides), "{client}");
    }
    let (target, body) = ask("openai", &Options::default(), &chat(&stream()));
    assert!(body.get("stream_options").is_none() && !target.hides_usage);
}

#[test]
fn who_does_not_know_the_question_is_not_asked() {
    let asked = |provider: &str, options: &Options<'_>| {
        let (target, body) = ask(provider, options, &chat(&json!({"stream": true})));
        assert_eq!(target.hides_usage, body.get("stream_options").is_some());
        target.hides_usage
    };
    for (provider, expected) in [
        ("openai", true),
        ("deepseek", true),
        ("vllm", true),
        ("xai", true),
        ("databricks", false),
        ("cerebras", false),
        ("kimi", false),
    ] {
        assert_eq!(asked(provider, &wants()), expected, "{provider}");
    }
    for (version, expected) in
        [("2023-05-15", false), ("2024-06-01", false), ("2024-10-21", true), ("2025-04-01-preview", true)]
    {
        let azure = Azure { deployment: Some("d"), api_version: Some(version) };
        assert_eq!(asked("azure", &Options { azure, ..wants() }), expected, "{version}");
    }
}

fn chunk(choices: &Value, usage: Option<&str>) -> String {
    let usage = usage.map(|usage| format!(",\"usage\":{usage}")).unwrap_or_default();
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":{choices}{usage}}}\n\n"
    )
}

/// A stream of these texts, and a call of a tool, as OpenAI sends it to who asks for usage, and to who does not.
fn stream(texts: &[String], asked: bool) -> String {
    let null = asked.then_some("null");
    let piece = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
    let mut events = vec![chunk(&piece(json!({"role": "assistant", "content": ""}), json!(null)), null)];
    events.extend(texts.iter().map(|text| chunk(&piece(json!({"content": text}), json!(null)), null)));
    let begins = json!({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}}]});
    let goes_on = json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\": 1}"}}]});
    events.extend([begins, goes_on].into_iter().map(|delta| chunk(&piece(delta, json!(null)), null)));
    events.push(chunk(&piece(json!({}), json!("tool_calls")), null));
    if asked {
        events
            .push(chunk(&json!([]), Some(r#"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}"#)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events.concat()
}

proptest! {
    /// The client sees what it had seen without the question, the tokens are known, and so is all that was said.
    #[test]
    fn a_client_that_did_not_ask_sees_nothing_of_it(
        texts in prop::collection::vec(r#"[a-z",:\\\n{}é]{0,12}|,"usage":null"#, 0..6),
        size in 1_usize..200,
    ) {
        let call = Call { hides_usage: true, ..Call::default() };
        let mut way = Stream::new(Api::Chat, find("openai", None).unwrap(), &call, Framing::Sse).unwrap();
        way.listen(1 << 20);
        for bytes in stream(&texts, true).as_bytes().chunks(size) {
            way.push(bytes).unwrap();
        }
        way.finish().unwrap();
        let seen = String::from_utf8(std::mem::take(way.out())).unwrap();
        prop_assert_eq!(seen, stream(&texts, false));
        prop_assert_eq!(way.usage().map(|usage| (usage.prompt, usage.completion)), Some((5, 7)));
        let mut out = Vec::new();
        way.spoken().unwrap().write(Named { id: "c", created: 1, model: "m", usage: None }, &mut out);
        let told: Value = serde_json::from_slice(&out).unwrap();
        let choice = &told["choices"][0];
        let (said, null) = (texts.concat(), Value::Null);
        let content = if said.is_empty() { null } else { said.into() };
        prop_assert_eq!(&choice["message"]["content"], &content);
        prop_assert_eq!(&choice["message"]["tool_calls"][0]["function"], &json!({"name": "look", "arguments": "{\"a\": 1}"}));
        prop_assert_eq!(&choice["finish_reason"], "tool_calls");
    }
}

#[test]
fn who_listens_hears_the_same_of_every_provider_and_client() {
    let anthropic = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" you\"}}\n\n",
    );
    for api in [Api::Chat, Api::Messages, Api::Responses] {
        let mut way =
            Stream::new(api, find("anthropic", None).unwrap(), &Call::default(), Framing::Sse).unwrap();
        way.listen(100);
        way.push(anthropic.as_bytes()).unwrap();
        // The client leaves here.
        let words: Vec<String> = way.spoken().unwrap().words().map(std::borrow::Cow::into_owned).collect();
        assert_eq!(words, ["Hello you"], "{api:?}");
    }
}
