//! Kong's request templates: `$(headers.NAME)`, `$(query_params.NAME)`, `$(uri_captures.NAME)`.
//!
//! They may stand in `model.name` and in every string below `model.options`, several in one string.
//! <https://developer.konghq.com/plugins/ai-proxy/#templating>

use std::borrow::Cow;

use thiserror::Error;
use translate::passthrough::leads_out;

use super::named::Named;

/// A string that may be filled in from the request.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    /// Empty where `text` has no placeholder.
    parts: Box<[Part]>,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Value(Source, Box<str>),
}

/// Where in a request a placeholder's value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A request header; names are case-insensitive.
    Headers,
    /// A parameter of the query string.
    QueryParams,
    /// A named group of the route's regex path.
    UriCaptures,
}

impl Named for Source {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("headers", Self::Headers),
        ("query_params", Self::QueryParams),
        ("uri_captures", Self::UriCaptures),
    ];
}

/// Why a template is not one, or cannot be filled in. The texts are Kong's; the status is 400.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// The placeholder is not `source.name`.
    #[error("cannot parse expression for field '{0}'")]
    Expression(String),
    /// There is no such source.
    #[error("source '{0}' is not supported")]
    Source(String),
    /// The request has no such value.
    #[error("{} key {} was not provided", .0.name(), .1)]
    Missing(Source, String),
    /// The request's value would lead elsewhere than the file says.
    #[error("{} key {} cannot be part of an address", .0.name(), .1)]
    LeadsOut(Source, String),
}

impl Template {
    /// Reads `text`.
    ///
    /// # Errors
    /// A placeholder that is not `source.name`, or whose source does not exist.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("$(") {
            let Some((placeholder, after)) = after.split_once(')') else { break };
            let (source, name) =
                split(placeholder).ok_or_else(|| TemplateError::Expression(text.to_owned()))?;
            let source = Source::from_name(source).ok_or_else(|| TemplateError::Source(source.to_owned()))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(Part::Value(source, name.into()));
            rest = after;
        }
        if !parts.is_empty() && !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self { text: text.into(), parts: parts.into() })
    }

    /// The text, where no placeholder is in it.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        self.parts.is_empty().then_some(&*self.text)
    }

    /// As it stands in the file.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.text
    }

    /// The same for a part of an address, which no value may leave: by a way to another directory, or into the query.
    ///
    /// # Errors
    /// As [`Template::resolve`]; and [`TemplateError::LeadsOut`].
    pub fn resolve_within<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Cow<'_, str>, TemplateError> {
        for part in &self.parts {
            let Part::Value(source, name) = part else { continue };
            let Some(value) = value(*source, name) else { continue };
            let within = value.strip_prefix('/').unwrap_or(&value);
            let within = within.strip_suffix('/').unwrap_or(within);
            if value.contains(['?', '#', '@', ' ']) || leads_out(within) {
                return Err(TemplateError::LeadsOut(*source, name.to_string()));
            }
        }
        self.resolve(value)
    }

    /// The text with every placeholder filled in from `value`, which gives a request's value for a source and a name.
    ///
    /// # Errors
    /// [`TemplateError::Missing`], if the request has not got a value.
    pub fn resolve<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Cow<'_, str>, TemplateError> {
        if let Some(text) = self.fixed() {
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(source, name) => match value(*source, name) {
                    Some(value) => out.push_str(&value),
                    None => return Err(TemplateError::Missing(*source, name.to_string())),
                },
            }
        }
        Ok(Cow::Owned(out))
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(f)
    }
}

/// `source.name`, with exactly one dot.
fn split(placeholder: &str) -> Option<(&str, &str)> {
    placeholder.split_once('.').filter(|(_, name)| !name.contains('.'))
}
