//! The order of a stream's events: `x-sequence`, a small grammar of our own beside `x-events` in an OpenAPI document.
//!
//! ```yaml
//! x-sequence:
//!   kinds:                                    # optional; names not listed are their own kind
//!     - { kind: usage, event: "", when: { properties: { choices: { maxItems: 0 } } } }
//!     - { kind: chunk, event: "" }
//!   order: message_start (content_block_start content_block_delta* content_block_stop)* message_delta+ message_stop
//!   anywhere: [ping]
//!   ends: [error]
//!   same: [/id, /created]
//!   numbered: { at: /index, until: content_block_stop, from: 0 }
//!   counted: { at: /sequence_number, from: 0 }
//!   lanes:
//!     - { each: /choices, key: /index, kinds: [], order: opening delta* closing, from: 0 }
//!     - { key: /output_index, order: added delta* done }
//! ```
//!
//! - `order` is a regular expression whose letters are *kinds* of events: names, a blank for "then", `|`, `*`, `+`, `?`
//!   and parentheses.
//! - `kinds` tells events of one name apart by their data: the first entry wins whose `event` is the event's name
//!   (none: any name) and whose `when`, a JSON Schema, accepts its data. A name without an entry is its own kind.
//! - `anywhere`: kinds that may come at any point but after the last event, and change nothing.
//! - `ends`: kinds that may come at any point; nothing may follow, and nothing more is asked for. After one that is written
//!   `{ kind: error, then: failed }`, that other end may follow.
//! - `same`: JSON pointers into the data; each has one value in all events that have it.
//! - `numbered`: the first event that has the member `at` opens number `from` (0 if absent), then `from` + 1 and so on;
//!   all further events that have it carry the open number, until one of kind `until` closes it. No kind has to open.
//! - `counted`: the member `at` of every event, whatever its kind, is one more than that of the event before. The first
//!   is `from`; without `from`, any number.
//! - `lanes`: sequences within the events, free to interleave. The elements of the array `each` are the events of the
//!   lane that their member `key` names, a number or a text; without `each`, whole events that have the member are. A lane has a grammar like
//!   the whole. With `from`, lanes open in steps of one from there; without, in any order.
//!
//! An event out of order is reported once, and the checker goes on from where that event belongs.

mod grammar;
mod rule;
mod track;

use serde_json::Value;

use crate::violation::Violation;
pub(crate) use grammar::Grammar;
use track::Track;

/// Checks the order of one stream's events, as they come.
#[derive(Clone, Debug)]
pub struct Sequence {
    root: &'static Value,
    track: Track,
}

impl Sequence {
    pub(crate) fn new(root: &'static Value, grammar: &'static Grammar) -> Self {
        Self { root, track: Track::new(grammar) }
    }

    /// The next event. Its name and data are as for [`Operation::event`](crate::Operation::event).
    pub fn event(&mut self, name: &str, data: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        self.track.event(self.root, name, data, "", &mut found);
        found
    }

    /// The stream ends here.
    pub fn end(&mut self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.track.end("", &mut found);
        found
    }

    /// The kinds of events that may come next, by `order` and `ends`; not those that may come anywhere.
    pub fn expected(&self) -> Vec<&'static str> {
        self.track.expected()
    }

    /// Whether the stream may end here.
    pub fn complete(&self) -> bool {
        let mut found = Vec::new();
        self.track.end("", &mut found);
        found.is_empty()
    }
}
