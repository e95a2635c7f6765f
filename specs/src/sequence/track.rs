//! Where one sequence of events stands: the stream's own, or a lane's.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::grammar::{Counted, Grammar, Lanes, Numbered, Role};
use super::rule::Place;
use crate::violation::{Violation, names, show};

#[derive(Clone, Debug)]
pub(crate) struct Track {
    grammar: &'static Grammar,
    place: Place,
    /// How many events have come.
    count: usize,
    ended: bool,
    /// After an end, what may still follow.
    then: Option<String>,
    /// The first value of each member that stays the same.
    same: Vec<Option<Value>>,
    open: Option<i64>,
    next: i64,
    /// The number that the next event counts.
    counts: Option<i64>,
    lanes: Vec<BTreeMap<Key, Track>>,
}

/// What tells lanes apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Name(String),
}

impl Key {
    fn of(value: &Value) -> Option<Self> {
        let name = || value.as_str().map(|name| Self::Name(name.to_owned()));
        value.as_i64().map(Self::Number).or_else(name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Track {
    pub(crate) fn new(grammar: &'static Grammar) -> Self {
        Self {
            grammar,
            place: Place::default(),
            count: 0,
            ended: false,
            then: None,
            same: vec![None; grammar.same.len()],
            open: None,
            next: grammar.numbered.as_ref().map_or(0, |numbered| numbered.from),
            counts: grammar.counted.as_ref().and_then(|counted| counted.from),
            lanes: vec![BTreeMap::new(); grammar.lanes.len()],
        }
    }

    /// The next event; `here` is where its data is in the whole event's.
    pub(crate) fn event(
        &mut self,
        root: &Value,
        name: &str,
        data: &Value,
        here: &str,
        found: &mut Vec<Violation>,
    ) {
        self.count += 1;
        self.number_all(data, here, found);
        let role = self.grammar.role(root, name, data);
        if self.ended {
            let follows = matches!(role, Role::Ends(end) if self.then.take().as_ref() == Some(&end.kind));
            if follows {
                return;
            }
            found.push(self.misplaced("the end of the stream".to_owned(), name, here, "ends"));
            return;
        }
        match role {
            Role::Unknown => found.push(self.misplaced(self.wanted(), name, here, "order")),
            Role::Anywhere | Role::Ends(_) if self.over() => {
                found.push(self.misplaced(self.wanted(), name, here, "order"));
            }
            Role::Anywhere => {}
            Role::Ends(end) => {
                self.ended = true;
                self.then.clone_from(&end.then);
            }
            Role::Ordered(kind) => {
                let wanted = self.wanted();
                let fits = self.grammar.order.step(&mut self.place, kind);
                if !fits {
                    found.push(self.misplaced(wanted, kind, here, "order"));
                }
                self.stay_same(data, here, found);
                self.number(kind, data, here, fits, found);
                self.move_lanes(root, name, data, here, found);
            }
        }
    }

    /// The stream ends; `lane` says for what, in words.
    pub(crate) fn end(&self, lane: &str, found: &mut Vec<Violation>) {
        if self.ended {
            return;
        }
        if !self.grammar.order.complete(&self.place) {
            found.push(Violation {
                expected: format!("{}{lane}", self.wanted()),
                ..self.violation("", "the end of the stream".to_owned(), "order")
            });
        }
        for (lanes, tracks) in self.grammar.lanes.iter().zip(&self.lanes) {
            for (key, track) in tracks {
                let of = lanes.each.as_ref().map(|each| format!(" of {each}")).unwrap_or_default();
                track.end(&format!(" for {} {key}{of}{lane}", lanes.key.trim_start_matches('/')), found);
            }
        }
    }

    pub(crate) fn expected(&self) -> Vec<&'static str> {
        if self.ended {
            return Vec::new();
        }
        let next = self.grammar.order.expected(&self.place);
        let ends = self.grammar.ends().filter(|_| !self.over());
        next.into_iter().chain(ends).collect()
    }

    /// Whether nothing more may come.
    fn over(&self) -> bool {
        self.grammar.order.expected(&self.place).is_empty()
    }

    fn wanted(&self) -> String {
        let next = self.grammar.order.expected(&self.place);
        match next.len() {
            0 => "the end of the stream".to_owned(),
            1 => names(next.into_iter()),
            _ => format!("one of {}", names(next.into_iter())),
        }
    }

    fn stay_same(&mut self, data: &Value, here: &str, found: &mut Vec<Violation>) {
        for (n, pointer) in self.grammar.same.iter().enumerate() {
            let Some(value) = data.pointer(pointer) else { continue };
            match &self.same[n] {
                None => self.same[n] = Some(value.clone()),
                Some(first) if first == value => {}
                Some(first) => found.push(Violation {
                    expected: format!("{} as in the first event", show(first)),
                    ..self.violation(&format!("{here}{pointer}"), show(value), "same")
                }),
            }
        }
    }

    /// `fits`: whether the event came in order; if not, its number is taken as it is, for one fault is one finding.
    fn number(&mut self, kind: &str, data: &Value, here: &str, fits: bool, found: &mut Vec<Violation>) {
        let Some(Numbered { at, until, .. }) = &self.grammar.numbered else { return };
        let Some(number) = data.pointer(at).and_then(Value::as_i64) else { return };
        let wanted = self.open.unwrap_or(self.next);
        if fits && number != wanted {
            found.push(Violation {
                expected: wanted.to_string(),
                ..self.violation(&format!("{here}{at}"), number.to_string(), "numbered")
            });
        }
        self.open = (kind != until).then_some(number);
        self.next = number.saturating_add(1);
    }

    /// Every event counts, in order or not; an event without a number is left to its schema.
    fn number_all(&mut self, data: &Value, here: &str, found: &mut Vec<Violation>) {
        let Some(Counted { at, .. }) = &self.grammar.counted else { return };
        let number = data.pointer(at).and_then(Value::as_i64);
        if let (Some(wanted), Some(number)) = (self.counts, number)
            && wanted != number
        {
            found.push(Violation {
                expected: wanted.to_string(),
                ..self.violation(&format!("{here}{at}"), number.to_string(), "counted")
            });
        }
        self.counts = number.or(self.counts).map(|number| number.saturating_add(1));
    }

    fn move_lanes(&mut self, root: &Value, name: &str, data: &Value, here: &str, found: &mut Vec<Violation>) {
        let grammar = self.grammar;
        for (n, lanes) in grammar.lanes.iter().enumerate() {
            match &lanes.each {
                None => self.move_lane((n, lanes), root, (name, data), here, found),
                Some(each) => {
                    let elements = data.pointer(each).and_then(Value::as_array).into_iter().flatten();
                    for (i, element) in elements.enumerate() {
                        self.move_lane((n, lanes), root, ("", element), &format!("{here}{each}/{i}"), found);
                    }
                }
            }
        }
    }

    /// One event of a lane: its name and data.
    fn move_lane(
        &mut self,
        (n, lanes): (usize, &'static Lanes),
        root: &Value,
        (name, data): (&str, &Value),
        here: &str,
        found: &mut Vec<Violation>,
    ) {
        let Lanes { key, from, grammar, .. } = lanes;
        let Some(lane) = data.pointer(key).and_then(Key::of) else { return };
        if let Some(wanted) = from.and_then(|from| self.unopened(n, from, &lane)) {
            found.push(Violation {
                expected: format!("{wanted}, the next"),
                ..self.violation(&format!("{here}{key}"), lane.to_string(), &format!("lanes/{n}/from"))
            });
        }
        let track = self.lanes[n].entry(lane).or_insert_with(|| Self::new(grammar));
        track.event(root, name, data, here, found);
    }

    /// The number that a new lane should have had, if it has another.
    fn unopened(&self, lanes: usize, from: i64, lane: &Key) -> Option<i64> {
        let open = &self.lanes[lanes];
        let numbers =
            open.keys().filter_map(|key| if let Key::Number(number) = key { Some(*number) } else { None });
        let next = numbers.max().map_or(from, |last| last.saturating_add(1));
        (!open.contains_key(lane) && *lane != Key::Number(next)).then_some(next)
    }

    fn misplaced(&self, expected: String, kind: &str, here: &str, rule: &str) -> Violation {
        let got = format!("`{kind}` as event {}", self.count);
        Violation { expected, ..self.violation(here, got, rule) }
    }

    fn violation(&self, pointer: &str, got: String, rule: &str) -> Violation {
        Violation {
            pointer: pointer.to_owned(),
            keyword: "x-sequence".to_owned(),
            expected: String::new(),
            got,
            document: format!("{}/{rule}", self.grammar.pointer),
        }
    }
}
