//! What was looked at by hand: `looked-at.yaml` beside each report says of every failure in it why it is the gateway's.
//!
//! ```yaml
//! - id: chat.usage.stream.shape@*@*/stream
//!   at: client /choices
//!   got: '"choices":[{'
//!   why: The chunk of usage has one choice with an empty delta; by OpenAI's document it has none.
//!   source: https://platform.openai.com/docs/api-reference/chat-streaming
//! ```
//!
//! So no failure of another kind can be published under an expectation that is there already: somebody has to look at it first.

use conformance::report::model::{Check, Status};
use globset::{Glob, GlobMatcher};
use serde::Deserialize;

use super::{reports, results};

/// A kind of failure, and whose it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookedAt {
    /// Globs over `<requirement>@<scenario>@<cell>`; the requirement is named in full.
    id: Texts,
    /// Glob over the side and the pointer of the finding; brackets are brackets.
    at: Option<String>,
    /// Texts of which the finding quotes one.
    got: Option<Texts>,
    /// What the gateway does, and what the document says.
    why: String,
    /// That document, where the requirement's own source is another one.
    source: Option<String>,
    /// Whether it does not always fail, and so need not be in the report.
    #[serde(default)]
    sometimes: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

struct Entry {
    globs: Vec<GlobMatcher>,
    at: Option<GlobMatcher>,
    looked_at: LookedAt,
}

impl Entry {
    fn new(looked_at: LookedAt) -> Self {
        let glob =
            |text: &String| Glob::new(text).unwrap_or_else(|error| panic!("{error}")).compile_matcher();
        let globs = looked_at.id.all().iter().map(glob).collect();
        let at = looked_at.at.as_ref().map(|at| glob(&at.replace('[', "[[]")));
        Self { globs, at, looked_at }
    }

    fn covers(&self, check: &Check) -> bool {
        let key = check.key();
        let pointer = check.pointer.as_deref().unwrap_or_default();
        let actual = check.actual.as_deref().unwrap_or_default();
        self.globs.iter().any(|glob| glob.is_match(&key))
            && self.at.as_ref().is_none_or(|at| at.is_match(pointer))
            && self
                .looked_at
                .got
                .as_ref()
                .is_none_or(|got| got.all().iter().any(|text| actual.contains(text)))
    }
}

fn entries(gateway: &str) -> Vec<Entry> {
    let path = results().join(gateway).join("looked-at.yaml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let looked_at: Vec<LookedAt> =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{gateway}: {error}"));
    looked_at.into_iter().map(Entry::new).collect()
}

#[test]
fn every_failure_that_is_published_was_looked_at() {
    for (gateway, report) in reports() {
        let entries = entries(gateway);
        let is_failure =
            |check: &&Check| matches!(check.status, Status::Fail | Status::Xfail) && check.pointer.is_some();
        let failures: Vec<&Check> = report.checks.iter().filter(is_failure).collect();
        let unseen: Vec<String> = failures
            .iter()
            .filter(|check| !entries.iter().any(|entry| entry.covers(check)))
            .map(|check| {
                format!(
                    "{} [{}] {}",
                    check.key(),
                    check.pointer.as_deref().unwrap_or(""),
                    check.actual.as_deref().unwrap_or("")
                )
            })
            .collect();
        assert!(
            unseen.is_empty(),
            "{gateway}: {} failures that nobody looked at:\n{}",
            unseen.len(),
            unseen.join("\n")
        );
        for entry in &entries {
            let is_met = failures.iter().any(|check| entry.covers(check));
            assert!(
                is_met || entry.looked_at.sometimes,
                "{gateway}: no such failure any more: {:?}",
                entry.looked_at.id.all()
            );
        }
    }
}

#[test]
fn what_was_looked_at_is_named_and_explained() {
    for (gateway, _) in reports() {
        for Entry { looked_at, .. } in entries(gateway) {
            for id in looked_at.id.all() {
                let named = id.split_once('@').filter(|(requirement, _)| !requirement.contains('*'));
                assert!(
                    named.is_some(),
                    "{gateway}: `{id}` does not name the requirement in full, and a scenario"
                );
            }
            let why = looked_at.why.trim();
            assert!(why.len() > 20 && why.ends_with('.'), "{gateway}: no sentence: {why:?}");
            let is_address = |source: &String| source.starts_with("https://");
            assert!(looked_at.source.as_ref().is_none_or(is_address), "{gateway}: {:?}", looked_at.source);
        }
    }
}
