//! Reads the members of a map, each as a type, and notes those that nobody asked for.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::{Place, Problem};
use super::field::{Context, Field, join, nearest};
use super::named::Named;
use super::node::{ANY, Member, Value};
use super::template::Template;

/// The members of one map.
pub(super) struct Record<'c> {
    pub(super) context: &'c Context<'c>,
    path: String,
    place: Option<Place>,
    members: &'c [Member],
    /// The names that were asked for: all that the map may have.
    known: Vec<&'static str>,
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
    pub(super) fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if let Some(survey) = &self.context.survey {
            survey.record(&self.path);
        }
        let out = read(&mut self);
        for member in self.members.iter().filter(|member| !self.known.contains(&member.name.as_str())) {
            let nearest = nearest(&member.name, self.known.iter().copied()).map(str::to_owned);
            self.context.note(&join(&self.path, &member.name), member.place, Problem::Unknown(nearest));
        }
        out
    }

    /// A member; one that is null is as good as absent.
    pub(super) fn get(&mut self, name: &'static str) -> Option<Field<'c>> {
        self.known.push(name);
        if let Some(survey) = &self.context.survey {
            let path = join(&self.path, name);
            survey.member(&self.path, name, false);
            survey.read(&path);
            return Some(Field { context: self.context, path, node: &ANY });
        }
        let member = self.members.iter().find(|member| member.name == name)?;
        let field = Field { context: self.context, path: join(&self.path, name), node: &member.node };
        (member.node.value != Value::Null).then_some(field)
    }

    /// What its members are, for those who write files: names and sentences, which an editor shows.
    pub(super) fn says(&self, members: &[(&'static str, &'static str)]) {
        let Some(survey) = &self.context.survey else { return };
        members.iter().for_each(|(name, sentence)| survey.about(&join(&self.path, name), sentence));
    }

    /// What a member is where nobody says.
    pub(super) fn default(&self, name: &str, value: impl Into<serde_json::Value>) {
        if let Some(survey) = &self.context.survey {
            survey.default(&join(&self.path, name), value.into());
        }
    }

    /// A member that must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Option<Field<'c>> {
        let field = self.get(name);
        if let Some(survey) = &self.context.survey {
            survey.member(&self.path, name, true);
        }
        if field.is_none() {
            self.context.note(&join(&self.path, name), self.place, Problem::Required);
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

    pub(super) fn boolean_or(&mut self, name: &'static str, default: bool) -> bool {
        self.default(name, default);
        self.boolean(name).unwrap_or(default)
    }

    pub(super) fn string_or(&mut self, name: &'static str, default: &str) -> String {
        self.default(name, default);
        self.string(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn filled_or(&mut self, name: &'static str, default: &str) -> String {
        self.default(name, default);
        self.filled(name).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn integer_or(&mut self, name: &'static str, range: RangeInclusive<i64>, default: i64) -> i64 {
        self.default(name, default);
        self.integer(name, range).unwrap_or(default)
    }

    pub(super) fn number_or(&mut self, name: &'static str, range: RangeInclusive<f64>, default: f64) -> f64 {
        self.default(name, default);
        self.number(name, range).unwrap_or(default)
    }

    pub(super) fn count_or(&mut self, name: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        self.default(name, default);
        self.count(name, range).unwrap_or(default)
    }

    /// A whole number within a range that an `u16` holds.
    pub(super) fn small_or(&mut self, name: &'static str, range: RangeInclusive<u16>, default: u16) -> u16 {
        let range = u32::from(*range.start())..=u32::from(*range.end());
        u16::try_from(self.count_or(name, range, default.into())).unwrap_or(default)
    }

    /// A number of milliseconds.
    pub(super) fn millis_or(&mut self, name: &'static str, least: u32, default: u32) -> Duration {
        Duration::from_millis(self.count_or(name, least..=2_147_483_646, default).into())
    }

    /// One of a list of names, of which one stands for all that is not said.
    pub(super) fn choice<T: Named + Default>(&mut self, name: &'static str) -> T {
        self.default(name, T::default().name());
        self.named(name).unwrap_or_default()
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
        if let Some(survey) = field.survey() {
            survey.range(&field.path, *range.start(), Some(*range.end()));
        }
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
        if let Some(survey) = field.survey() {
            survey.positive(&field.path);
        }
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
        self.context.note(&self.path, self.place, problem.into());
    }

    /// Notes a rule that the members break together.
    pub(super) fn rule(&self, broken: bool, text: &str) {
        if broken {
            self.error(Problem::Rule(text.to_owned()));
        }
    }
}
