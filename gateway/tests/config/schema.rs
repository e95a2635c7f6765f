//! The JSON Schema that editors check files by.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::here;

fn schema() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(gateway::SCHEMA).unwrap()).unwrap()
}

/// The files of a folder, and what is wrong with each by the schema.
fn judged(folder: PathBuf) -> Vec<(String, Vec<String>)> {
    let schema = schema();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let judge = |path: &PathBuf| {
        let file: Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).ok()?;
        let wrong = schema.iter_errors(&file);
        let wrong = wrong.map(|error| format!("{}: {error}", error.instance_path())).collect();
        Some((path.file_name().unwrap().to_str().unwrap().to_owned(), wrong))
    };
    files.iter().filter_map(judge).collect()
}

#[test]
fn the_schema_is_what_the_reader_asks_for() {
    let made = format!("{:#}\n", gateway::config::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/kong.schema.json"), &made).unwrap();
        return;
    }
    assert!(
        made == gateway::SCHEMA,
        "kong.schema.json is stale: UPDATE_SCHEMA=1 cargo test -p gateway --test main schema"
    );
}

/// Calls `see` with the place of every member, and its schema.
fn members(schema: &Value, place: &str, see: &mut dyn FnMut(&str, &Value)) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        see(&place, member);
        members(member, &place, see);
    }
    let elements = [&schema["items"], &schema["additionalProperties"]];
    let parts = elements.into_iter().chain(schema["anyOf"].as_array().into_iter().flatten());
    for part in parts.filter(|part| part.is_object()) {
        members(part, place, see);
    }
    for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
        members(part, name, see);
    }
}

#[test]
fn every_member_says_what_it_is() {
    let schema: Value = serde_json::from_str(gateway::SCHEMA).unwrap();
    let (mut silent, mut all) = (Vec::new(), 0);
    members(&schema, "", &mut |place, member| {
        all += 1;
        let said = member["description"].as_str().unwrap_or_default();
        if !said.ends_with('.') || said.len() > 200 {
            silent.push(place.to_owned());
        }
    });
    assert!(all > 250, "only {all} members were found");
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn what_a_member_is_where_nobody_says_is_good_by_its_schema() {
    let schema: Value = serde_json::from_str(gateway::SCHEMA).unwrap();
    let mut found = 0;
    members(&schema, "", &mut |place, member| {
        let Some(default) = member.get("default") else { return };
        let mut member = member.clone();
        member["$defs"] = schema["$defs"].clone();
        assert!(jsonschema::is_valid(&member, default), "{place}: {default}");
        found += 1;
    });
    assert!(found > 60, "only {found} members have one");
}

#[test]
fn every_good_file_is_good_by_the_schema() {
    let examples = here("examples");
    let files = [judged(examples), judged(here("tests/config/good"))].concat();
    assert!(files.len() > 6, "only {} files were found", files.len());
    for (file, wrong) in files {
        assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
    }
}

/// Rules over several members, names that are told twice and what a string must say are the reader's to tell.
#[test]
fn what_is_wrong_with_a_file_is_seen_where_a_schema_can_see_it() {
    const UNSEEN: [&str; 2] = ["advanced.yaml", "unanswered.yaml"];
    let files = judged(here("tests/config/bad"));
    assert!(files.len() > 6, "only {} files were found", files.len());
    let unseen: Vec<_> =
        files.into_iter().filter(|(_, wrong)| wrong.is_empty()).map(|(file, _)| file).collect();
    assert_eq!(unseen, UNSEEN);
}

#[test]
fn the_schema_knows_each_kind_of_member() {
    let schema = schema();
    let file = |plugin: &str| -> Value {
        let route = format!(r#"{{"name": "r", "paths": ["/r"], "plugins": [{plugin}]}}"#);
        serde_json::from_str(&format!(
            r#"{{"_format_version": "3.0", "services": [{{"name": "s", "host": "h", "routes": [{route}]}}]}}"#
        ))
        .unwrap()
    };
    let proxy = |config: &str| {
        format!(
            r#"{{"name": "ai-proxy", "config": {{"route_type": "llm/v1/chat", "model": {{"provider": "openai"}}{config}}}}}"#
        )
    };
    for good in [
        proxy(""),
        proxy(r#", "model_name_header": "${SHOWN:-true}", "auth": null"#),
        proxy(r#", "max_request_body_size": 0"#),
        r#"{"name": "cors", "enabled": false, "config": {"anything": 1}}"#.to_owned(),
    ] {
        assert!(schema.is_valid(&file(&good)), "{good}");
    }
    for bad in [
        r#"{"name": "ai-proxy"}"#.to_owned(),
        r#"{"name": "cors", "config": {}}"#.to_owned(),
        proxy(r#", "model_name_headr": true"#),
        proxy(r#", "model_name_header": "yes""#),
        proxy(r#", "max_request_body_size": -1"#),
        proxy(r#", "response_streaming": "sometimes""#),
        proxy(r#", "auth": {"header_name": 5}"#),
    ] {
        assert!(!schema.is_valid(&file(&bad)), "{bad}");
    }
}
