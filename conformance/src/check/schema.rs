//! What the client got, held against OpenAI's document, in two degrees.
//!
//! A member that must be there and may be null, and is not there, is another thing than a wrong one: by the document it is a
//! mistake, and strict readers stumble over it, but OpenAI's own clients take it as null. So is null for a member that need not be
//! there: those clients take it as absent.

use serde_json::Value;
use specs::{Operation, Violation};

use super::support::{Side, client, finding, fold, got, unless};
use super::{Finding, Judged, Verdict};
use crate::Surface;
use crate::case::{Case, Seen};
use crate::text::json;

/// Chunks of one stream that are told of: they are wrong in the same way.
const TOLD: usize = 5;

/// A whole reply is what the document describes.
pub(super) fn reply(case: &Case) -> Judged {
    unless(found_in_reply(case)?.wrong.iter().map(|found| told("", found)).collect())
}

/// A whole reply has the members that may be null.
pub(super) fn reply_nullables(case: &Case) -> Judged {
    unless(found_in_reply(case)?.absent.iter().map(|found| told("", found)).collect())
}

/// Every chunk is what the document describes.
pub(super) fn chunk(case: &Case) -> Judged {
    unless(found_in_chunks(case, |found| found.wrong)?)
}

/// Every chunk has the members that may be null.
pub(super) fn chunk_nullables(case: &Case) -> Judged {
    unless(found_in_chunks(case, |found| found.absent)?)
}

fn found_in_reply(case: &Case) -> Result<Found, Verdict> {
    let Seen::Whole(reply, _) = &case.seen else {
        client("body", format!("a reply of {}", case.surface()), got(case))?;
        return Err(Verdict::NotHere);
    };
    let operation = operation(case)?;
    let mut found = Found::new(reply, |reply| operation.reply(200, reply));
    found.wrong.retain(|violation| !is_told_elsewhere(case, violation));
    Ok(found)
}

/// That a chat or a completion has an id, a time and a model, and one of each in all its chunks, other requirements say.
fn is_told_elsewhere(case: &Case, found: &Violation) -> bool {
    const TOLD: [&str; 3] = ["id", "created", "model"];
    let is_missed =
        missing(found).is_some_and(|(object, member)| object.is_empty() && TOLD.contains(&member));
    let is_there = found.pointer.strip_prefix('/').is_some_and(|member| TOLD.contains(&member));
    matches!(case.surface(), Surface::Chat | Surface::Completions) && (is_missed || is_there)
}

/// One finding a chunk, and a handful of chunks, say enough.
fn found_in_chunks(case: &Case, which: fn(Found) -> Vec<Violation>) -> Result<Vec<Finding>, Verdict> {
    let operation = operation(case)?;
    let chunks = fold(case)?.chunks.iter();
    let first = chunks.filter_map(|(number, chunk)| {
        let name = name(case, chunk).to_owned();
        let mut found = Found::new(chunk, |chunk| operation.event(&name, chunk));
        found.wrong.retain(|violation| !is_told_elsewhere(case, violation));
        if let Some(misnamed) = misnamed(case, chunk).filter(|_| !found.wrong.is_empty()) {
            found.wrong = vec![misnamed];
        }
        Some(told(&format!("event {number} "), which(found).first()?))
    });
    Ok(first.take(TOLD).collect())
}

/// What calls itself another object than a chunk fits nothing that a stream may hold: that is all there is to say of it.
fn misnamed(case: &Case, chunk: &Value) -> Option<Violation> {
    let name = match case.surface() {
        Surface::Chat => "chat.completion.chunk",
        Surface::Completions => "text_completion",
        _ => return None,
    };
    chunk["object"].as_str().filter(|object| *object != name).map(|object| Violation {
        pointer: "/object".to_owned(),
        keyword: "const".to_owned(),
        expected: json(name),
        got: json(object),
        document: String::new(),
    })
}

