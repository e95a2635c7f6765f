//! Requests upstream: what each dialect makes of what the client said.

use conformance::check::Verdict;
use serde_json::{Value, json};

use super::evidence::{Evidence, asked_with, header};
use super::{Break, each_break_is_caught, judge};

fn ask(evidence: &mut Evidence, change: impl FnOnce(&mut Value)) {
    let (provider, stream) = (evidence.provider, evidence.asked[0].json["stream"] == true);
    let mut json = evidence.asked[0].json.clone();
    change(&mut json);
    evidence.asked[0] = asked_with(provider, stream, json);
}

fn set(evidence: &mut Evidence, pointer: &str, value: &Value) {
    ask(evidence, |json| *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone());
}

/// The scenario's last user text has a marker behind it in a run; here it has none.
fn evidence(scenario: &'static str, provider: &'static str, asked: Value) -> Evidence {
    Evidence::whole(scenario, provider, asked, &json!({"choices": [{"message": {"content": ""}}]}))
}

/// `chat.tools.question-behind-results`, as Anthropic takes it.
fn anthropic_tools() -> Evidence {
    let schema = conformance::scenario::find("chat.tools.question-behind-results")
        .expect("a scenario")
        .request["tools"][0]["function"]["parameters"]
        .clone();
    evidence(
        "chat.tools.question-behind-results",
        "anthropic",
        json!({
            "model": "the-model", "max_tokens": 4096,
            "tools": [{"name": "weather", "description": "Tells the weather of a city", "input_schema": schema}],
            "messages": [
                {"role": "user", "content": "Weather in Paris and Rome?"},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Paris"}},
                    {"type": "tool_use", "id": "call_2", "name": "weather", "input": {"city": "Rome"}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "Sunny."},
                    {"type": "tool_result", "tool_use_id": "call_2", "content": [{"type": "text", "text": "Rain,"}, {"type": "text", "text": "and wind."}]},
                    {"type": "text", "text": "Where shall I go?"}]},
            ],
        }),
    )
}

#[test]
fn each_break_of_a_request_to_anthropic_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.request.once", |it| it.asked.push(it.asked[0].clone())),
        ("chat.request.endpoint", |it| it.asked[0].operation.clear()),
        ("chat.request.endpoint", |it| ask(it, |json| json["stream"] = json!(true))),
        ("chat.request.auth", |it| it.asked[0].refused = Some("unknown key".into())),
        ("chat.request.content-type", |it| it.asked[0].headers[0].1 = "text/plain".into()),
        ("chat.request.model", |it| ask(it, |json| json["model"] = json!("another"))),
        ("chat.request.version", |it| it.asked[0].headers[1].1 = "2020-01-01".into()),
        ("chat.request.max-tokens.default", |it| ask(it, |json| json["max_tokens"] = Value::Null)),
        ("chat.request.tools.definitions", |it| set(it, "/tools/0/input_schema", &Value::Null)),
        ("chat.request.tools.history.calls", |it| set(it, "/messages/1/content/1/input", &json!({}))),
        ("chat.request.tools.history.results", |it| {
            set(it, "/messages/2/content/0/tool_use_id", &json!("call_2"));
        }),
        ("chat.request.tools.history.results", |it| {
            set(it, "/messages/2/content/1/content", &json!("Rain,"));
        }),
        ("chat.request.tools.parallel-results-merged", split_results),
        ("chat.request.turns.kept", |it| {
            ask(it, |json| drop(json["messages"].as_array_mut().map(|all| all.remove(0))));
        }),
        ("chat.request.turns.kept", |it| set(it, "/messages/2/content/2/text", &json!("Where?"))),
        ("chat.request.text.unchanged", |it| {
            set(it, "/messages/0/content", &json!("Weather in Paris and Rome"));
        }),
        ("chat.request.empty-text", |it| set(it, "/messages/2/content/2/text", &json!(""))),
        ("chat.security.client-key-kept", |it| it.asked[0].headers.extend(header("authorization", "…5678"))),
    ];
    each_break_is_caught(&anthropic_tools(), breaks, Evidence::case);
}

fn split_results(evidence: &mut Evidence) {
    ask(evidence, |json| {
        let last = json["messages"][2]["content"]
            .as_array_mut()
            .map(|blocks| blocks.split_off(1))
            .unwrap_or_default();
        if let Some(messages) = json["messages"].as_array_mut() {
            messages.push(json!({"role": "user", "content": last}));
        }
    });
}

