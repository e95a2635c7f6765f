//! Reads one value of a file as a type. Every mistake is noted with its path and place, and reading goes on.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use super::env::{self, Env};
use super::error::{Error, Place, Problem};
use super::named::Named;
use super::node::{ANY, Member, Node, Value};
use super::outline::{Kind, Survey};
use super::record::Record;

/// The largest whole number that a number of a file is sure to hold: 2^53.
pub(super) const MOST: i64 = 1 << 53;

/// What reading takes beside the file, and where its errors go.
pub(super) struct Context<'c> {
    pub(super) env: &'c Env<'c>,
    pub(super) errors: RefCell<Vec<Error>>,
    /// Notes what is asked for, where no file is read.
    pub(super) survey: Option<Survey>,
}

impl Context<'_> {
    /// Notes a mistake.
    pub(super) fn note(&self, path: &str, place: Option<Place>, problem: Problem) {
        self.errors.borrow_mut().push(Error { path: path.to_owned(), place, problem });
    }
}

/// One value with its path.
#[derive(Clone)]
pub(super) struct Field<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) path: String,
    pub(super) node: &'c Node,
}

impl<'c> Field<'c> {
    /// Notes a mistake in this value.
    pub(super) fn error(&self, problem: impl Into<Problem>) {
        let problem = problem.into();
        if let (Some(survey), Problem::Unsupported) = (self.survey(), &problem) {
            survey.refuse(&self.path);
        }
        self.context.note(&self.path, self.node.place, problem);
    }

