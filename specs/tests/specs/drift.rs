//! The documents against the published ones, where those are beside this repository.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proptest::prelude::*;
use serde_json::{Value, json};
use specs::drift;

/// Where published schemas are kept: beside the repository, or where `TOUCHSTONE_SHARED` says.
fn published() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = env::var_os("TOUCHSTONE_SHARED").map_or_else(beside, PathBuf::from);
    let schemas = shared.join("upstream-specs/json-schema");
    schemas.is_dir().then_some(schemas)
}

/// A published file: in the folder of the provider's name, or of whoever publishes for several.
fn place(published: &Path, provider: &str, file: &str) -> PathBuf {
    let own = published.join(provider).join(file);
    let folders = fs::read_dir(published).into_iter().flatten().flatten();
    let mut others = folders.map(|folder| folder.path().join(file));
    if own.is_file() { own } else { others.find(|path| path.is_file()).unwrap_or(own) }
}

#[test]
fn no_document_drifts_from_the_published_ones() {
    let Some(published) = published() else {
        eprintln!("skipped: no published schemas in ../shared/upstream-specs/json-schema");
        return;
    };
    let mut faults = Vec::new();
    for api in specs::apis() {
        let files = drift::published(api.provider());
        if api.document()["x-published"] == "none" {
            assert!(files.is_empty(), "{} is published all the same", api.provider());
            continue;
        }
        assert!(!files.is_empty(), "SOURCE.md of {} has no drift block", api.provider());
        for file in files {
            let path = place(&published, api.provider(), &file);
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let schemas: Value = serde_json::from_str(&text).unwrap();
            let drift = drift::of(api.provider(), &schemas).unwrap();
            eprintln!("{}: {drift}", api.provider());
            assert!(drift.compared > 0);
            if !drift.is_clean() {
                faults.push(format!("{}\n{drift}", api.provider()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Our own OpenAI document as if it were published, with one thing in it changed.
fn changed(pointer: &str, value: Value) -> drift::Drift {
    let mut published = specs::api("openai").expect("embedded").document().clone();
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = published.pointer_mut(parent).expect("the document has it");
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.remove(last).expect("the document has it")),
        (Value::Object(members), value) => drop(members.insert(last.to_owned(), value)),
        _ => unreachable!("pointers here lead to members"),
    }
    drift::of("openai", &published).expect("comparable")
}

fn paths(drift: &drift::Drift) -> Vec<&str> {
    drift.differences.iter().map(|difference| difference.path.as_str()).collect()
}

#[test]
fn a_document_does_not_drift_from_itself() {
    let drift = changed("/info/title", json!("the same"));
    assert_eq!(paths(&drift), Vec::<&str>::new());
    assert!(drift.compared > 70);
    assert_eq!(drift.ignored, []);
    assert!(!drift.unused.is_empty() && !drift.is_clean(), "lines that explain nothing are stale");
}

#[test]
fn a_line_of_the_source_explains_one_difference_and_is_stale_without_it() {
    let message = "/components/schemas/ChatCompletionRequestAssistantMessage/properties/annotations";
    let explained = changed(message, Value::Null);
    let before = changed("/info/title", json!("the same"));
    assert_eq!(paths(&explained), Vec::<&str>::new());
    assert_eq!(explained.ignored.len(), 1);
    assert_eq!(explained.unused.len(), before.unused.len() - 1);
    assert!(explained.to_string().contains("1 explained"), "{explained}");

    let other = changed(&format!("{message}/type"), json!("string"));
    assert_eq!(paths(&other), ["ChatCompletionRequestAssistantMessage/annotations:type"]);
    assert_eq!(other.unused, before.unused);
}

#[test]
fn each_change_is_found_and_named_once() {
    let schemas = "/components/schemas";
    let cases = [
        ("/CompletionUsage/properties/total_tokens", Value::Null, "CompletionUsage/total_tokens"),
        ("/CompletionUsage/properties/new", json!({ "type": "string" }), "CompletionUsage/new"),
        (
            "/CompletionUsage/properties/total_tokens/type",
            json!("number"),
            "CompletionUsage/total_tokens:type",
        ),
        (
            "/CompletionUsage/required",
            json!(["prompt_tokens", "completion_tokens"]),
            "CompletionUsage/total_tokens:required",
        ),
        ("/WebSearchContextSize/enum", json!(["low", "medium", "high", "huge"]), "WebSearchContextSize=huge"),
        ("/WebSearchContextSize/enum", json!(["low", "medium"]), "WebSearchContextSize=high"),
        ("/WebSearchContextSize/enum", Value::Null, "WebSearchContextSize:type"),
        ("/ModerationMode", Value::Null, "ModerationMode"),
        ("/Metadata/additionalProperties/type", json!("number"), "Metadata/{}:type"),
        ("/StopConfiguration/oneOf", json!([{ "type": ["string", "null"] }]), "StopConfiguration:type"),
        (
            "/ChatCompletionRequestUserMessage/properties/name/type",
            json!(["string", "null"]),
            "ChatCompletionRequestUserMessage/name:type",
        ),
        (
            "/CreateChatCompletionResponse/properties/choices/items/properties/more",
            json!({}),
            "CreateChatCompletionResponse/choices/[]/more",
        ),
    ];
    for (pointer, value, path) in cases {
        assert_eq!(paths(&changed(&format!("{schemas}{pointer}"), value)), [path], "{pointer}");
    }
}

/// Everything in a document's schemas that counts: pointers to what may be taken away.
fn parts(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    for (keyword, inner) in members {
        let at = format!("{pointer}/{keyword}");
        match (keyword.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                for (name, schema) in properties {
                    found.push(format!("{at}/{name}"));
                    parts(schema, &format!("{at}/{name}"), found);
                }
            }
            ("required" | "enum" | "oneOf" | "type", Value::Array(list)) => {
                for (n, entry) in list.iter().enumerate() {
                    found.push(format!("{at}/{n}"));
                    parts(entry, &format!("{at}/{n}"), found);
                }
            }
            ("items" | "additionalProperties", schema) => parts(schema, &at, found),
            _ => {}
        }
    }
}

proptest! {
    // A case reads two documents whole.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_can_be_taken_away_unnoticed(provider in prop::sample::select(vec!["openai", "bedrock"]), which: prop::sample::Index) {
        let ours = specs::api(provider).expect("embedded").document();
        let before = drift::of(provider, ours).unwrap();
        let mut all = Vec::new();
        for (name, schema) in ours["components"]["schemas"].as_object().unwrap() {
            // What is ours alone, or published under another name, is not compared with itself.
            if schema.get("x-published").is_none() {
                parts(schema, &format!("/components/schemas/{name}"), &mut all);
            }
        }
        prop_assert!(all.len() > 300);
        let pointer = which.get(&all);
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        let mut published = ours.clone();
        match published.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.remove(last)),
            Value::Array(list) => drop(list.remove(last.parse().unwrap())),
            _ => unreachable!("pointers here lead into objects and arrays"),
        }
        let after = drift::of(provider, &published).unwrap();
        let count = |drift: &drift::Drift| drift.differences.len() + drift.ignored.len();
        prop_assert!(count(&after) > count(&before), "{provider}: {pointer} was not missed");
    }
}

