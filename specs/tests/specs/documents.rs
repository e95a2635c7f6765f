//! What holds for every document, whoever it describes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use specs::{Api, Operation};

/// Calls `visit` with every value of a document and its pointer.
fn walk<'a>(value: &'a Value, pointer: &str, visit: &mut dyn FnMut(&'a Value, &str)) {
    visit(value, pointer);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), visit);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{n}"), visit);
            }
        }
        _ => {}
    }
}

pub(crate) fn components(api: &'static Api) -> &'static Map<String, Value> {
    api.document()["components"]["schemas"].as_object().expect("a document has components")
}

fn operations() -> impl Iterator<Item = (&'static Api, Operation)> {
    specs::apis().flat_map(|api| api.operations().map(move |operation| (api, operation)))
}

fn document(api: &'static Api, operation: &Operation) -> &'static Value {
    &api.document()["paths"][operation.path()][operation.method().to_lowercase()]
}

#[test]
fn every_folder_with_a_document_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<_> = folders
        .filter(|entry| entry.path().join("openapi.yaml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let embedded: BTreeSet<_> = specs::apis().map(|api| api.provider().to_owned()).collect();
    assert_eq!(embedded, folders, "touch specs/build.rs");
    assert!(embedded.contains("openai"));
}

#[test]
fn every_document_says_what_it_is() {
    for api in specs::apis() {
        let document = api.document();
        assert_eq!(document["openapi"], "3.1.0", "{}", api.provider());
        for member in ["title", "version"] {
            assert!(document["info"][member].is_string(), "{} has no info.{member}", api.provider());
        }
        assert!(document["servers"][0]["url"].is_string(), "{} has no server", api.provider());
    }
}

#[test]
fn operation_ids_are_unique() {
    let mut seen = BTreeSet::new();
    for (api, operation) in operations() {
        assert!(!operation.id().is_empty(), "{} {}", api.provider(), operation.path());
        assert!(seen.insert((api.provider(), operation.id())), "{} twice", operation.id());
    }
    assert!(!seen.is_empty());
}

/// Where a `$ref` or a discriminator's mapping leads.
fn target(api: &'static Api, reference: &str) -> &'static Value {
    let pointer = reference.strip_prefix('#').expect("references stay within the document");
    let target = api.document().pointer(pointer);
    target.unwrap_or_else(|| panic!("{}: {reference} leads nowhere", api.provider()))
}

/// The references of a value, the mappings of its discriminators included.
fn references<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a str, &str)) {
    walk(value, "", &mut |value, pointer| {
        let mapped = value["discriminator"]["mapping"].as_object().into_iter().flat_map(Map::values);
        for reference in value.get("$ref").into_iter().chain(mapped).filter_map(Value::as_str) {
            visit(reference, pointer);
        }
    });
}

#[test]
fn every_reference_leads_to_a_component() {
    for api in specs::apis() {
        let mut count = 0;
        references(api.document(), &mut |reference, pointer| {
            let at = format!("{} {pointer}: {reference}", api.provider());
            assert!(target(api, reference).is_object(), "{at}");
            let place = if pointer.starts_with("/components/schemas/") {
                "#/components/schemas/"
            } else {
                "#/components/"
            };
            assert!(reference.starts_with(place), "{at}");
            count += 1;
        });
        assert!(count > 0);
    }
}

#[test]
fn every_component_is_reached_from_an_operation() {
    for api in specs::apis() {
        let (mut reached, mut next) = (BTreeSet::new(), vec![&api.document()["paths"]]);
        while let Some(value) = next.pop() {
            references(value, &mut |reference, _| {
                if reached.insert(reference) {
                    next.push(target(api, reference));
                }
            });
        }
        for name in components(api).keys() {
            assert!(reached.contains(&*format!("#/components/schemas/{name}")), "{} {name}", api.provider());
        }
    }
}

#[test]
fn every_schema_compiles() {
    for api in specs::apis() {
        // Those of other documents compile with what refers to them.
        for name in components(api).keys().filter(|name| !name.contains('.')) {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}"), "components": api.document()["components"] });
            assert!(jsonschema::meta::is_valid(&api.document()["components"]["schemas"][name]), "{name}");
            jsonschema::validator_for(&schema)
                .unwrap_or_else(|error| panic!("{} {name}: {error}", api.provider()));
        }
    }
}

/// Judging anything by a schema compiles it, under every variant that there is.
#[test]
fn everything_that_judges_can_judge() {
    for (api, plain) in operations() {
        let mut variants = vec![plain.clone()];
        variants.extend(plain.of_form());
        walk(document(api, &plain), "", &mut |value, _| {
            for media in value.as_object().into_iter().flat_map(Map::keys) {
                if let Some((_, variant)) = media.split_once('=') {
                    variants.push(plain.variant(variant).expect("the document has it"));
                }
            }
        });
        for operation in variants {
            assert!(!operation.request(&json!(7)).is_empty(), "{}", operation.id());
            for status in [200, 400, 429, 500, 503] {
                assert!(!operation.reply(status, &json!(7)).is_empty(), "{} {status}", operation.id());
            }
            for event in operation.events() {
                assert!(!operation.event(event, &json!(7)).is_empty(), "{} {event}", operation.id());
            }
        }
    }
}

#[test]
fn required_members_are_declared() {
    for api in specs::apis() {
        walk(&api.document()["components"]["schemas"], "", &mut |value, pointer| {
            let (Some(required), Some(declared)) =
                (value["required"].as_array(), value["properties"].as_object())
            else {
                return;
            };
            for name in required.iter().filter_map(Value::as_str) {
                assert!(declared.contains_key(name), "{} {pointer}: {name} is not declared", api.provider());
            }
        });
    }
}

/// An event that the order does not know could never pass, and a kind without an event could never come.
#[test]
fn events_and_their_order_name_each_other() {
    for (api, operation) in operations() {
        walk(document(api, &operation), "", &mut |media, pointer| {
            let (Some(events), Some(sequence)) = (media["x-events"].as_object(), media.get("x-sequence"))
            else {
                return;
            };
            let named = named(sequence, events, pointer);
            let all = list(sequence, "kinds").any(|kind| kind["event"].is_null());
            for event in events.keys() {
                assert!(all || named.contains(event.as_str()), "{pointer}: no order has the event {event}");
            }
        });
    }
}

/// The events that a grammar names, by themselves or as kinds. Each is one; so are those of lanes of whole events.
fn named<'a>(sequence: &'a Value, events: &Map<String, Value>, pointer: &str) -> BTreeSet<&'a str> {
    let order = sequence["order"].as_str().expect("an order");
    let operators = |letter: char| letter.is_whitespace() || "()|*+?".contains(letter);
    let mut kinds: BTreeSet<_> = order.split(operators).filter(|name| !name.is_empty()).collect();
    let others = ["anywhere", "ends"].into_iter().flat_map(|name| list(sequence, name));
    kinds.extend(others.filter_map(|other| other.as_str().or_else(|| other["kind"].as_str())));
    let mut named = BTreeSet::new();
    for kind in list(sequence, "kinds") {
        let name = kind["kind"].as_str().expect("a kind has a name");
        assert!(kinds.remove(name), "{pointer}: no order has the kind {name}");
        named.extend(kind["event"].as_str());
    }
    named.extend(kinds);
    for event in &named {
        assert!(events.contains_key(*event), "{pointer}: {event} is no event");
    }
    for lanes in list(sequence, "lanes").filter(|lanes| lanes.get("each").is_none()) {
        self::named(lanes, events, pointer);
    }
    named
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value[member].as_array().into_iter().flatten()
}

