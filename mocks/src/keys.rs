//! What a request's key, token or signature is compared with.

use crate::Credentials;
use crate::cloud::Issued;

/// The keys that are published, and those that the clouds' mocks have issued.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// Those of the options.
    pub published: &'a Credentials,
    /// Those of tokens' endpoints, until they expire.
    pub issued: Issued<'a>,
}
