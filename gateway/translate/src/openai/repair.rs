//! Chunks that say what content filters found, made into chunks that OpenAI's clients know.
//!
//! Azure begins a stream with a chunk that has no choice and no name, only `prompt_filter_results`; and where filters work
//! beside the model, it sends choices without a `delta`, some of them after the finish. All that breaks clients. So the first
//! one's results are told by the chunk that follows, and the others get the names of their stream and an empty piece, and
//! come before the finish; nothing of them is lost.
//!
//! <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming>

use serde_json::value::RawValue;

use super::members::Members;
use crate::json::{self, Object};
use crate::{Error, Text};

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub(super) struct Repair {
    /// `id`, `object`, `created`, `model`, each as JSON.
    names: Vec<(&'static str, String)>,
    /// Whether each chunk has `usage`, be it null: the client asked for it.
    counts: bool,
    /// What was found in the prompt, by its member's name, that no chunk told yet.
    held: Option<(&'static str, String)>,
}

/// What to do with a chunk.
pub(super) enum Repaired {
    /// It may go as it is.
    Whole,
    /// This event goes instead; none, if it is empty.
    Instead(Vec<u8>),
    /// This event goes instead, and ahead of a finish that is held: it only tells of pieces before.
    Ahead(Vec<u8>),
}

const NAMES: [&str; 4] = ["id", "object", "created", "model"];
/// The older name is that of versions before 2023-06-01-preview.
const RESULTS: [&str; 2] = ["prompt_filter_results", "prompt_annotations"];

impl Repair {
    /// What becomes of this chunk.
    pub(super) fn chunk(&mut self, data: &[u8]) -> Result<Repaired, Error> {
        let chunk: Members<'_> = json::read(data).map_err(Error::malformed("stream"))?;
        let choices = chunk.find("choices").unwrap_or("[]");
        let is_named = chunk.find("id").and_then(Text::token).is_some_and(|id| !id.is_empty());
        if is_named {
            self.learn(&chunk);
        }
        let choices: Vec<&RawValue> = serde_json::from_str(choices).map_err(Error::malformed("stream"))?;
        let found = |name: &&'static str| Some((*name, chunk.find(name)?.to_owned()));
        let found = RESULTS.iter().find_map(found);
        if choices.is_empty() && chunk.find("usage").is_none() && (found.is_some() || !is_named) {
            self.held = found.or(self.held.take());
            return Ok(Repaired::Instead(Vec::new()));
        }
        let has_piece = |choice: &&RawValue| has(choice, "delta") || has(choice, "text");
        if is_named && self.held.is_none() && choices.iter().all(has_piece) {
            return Ok(Repaired::Whole);
        }
        let tells = |choice: &&RawValue| has_piece(choice) || has(choice, "finish_reason");
        let is_late = !choices.is_empty() && !choices.iter().any(tells);
        let mut out = b"data: ".to_vec();
        self.rewrite(&chunk, &choices, has_piece, &mut out);
        // An event's data is one line; in JSON a line end stands only where a space may.
        out.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
        out.extend_from_slice(b"\n\n");
        Ok(if is_late { Repaired::Ahead(out) } else { Repaired::Instead(out) })
    }

    fn learn(&mut self, chunk: &Members<'_>) {
        if self.names.is_empty() {
            let known = NAMES.iter().filter_map(|name| Some((*name, chunk.find(name)?.to_owned())));
            self.names = known.collect();
            self.counts = has_member(chunk, "usage");
        }
    }

    fn rewrite(
        &mut self,
        chunk: &Members<'_>,
        choices: &[&RawValue],
        has_piece: impl Fn(&&RawValue) -> bool,
        out: &mut Vec<u8>,
    ) {
        let mut object = Object::new(out);
        for (name, json) in &self.names {
            object.raw(name, json);
        }
        for (name, value) in &chunk.0 {
            let is_known = self.names.iter().any(|(known, _)| known == name);
            if !is_known && name != "choices" {
                object.foreign(name).extend_from_slice(value.get().as_bytes());
            }
        }
        if self.counts && !has_member(chunk, "usage") {
            object.raw("usage", "null");
        }
        if let Some((name, held)) = self.held.take() {
            object.raw(name, &held);
        }
        let is_completion = self.names.contains(&("object", r#""text_completion""#.to_owned()));
        let mut array = object.array("choices");
        for choice in choices {
            match json::read::<Members<'_>>(choice.get().as_bytes()) {
                Ok(members) if !has_piece(choice) => {
                    late(is_completion, &members, &mut Object::new(array.item()));
                }
                _ => array.item().extend_from_slice(choice.get().as_bytes()),
            }
        }
    }
}

/// A choice without a piece, with an empty one.
fn late(is_completion: bool, members: &Members<'_>, choice: &mut Object<'_>) {
    let empty: &[_] =
        if is_completion { &[("text", r#""""#), ("logprobs", "null")] } else { &[("delta", "{}")] };
    for (name, json) in empty {
        choice.raw(name, json);
    }
    for (name, value) in members.0.iter().filter(|(name, _)| empty.iter().all(|(empty, _)| name != empty)) {
        choice.foreign(name).extend_from_slice(value.get().as_bytes());
    }
}

/// Whether a choice has a member that is not null.
fn has(choice: &RawValue, name: &str) -> bool {
    let members = json::read::<Members<'_>>(choice.get().as_bytes());
    members.is_ok_and(|members| members.find(name).is_some())
}

/// Whether a chunk has a member, be it null.
fn has_member(chunk: &Members<'_>, name: &str) -> bool {
    chunk.0.iter().any(|(known, _)| known == name)
}
