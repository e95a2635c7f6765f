//! A response that ends before its time: what was not said is taken back, what was begun is closed, and the end says why.

use serde_json::{Value, json};

use super::speaking::is_part;
use super::{Realtime, error, list};
use crate::live::Said;
use crate::script::Failure;

/// Where the deltas of what is said stand, and where all of it stands in the end.
const PIECES: &[(&str, &str)] = &[
    ("response.output_text.delta", "text"),
    ("response.output_audio_transcript.delta", "transcript"),
    ("response.function_call_arguments.delta", "arguments"),
];

impl Realtime {
    /// The response that is not over yet.
    pub(super) fn active(&self) -> Option<String> {
        self.end().and_then(|done| done["response"]["id"].as_str().map(str::to_owned))
    }

    fn end(&self) -> Option<&Value> {
        self.saying.iter().map(Said::message).find(|message| message["type"] == "response.done")
    }

    pub(super) fn cancel(&mut self, message: &Value) -> Result<(), Failure> {
        let active = self.active();
        let wanted = message["response_id"].as_str();
        if active.is_none() || wanted.is_some_and(|wanted| active.as_deref() != Some(wanted)) {
            let message = "Cancellation failed: no active response found".to_owned();
            return Err(error::invalid("response_cancel_not_active", message, None));
        }
        self.interrupt("client_cancelled");
        Ok(())
    }

    /// Ends the response under way, if there is one.
    pub(super) fn interrupt(&mut self, reason: &str) {
        let Some(mut done) = self.end().cloned() else { return };
        let items = list(&done["response"]["output"]).to_vec();
        let left = self.take_back(&items);
        if let Some(created) = left.iter().find(|message| message["type"] == "response.created") {
            // Nobody has heard of it yet.
            self.push(created.clone());
        }
        let is_begun = |item: &Value| {
            !left
                .iter()
                .any(|left| left["type"] == "response.output_item.added" && left["item"]["id"] == item["id"])
        };
        let (begun, unheard): (Vec<_>, Vec<_>) = items.into_iter().partition(is_begun);
        for item in &unheard {
            self.forget(item);
        }
        let mut output = begun;
        if let Some(last) = output.last_mut() {
            shorten(last, &left);
            for mut end in ends(last, &left) {
                fit(&mut end, last);
                self.push(end);
            }
            self.amend(last);
        }
        done["response"]["output"] = output.into();
        done["response"]["status"] = "cancelled".into();
        done["response"]["status_details"] = json!({ "type": "cancelled", "reason": reason });
        self.push(done);
    }

    /// What of the response was not said yet, without its end.
    fn take_back(&mut self, items: &[Value]) -> Vec<Value> {
        let belongs = |said: &Said| {
            let message = said.message();
            let kind = message["type"].as_str().unwrap_or_default();
            let is_item = items.iter().any(|item| item["id"] == message["item"]["id"]);
            is_part(kind) || kind == "rate_limits.updated" || is_item
        };
        let all: Vec<Said> = std::mem::take(&mut self.saying).into();
        let (left, others): (Vec<_>, Vec<_>) = all.into_iter().partition(belongs);
        self.saying = others.into();
        let left = left.iter().map(|said| said.message().clone());
        left.filter(|message| message["type"] != "response.done").collect()
    }

    fn push(&mut self, message: Value) {
        self.saying.push_back(Said::now(message));
    }

    /// The conversation has an item as far as it was said.
    fn amend(&mut self, item: &Value) {
        if let Some(kept) = self.conversation.get(item["id"].as_str().unwrap_or_default()) {
            kept.clone_from(item);
        }
    }

    fn forget(&mut self, item: &Value) {
        if let Some(at) = self.conversation.place(item["id"].as_str().unwrap_or_default()) {
            self.conversation.remove(at);
        }
    }
}

/// Cuts an item to what was said of it.
fn shorten(item: &mut Value, left: &[Value]) {
    let is_over = !left.iter().any(|left| left["item"]["id"] == item["id"]);
    if is_over {
        return;
    }
    let id = item["id"].clone();
    let of_item = |kind: &str, part: Option<usize>| -> Vec<&Value> {
        let is_meant = |left: &&Value| left["item_id"] == id && left["type"] == kind;
        let at = |left: &&Value| part.is_none_or(|part| left["content_index"] == part);
        left.iter().filter(is_meant).filter(at).collect()
    };
    item["status"] = "incomplete".into();
    let begun = list(&item["content"]).len() - of_item("response.content_part.added", None).len();
    if let Some(parts) = item["content"].as_array_mut() {
        parts.truncate(begun);
    }
    for (kind, member) in PIECES {
        let unsaid = |part: Option<usize>| -> String {
            of_item(kind, part).iter().filter_map(|left| left["delta"].as_str()).collect()
        };
        for at in 0..begun {
            cut(&mut item["content"][at], member, &unsaid(Some(at)));
        }
        if *member == "arguments" {
            cut(item, member, &unsaid(None));
        }
    }
}

fn cut(holder: &mut Value, member: &str, unsaid: &str) {
    let said = holder.get(member).and_then(Value::as_str).and_then(|text| text.strip_suffix(unsaid));
    if let Some(said) = said.map(str::to_owned) {
        holder[member] = said.into();
    }
}

/// The ends of an item and of its parts that are still to be told.
fn ends(item: &Value, left: &[Value]) -> Vec<Value> {
    let parts = list(&item["content"]).len();
    let is_end = |left: &&Value| {
        let kind = left["type"].as_str().unwrap_or_default();
        let at = left["content_index"].as_u64().and_then(|at| usize::try_from(at).ok());
        let of_item = left["item_id"] == item["id"] || left["item"]["id"] == item["id"];
        of_item && kind.ends_with(".done") && at.is_none_or(|at| at < parts)
    };
    left.iter().filter(is_end).cloned().collect()
}

/// An end tells of what was said, and of nothing else.
fn fit(end: &mut Value, item: &Value) {
    if end["item"].is_object() {
        end["item"] = item.clone();
    }
    let at = end["content_index"].as_u64().and_then(|at| usize::try_from(at).ok());
    let part = at.map_or(&Value::Null, |at| &item["content"][at]);
    for (_, member) in PIECES {
        let said = part.get(*member).or_else(|| item.get(*member)).cloned();
        let Some(said) = said else { continue };
        if end.get(*member).is_some() {
            end[*member] = said.clone();
        }
        if end["part"].get(*member).is_some() {
            end["part"][*member] = said;
        }
    }
}
