//! Tool calls and their results: `x-calls`, an extension of our own beside the `schema` of a request.
//!
//! ```yaml
//! x-calls:
//!   messages: /messages                                             # where the messages are
//!   content: /content                                               # where in a message its blocks are
//!   call: { at: /id, where: { /type: tool_use } }                   # which blocks are calls, and where their id is
//!   result: { at: /tool_use_id, where: { /type: tool_result } }     # and which are results
//! ```
//!
//! Services refuse a conversation whose calls are not all answered by the very next message, or whose results answer no
//! call of the message before: what a schema cannot say. Calls of the last message are still open. In `where`, each
//! pointer has the value beside it, or nothing where that is null.

use serde_json::Value;

use crate::document::members;
use crate::violation::{Violation, names, show};

#[derive(Debug)]
pub(crate) struct Calls {
    pointer: String,
    messages: String,
    content: String,
    call: Mark,
    result: Mark,
}

/// What tells a kind of block.
#[derive(Debug)]
struct Mark {
    at: String,
    tags: Vec<(String, Value)>,
}

impl Calls {
    /// Reads `x-calls`, which is at `pointer` of the document.
    pub(crate) fn new(calls: &Value, pointer: String) -> Self {
        Self {
            pointer,
            messages: string(&calls["messages"]),
            content: string(&calls["content"]),
            call: Mark::new(&calls["call"]),
            result: Mark::new(&calls["result"]),
        }
    }

    /// Calls without results, and results without calls.
    pub(crate) fn violations(&self, body: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut open = Vec::new();
        let messages = body.pointer(&self.messages).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (n, message) in messages.iter().enumerate() {
            let blocks = message.pointer(&self.content).and_then(Value::as_array);
            let blocks = blocks.map_or(&[][..], Vec::as_slice);
            let results: Vec<_> = self.result.ids(blocks).collect();
            let content = format!("{}/{n}{}", self.messages, self.content);
            self.unanswered(&content, &open, &results, &mut found);
            self.uncalled(&content, &open, &results, &mut found);
            open = self.call.ids(blocks).map(|(_, id)| id).collect();
        }
        found
    }

    fn unanswered(
        &self,
        content: &str,
        open: &[&str],
        results: &[(usize, &str)],
        found: &mut Vec<Violation>,
    ) {
        let answered = |call: &&str| results.iter().any(|(_, result)| result == call);
        if open.iter().all(answered) {
            return;
        }
        let expected = format!("results of all calls of the message before: {}", names(open.iter().copied()));
        let got = match results {
            [] => "none".to_owned(),
            results => names(results.iter().map(|(_, id)| *id)),
        };
        found.push(self.violation(content.to_owned(), expected, got));
    }

    fn uncalled(&self, content: &str, open: &[&str], results: &[(usize, &str)], found: &mut Vec<Violation>) {
        for (block, id) in results.iter().filter(|(_, id)| !open.contains(id)) {
            let expected = match open {
                [] => "no result where the message before has no call".to_owned(),
                open => format!("a call of the message before, which has {}", names(open.iter().copied())),
            };
            let pointer = format!("{content}/{block}{}", self.result.at);
            found.push(self.violation(pointer, expected, show(&Value::from(*id))));
        }
    }

    fn violation(&self, pointer: String, expected: String, got: String) -> Violation {
        Violation { pointer, keyword: "x-calls".to_owned(), expected, got, document: self.pointer.clone() }
    }
}

impl Mark {
    fn new(mark: &Value) -> Self {
        let tags = members(&mark["where"]).map(|(pointer, value)| (pointer.clone(), value.clone()));
        Self { at: string(&mark["at"]), tags: tags.collect() }
    }

    /// The ids of the blocks of this kind, each with the block's place.
    fn ids<'a>(&'a self, blocks: &'a [Value]) -> impl Iterator<Item = (usize, &'a str)> {
        blocks.iter().enumerate().filter_map(|(n, block)| Some((n, self.id(block)?)))
    }

    fn id<'a>(&self, block: &'a Value) -> Option<&'a str> {
        let fits =
            |(pointer, value): &(String, Value)| block.pointer(pointer).unwrap_or(&Value::Null) == value;
        self.tags.iter().all(fits).then(|| block.pointer(&self.at)?.as_str()).flatten()
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