#[test]
fn a_branch_on_one_side_only_is_found() {
    let message = "/components/schemas/ChatCompletionRequestMessage/oneOf";
    let reference =
        |name: &str| json!({ "$ref": format!("#/components/schemas/ChatCompletionRequest{name}Message") });
    let fewer = json!([
        reference("User"),
        reference("Assistant"),
        reference("Tool"),
        reference("System"),
        reference("Developer")
    ]);
    assert_eq!(paths(&changed(message, fewer.clone())), ["ChatCompletionRequestMessage(function)"]);

    let mut other = fewer;
    other
        .as_array_mut()
        .unwrap()
        .push(json!({ "type": "object", "properties": { "role": { "const": "critic" } } }));
    assert_eq!(
        paths(&changed(message, other)),
        ["ChatCompletionRequestMessage(critic)", "ChatCompletionRequestMessage(function)"]
    );
}

#[test]
fn a_component_is_found_under_its_other_published_names() {
    let text = specs::api("anthropic").expect("embedded").document().to_string();
    let mut published: Value =
        serde_json::from_str(&text.replace("RequestTextBlock", "TextBlockParam")).unwrap();
    let text = "/components/schemas/TextBlockParam/properties/text";
    *published.pointer_mut(text).expect("renamed") = json!({ "type": "integer" });
    assert_eq!(paths(&drift::of("anthropic", &published).unwrap()), ["RequestTextBlock/text:type"]);
}

#[test]
fn what_has_no_schemas_cannot_be_compared() {
    assert!(matches!(drift::of("openai", &json!({})), Err(drift::Error::Published)));
    assert!(matches!(drift::of("nobody", &json!({})), Err(drift::Error::Provider(name)) if name == "nobody"));
}
