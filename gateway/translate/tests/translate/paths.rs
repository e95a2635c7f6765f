//! No name leads out of where it is put: the table of all providers, with names that some server would take for a way out.

use proptest::prelude::*;
use serde_json::json;
use translate::call::{self, Api, Azure, Gemini, Options};
use translate::passthrough::Resource;
use translate::providers::{self, Provider};
use translate::works::{self, Asked};

/// A name that every provider takes, and that is found again in a path.
const NAME: &str = "MODEL";

/// Ways out, for servers that undo escapes once or twice, that take backslashes for slashes, that cut parameters off, that take other
/// letters for dots and slashes, or that stop at a NUL.
const OUT: [&str; 26] = [
    "..",
    ".",
    "../x",
    "a/../../x",
    "a/..",
    "/x",
    "a//x",
    "..\\x",
    "a\\..\\x",
    "%2e%2e",
    "%2E%2e/x",
    "a%2f..%2f..%2fx",
    "a%2F%2e%2e%2fx",
    "%252e%252e%252fx",
    "..%5cx",
    "..;/x",
    "a/..;b=c/x",
    "x\0y",
    "x%00y",
    "x\r\nhost: y",
    "x%0d%0ahost:%20y",
    "\u{ff0e}\u{ff0e}\u{ff0f}x",
    "\u{2025}/x",
    "%c0%ae%c0%ae/x",
    "a\u{2215}..\u{2215}x",
    "",
];

