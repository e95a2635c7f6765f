//! Reads typed fields out of a file's tree. Every mistake is noted with its path and place, and reading goes on.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use super::env::{self, Env};
use super::error::{Error, Place, Problem};
use super::named::Named;
use super::node::{Member, Node, Value};
use super::template::Template;

/// What reading takes beside the file, and where its errors go.
pub(super) struct Context<'c> {
    pub(super) env: &'c Env<'c>,
    pub(super) errors: RefCell<Vec<Error>>,
}

/// One value with its path.
#[derive(Clone)]
pub(super) struct Field<'c> {
    pub(super) context: &'c Context<'c>,
    pub(super) path: String,
    pub(super) node: &'c Node,
}

/// The members of one map.
pub(super) struct Record<'c> {
    pub(super) context: &'c Context<'c>,
    path: String,
    place: Option<Place>,
    members: &'c [Member],
    /// The names that were asked for: all that the map may have.
    known: Vec<&'static str>,
}

impl<'c> Field<'c> {
    /// Notes a mistake in this value.
    pub(super) fn error(&self, problem: impl Into<Problem>) {
        note(self.context, &self.path, self.node.place, problem.into());
    }

    /// A string, with references to the environment followed.
    pub(super) fn string(&self) -> Option<String> {
        let text = match &self.node.value {
            Value::String(text) => text,
            Value::Number(_) | Value::Boolean(_) => {
                self.error(Problem::Type("a string; put the value in quotes"));
                return None;
            }
            _ => {
                self.error(Problem::Type("a string"));
                return None;
            }
        };
        match env::resolve(text, self.context.env) {
            Ok(resolved) => Some(resolved.unwrap_or_else(|| text.clone())),
            Err(problem) => {
                self.error(problem);
                None
            }
        }
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
        matches!(self.node.value, Value::Map(_))
    }

    /// Checks that it is a string, in which a `${` is nothing.
    pub(super) fn comment(&self) {
        if !matches!(self.node.value, Value::String(_)) {
            self.error(Problem::Type("a string"));
        }
    }

    /// A string that `parse` makes something of.
    pub(super) fn parse<T, P: Into<Problem>>(&self, parse: impl FnOnce(&str) -> Result<T, P>) -> Option<T> {
        parse(&self.string()?).map_err(|problem| self.error(problem)).ok()
    }

    /// One of a list of names.
    pub(super) fn named<T: Named>(&self) -> Option<T> {
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
        let found = match &self.node.value {
            Value::Boolean(value) => Some(*value),
            Value::String(_) => match &*self.referred()? {
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
        let found = match &self.node.value {
            Value::Number(value) => Some(*value),
            Value::String(_) => self.referred()?.parse().ok(),
            _ => None,
        };
        self.expect(found.filter(|value: &f64| value.is_finite()), "a number")
    }

    /// A whole number within `range`.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let whole = |value: &f64| value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
        let found = match &self.node.value {
            Value::Number(value) => Some(*value).filter(whole),
            Value::String(_) => self.referred()?.parse().ok().filter(whole),
            _ => None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "whole, and at most 2^53")]
        let value = self.expect(found, "an integer")? as i64;
        if range.contains(&value) {
            return Some(value);
        }
        #[expect(clippy::cast_precision_loss, reason = "only shown")]
        self.error(Problem::Between(*range.start() as f64, *range.end() as f64));
        None
    }

