//! What all of Kong's entities have in common: identity, tags, references to each other, and remarks that Kong skips.

use super::error::Problem;
use super::field::{Field, MOST};
use super::record::Record;

/// How other entities may refer to this one.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

impl Identity {
    /// Reads the members of an entity whose name is called `name`.
    pub(super) fn read(record: &mut Record<'_>, name: &'static str) -> Self {
        record.says(&[
            (name, "Its name, by which other entities may refer to it."),
            ("id", "A UUID by which other entities may refer to this one."),
            ("created_at", "When it was made, in seconds since 1970."),
            ("updated_at", "When it was changed, in seconds since 1970."),
        ]);
        for stamp in ["created_at", "updated_at"] {
            record.integer(stamp, 1..=MOST);
        }
        remarks(record);
        Self {
            id: record.get("id").and_then(|field| field.parse(uuid)),
            name: record.get(name).and_then(|field| field.parse(legal_name)),
        }
    }

    /// Whether `reference` means this entity.
    pub(super) fn is(&self, reference: &str) -> bool {
        self.id.as_deref() == Some(reference) || self.name.as_deref() == Some(reference)
    }
}

/// Kong's `_comment` and `_ignore`, which may stand in every entity and mean nothing.
pub(super) fn remarks(record: &mut Record<'_>) {
    record.says(&[("_comment", "For people who read the file."), ("_ignore", "Whatever is skipped.")]);
    if let Some(field) = record.get("_comment") {
        field.comment();
    }
    record.list("_ignore");
}

/// An entity's tags, each with its place.
pub(super) fn tags<'c>(record: &mut Record<'c>) -> Vec<(String, Field<'c>)> {
    record.says(&[(
        "tags",
        "Free words; those that begin with `touchstone-` are settings of this gateway's own.",
    )]);
    let fields = record.get("tags").map(|field| field.list("a set")).unwrap_or_default();
    fields.into_iter().filter_map(|field| Some((field.parse(tag)?, field))).collect()
}

/// A reference to another entity: its name or id, by itself or as `{name: …}` or `{id: …}`.
pub(super) fn reference<'c>(record: &mut Record<'c>, name: &'static str) -> Option<(String, Field<'c>)> {
    let field = record.get(name)?;
    let text = if field.is_map() {
        field.record(|record| {
            record.says(&[("id", "Its id."), ("name", "Its name.")]);
            let (id, name) = (record.string("id"), record.string("name"));
            id.or(name)
        })?
    } else {
        field.string()
    }?;
    Some((text, field))
}

/// Notes that a reference leads nowhere, in Kong's words.
pub(super) fn dangling(field: &Field<'_>, name: &str, reference: &str, entities: &str) {
    field.error(Problem::Rule(format!(
        "invalid reference '{name}: {reference}' (no such entry in '{entities}')"
    )));
}

pub(super) fn uuid(text: &str) -> Result<String, Problem> {
    let lengths = text.split('-').map(str::len);
    let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f' | '-');
    if lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(hex) {
        return Ok(text.to_owned());
    }
    Err(Problem::Type("a valid UUID"))
}

fn legal_name(text: &str) -> Result<String, Problem> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_~".contains(c) || !c.is_ascii();
    if !text.is_empty() && text.chars().all(legal) {
        return Ok(text.to_owned());
    }
    let rule = "the only accepted ascii characters are alphanumerics or ., -, _, and ~";
    Err(Problem::Rule(format!("invalid value '{text}': {rule}")))
}

fn tag(text: &str) -> Result<String, Problem> {
    let legal = |c: char| matches!(c, ' '..='~' | '\u{80}'..) && !matches!(c, ',' | '/');
    if !text.is_empty() && text.chars().all(legal) {
        return Ok(text.to_owned());
    }
    let rule = "expected printable ascii (except `,` and `/`) or valid utf-8 sequences";
    Err(Problem::Rule(format!("invalid tag '{text}': {rule}")))
}
