//! Compares a document with one that is published: members, types, enum values, required marks, both ways.
//!
//! A component of ours is paired with the published one of the same name (behind the document's `x-published-prefix`, where
//! it has one), and with those that `x-published` names: a name or a list of names. `none` says that it is ours alone; a map from published files to names says that it is in
//! these only, under these names only. From there the walk follows references on both sides. What is left out on purpose
//! stands in the provider's `SOURCE.md`, in a fenced block whose info string is `drift <file>`:
//!
//! ```text
//! Component/member/[]/inner:type — the reason
//! ```
//!
//! A path starts at our component and goes on with members, `[]` for items, `{}` for values of a map and `(tag)` for a
//! branch of a union. Its end says what differs: nothing, it is on one side only; `:type`; `:required`; `=value`, an enum
//! value on one side only. A path that ends in `/**` covers all below. A line that nothing needs is stale, and a fault.

mod ignored;
mod shape;
mod walk;

use std::fmt;

use serde_json::Value;

pub use ignored::Ignored;

use crate::api::api;
use shape::Document;
use walk::Walk;

/// How a document and a published one differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The published file, as `SOURCE.md` calls it.
    pub published: String,
    /// How many components were compared.
    pub compared: usize,
    /// What differs and is not ignored, by path.
    pub differences: Vec<Difference>,
    /// What is ignored, by path, with its reason.
    pub ignored: Vec<(Difference, Ignored)>,
    /// Lines of `SOURCE.md` that nothing needs.
    pub unused: Vec<Ignored>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Where and what, as this module's documentation says.
    pub path: String,
    /// What our document has.
    pub ours: String,
    /// What the published one has.
    pub published: String,
}

/// Why two documents cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no document of ours for this provider.
    #[error("no document describes the provider `{0}`")]
    Provider(String),
    /// The published file has no schemas where JSON Schema or OpenAPI keep them.
    #[error("the published file has neither `$defs` nor `components/schemas`")]
    Published,
    /// A line of a drift block in `SOURCE.md` has no reason.
    #[error("SOURCE.md of `{provider}`: `{line}` is not `<path> — <reason>`")]
    Source {
        /// Whose.
        provider: String,
        /// The line.
        line: String,
    },
}

/// Compares a provider's document with a published one: an OpenAPI document, or a JSON Schema file with `$defs`.
///
/// The drift block of `SOURCE.md` is the one that names the file which the published `$id` ends in, else the first.
pub fn of(provider: &str, published: &Value) -> Result<Drift, Error> {
    let api = api(provider).ok_or_else(|| Error::Provider(provider.to_owned()))?;
    let theirs = Document::new(published).ok_or(Error::Published)?;
    let ours = Document::new(api.document()).ok_or(Error::Published)?;
    let file = published["$id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
    let (file, lines) = ignored::block(provider, api.source(), file)?;

    let prefix = api.document()["x-published-prefix"].as_str().unwrap_or_default();
    let mut walk = Walk::new(ours, theirs, &file, prefix);
    walk.components();
    let compared = walk.compared;
    let mut found = walk.found;
    found.sort();
    found.dedup();

    let mut drift = Drift {
        published: file,
        compared,
        differences: Vec::new(),
        ignored: Vec::new(),
        unused: lines.clone(),
    };
    for difference in found {
        match lines.iter().find(|line| line.covers(&difference.path)) {
            Some(line) => {
                drift.unused.retain(|unused| unused != line);
                drift.ignored.push((difference, line.clone()));
            }
            None => drift.differences.push(difference),
        }
    }
    Ok(drift)
}

/// The published files that a provider's `SOURCE.md` has a block for.
pub fn published(provider: &str) -> Vec<String> {
    api(provider).map(|api| ignored::files(api.source())).unwrap_or_default()
}

impl Drift {
    /// Whether every difference is explained, and every explanation needed.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.unused.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ours {}, published {}", self.path, self.ours, self.published)
    }
}

impl fmt::Display for Drift {
    /// One line a difference, one a stale line, and a last one that counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        for unused in &self.unused {
            writeln!(f, "{}: ignored in SOURCE.md, but nothing differs there", unused.path)?;
        }
        let (compared, different) = (self.compared, self.differences.len());
        let (ignored, unused) = (self.ignored.len(), self.unused.len());
        write!(
            f,
            "{}: {compared} components compared, {different} differences, {ignored} explained, {unused} stale",
            self.published
        )
    }
}
