//! A request as it came in, whatever carried it.

use bytes::Bytes;

/// One request, complete.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// As sent.
    pub method: String,
    /// The mock's prefix, such as `/openai`; empty on a provider's own port.
    pub prefix: String,
    /// The provider's own path, percent-encoded as sent, without the query.
    pub path: String,
    /// It came by TLS.
    pub is_secure: bool,
    /// The prefix is all that was sent: the path that is understood, `/`, was not.
    pub is_bare: bool,
    /// Without the question mark.
    pub query: Option<String>,
    /// In order; names in lower case, values as sent, bytes beyond ASCII as Latin-1.
    pub headers: Vec<(String, String)>,
    /// Without HTTP's framing.
    pub body: Bytes,
}

impl Request {
    /// The first header of this name, given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What follows `Bearer` in the header `authorization`.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The first parameter of this name in the query, as sent.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Where the mock stands, as the client sees it: `http://127.0.0.1:9000/openai`.
    #[must_use]
    pub fn base(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.header("host").unwrap_or("localhost"), self.prefix)
    }

    /// The path as the client wrote it: what signatures are made over.
    #[must_use]
    pub fn full_path(&self) -> String {
        if self.is_bare { self.prefix.clone() } else { format!("{}{}", self.prefix, self.path) }
    }
}
