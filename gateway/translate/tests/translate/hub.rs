//! What few providers say, through the writers: several choices, likelihoods, what is to be shown again.

use serde_json::{Value, json};
use translate::Text;
use translate::delta::{Delta, Finish, Sink};
use translate::openai::{ChunkWriter, ReplyWriter, Writer};

use crate::case::call;
use crate::fold::events;

const TOKEN: &str = r#"[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]"#;
const EXTRA: &str = r#"{"google":{"thought_signature":"c2ln"}}"#;

fn say(sink: &mut dyn Sink) {
    let text = |text| Delta::Text(Text::Plain(text));
    sink.delta(Delta::Start { id: Text::Plain("1"), model: Text::Plain("m") });
    for delta in [
        Delta::Logprobs { json: TOKEN },
        text("a"),
        Delta::Choice(1),
        text("b"),
        Delta::ToolStart { call: 0, id: Text::Plain("c"), name: Text::Plain("f") },
        Delta::ToolExtra { call: 0, json: EXTRA },
        Delta::Finish(Finish::ToolCalls),
        Delta::Choice(0),
        Delta::Logprobs { json: TOKEN },
        text("a"),
        Delta::Logprobs { json: TOKEN },
        Delta::Finish(Finish::Length),
        Delta::End,
    ] {
        sink.delta(delta);
    }
}

#[test]
fn a_reply_has_its_choices_in_order() {
    let mut writer = ReplyWriter::new(&call());
    say(&mut writer);
    let (reply, _) = writer.finish().unwrap();
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    let token = serde_json::from_str::<Value>(TOKEN).unwrap()[0].clone();
    assert_eq!(
        reply["choices"],
        json!([
            {
                "index": 0,
                "message": { "role": "assistant", "content": "aa", "refusal": null },
                "logprobs": { "content": [token, token, token], "refusal": null },
                "finish_reason": "length",
            },
            {
                "index": 1,
                "message": { "role": "assistant", "content": "b", "refusal": null, "tool_calls": [{
                    "id": "c", "type": "function", "extra_content": { "google": { "thought_signature": "c2ln" } },
                    "function": { "name": "f", "arguments": "{}" },
                }] },
                "logprobs": null,
                "finish_reason": "tool_calls",
            },
        ])
    );
    let document = specs::api("openai").unwrap().operation("POST", "/v1/chat/completions").unwrap();
    assert_eq!(document.reply(200, &reply), []);
}

#[test]
fn each_event_says_whose_it_is() {
    let mut writer = ChunkWriter::new(&call());
    say(&mut writer);
    let out = std::mem::take(writer.out());
    let chunks: Vec<Value> =
        events(&out).iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
    let of = |index: u64| {
        let choices = chunks.iter().filter_map(|chunk| chunk["choices"].get(0));
        choices.filter(|choice| choice["index"] == index).collect::<Vec<_>>()
    };
    let (first, second) = (of(0), of(1));
    for choice in [&first, &second] {
        assert_eq!(choice[0]["delta"]["role"], "assistant");
        let finished = choice.iter().filter(|choice| choice["finish_reason"].is_string());
        assert_eq!(finished.count(), 1);
    }
    let content = |choices: &[&Value]| {
        choices.iter().filter_map(|choice| choice["delta"]["content"].as_str()).collect::<String>()
    };
    assert_eq!((content(&first), content(&second)), ("aa".to_owned(), "b".to_owned()));
    let likelihoods = first.iter().filter_map(|choice| choice["logprobs"]["content"].as_array());
    assert_eq!(likelihoods.map(Vec::len).sum::<usize>(), 3, "none is lost, not even at the end");
    assert!(first[0]["logprobs"].is_null(), "the event that says who speaks has no token");
    let extra = second.iter().find_map(|choice| choice["delta"]["tool_calls"][0].get("extra_content"));
    assert_eq!(extra, Some(&json!({ "google": { "thought_signature": "c2ln" } })));
    let document = specs::api("openai").unwrap().operation("POST", "/v1/chat/completions").unwrap();
    for chunk in &chunks {
        assert_eq!(document.event("", chunk), []);
    }
}
