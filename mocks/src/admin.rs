//! `/__mock/`: what the mocks themselves can be asked and told, in JSON.

use serde_json::{Value, json};

use crate::provider::{self, Whole};
use crate::request::{Request, parameter};
use crate::script::Script;
use crate::state::State;

/// `GET ready`, `GET journal[?marker=]`, `GET|POST|DELETE scripts[?marker=]`, `POST reset`.
pub(crate) fn answer(state: &State, path: &str, request: &Request) -> Whole {
    let marker = parameter(request.query.as_deref(), "marker");
    match (request.method.as_str(), path) {
        ("GET", "ready") => {
            let providers: Vec<&str> = provider::names().collect();
            reply(200, &json!({ "ready": true, "providers": providers, "seed": state.options.seed }))
        }
        ("GET", "journal") => match serde_json::to_value(state.journal.entries(marker.as_deref())) {
            Ok(entries) => reply(200, &entries),
            Err(problem) => reply(500, &json!({ "error": problem.to_string() })),
        },
        ("GET", "scripts") => reply(200, &json!(state.scripts.all())),
        ("POST", "scripts") => match read(request) {
            Ok(scripts) => {
                let count = scripts.len();
                scripts.into_iter().for_each(|script| state.scripts.add(script));
                reply(201, &json!({ "added": count }))
            }
            Err(problem) => reply(400, &json!({ "error": problem })),
        },
        ("DELETE", "scripts") => {
            match marker {
                Some(marker) => state.scripts.remove(&marker),
                None => state.scripts.clear(),
            }
            reply(200, &json!({ "scripts": state.scripts.all().len() }))
        }
        ("POST", "reset") => {
            state.reset();
            reply(200, &json!({ "reset": true }))
        }
        (_, "ready" | "journal" | "scripts" | "reset") => {
            reply(405, &json!({ "error": format!("/__mock/{path} does not know {}", request.method) }))
        }
        _ => reply(404, &json!({ "error": "known: /__mock/{ready,journal,scripts,reset}" })),
    }
}

/// One script or a list of them, as JSON, or as YAML where the content type says so.
fn read(request: &Request) -> Result<Vec<Script>, String> {
    let text = std::str::from_utf8(&request.body).map_err(|_| "the body is not UTF-8".to_owned())?;
    let is_yaml = request.header("content-type").is_some_and(|kind| kind.contains("yaml"));
    if is_yaml { Script::from_yaml(text) } else { Script::from_json(text) }
}

fn reply(status: u16, body: &Value) -> Whole {
    let headers = vec![("content-type".into(), "application/json".into())];
    Whole { status, headers, body: body.to_string().into() }
}
