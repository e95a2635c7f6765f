//! `model.options.upstream_url`: where requests go instead of the provider's own address.

use std::borrow::Cow;

use http::Uri;
use thiserror::Error;

use super::template::{Source, Template, TemplateError};

/// An absolute http or https URL without credentials, or a template of one.
#[derive(Clone, Debug, PartialEq)]
pub enum UpstreamUrl {
    /// Known when the file was read.
    Fixed(Uri),
    /// To be filled in from each request.
    Template(Template),
}

/// Why a URL cannot be used. The first two texts are Kong's.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UrlError {
    /// As the text says.
    #[error("missing host in url")]
    Host,
    /// As the text says.
    #[error("missing scheme in url")]
    Scheme,
    /// Another scheme than http and https.
    #[error("expected one of: http, https")]
    OtherScheme,
    /// `user:password@`.
    #[error("a url must not hold credentials: use config.auth")]
    Credentials,
    /// Not a URL at all.
    #[error("could not parse url. {0}")]
    Syntax(String),
    /// A template that cannot be filled in.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl UpstreamUrl {
    /// Reads `text`.
    ///
    /// # Errors
    /// Not a URL, or a bad placeholder.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let template = Template::parse(text)?;
        match template.fixed() {
            Some(text) => url(text).map(Self::Fixed),
            None => Ok(Self::Template(template)),
        }
    }

    /// The URL for one request; see [`Template::resolve`].
    ///
    /// # Errors
    /// A value that the request has not got, or that does not make a URL.
    pub fn resolve<'v>(
        &self,
        value: &dyn Fn(Source, &str) -> Option<Cow<'v, str>>,
    ) -> Result<Cow<'_, Uri>, UrlError> {
        match self {
            Self::Fixed(uri) => Ok(Cow::Borrowed(uri)),
            Self::Template(template) => {
                let text = template.resolve_within(value)?;
                // Where the host ends, the file says: a value with a slash would end it sooner.
                let flat =
                    |source, name: &str| value(source, name).map(|value| value.replace('/', "-").into());
                if authority(&template.resolve(&flat)?).len() != authority(&text).len() {
                    return Err(UrlError::Syntax("a value with a slash is no part of a host".to_owned()));
                }
                url(&text).map(Cow::Owned)
            }
        }
    }
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Parses an absolute URL.
pub(super) fn url(text: &str) -> Result<Uri, UrlError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(if text.starts_with("//") { UrlError::Scheme } else { UrlError::Host });
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if scheme.is_empty() {
        return Err(UrlError::Scheme);
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(UrlError::OtherScheme);
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err(UrlError::Host);
    }
    if authority.contains('@') {
        return Err(UrlError::Credentials);
    }
    text.parse::<Uri>().map_err(|error| UrlError::Syntax(error.to_string()))
}