/// `x-include`: the other document's, but for what stands beside.
#[test]
fn what_is_included_is_the_others_but_for_what_is_changed() {
    let vertex = components(specs::api("vertex").expect("embedded"));
    let home = components(specs::api("anthropic").expect("embedded"));
    let names = |schema: &Value| -> BTreeSet<String> {
        schema["properties"].as_object().expect("an object's schema").keys().cloned().collect()
    };
    let (here, there) = (names(&vertex["AnthropicRequest"]), names(&home["CreateMessageParams"]));
    let differ: BTreeSet<_> = here.symmetric_difference(&there).map(String::as_str).collect();
    assert_eq!(differ, ["anthropic_version", "model"].into());
    assert!(here.contains("anthropic_version") && there.contains("model"));
    assert_eq!(vertex["AnthropicRequest"]["additionalProperties"], false);
    // What it refers to came along, and refers to what came along.
    let tool = &vertex["AnthropicRequest"]["properties"]["tool_choice"];
    assert_eq!(tool["$ref"], "#/components/schemas/anthropic.ToolChoice");
    for (name, schema) in vertex.iter().filter(|(name, _)| name.contains('.')) {
        assert_eq!(schema["x-published"], "none", "{name} is compared at home");
        let (provider, _) = name.split_once('.').expect("two parts");
        references(schema, &mut |reference, _| {
            assert!(
                reference.starts_with(&format!("#/components/schemas/{provider}.")),
                "{name}: {reference}"
            );
        });
    }
}
