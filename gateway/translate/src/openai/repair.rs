//! Chunks that say what content filters found, made into chunks that OpenAI's clients know.
//!
//! Azure begins a stream with a chunk that has no choice and no name, only `prompt_filter_results`; and where filters work
//! beside the model, it sends choices without a `delta`. Both break clients. So the first one's results are told by the
//! chunk that follows, and the others get the names of their stream and an empty `delta`; nothing of them is lost.
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
    /// `prompt_filter_results` that no chunk told yet.
    held: Option<String>,
}

const NAMES: [&str; 4] = ["id", "object", "created", "model"];
const RESULTS: &str = "prompt_filter_results";

impl Repair {
    /// The event to send instead of this chunk; nothing where the chunk may go as it is.
    pub(super) fn chunk(&mut self, data: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let chunk: Members<'_> = json::read(data).map_err(Error::malformed("stream"))?;
        let choices = chunk.find("choices").unwrap_or("[]");
        let is_named = chunk.find("id").and_then(Text::token).is_some_and(|id| !id.is_empty());
        if is_named {
            self.learn(&chunk);
        }
        let choices: Vec<&RawValue> = serde_json::from_str(choices).map_err(Error::malformed("stream"))?;
        if choices.is_empty() && chunk.find("usage").is_none() {
            self.held = chunk.find(RESULTS).map(str::to_owned).or(self.held.take());
            return Ok(Some(Vec::new()));
        }
        let has_delta = |choice: &&RawValue| {
            json::read::<Members<'_>>(choice.get().as_bytes())
                .is_ok_and(|choice| choice.find("delta").is_some() || choice.find("text").is_some())
        };
        if is_named && self.held.is_none() && choices.iter().all(has_delta) {
            return Ok(None);
        }
        let mut out = b"data: ".to_vec();
        self.rewrite(&chunk, &choices, has_delta, &mut out);
        // An event's data is one line; in JSON a line end stands only where a space may.
        out.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
        out.extend_from_slice(b"\n\n");
        Ok(Some(out))
    }

    fn learn(&mut self, chunk: &Members<'_>) {
        if self.names.is_empty() {
            let known = NAMES.iter().filter_map(|name| Some((*name, chunk.find(name)?.to_owned())));
            self.names = known.collect();
        }
    }

    fn rewrite(
        &mut self,
        chunk: &Members<'_>,
        choices: &[&RawValue],
        has_delta: impl Fn(&&RawValue) -> bool,
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
        if let Some(held) = self.held.take() {
            object.raw(RESULTS, &held);
        }
        let mut array = object.array("choices");
        for choice in choices {
            let json = choice.get();
            match json.strip_prefix('{').filter(|_| !has_delta(choice)) {
                None => array.item().extend_from_slice(json.as_bytes()),
                Some(rest) => {
                    let item = array.item();
                    item.extend_from_slice(b"{\"delta\":{}");
                    item.extend_from_slice(if rest.trim_start() == "}" { b"" } else { b"," });
                    item.extend_from_slice(rest.as_bytes());
                }
            }
        }
    }
}
