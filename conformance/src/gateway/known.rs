//! Failures of a gateway that are known: `expected` of its profile, and `expected.yaml` beside it.
//!
//! ```yaml
//! - reason: The last chunk of a stream, which tells what it cost, has a choice without content.
//!   link: https://github.com/example/gateway/issues/1
//!   id: [chat.usage.stream.shape@*, completions.usage.stream.shape@*]
//! ```

use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;
use crate::report::model::Expectation;

/// Name of the file.
pub const FILE: &str = "expected.yaml";

/// One defect: what fails because of it, and why that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Why it is expected: what the gateway does wrong, in one sentence.
    pub reason: String,
    /// Where its makers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether it does not always fail; what sometimes fails is never stale.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
    /// Globs over `<requirement>@<scenario>@<cell>`, or over the requirement's id alone; a single one needs no list.
    #[serde(deserialize_with = "one_or_many")]
    pub id: Vec<String>,
}

/// Reads such a file; an empty one knows nothing.
///
/// # Errors
/// [`Error::Parse`] with line and column.
pub fn parse(file: &str, text: &str) -> Result<Vec<Known>, Error> {
    let known: Option<Vec<Known>> = serde_saphyr::from_str(text)
        .map_err(|error| Error::Parse { file: file.to_owned(), reason: error.to_string() })?;
    Ok(known.unwrap_or_default())
}

impl Known {
    /// One expectation a glob.
    pub fn expectations(&self) -> impl Iterator<Item = Expectation> {
        self.id.iter().map(|id| Expectation {
            id: id.clone(),
            reason: self.reason.clone(),
            link: self.link.clone(),
            sometimes: self.sometimes,
        })
    }
}

/// The `expected` of a profile.
pub(super) fn expand<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Expectation>, D::Error> {
    let known = Vec::<Known>::deserialize(from)?;
    Ok(known.iter().flat_map(Known::expectations).collect())
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ids {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Ids::deserialize(from)? {
        Ids::One(id) => vec![id],
        Ids::Many(ids) => ids,
    })
}
