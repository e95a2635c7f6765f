//! What the reader asks a file for, noted while it reads one that answers everything: so the schema cannot say anything else.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What is asked for, by path: `services[].routes[].plugins[].config.auth`, and `*` for any name.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) shapes: BTreeMap<String, Shape>,
}

/// What one value may be: any of these.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) kinds: BTreeSet<Kind>,
    /// What a string must be one of, if all that is known of it is names.
    pub(super) names: BTreeSet<&'static str>,
    /// The range of a number; without an end, none.
    pub(super) range: Option<(f64, Option<f64>)>,
    /// Above 0.
    pub(super) positive: bool,
    /// Of a record: how often it was read, its members, and in how many of these readings each must be there.
    pub(super) records: usize,
    pub(super) members: BTreeMap<&'static str, usize>,
    /// How often it was read, and how often it was refused as something that this gateway has not.
    pub(super) read: usize,
    pub(super) refused: usize,
    /// What it is, in a sentence.
    pub(super) about: Option<&'static str>,
    /// What it is where nobody says.
    pub(super) default: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Boolean,
    Integer,
    List,
    /// A map with any names.
    Map,
    /// A string that is one of some names.
    Name,
    Number,
    /// A map with these names.
    Record,
    String,
}

/// A reading of a file that answers everything.
#[derive(Debug, Default)]
pub(super) struct Survey {
    outline: RefCell<Outline>,
    /// Which of several names is answered, and whether yes or no.
    turn: usize,
    /// What plugins are called.
    plugin: &'static str,
}

impl Survey {
    pub(super) fn new(turn: usize, plugin: &'static str) -> Self {
        Self { outline: RefCell::default(), turn, plugin }
    }

    pub(super) fn into_outline(self) -> Outline {
        self.outline.into_inner()
    }

    pub(super) fn note(&self, path: &str, kind: Kind) {
        self.with(path, |shape| _ = shape.kinds.insert(kind));
    }

    pub(super) fn names(&self, path: &str, names: impl Iterator<Item = &'static str>) {
        self.with(path, |shape| {
            shape.kinds.insert(Kind::Name);
            shape.names.extend(names);
        });
    }

    pub(super) fn range(&self, path: &str, start: f64, end: Option<f64>) {
        self.with(path, |shape| shape.range = Some((start, end)));
    }

    pub(super) fn positive(&self, path: &str) {
        self.with(path, |shape| shape.positive = true);
    }

    pub(super) fn read(&self, path: &str) {
        self.with(path, |shape| shape.read += 1);
    }

    pub(super) fn refuse(&self, path: &str) {
        self.with(path, |shape| shape.refused += 1);
    }

    pub(super) fn about(&self, path: &str, sentence: &'static str) {
        self.with(path, |shape| shape.about = Some(sentence));
    }

    pub(super) fn default(&self, path: &str, value: Value) {
        self.with(path, |shape| shape.default = Some(value));
    }

    pub(super) fn record(&self, path: &str) {
        self.with(path, |shape| shape.records += 1);
    }

    pub(super) fn member(&self, path: &str, name: &'static str, required: bool) {
        self.with(path, |shape| *shape.members.entry(name).or_default() += usize::from(required));
    }

    /// The name of a value that is one of `count`.
    pub(super) fn pick(&self, count: usize) -> usize {
        self.turn % count.max(1)
    }

    pub(super) fn yes(&self) -> bool {
        self.turn.is_multiple_of(2)
    }

    /// What a string says.
    pub(super) fn text(&self, path: &str) -> String {
        if path.ends_with("plugins[].name") { self.plugin } else { "/" }.to_owned()
    }

    fn with(&self, path: &str, note: impl FnOnce(&mut Shape)) {
        note(self.outline.borrow_mut().shapes.entry(path.to_owned()).or_default());
    }
}

impl Outline {
    /// All that either knows.
    pub(super) fn add(&mut self, other: Self) {
        for (path, shape) in other.shapes {
            let known = self.shapes.entry(path).or_default();
            known.kinds.extend(shape.kinds);
            known.names.extend(shape.names);
            known.range = known.range.or(shape.range);
            known.positive |= shape.positive;
            known.about = known.about.or(shape.about);
            known.default = known.default.take().or(shape.default);
            for (name, required) in shape.members {
                *known.members.entry(name).or_default() += required;
            }
            known.records += shape.records;
            known.read += shape.read;
            known.refused += shape.refused;
        }
    }
}
