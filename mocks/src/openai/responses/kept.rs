//! What the service keeps of a response, and what is asked of it later.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::response::{self, Response};
use crate::answer::Answer;
use crate::openai::refuse::error;
use crate::openai::resource::limit;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The kinds of objects on the shelf: responses, and under the id of each item the id of its response.
const RESPONSE: &str = "response";
const ITEM: &str = "item";
/// Turns that a conversation is followed back.
const TURNS: usize = 1_000;

/// A response with what went into it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// As it ends.
    response: Response,
    /// Its own items, the oldest first.
    input: Vec<Value>,
    /// The status that was shown last, while it works in the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    working: Option<String>,
    /// Names and data, where it can be followed again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<(String, String)>,
}

impl Kept {
    pub(super) fn new(response: Response, input: Vec<Value>) -> Self {
        let working = response.background.then(|| response::QUEUED.to_owned());
        Self { response, input, working, events: Vec::new() }
    }

    /// The same, whose events were sent already.
    pub(super) fn with(self, events: Vec<(String, String)>) -> Self {
        Self { working: None, events, ..self }
    }

    /// As it is seen now.
    fn shown(&self) -> Response {
        self.working.as_ref().map_or_else(|| self.response.clone(), |status| self.response.at(status))
    }

    /// Each look finds it further.
    fn look(&mut self) -> Response {
        self.working = match self.working.as_deref() {
            Some(response::QUEUED) => Some(response::IN_PROGRESS.to_owned()),
            _ => None,
        };
        self.shown()
    }
}

/// The id of a new response: the script's, or drawn.
pub(super) fn id(call: &Call<'_>, answer: &Answer<'_>) -> String {
    answer.id.map_or_else(|| format!("resp_{}", call.draw.hex("id", 48)), str::to_owned)
}

/// Keeps a response, unless the client wants none of it kept.
pub(super) fn keep(call: &Call<'_>, kept: &Kept) {
    let id = &kept.response.id;
    if !kept.response.store {
        return;
    }
    for item in kept.input.iter().chain(&kept.response.output) {
        if let Some(item) = item["id"].as_str() {
            call.shelf.put(ITEM, item, id);
        }
    }
    call.shelf.put(RESPONSE, id, kept);
}

/// The same response has ended otherwise.
pub(super) fn replace(call: &Call<'_>, response: &Response) {
    let with = |kept: &mut Kept| kept.response = response.clone();
    call.shelf.change(RESPONSE, &response.id, with).unwrap_or_default();
}

/// An item by its id.
pub(super) fn item(call: &Call<'_>, id: &str) -> Option<Value> {
    let response: String = call.shelf.get(ITEM, id)?;
    let kept: Kept = call.shelf.get(RESPONSE, &response)?;
    kept.input.into_iter().chain(kept.response.output).find(|item| item["id"] == id)
}

/// All items up to the end of a response, the oldest first. A turn that was deleted since takes those before it along.
pub(super) fn chain(call: &Call<'_>, id: &str) -> Option<Vec<Value>> {
    let (mut turns, mut next) = (Vec::new(), Some(id.to_owned()));
    while let Some(kept) = next.take().and_then(|id| call.shelf.get::<Kept>(RESPONSE, &id)) {
        next.clone_from(&kept.response.previous_response_id);
        let output = kept.shown().output;
        turns.push(kept.input.into_iter().chain(output));
        if turns.len() == TURNS {
            break;
        }
    }
    (!turns.is_empty()).then(|| turns.into_iter().rev().flatten().collect())
}

pub(super) fn retrieve(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    let look = |kept: &mut Kept| kept.look();
    let response = call.shelf.change(RESPONSE, &asked(call), look).ok_or_else(|| absent(call))?;
    Ok(serde_json::to_vec(&response).expect("strings and numbers"))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    let id = asked(call);
    if !call.shelf.remove(RESPONSE, &id) {
        return Err(absent(call));
    }
    Ok(json!({ "id": id, "object": "response", "deleted": true }).to_string().into())
}

/// Stops it where it still works; where it is over, nothing changes.
pub(super) fn cancel(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    let stop = |kept: &mut Kept| {
        if !kept.response.background {
            return Err(error("Cannot cancel a synchronous response.".to_owned(), None, ""));
        }
        if kept.working.take().is_some() {
            kept.response = kept.response.at(response::CANCELLED);
        }
        Ok(kept.shown())
    };
    let response = call.shelf.change(RESPONSE, &asked(call), stop).ok_or_else(|| absent(call))??;
    Ok(serde_json::to_vec(&response).expect("strings and numbers"))
}

/// What was sent of a response that works in the background.
pub(super) fn followed(call: &Call<'_>) -> Result<Vec<(String, String)>, Failure> {
    let kept: Kept = call.shelf.get(RESPONSE, &asked(call)).ok_or_else(|| absent(call))?;
    if kept.events.is_empty() {
        let message = "This response cannot be streamed, because it was not created with background=true and stream=true.";
        return Err(error(message.to_owned(), Some("stream"), ""));
    }
    Ok(kept.events)
}

/// A [page of items](https://platform.openai.com/docs/api-reference/responses/input-items), the newest first unless asked otherwise.
pub(super) fn page(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    let kept: Kept = call.shelf.get(RESPONSE, &asked(call)).ok_or_else(|| absent(call))?;
    let mut items = kept.input;
    match call.request.parameter("order").unwrap_or("desc") {
        "asc" => {}
        "desc" => items.reverse(),
        other => {
            let message = format!("Invalid value: '{other}'. Supported values are: 'asc' and 'desc'.");
            return Err(error(message, Some("order"), "invalid_value"));
        }
    }
    let limit = limit(call, 20, 100)?;
    if let Some(after) = call.request.parameter("after") {
        let at = items.iter().position(|item| item["id"] == after);
        let at =
            at.ok_or_else(|| Failure::new(Kind::NotFound, format!("Item with id '{after}' not found.")))?;
        items.drain(..=at);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let end = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let (first, last) = (end(items.first()), end(items.last()));
    let page =
        json!({ "object": "list", "data": items, "first_id": first, "last_id": last, "has_more": has_more });
    Ok(page.to_string().into())
}

/// The id in the path.
fn asked(call: &Call<'_>) -> String {
    call.found.and_then(|found| found.parameter("response_id")).unwrap_or_default()
}

fn absent(call: &Call<'_>) -> Failure {
    Failure::new(Kind::NotFound, format!("Response with id '{}' not found.", asked(call)))
}