    /// The elements of a list.
    pub(super) fn list(&self, kind: &'static str) -> Vec<Field<'c>> {
        let Value::List(nodes) = &self.node.value else {
            self.error(Problem::Type(kind));
            return Vec::new();
        };
        let element =
            |(index, node)| Field { context: self.context, path: format!("{}[{index}]", self.path), node };
        nodes.iter().enumerate().map(element).collect()
    }

    /// The members of a map whose names are free.
    pub(super) fn map(&self) -> Vec<(&'c str, Field<'c>)> {
        let Value::Map(members) = &self.node.value else {
            self.error(Problem::Type("a map"));
            return Vec::new();
        };
        members.iter().map(|member| (member.name.as_str(), self.member(member))).collect()
    }

    /// The members of a map whose names are known: `read` asks for each, and all others are mistakes.
    pub(super) fn record<T>(&self, read: impl FnOnce(&mut Record<'c>) -> T) -> Option<T> {
        let Value::Map(members) = &self.node.value else {
            self.error(Problem::Type("a record"));
            return None;
        };
        Some(Record::new(self.context, self.path.clone(), self.node.place, members).read(read))
    }

    fn member(&self, member: &'c Member) -> Field<'c> {
        Field { context: self.context, path: join(&self.path, &member.name), node: &member.node }
    }

    /// The text of a number or a boolean that is written as a reference; `None` and a note if the reference is bad.
    fn referred(&self) -> Option<String> {
        let Value::String(text) = &self.node.value else { return Some(String::new()) };
        match env::resolve(text, self.context.env) {
            Ok(resolved) => Some(resolved.unwrap_or_default()),
            Err(problem) => {
                self.error(problem);
                None
            }
        }
    }

    fn expect<T>(&self, found: Option<T>, kind: &'static str) -> Option<T> {
        if found.is_none() {
            self.error(Problem::Type(kind));
        }
        found
    }
}

impl<'c> Record<'c> {
    pub(super) fn new(
        context: &'c Context<'c>,
        path: String,
        place: Option<Place>,
        members: &'c [Member],
    ) -> Self {
        Self { context, path, place, members, known: Vec::new() }
    }

    /// Lets `read` ask for every member, then notes those that it did not ask for.
    fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let out = read(&mut self);
        for member in self.members.iter().filter(|member| !self.known.contains(&member.name.as_str())) {
            let nearest = nearest(&member.name, self.known.iter().copied()).map(str::to_owned);
            note(self.context, &join(&self.path, &member.name), member.place, Problem::Unknown(nearest));
        }
        out
    }

    /// A member; one that is null is as good as absent.
    pub(super) fn get(&mut self, name: &'static str) -> Option<Field<'c>> {
        self.known.push(name);
        let member = self.members.iter().find(|member| member.name == name)?;
        let field = Field { context: self.context, path: join(&self.path, name), node: &member.node };
        (member.node.value != Value::Null).then_some(field)
    }

    /// A member that must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Option<Field<'c>> {
        let field = self.get(name);
        if field.is_none() {
            note(self.context, &join(&self.path, name), self.place, Problem::Required);
        }
        field
    }

    /// A record that need not be there: its members may be required or have defaults all the same.
    pub(super) fn nested<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Record<'c>) -> T,
    ) -> Option<T> {
        match self.get(name) {
            Some(field) => field.record(read),
            None => Some(Record::new(self.context, join(&self.path, name), self.place, &[]).read(read)),
        }
    }

    pub(super) fn string(&mut self, name: &'static str) -> Option<String> {
        self.get(name)?.string()
    }

    /// A string of which an empty one is as good as none, as in Kong's rules over several fields.
    pub(super) fn filled(&mut self, name: &'static str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    pub(super) fn template(&mut self, name: &'static str) -> Option<Template> {
        self.get(name)?.parse(Template::parse).filter(|template| !template.source().is_empty())
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.get(name)?.boolean()
    }

    pub(super) fn named<T: Named>(&mut self, name: &'static str) -> Option<T> {
        self.get(name)?.named()
    }

    pub(super) fn integer(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        self.get(name)?.integer(range)
    }

    /// A whole number within a range that an `u32` holds.
    pub(super) fn count(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let range = i64::from(*range.start())..=i64::from(*range.end());
        self.integer(name, range).and_then(|value| u32::try_from(value).ok())
    }

    pub(super) fn number(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let field = self.get(name)?;
        let value = field.number()?;
        if range.contains(&value) {
            return Some(value);
        }
        field.error(Problem::Between(*range.start(), *range.end()));
        None
    }

    /// A number above 0.
    pub(super) fn positive(&mut self, name: &'static str) -> Option<f64> {
        let field = self.get(name)?;
        let value = field.number()?;
        if value > 0.0 {
            return Some(value);
        }
        field.error(Problem::Greater(0.0));
        None
    }

    /// The elements of a list; none, if it is absent.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<Field<'c>> {
        self.get(name).map(|field| field.list("an array")).unwrap_or_default()
    }

    /// Notes a mistake that concerns several members.
    pub(super) fn error(&self, problem: impl Into<Problem>) {
        note(self.context, &self.path, self.place, problem.into());
    }

    /// Notes a rule that the members break together.
    pub(super) fn rule(&self, broken: bool, text: &str) {
        if broken {
            self.error(Problem::Rule(text.to_owned()));
        }
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

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn note(context: &Context<'_>, path: &str, place: Option<Place>, problem: Problem) {
    context.errors.borrow_mut().push(Error { path: path.to_owned(), place, problem });
}
