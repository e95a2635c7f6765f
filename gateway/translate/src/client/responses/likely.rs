//! How likely tokens were: in items with their bytes, in events without.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::json::{self, Array, Object, text_of};

/// Of a token, in OpenAI's form of a chat.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    logprob: &'a RawValue,
    bytes: Option<Vec<u8>>,
    top_logprobs: Option<Vec<Entry<'a>>>,
}

/// Adds the entries of a JSON array to the inside of another one, as items have them; and gives them as events have them.
pub(super) fn tell(json: &str, item: &mut Vec<u8>) -> Vec<u8> {
    let entries: Vec<Entry<'_>> = text_of(json).unwrap_or_default();
    for entry in &entries {
        if !item.is_empty() {
            item.push(b',');
        }
        entry.write(item, true, true);
    }
    let mut brief = Vec::new();
    let mut list = Array::new(&mut brief);
    entries.iter().for_each(|entry| entry.write(list.item(), false, true));
    drop(list);
    brief
}

impl Entry<'_> {
    fn write(&self, out: &mut Vec<u8>, has_bytes: bool, has_top: bool) {
        let mut entry = Object::new(out);
        entry.text("token", self.token);
        if has_bytes {
            let plain = self.token.plain();
            let bytes = self.bytes.as_deref().unwrap_or(plain.as_bytes());
            let mut list = entry.array("bytes");
            bytes.iter().for_each(|byte| json::number(list.item(), (*byte).into()));
        }
        entry.raw("logprob", self.logprob.get());
        if has_top {
            let mut list = entry.array("top_logprobs");
            self.top_logprobs.iter().flatten().for_each(|top| top.write(list.item(), has_bytes, false));
        }
    }
}
