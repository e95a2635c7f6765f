//! What comes from the network is judged, never trusted.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use specs::{Api, Operation, Sequence, Violation};

/// Any JSON, made mostly of words that the documents know, so that it gets past the first door.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "user",
        "assistant",
        "content",
        "type",
        "text",
        "tool_use",
        "tools",
        "function",
        "id",
        "index",
        "delta",
        "choices",
        "error",
        "contentBlockIndex",
        "input",
        "name",
        "max_tokens",
        "image",
        "source",
        "toolUse",
        "x",
        "",
    ]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 64, 6, move |inner| {
        let members = prop::collection::vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            members.prop_map(|members| members
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

fn operations() -> impl Iterator<Item = (&'static Api, Operation)> {
    specs::apis().flat_map(|api| api.operations().map(move |operation| (api, operation)))
}

fn is_sound(api: &'static Api, body: &Value, violation: &Violation) {
    let Violation { pointer, keyword, expected, got, document } = violation;
    assert!([keyword, expected, got, document].iter().all(|field| !field.is_empty()), "{violation:?}");
    assert!(!violation.to_string().contains('\n'), "{violation:?}");
    assert!(body.pointer(pointer).is_some(), "{violation:?} points nowhere in {body}");
    assert!(api.document().pointer(document).is_some(), "{violation:?} points nowhere in the document");
}

proptest! {
    #[test]
    fn anything_is_judged_and_every_finding_points_into_it(body in any_json(), status: u16) {
        for (api, operation) in operations() {
            let mut sequence = operation.sequence();
            // A request is read in the spelling of its document.
            let settled = operation.settled(&body);
            operation.request(&body).iter().for_each(|violation| is_sound(api, &settled, violation));
            let mut found = [operation.reply(200, &body), operation.reply(status, &body)].concat();
            for name in operation.events().chain(["", "unknown"]) {
                found.extend(operation.event(name, &body));
                found.extend(sequence.iter_mut().flat_map(|sequence| sequence.event(name, &body)));
            }
            found.iter().for_each(|violation| is_sound(api, &body, violation));
            drop(sequence.map(|mut sequence| sequence.end()));
        }
    }

    #[test]
    fn any_path_is_looked_up(path in ".*", inner in "[a-z%0-9/:]*") {
        for api in specs::apis() {
            api.operation("POST", &path);
            api.operation("POST", &format!("/model/{inner}/converse"));
        }
    }
}

#[test]
fn a_sender_does_not_choose_how_much_is_remembered() {
    let chat = specs::api("openai").unwrap().operation("POST", "/v1/chat/completions").unwrap();
    let members: Map<_, _> = (0..1000).map(|n| (format!("m{n}"), json!(n))).collect();
    assert!(chat.request(&Value::Object(members.clone())).len() <= 100);
    let told = chat.request(&json!({ "stream_options": members, "temperature": "hot" }));
    assert!(told.iter().any(|broken| broken.pointer == "/temperature"), "what is unknown hides nothing else");
    assert_eq!(chat.request(&json!({ "model": "m", "messages": vec![7; 1000] })).len(), 100);
}

#[test]
fn what_judges_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Operation>();
    shared::<Sequence>();
    shared::<&'static Api>();
}