/// Where a request for a model goes; `None`: it is refused.
fn path(provider: &Provider, api: Api, model: &str) -> Option<String> {
    let body = match api {
        Api::Completions => json!({"model": model, "prompt": "Hi"}),
        Api::Embeddings => json!({"model": model, "input": "Hi"}),
        Api::Responses => json!({"model": model, "input": "Hi"}),
        Api::Chat | Api::Messages => {
            json!({"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]})
        }
    };
    let options = Options {
        azure: Azure { deployment: None, api_version: Some("v") },
        gemini: Gemini { project: Some("p"), location: Some("l"), endpoint: Some("e") },
        cohere_input_type: Some("search_query"),
        ..Options::default()
    };
    let target = call::request(api, provider, body.to_string().as_bytes(), &options, &mut Vec::new()).ok()?;
    Some(target.path)
}

/// Every provider with every API that it has.
fn all() -> impl Iterator<Item = (&'static Provider, Api)> {
    let apis = |provider: &'static Provider| {
        Api::ALL.into_iter().filter(move |api| provider.serves(*api)).map(move |api| (provider, api))
    };
    providers::ALL.iter().flat_map(apis)
}

/// Whether a name in a path is one segment, or several where the provider has names with slashes.
fn stays(part: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%/".contains(&byte);
    let decoded = part.replace("%2F", "/");
    part.bytes().all(is_safe) && !decoded.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// Sees that what a name makes of a path is in the place of the name, and nowhere else.
fn holds(provider: &Provider, api: Api, name: &str) {
    let Some(usual) = path(provider, api, NAME) else { return };
    let Some(found) = path(provider, api, name) else { return };
    let who = format!("{} {api:?} {name:?}: {found}", provider.name);
    match usual.split_once(NAME) {
        None => assert_eq!(found, usual, "{who}"),
        Some((before, behind)) => {
            // The publisher on Vertex AI goes by the name of the model.
            let before = before.split("/publishers/").next().unwrap();
            assert!(found.starts_with(before) && found.ends_with(behind), "{who}");
            assert!(found.len() >= before.len() + behind.len(), "{who}");
            assert!(
                stays(
                    &found[before.len()..found.len() - behind.len()].trim_start_matches('/').replace(':', "")
                ),
                "{who}"
            );
        }
    }
}

#[test]
fn every_name_that_leads_out_is_refused_where_it_would_stand_in_a_path() {
    let mut in_paths = 0;
    for (provider, api) in all() {
        let Some(usual) = path(provider, api, NAME) else { continue };
        in_paths += usize::from(usual.contains(NAME));
        for name in OUT {
            holds(provider, api, name);
            // Who has the model in the path has nothing to ask for by such a name.
            let is_asked = path(provider, api, name).is_some();
            assert!(!is_asked || !usual.contains(NAME), "{} {api:?} takes {name:?}", provider.name);
        }
    }
    assert!(
        in_paths >= 8,
        "Azure, Bedrock, Gemini, Vertex AI and Hugging Face have models in paths: {in_paths}"
    );
}

#[test]
fn no_path_of_what_passes_leads_out_of_its_collection() {
    for provider in providers::ALL {
        for resource in [
            Resource::Files,
            Resource::Batches,
            Resource::Assistants,
            Resource::Responses,
            Resource::Videos,
            Resource::Preserve,
        ] {
            let Some(passage) = provider.passage(resource) else { continue };
            for name in OUT.iter().filter(|name| !name.is_empty() && **name != "/x") {
                let collection = match resource {
                    Resource::Files => "/files",
                    Resource::Batches => "/batches",
                    Resource::Assistants => "/threads",
                    Resource::Responses => "/responses",
                    Resource::Videos => "/videos",
                    _ => "/anything",
                };
                let asked = format!("/v1{collection}/{name}/content");
                let target = passage.target(&asked, &Options::default());
                assert!(target.is_err(), "{} {resource:?} takes {name:?}: {target:?}", provider.name);
            }
        }
    }
}

#[test]
fn no_path_of_a_providers_own_api_leads_out_of_it() {
    let mut taken = 0;
    for provider in providers::ALL {
        let Some(passage) = provider.native() else { continue };
        for start in [
            "/v1/messages",
            "/model",
            "/v1beta/models",
            "/v1beta/files",
            "/v1/projects/p/locations/l/publishers/google/models",
        ] {
            let target =
                |name: &str| passage.target(&format!("{start}/{name}/converse"), &Options::default());
            if target("x").is_err() {
                continue;
            }
            taken += 1;
            for name in OUT.iter().filter(|name| !name.is_empty() && **name != "/x") {
                assert!(target(name).is_err(), "{} takes {name:?} below {start}", provider.name);
            }
        }
    }
    assert!(taken >= 5, "Anthropic, Bedrock, Gemini (twice) and Vertex AI: {taken}");
}

#[test]
fn no_name_of_a_maker_of_pictures_leads_out() {
    let mut in_paths = 0;
    for provider in providers::ALL {
        let Some(work) = provider.work(Resource::ImageGenerations) else { continue };
        let path = |model: &str| {
            let body = json!({"model": model, "prompt": "a cat"}).to_string();
            let asked = Asked { content_type: "application/json", body: body.as_bytes(), edits: false };
            let gemini = Gemini { project: Some("p"), location: Some("l"), endpoint: Some("e") };
            let options = Options { gemini, ..Options::default() };
            works::request(work, asked, &options, &mut Vec::new()).ok().map(|sent| sent.target.path)
        };
        // Each family of models has requests of its own.
        for start in [
            "gemini-2.5-flash-image",
            "imagen-4.0-generate-001",
            "amazon.nova-canvas-v1:0",
            "stability.x",
            "black-forest-labs/FLUX",
        ] {
            let Some(usual) = path(start) else { continue };
            in_paths += usize::from(usual.contains(&start[..4]));
            for name in OUT.iter().filter(|name| !name.is_empty()) {
                let Some(found) = path(&format!("{start}/{name}")) else { continue };
                assert_eq!(found, usual.replace(start, &format!("{start}/{name}")), "{}", provider.name);
                assert!(!usual.contains(&start[..4]), "{} takes {start}/{name:?}: {found}", provider.name);
            }
        }
    }
    assert!(in_paths >= 3, "{in_paths}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_the_name_is_a_path_keeps_what_stands_around_it(name in "(\\.|/|\\\\|%2[eEfF]|%25|%5[cC]|;|%00|\u{ff0e}|[a-z]|[ -~]){0,12}") {
        for (provider, api) in all() {
            holds(provider, api, &name);
        }
    }
}
