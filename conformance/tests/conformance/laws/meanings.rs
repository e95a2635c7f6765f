//! Laws of meaning, over what every scenario's client says.

use conformance::meaning::{compare, read};
use conformance::scenario;
use serde_json::{Value, json};

fn requests() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let chats = scenario::all().iter().filter(|scenario| scenario.request["messages"].is_array());
    chats.map(|scenario| (scenario.id.as_str(), &scenario.request))
}

#[test]
fn what_is_said_means_what_it_means() {
    for (id, request) in requests() {
        let meaning = read("openai", request).expect("a dialect");
        assert_eq!(compare(&meaning, &meaning), [], "{id}");
    }
}

/// What only says what is so anyway may be left out.
fn says_nothing(name: &str, request: &Value) -> bool {
    let is_default =
        request["tool_choice"] == "auto" && name == "tool_choice" || request["n"] == 1 && name == "n";
    // Without tools there is nothing to choose from.
    let is_none = request["tool_choice"] == "none" && ["tools", "tool_choice"].contains(&name);
    is_default || is_none || ["model", "stream", "stream_options", "extra_body"].contains(&name)
}

#[test]
fn whatever_is_left_out_is_a_difference() {
    let mut seen = 0;
    for (id, request) in requests() {
        let meaning = read("openai", request).expect("a dialect");
        for (name, _) in
            request.as_object().into_iter().flatten().filter(|(name, _)| !says_nothing(name, request))
        {
            let mut shorter = request.clone();
            if let Some(members) = shorter.as_object_mut() {
                members.remove(name);
            }
            let found = compare(&meaning, &read("openai", &shorter).expect("a dialect"));
            assert!(!found.is_empty() || request[name] == json!([]), "{id}: {name} may be left out");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_message_that_is_left_out_is_a_difference() {
    let says_something = |message: &Value| message["content"] != "" || message["tool_calls"].is_array();
    for (id, request) in requests() {
        let meaning = read("openai", request).expect("a dialect");
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        for (position, _) in messages.iter().enumerate().filter(|(_, message)| says_something(message)) {
            let mut shorter = request.clone();
            shorter["messages"].as_array_mut().expect("a list").remove(position);
            let found = compare(&meaning, &read("openai", &shorter).expect("a dialect"));
            assert!(!found.is_empty(), "{id}: message {position} may be left out");
        }
    }
}

/// How texts are cut into blocks and turns of one role into messages means nothing.
#[test]
fn form_means_nothing() {
    let openai = json!({"messages": [
        {"role": "system", "content": "a"}, {"role": "developer", "content": [{"type": "text", "text": "b"}]},
        {"role": "user", "content": "c"}, {"role": "user", "content": [{"type": "text", "text": "d"}]},
        {"role": "assistant", "content": "e", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "1", "content": "[1]"},
    ]});
    let anthropic = json!({"system": "a\n\nb", "messages": [
        {"role": "user", "content": "c\nd"},
        {"role": "assistant", "content": [{"type": "text", "text": "e"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "[1]"}]}]},
    ]});
    let bedrock = json!({"system": [{"text": "a"}, {"text": "b"}], "messages": [
        {"role": "user", "content": [{"text": "c"}, {"text": "d"}]},
        {"role": "assistant", "content": [{"text": "e"}, {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"json": {"result": [1]}}]}}]},
    ]});
    let meant = read("openai", &openai).expect("a dialect");
    for (provider, request) in [("anthropic", anthropic), ("bedrock", bedrock)] {
        assert_eq!(compare(&meant, &read(provider, &request).expect("a dialect")), [], "{provider}");
    }
}
