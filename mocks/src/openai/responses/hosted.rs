//! Tools that the service runs itself: searches of the web and of files, and what the answer cites from them. Other tools of
//! the service's own are taken, and not used.

use serde_json::{Value, json};

use super::output::{self, Item};
use super::{includes, list, response};
use crate::answer::Choice;
use crate::provider::Call;
use crate::script::Block;

/// What was looked up before an answer, and what the answer cites of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) item: Item,
    pub(super) citation: Option<Value>,
}

/// One search for each kind that the request offers, where it leaves the choice or wants it. Who calls tools of the client's
/// does not search.
pub(super) fn look_up(call: &Call<'_>, choice: &Choice<'_>) -> Vec<Found> {
    let body = call.body;
    let wanted = &body["tool_choice"];
    let calls = choice.blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let free = wanted.is_null() || wanted == "auto" || wanted == "required";
    let offered = |prefix: &str| {
        let of = |kind: &Value| kind.as_str().is_some_and(|kind| kind.starts_with(prefix));
        list(&body["tools"]).iter().any(|tool| of(&tool["type"])) && (free || of(&wanted["type"]))
    };
    let kinds = [("web_search", web as fn(&Call<'_>) -> Found), ("file_search", files)];
    kinds.into_iter().filter(|(prefix, _)| !calls && offered(prefix)).map(|(_, look)| look(call)).collect()
}

fn web(call: &Call<'_>) -> Found {
    let url = "https://example.com/";
    let mut action = json!({ "type": "search", "query": question(call) });
    if includes(call.body, "web_search_call.action.sources") {
        action["sources"] = json!([{ "type": "url", "url": url }]);
    }
    let added = json!({ "id": output::id(call, "ws", 1_000), "type": "web_search_call", "status": response::IN_PROGRESS });
    let done = json!({ "id": added["id"], "type": "web_search_call", "status": response::COMPLETED, "action": action });
    let events = ["in_progress", "searching", "completed"];
    let events = events.map(|step| (step_of_web(step), json!({}))).to_vec();
    let citation = json!({ "type": "url_citation", "url": url, "title": "Example Domain" });
    Found { item: Item { added, done, events }, citation: Some(citation) }
}

fn step_of_web(step: &str) -> &'static str {
    match step {
        "in_progress" => "response.web_search_call.in_progress",
        "searching" => "response.web_search_call.searching",
        _ => "response.web_search_call.completed",
    }
}

fn files(call: &Call<'_>) -> Found {
    let file = format!("file-{}", call.draw.text("file", 22));
    let shows = includes(call.body, "file_search_call.results");
    let found = json!([{ "file_id": file, "filename": "notes.txt", "score": 0.5, "text": "Notes.", "attributes": {} }]);
    let added = json!({
        "id": output::id(call, "fs", 1_001),
        "type": "file_search_call",
        "status": response::IN_PROGRESS,
        "queries": [],
        "results": null,
    });
    let mut done = added.clone();
    done["status"] = response::COMPLETED.into();
    done["queries"] = json!([question(call)]);
    done["results"] = if shows { found } else { Value::Null };
    let events = [
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
    ];
    let events = events.map(|step| (step, json!({}))).to_vec();
    let citation = json!({ "type": "file_citation", "file_id": file, "filename": "notes.txt" });
    Found { item: Item { added, done, events }, citation: Some(citation) }
}

/// What is looked for: the beginning of the last text that was said.
fn question(call: &Call<'_>) -> String {
    let asked = super::ask(call);
    let crate::answer::Last::Said(text) = asked.last else { return String::new() };
    text.chars().take(100).collect()
}

/// A citation with its place in a text: all of it, or its end.
pub(super) fn spanned(citation: &Value, text: &str) -> Value {
    let mut citation = citation.clone();
    let length = text.chars().count();
    if citation["type"] == "url_citation" {
        citation["start_index"] = 0.into();
        citation["end_index"] = length.into();
    } else {
        citation["index"] = length.saturating_sub(1).into();
    }
    citation
}