/// `chat.tools.parallel-results`, as Mistral takes it: the ids of calls have its own form.
fn mistral_tools() -> Evidence {
    let call = |id: &str, city: &str| json!({"id": id, "type": "function", "function": {"name": "weather", "arguments": json!({"city": city}).to_string()}});
    let scenario = "chat.tools.parallel-results";
    let tools = conformance::scenario::find(scenario).expect("a scenario").request["tools"].clone();
    evidence(
        scenario,
        "mistral",
        json!({
            "model": "the-model",
            "tools": tools,
            "messages": [
                {"role": "user", "content": "Weather in Paris and Rome?"},
                {"role": "assistant", "tool_calls": [call("abcdefgh1", "Paris"), call("abcdefgh2", "Rome")]},
                {"role": "tool", "tool_call_id": "abcdefgh1", "content": "Sunny."},
                {"role": "tool", "tool_call_id": "abcdefgh2", "content": [{"type": "text", "text": "Rain,"}, {"type": "text", "text": "and wind."}]},
            ],
        }),
    )
}

#[test]
fn calls_may_have_other_ids_where_a_provider_asks_for_it_but_not_be_mixed_up() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.request.tools.history.results", |it| {
            set(it, "/messages/2/tool_call_id", &json!("abcdefgh2"));
        }),
        ("chat.request.tools.history.results", |it| set(it, "/messages/3/tool_call_id", &json!("abcdefgh3"))),
        ("chat.request.tools.history.calls", |it| {
            set(it, "/messages/1/tool_calls/1/id", &json!("abcdefgh1"));
        }),
        ("chat.request.tools.history.calls", |it| {
            set(it, "/messages/1/tool_calls/0/function/arguments", &json!("{}"));
        }),
        ("chat.request.tools.definitions", |it| {
            set(it, "/tools/0/function/description", &json!("Another"));
        }),
        ("chat.request.turns.kept", |it| set(it, "/messages/0/role", &json!("system"))),
    ];
    each_break_is_caught(&mistral_tools(), breaks, Evidence::case);
}

/// `chat.messages.systems` with limits, as Converse takes it.
fn bedrock_system() -> Evidence {
    let mut evidence = evidence(
        "chat.messages.systems",
        "bedrock",
        json!({
            "system": [{"text": "You are a jeweller."}, {"text": "Never name prices.\n\nSpeak plainly.\nBe brief."}],
            "messages": [{"role": "user", "content": [{"text": "What is this ring worth?"}]}],
            "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 0.25, "stopSequences": ["END"]},
            "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {}}}}}], "toolChoice": {"any": {}}},
            "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
            "additionalModelRequestFields": {"top_k": 3},
            "requestMetadata": {"user": "u"},
        }),
    );
    let more = json!({
        "max_completion_tokens": 5, "temperature": 0.5, "top_p": 0.25, "top_k": 3, "stop": "END", "user": "u",
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required",
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
    });
    evidence.request = conformance::scenario::find(evidence.scenario).expect("a scenario").request.clone();
    for (name, value) in more.as_object().into_iter().flatten() {
        evidence.request[name.as_str()] = value.clone();
    }
    evidence
}

#[test]
fn each_break_of_a_request_to_bedrock_is_caught() {
    let breaks: &[Break<Evidence>] = &[
        ("chat.request.system.kept", |it| set(it, "/system/0/text", &json!("Be brief."))),
        ("chat.request.system.several", |it| {
            ask(it, |json| drop(json["system"].as_array_mut().map(|all| all.remove(0))));
        }),
        ("chat.request.system.developer", |it| {
            set(it, "/system/1/text", &json!("Speak plainly.\nBe brief."));
        }),
        ("chat.request.max-completion-tokens", |it| set(it, "/inferenceConfig/maxTokens", &json!(6))),
        ("chat.request.temperature", |it| set(it, "/inferenceConfig/temperature", &Value::Null)),
        ("chat.request.top-p", |it| set(it, "/inferenceConfig/topP", &json!(1))),
        ("chat.request.top-k", |it| set(it, "/additionalModelRequestFields", &json!({}))),
        ("chat.request.stop", |it| set(it, "/inferenceConfig/stopSequences", &json!([]))),
        ("chat.request.nothing-silent", |it| set(it, "/requestMetadata", &json!({}))),
        ("chat.request.guardrail", |it| set(it, "/guardrailConfig/guardrailVersion", &json!("2"))),
        ("chat.request.tools.choice.required", |it| set(it, "/toolConfig/toolChoice", &json!({"auto": {}}))),
        ("chat.request.tools.without-parameters", |it| {
            set(it, "/toolConfig/tools/0/toolSpec/inputSchema", &json!({"json": []}));
        }),
        ("chat.request.nothing-lost", |it| set(it, "/inferenceConfig/topP", &Value::Null)),
        ("chat.request.bedrock.model-encoded", |it| it.asked[0].path = "/bedrock/model/a:0/converse".into()),
        ("chat.request.model", |it| it.asked[0].path = "/bedrock/model/a%3A0/converse".into()),
        ("chat.request.turns.alternate", |it| {
            ask(it, |json| {
                let first = json["messages"][0].clone();
                json["messages"] = json!([first, first]);
            });
        }),
    ];
    each_break_is_caught(&bedrock_system(), breaks, Evidence::case);
}