/// What the document calls an event: those of chats have no names, all others say what they are.
pub(super) fn name<'a>(case: &Case, data: &'a Value) -> &'a str {
    match case.surface() {
        Surface::Chat | Surface::Completions => "",
        _ => data["type"].as_str().unwrap_or_default(),
    }
}

pub(super) fn operation(case: &Case) -> Result<Operation, Verdict> {
    case.surface().operation().ok_or_else(|| Verdict::Untestable("no document for the reply".to_owned()))
}

fn told(place: &str, found: &Violation) -> Finding {
    finding(Side::Client, &format!("{place}{}", found.pointer), &found.expected, &found.got)
}

/// What the document says against a value.
struct Found {
    /// What nobody may do.
    wrong: Vec<Violation>,
    /// Members that must be there, are not, and could be null; and those that are null, and could be absent.
    absent: Vec<Violation>,
}

impl Found {
    /// A missing member may be null if the document takes it so: that is tried.
    fn new(value: &Value, judge: impl Fn(&Value) -> Vec<Violation>) -> Self {
        let found = judge(value);
        let mut filled = value.clone();
        for (pointer, member) in found.iter().filter_map(missing) {
            if let Some(Value::Object(members)) = filled.pointer_mut(pointer) {
                members.insert(member.to_owned(), Value::Null);
            }
        }
        let left = if filled == *value { Vec::new() } else { judge(&filled) };
        let could_be_null = |(pointer, member): (&str, &str)| {
            let place = format!("{pointer}/{member}");
            let is_missed = |other: &Violation| missing(other) == Some((pointer, member));
            !left.iter().any(|other| other.pointer.starts_with(&place) || is_missed(other))
        };
        let could_be_absent = absent_for_null(value, &found, &judge);
        let (absent, wrong) = found.into_iter().partition(|violation| {
            missing(violation).is_some_and(could_be_null) || could_be_absent.contains(&violation.pointer)
        });
        Self { wrong, absent }
    }
}

/// Pointers to members that are null, must not be, and need not be there: that is tried.
fn absent_for_null(
    value: &Value,
    found: &[Violation],
    judge: impl Fn(&Value) -> Vec<Violation>,
) -> Vec<String> {
    let is_null =
        |found: &&Violation| found.got == "null" && value.pointer(&found.pointer) == Some(&Value::Null);
    let nulls: Vec<_> = found.iter().filter(is_null).map(|found| found.pointer.clone()).collect();
    let mut without = value.clone();
    for pointer in &nulls {
        if let Some((parent, member)) = pointer.rsplit_once('/')
            && let Some(Value::Object(members)) = without.pointer_mut(parent)
        {
            members.remove(member);
        }
    }
    let left = if nulls.is_empty() { Vec::new() } else { judge(&without) };
    let is_missed = |pointer: &String| {
        left.iter().filter_map(missing).any(|(parent, member)| *pointer == format!("{parent}/{member}"))
    };
    nulls.into_iter().filter(|pointer| !is_missed(pointer)).collect()
}

/// The object and the member that it lacks, where that is what a violation says.
fn missing(found: &Violation) -> Option<(&str, &str)> {
    let member = found.expected.strip_prefix("member `")?.strip_suffix('`')?;
    (found.keyword == "required").then_some((found.pointer.as_str(), member))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_that_may_be_null_is_absent_and_any_other_is_wrong() {
        let operation = Surface::Chat.operation().unwrap();
        let reply = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]});
        let found = Found::new(&reply, |reply| operation.reply(200, reply));
        let names: Vec<_> = found.absent.iter().filter_map(missing).map(|(_, member)| member).collect();
        assert_eq!((names, found.wrong), (vec!["logprobs", "refusal"], Vec::new()));

        let mut reply = reply;
        reply["choices"][0].as_object_mut().unwrap().remove("finish_reason");
        reply["choices"][0]["message"]["content"] = json!(5);
        reply["usage"] = Value::Null;
        let found = Found::new(&reply, |reply| operation.reply(200, reply));
        let places: Vec<_> = found.wrong.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!((places, found.absent.len()), (vec!["/choices/0", "/choices/0/message/content"], 3));
    }
}
