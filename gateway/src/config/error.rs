//! What is wrong with a configuration: all of it at once, each with its path and place.

use std::fmt::{self, Write};
use std::path::PathBuf;

use thiserror::Error;

use super::template::TemplateError;
use super::upstream::UrlError;

/// Every error of one file; its `Display` is one line for each, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    file: Option<PathBuf>,
    errors: Vec<Error>,
}

impl Errors {
    /// Sorts `errors` by place, then by path.
    #[must_use]
    pub fn new(mut errors: Vec<Error>) -> Self {
        errors.sort_by(|a, b| {
            let key = |error: &Error| (error.place.is_none(), error.place);
            key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
        });
        Self { file: None, errors }
    }

    /// Names the file, which then begins every line.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// One line for each.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let file = self.file.as_ref().map(|file| format!("{}:", file.display())).unwrap_or_default();
        self.errors.iter().map(move |error| {
            let space = if file.is_empty() || error.place.is_some() { "" } else { " " };
            format!("{file}{space}{error}")
        })
    }

    /// The errors, at least one.
    #[must_use]
    pub fn all(&self) -> &[Error] {
        &self.errors
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&line)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// One error. Its `Display` is `line:column: path: problem`.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Such as `services[0].routes[1].plugins[0].config.model`; empty for the file itself.
    pub path: String,
    /// Where it stands, if that is known.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{}:{}: ", place.line, place.column)?;
        }
        let mut line = OneLine(f);
        if !self.path.is_empty() {
            write!(line, "{}: ", self.path)?;
        }
        write!(line, "{}", self.problem)
    }
}

/// Keeps what the file says on the error's one line: a name may hold line breaks, and codes that a terminal would obey.
struct OneLine<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive(char::is_control) {
            match piece.strip_suffix(char::is_control) {
                Some(before) => write!(self.0, "{before}{}", piece[before.len()..].escape_default())?,
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

/// A place in a file; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The character in the line.
    pub column: u64,
}

/// What can be wrong. The texts are Kong's where Kong has one. What came from the environment is shown as `${NAME}`.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Read(String),
    /// The text is not YAML.
    #[error("{0}")]
    Yaml(String),
    /// A member that does not exist.
    #[error("unknown field{}", meant(.0))]
    Unknown(Option<String>),
    /// A member that must be there.
    #[error("required field missing")]
    Required,
    /// A value of another type.
    #[error("expected {0}")]
    Type(&'static str),
    /// A name that is not in the list.
    #[error("expected one of: {names}{}", meant(.nearest))]
    OneOf {
        /// The list.
        names: String,
        /// The one that looks most like it.
        nearest: Option<String>,
    },
    /// A number out of range.
    #[error("value should be between {0} and {1}")]
    Between(f64, f64),
    /// A number that is too small.
    #[error("value must be greater than {0}")]
    Greater(f64),
    /// A bad URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A bad template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A variable that is not set; no value is ever shown.
    #[error("environment variable '{0}' is not set")]
    Variable(String),
    /// A reference that cannot be followed.
    #[error("{0}")]
    Reference(String),
    /// Kong has the member and this gateway has not.
    #[error("not supported yet by this gateway")]
    Unsupported,
    /// Kong knows the name and this gateway does not.
    #[error("'{0}' is not supported yet by this gateway")]
    UnsupportedName(String),
    /// A rule over one value or several.
    #[error("{0}")]
    Rule(String),
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}