/// Of a picture that never arrived it is told once that it is lost, and not that it stands elsewhere.
#[test]
fn what_is_lost_has_no_place() {
    let text = json!({"type": "text", "text": "And in this one?"});
    let picture = json!({"type": "image", "source": {"type": "url", "url": "https://example.com/stone.png"}});
    let order = |content: Value| {
        let upstream = json!({"max_tokens": 1, "messages": [{"role": "user", "content": content}]});
        let evidence = Evidence::whole("chat.content.image-address", "anthropic", upstream, &Value::Null);
        judge("chat.request.image.order", &evidence.case())
    };
    assert_eq!(order(json!([text, picture])), Ok(()));
    let before = order(json!([picture, text]));
    assert!(matches!(before, Err(Verdict::Broken(_))), "before the text: {before:?}");
    let note = json!({"type": "text", "text": "[a picture]"});
    for without in [json!([text]), json!([text, note])] {
        let verdict = order(without);
        assert!(matches!(verdict, Err(Verdict::Untestable(_))), "without the picture: {verdict:?}");
    }
}

#[test]
fn what_is_named_as_dropped_is_not_lost() {
    let mut evidence = bedrock_system();
    set(&mut evidence, "/requestMetadata", &json!({}));
    evidence.headers.extend(header("x-dropped", "seed, user"));
    assert_eq!(judge("chat.request.nothing-lost", &evidence.case()), Ok(()));
    assert_eq!(judge("chat.request.nothing-silent", &evidence.case()), Ok(()));
    // `seed` was never asked for.
    assert!(judge("chat.request.dropped.true", &evidence.case()).is_err());
}

#[test]
fn what_the_provider_knows_must_be_carried_even_if_it_is_named() {
    let mut evidence = bedrock_system();
    set(&mut evidence, "/inferenceConfig/stopSequences", &json!([]));
    evidence.headers.extend(header("x-dropped", "stop"));
    assert!(judge("chat.request.stop", &evidence.case()).is_err());
}

/// Gemini takes results as objects: the same JSON says the same, with every digit. As a text it stays as it was.
#[test]
fn a_result_that_is_json_may_become_an_object() {
    let judged = |response: &str| {
        let body = format!(
            r#"{{"contents": [
                {{"role": "user", "parts": [{{"text": "Look up the big one."}}]}},
                {{"role": "model", "parts": [{{"functionCall": {{"name": "lookup", "args": {{}}}}}}]}},
                {{"role": "user", "parts": [{{"functionResponse": {{"name": "lookup", "response": {response}}}}}]}}]}}"#
        );
        let mut evidence =
            evidence("chat.tools.big-numbers", "gemini", serde_json::from_str(&body).expect("JSON"));
        evidence.asked[0].body = body.into_bytes();
        judge("chat.request.text.unchanged", &evidence.case())
    };
    for same in [
        r#"{"id": 98765432109876543210987}"#,
        r#"{"content": {"id":98765432109876543210987}}"#,
        r#"{"output": "{\"id\":98765432109876543210987}"}"#,
    ] {
        assert_eq!(judged(same), Ok(()), "{same}");
    }
    for another in [
        r#"{"id": 98765432109876543210988}"#,
        r#"{"id": 9.876543210987654e22}"#,
        r#"{"output": "{\"id\": 98765432109876543210987}"}"#,
    ] {
        assert!(judged(another).is_err(), "{another}");
    }
}
