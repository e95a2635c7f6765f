//! `x-sequence` as it was read from a document.

use serde_json::Value;

use super::rule::Rule;
use crate::schema::Schema;

/// What may come when, for a stream or for one lane of it.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) pointer: String,
    pub(crate) order: Rule,
    kinds: Vec<Kind>,
    anywhere: Vec<String>,
    ends: Vec<End>,
    pub(crate) same: Vec<String>,
    pub(crate) numbered: Option<Numbered>,
    pub(crate) counted: Option<Counted>,
    pub(crate) lanes: Vec<Lanes>,
}

#[derive(Debug)]
struct Kind {
    name: String,
    event: Option<String>,
    when: Option<Schema>,
}

/// A kind that ends a stream before its time.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) kind: String,
    /// What may still follow it, once.
    pub(crate) then: Option<String>,
}

/// Numbers that open, run and close.
#[derive(Debug)]
pub(crate) struct Numbered {
    /// Where the number is, as a JSON pointer into the data.
    pub(crate) at: String,
    /// The kind that closes a number.
    pub(crate) until: String,
    pub(crate) from: i64,
}

/// Numbers that count all events.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Where the number is, as a JSON pointer into the data.
    pub(crate) at: String,
    /// The first; any where there is none.
    pub(crate) from: Option<i64>,
}

/// Sequences within the events.
#[derive(Debug)]
pub(crate) struct Lanes {
    /// Where the array is whose elements are the lanes' events; none: the events themselves are.
    pub(crate) each: Option<String>,
    /// Where in an element the number of its lane is.
    pub(crate) key: String,
    pub(crate) from: Option<i64>,
    pub(crate) grammar: Grammar,
}

/// What an event's kind means to the grammar.
pub(crate) enum Role<'a> {
    Ordered(&'a str),
    Anywhere,
    Ends(&'a End),
    Unknown,
}

impl Grammar {
    /// Reads `x-sequence`, which is at `pointer`.
    ///
    /// # Panics
    /// If `order` is no rule: documents are embedded, and a test reads each.
    pub(crate) fn new(sequence: &Value, pointer: &str) -> Self {
        let order = Rule::parse(sequence["order"].as_str().unwrap_or_default());
        let entries = |member: &str| sequence[member].as_array().into_iter().flatten().enumerate();
        Self {
            order: order.unwrap_or_else(|reason| panic!("{pointer}/order: {reason}")),
            kinds: entries("kinds")
                .map(|(n, kind)| Kind::new(kind, &format!("{pointer}/kinds/{n}")))
                .collect(),
            anywhere: strings(&sequence["anywhere"]),
            ends: entries("ends").map(|(_, end)| End::new(end)).collect(),
            same: strings(&sequence["same"]),
            numbered: sequence.get("numbered").map(Numbered::new),
            counted: sequence
                .get("counted")
                .map(|counted| Counted { at: string(&counted["at"]), from: counted["from"].as_i64() }),
            lanes: entries("lanes")
                .map(|(n, lanes)| Lanes::new(lanes, &format!("{pointer}/lanes/{n}")))
                .collect(),
            pointer: pointer.to_owned(),
        }
    }

    /// What an event is, by its name and data. `root` is the document.
    pub(crate) fn role<'a>(&'a self, root: &Value, name: &'a str, data: &Value) -> Role<'a> {
        let listed = self.kinds.iter().find(|kind| kind.fits(root, name, data));
        let kind = listed.map_or(name, |kind| kind.name.as_str());
        if self.order.kinds().any(|known| known == kind) {
            Role::Ordered(kind)
        } else if self.anywhere.iter().any(|known| known == kind) {
            Role::Anywhere
        } else {
            self.ends.iter().find(|end| end.kind == kind).map_or(Role::Unknown, Role::Ends)
        }
    }

    pub(crate) fn ends(&self) -> impl Iterator<Item = &str> {
        self.ends.iter().map(|end| end.kind.as_str())
    }
}

impl Kind {
    fn new(kind: &Value, pointer: &str) -> Self {
        Self {
            name: string(&kind["kind"]),
            event: kind["event"].as_str().map(str::to_owned),
            when: kind.get("when").map(|_| Schema::new(format!("{pointer}/when"))),
        }
    }

    fn fits(&self, root: &Value, name: &str, data: &Value) -> bool {
        self.event.as_deref().is_none_or(|event| event == name)
            && self.when.as_ref().is_none_or(|when| when.is_valid(root, data))
    }
}

impl End {
    fn new(end: &Value) -> Self {
        let named = end.as_str().map_or_else(|| string(&end["kind"]), str::to_owned);
        Self { kind: named, then: end["then"].as_str().map(str::to_owned) }
    }
}

impl Numbered {
    fn new(numbered: &Value) -> Self {
        Self {
            at: string(&numbered["at"]),
            until: string(&numbered["until"]),
            from: numbered["from"].as_i64().unwrap_or(0),
        }
    }
}

impl Lanes {
    fn new(lanes: &Value, pointer: &str) -> Self {
        Self {
            each: lanes["each"].as_str().map(str::to_owned),
            key: string(&lanes["key"]),
            from: lanes["from"].as_i64(),
            grammar: Grammar::new(lanes, pointer),
        }
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(string).collect()
}
