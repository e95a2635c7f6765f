//! What the schema validator found, in our five fields.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ErrorIterator, ValidationError};
use serde_json::Value;

use crate::document::escape;
use crate::union;
use crate::violation::{Violation, names, one_line, show};

const MOST: usize = Violation::MOST;
/// Of these, how many are members that nobody knows: whoever passes over such must see what else is wrong.
const UNKNOWN: usize = MOST / 2;

/// What is wrong with `value` by the schema at `pointer` of the document `root`, up to [`MOST`] violations.
pub(crate) fn violations(
    root: &Value,
    pointer: &str,
    value: &Value,
    errors: ErrorIterator<'_>,
) -> Vec<Violation> {
    let judged = Judged { root, pointer, value };
    let mut found = Vec::new();
    for error in errors {
        judged.explain(&error, &mut found);
        if found.len() >= MOST {
            break;
        }
    }
    found.truncate(MOST);
    found
}

/// One judgement: the document, the schema in it, and the value.
pub(crate) struct Judged<'a> {
    root: &'a Value,
    pointer: &'a str,
    value: &'a Value,
}

impl Judged<'_> {
    /// Appends what one error says: one violation for most, one a member for unknown members, the chosen branch's for
    /// a union.
    pub(crate) fn explain(&self, error: &ValidationError<'_>, found: &mut Vec<Violation>) {
        match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                let keyword = error.kind().keyword();
                let told = found.iter().filter(|known| known.keyword == keyword).count();
                let room = UNKNOWN.saturating_sub(told);
                found.extend(unexpected.iter().take(room).map(|name| self.unknown_member(error, name)));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                union::explain(self, error, context, found);
            }
            _ => found.push(self.violation(error, expected(error.kind()), got(error))),
        }
    }

    /// A violation where the error is, in other words.
    pub(crate) fn violation(&self, error: &ValidationError<'_>, expected: String, got: String) -> Violation {
        let document = self.document(error);
        let keyword = match error.kind() {
            Kind::Required { .. } if document.ends_with("/dependentRequired") => "dependentRequired",
            kind => kind.keyword(),
        };
        let (pointer, keyword) = (error.instance_path().as_str().to_owned(), keyword.to_owned());
        Violation { pointer, keyword, expected, got, document }
    }

    /// The judged value at a pointer.
    pub(crate) fn value(&self, pointer: &str) -> &Value {
        self.value.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The document's part at a pointer.
    pub(crate) fn rule(&self, pointer: &str) -> &Value {
        self.root.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Where the broken keyword stands in the document. The compiled schema keeps components where the document has
    /// them; all else is below the schema's own pointer.
    pub(crate) fn document(&self, error: &ValidationError<'_>) -> String {
        let path = error.schema_path().as_str();
        if path.starts_with("/components/") { path.to_owned() } else { format!("{}{path}", self.pointer) }
    }

    fn unknown_member(&self, error: &ValidationError<'_>, name: &str) -> Violation {
        let pointer = format!("{}/{}", error.instance_path().as_str(), escape(name));
        let document = self.document(error);
        let known = document.rsplit_once('/').map(|(schema, _)| self.rule(&format!("{schema}/properties")));
        let known = known.and_then(Value::as_object).filter(|members| members.len() <= 8);
        let expected = match known {
            Some(members) if members.is_empty() => "no member".to_owned(),
            Some(members) => format!("no member but {}", names(members.keys().map(String::as_str))),
            None => "a member that the service knows".to_owned(),
        };
        let got = format!("{} in `{}`", show(self.value(&pointer)), one_line(name));
        Violation { pointer, ..self.violation(error, expected, got) }
    }
}

/// What an error asks for.
pub(crate) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(name) } => name.to_string(),
        Kind::Type { kind: TypeKind::Multiple(names) } => {
            let names: Vec<_> = names.iter().map(|name| name.to_string()).collect();
            names.join(" or ")
        }
        Kind::Required { property } => format!("member `{}`", property.as_str().unwrap_or_default()),
        Kind::Constant { expected_value } => show(expected_value),
        Kind::Enum { .. } => one_of(alternatives(kind)),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("at least {limit} characters"),
        Kind::MaxLength { limit } => format!("at most {limit} characters"),
        Kind::MinItems { limit } => format!("at least {limit} items"),
        Kind::MaxItems { limit } => format!("at most {limit} items"),
        Kind::MinProperties { limit } => format!("at least {limit} members"),
        Kind::MaxProperties { limit } => format!("at most {limit} members"),
        Kind::Pattern { pattern } => format!("text that matches {pattern}"),
        Kind::Format { format } => format!("the format {format}"),
        Kind::UniqueItems => "items that differ".to_owned(),
        Kind::FalseSchema => "nothing".to_owned(),
        Kind::OneOfMultipleValid { .. } => "exactly one of the alternatives".to_owned(),
        Kind::PropertyNames { error } => format!("members named as {}", expected(error.kind())),
        Kind::Contains => "one item of a certain kind".to_owned(),
        Kind::Not { schema } => match schema.get("const") {
            Some(value) => format!("anything but {}", show(value)),
            None => "something else".to_owned(),
        },
        other => other.keyword().to_owned(),
    }
}

/// What was there instead.
pub(crate) fn got(error: &ValidationError<'_>) -> String {
    let value: &Value = error.instance();
    match (error.kind(), value) {
        (Kind::MinLength { .. } | Kind::MaxLength { .. }, Value::String(text)) => {
            format!("{} characters", text.chars().count())
        }
        (Kind::OneOfMultipleValid { context }, _) => {
            let valid = context.iter().filter(|errors| errors.is_empty()).count();
            format!("{} that fits {valid} of them", show(value))
        }
        _ => show(value),
    }
}

/// What an error asks for, one entry for each value or type that it would take.
pub(crate) fn alternatives(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Enum { options } => options.as_array().into_iter().flatten().map(show).collect(),
        Kind::Type { kind: TypeKind::Multiple(names) } => names.iter().map(|name| name.to_string()).collect(),
        _ => vec![expected(kind)],
    }
}

/// Alternatives as one phrase.
pub(crate) fn one_of(mut alternatives: Vec<String>) -> String {
    match alternatives.len() {
        1 => alternatives.remove(0),
        _ => format!("one of {}", alternatives.join(", ")),
    }
}
