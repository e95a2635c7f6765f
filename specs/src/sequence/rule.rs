//! Regular expressions over kinds of events, as a set of positions: each name in the text is a position, and a position
//! knows which may follow it ([Glushkov's construction](https://en.wikipedia.org/wiki/Glushkov%27s_construction_algorithm)).

use std::collections::BTreeSet;

/// A rule that was read.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The kind at each position.
    kinds: Vec<String>,
    follow: Vec<BTreeSet<usize>>,
    whole: Part,
}

/// Where a sequence of events stands in a rule: the positions that its last event may be at; none before the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(Option<BTreeSet<usize>>);

/// A part of a rule: where it may begin and end, and whether it may be left out.
#[derive(Clone, Debug, Default)]
struct Part {
    optional: bool,
    first: BTreeSet<usize>,
    last: BTreeSet<usize>,
}

impl Rule {
    /// Reads a rule; the error says what is wrong with its text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { tokens: tokens(text), next: 0, kinds: Vec::new(), follow: Vec::new() };
        let whole = reader.alternatives()?;
        match reader.peek() {
            None => Ok(Self { kinds: reader.kinds, follow: reader.follow, whole }),
            Some(token) => Err(format!("`{token}` is left over in `{text}`")),
        }
    }

    /// All kinds that the rule names.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(String::as_str)
    }

    /// The kinds that may come next.
    pub(crate) fn expected(&self, place: &Place) -> BTreeSet<&str> {
        self.next(place).into_iter().map(|position| self.kinds[position].as_str()).collect()
    }

    /// Whether the events so far are a whole.
    pub(crate) fn complete(&self, place: &Place) -> bool {
        match &place.0 {
            None => self.whole.optional,
            Some(at) => !at.is_disjoint(&self.whole.last),
        }
    }

    /// Moves past an event; `false` if it may not come here, in which case the place is where it belongs.
    pub(crate) fn step(&self, place: &mut Place, kind: &str) -> bool {
        let of_kind = |positions: BTreeSet<usize>| -> BTreeSet<usize> {
            positions.into_iter().filter(|position| self.kinds[*position] == kind).collect()
        };
        let next = of_kind(self.next(place));
        let fits = !next.is_empty();
        let at = if fits { next } else { of_kind((0..self.kinds.len()).collect()) };
        if !at.is_empty() {
            place.0 = Some(at);
        }
        fits
    }

    fn next(&self, place: &Place) -> BTreeSet<usize> {
        match &place.0 {
            None => self.whole.first.clone(),
            Some(at) => at.iter().flat_map(|position| &self.follow[*position]).copied().collect(),
        }
    }
}

/// A descent over `alternatives = sequence ("|" sequence)*`, `sequence = repeated+`,
/// `repeated = (name | "(" alternatives ")") ("*" | "+" | "?")*`.
struct Reader<'a> {
    tokens: Vec<&'a str>,
    next: usize,
    kinds: Vec<String>,
    follow: Vec<BTreeSet<usize>>,
}

impl<'a> Reader<'a> {
    fn alternatives(&mut self) -> Result<Part, String> {
        let mut whole = self.sequence()?;
        while self.peek() == Some("|") {
            self.next += 1;
            let part = self.sequence()?;
            whole.optional |= part.optional;
            whole.first.extend(part.first);
            whole.last.extend(part.last);
        }
        Ok(whole)
    }

    fn sequence(&mut self) -> Result<Part, String> {
        let mut whole = self.repeated()?;
        while !matches!(self.peek(), None | Some("|" | ")")) {
            let part = self.repeated()?;
            self.link(&whole.last, &part.first);
            if whole.optional {
                whole.first.extend(&part.first);
            }
            whole.last = if part.optional { &whole.last | &part.last } else { part.last };
            whole.optional &= part.optional;
        }
        Ok(whole)
    }

    fn repeated(&mut self) -> Result<Part, String> {
        let mut part = match self.take() {
            Some("(") => {
                let part = self.alternatives()?;
                match self.take() {
                    Some(")") => part,
                    _ => return Err("a parenthesis is not closed".to_owned()),
                }
            }
            Some(operator @ (")" | "|" | "*" | "+" | "?")) => {
                return Err(format!("`{operator}` stands where a kind belongs"));
            }
            Some(kind) => self.position(kind),
            None => return Err("the rule ends where a kind belongs".to_owned()),
        };
        while let Some(operator @ ("*" | "+" | "?")) = self.peek() {
            self.next += 1;
            if operator != "?" {
                self.link(&part.last, &part.first);
            }
            part.optional |= operator != "+";
        }
        Ok(part)
    }

    fn position(&mut self, kind: &str) -> Part {
        let position = self.kinds.len();
        self.kinds.push(kind.to_owned());
        self.follow.push(BTreeSet::new());
        let only = BTreeSet::from([position]);
        Part { optional: false, first: only.clone(), last: only }
    }

    fn link(&mut self, from: &BTreeSet<usize>, to: &BTreeSet<usize>) {
        for position in from {
            self.follow[*position].extend(to);
        }
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let token = self.peek();
        self.next += 1;
        token
    }
}

/// Operators by themselves, and the names between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')', '|', '*', '+', '?']) {
            let (name, operator) = rest.split_at(at);
            let (operator, tail) = operator.split_at(1);
            tokens.extend([name, operator].into_iter().filter(|token| !token.is_empty()));
            rest = tail;
        }
        tokens.extend(Some(rest).filter(|rest| !rest.is_empty()));
    }
    tokens
}