    /// Notes what is asked for, where no file is read.
    pub(super) fn survey(&self) -> Option<&'c Survey> {
        self.context.survey.as_ref()
    }

    fn noted(&self, kind: Kind) -> Option<&'c Survey> {
        self.survey().inspect(|survey| survey.note(&self.path, kind))
    }

    /// A string, with references to the environment followed.
    pub(super) fn string(&self) -> Option<String> {
        if let Some(survey) = self.noted(Kind::String) {
            return Some(survey.text(&self.path));
        }
        let text = self.text()?;
        self.resolve(text).map(|resolved| resolved.unwrap_or_else(|| text.to_owned()))
    }

    /// Whether it is `""`, which Kong's rules over several fields count as not set.
    pub(super) fn is_empty_string(&self) -> bool {
        matches!(&self.node.value, Value::String(text) if text.is_empty())
    }

    /// Whether it is a list or a map without members.
    pub(super) fn is_empty_container(&self) -> bool {
        match &self.node.value {
            Value::List(nodes) => nodes.is_empty(),
            Value::Map(members) => members.is_empty(),
            _ => false,
        }
    }

    pub(super) fn is_map(&self) -> bool {
        if let Some(survey) = self.survey() {
            return survey.yes();
        }
        matches!(self.node.value, Value::Map(_))
    }

    /// Checks that it is a string, in which a `${` is nothing.
    pub(super) fn comment(&self) {
        if self.noted(Kind::String).is_some() {
            return;
        }
        if !matches!(self.node.value, Value::String(_)) {
            self.error(Problem::Type("a string"));
        }
    }

    /// A string that `parse` makes something of. Its error shows a reference, not what it stands for.
    pub(super) fn parse<T, P: Into<Problem>>(&self, parse: impl FnOnce(&str) -> Result<T, P>) -> Option<T> {
        if let Some(survey) = self.noted(Kind::String) {
            return parse(&survey.text(&self.path)).ok();
        }
        let text = self.text()?;
        let resolved = self.resolve(text)?;
        let problem = match parse(resolved.as_deref().unwrap_or(text)) {
            Ok(parsed) => return Some(parsed),
            Err(problem) => problem.into(),
        };
        self.error(match resolved.filter(|resolved| !resolved.is_empty()) {
            Some(resolved) => Problem::Rule(problem.to_string().replace(&resolved, text)),
            None => problem,
        });
        None
    }

    /// One of a list of names.
    pub(super) fn named<T: Named>(&self) -> Option<T> {
        if let Some(survey) = self.survey() {
            survey.names(&self.path, T::NAMES.iter().map(|(name, _)| *name));
            return T::NAMES.get(survey.pick(T::NAMES.len())).map(|(_, value)| *value);
        }
        let text = self.string()?;
        let found = T::from_name(&text);
        if found.is_none() {
            let names = || T::NAMES.iter().map(|(name, _)| *name);
            let nearest = nearest(&text, names()).map(str::to_owned);
            self.error(Problem::OneOf { names: names().collect::<Vec<_>>().join(", "), nearest });
        }
        found
    }

    /// A boolean, perhaps from the environment.
    pub(super) fn boolean(&self) -> Option<bool> {
        if let Some(survey) = self.noted(Kind::Boolean) {
            return Some(survey.yes());
        }
        let found = match &self.node.value {
            Value::Boolean(value) => Some(*value),
            Value::String(text) => match &*self.referred(text)? {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        };
        self.expect(found, "a boolean")
    }

    /// A number, perhaps from the environment.
    pub(super) fn number(&self) -> Option<f64> {
        if self.noted(Kind::Number).is_some() {
            return Some(1.0);
        }
        let found = match &self.node.value {
            Value::Number(value) => Some(*value),
            Value::String(text) => self.referred(text)?.parse().ok(),
            _ => None,
        };
        self.expect(found.filter(|value: &f64| value.is_finite()), "a number")
    }

    /// A whole number within `range`.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        if let Some(survey) = self.noted(Kind::Integer) {
            #[expect(clippy::cast_precision_loss, reason = "2^53 at most")]
            let (start, end) = (*range.start() as f64, *range.end() as f64);
            survey.range(&self.path, start, Some(end).filter(|_| *range.end() != MOST));
            return Some(*range.start().max(&1).min(range.end()));
        }
        #[expect(clippy::cast_precision_loss, reason = "2^53 and a part of it")]
        let whole = |value: &f64| value.fract() == 0.0 && value.abs() <= MOST as f64;
        let found = match &self.node.value {
            Value::Number(value) => Some(*value).filter(whole),
            Value::String(text) => self.referred(text)?.parse().ok().filter(whole),
            _ => None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "whole, and at most 2^53")]
        let value = self.expect(found, "an integer")? as i64;
        if range.contains(&value) {
            return Some(value);
        }
        #[expect(clippy::cast_precision_loss, reason = "only shown")]
        let (start, end) = (*range.start() as f64, *range.end() as f64);
        self.error(if *range.end() == MOST {
            Problem::Greater(start - 1.0)
        } else {
            Problem::Between(start, end)
        });
        None
    }

    /// The elements of a list.
    pub(super) fn list(&self, kind: &'static str) -> Vec<Field<'c>> {
        if self.noted(Kind::List).is_some() {
            return vec![Field { context: self.context, path: format!("{}[]", self.path), node: &ANY }];
        }
        let Value::List(nodes) = &self.node.value else {
            self.error(Problem::Type(kind));
            return Vec::new();
        };
        let element =
            |(index, node)| Field { context: self.context, path: format!("{}[{index}]", self.path), node };
        nodes.iter().enumerate().map(element).collect()
    }

    /// A map that is taken as it stands.
    pub(super) fn object(&self) -> Option<serde_json::Value> {
        if self.noted(Kind::Map).is_some() {
            return Some(serde_json::Value::Object(serde_json::Map::new()));
        }
        self.expect(self.is_map().then(|| self.node.into()), "a map")
    }

    /// The members of a map whose names are free.
    pub(super) fn map(&self) -> Vec<(&'c str, Field<'c>)> {
        if self.noted(Kind::Map).is_some() {
            let field = Field { context: self.context, path: join(&self.path, "*"), node: &ANY };
            return vec![("name", field)];
        }
        let Value::Map(members) = &self.node.value else {
            self.error(Problem::Type("a map"));
            return Vec::new();
        };
        let member = |member: &'c Member| {
            let path = join(&self.path, &member.name);
            (member.name.as_str(), Field { context: self.context, path, node: &member.node })
        };
        members.iter().map(member).collect()
    }

    /// The members of a map whose names are known: `read` asks for each, and all others are mistakes.
    pub(super) fn record<T>(&self, read: impl FnOnce(&mut Record<'c>) -> T) -> Option<T> {
        if self.noted(Kind::Record).is_some() {
            return Some(Record::new(self.context, self.path.clone(), None, &[]).read(read));
        }
        let Value::Map(members) = &self.node.value else {
            self.error(Problem::Type("a record"));
            return None;
        };
        Some(Record::new(self.context, self.path.clone(), self.node.place, members).read(read))
    }

    /// The string as it stands.
    fn text(&self) -> Option<&'c str> {
        match &self.node.value {
            Value::String(text) => return Some(text),
            Value::Number(_) | Value::Boolean(_) => {
                self.error(Problem::Type("a string; put the value in quotes"));
            }
            _ => self.error(Problem::Type("a string")),
        }
        None
    }

    /// What the references in `text` stand for; `Some(None)`, if it has none.
    #[expect(clippy::option_option, reason = "no reference is not a bad one")]
    fn resolve(&self, text: &str) -> Option<Option<String>> {
        env::resolve(text, self.context.env).map_err(|problem| self.error(problem)).ok()
    }

    /// The text of a number or a boolean that is written as a reference; empty, if it is none.
    fn referred(&self, text: &str) -> Option<String> {
        self.resolve(text).map(Option::unwrap_or_default)
    }

    fn expect<T>(&self, found: Option<T>, kind: &'static str) -> Option<T> {
        if found.is_none() {
            self.error(Problem::Type(kind));
        }
        found
    }
}

/// The name that `name` was probably meant to be: a third of it may be wrong, up to three letters.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let far = (name.chars().count() / 3).min(3);
    known
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
