//! OpenAI's [batches](https://platform.openai.com/docs/api-reference/batch) in front of providers whose batches are others.
//!
//! ```text
//! input file ─▶ lines ─▶ Input (each line as a live call) ─▶ the provider's batch
//! the provider's batch ─▶ Batch ─▶ OpenAI's object         its results ─▶ Results: output file, error file
//! ```
//!
//! A batch's name is the provider's behind `batch_`, and its two files are named after it, so that nothing must be kept to find
//! them again. What only OpenAI's object knows ([`Asked`]) is for the caller to keep; where it is lost, a batch is still shown.

mod anthropic;
mod asked;
mod batch;
mod bedrock;
mod custom_id;
mod gemini;
mod input;
mod name;
mod record_id;
mod results;

pub use asked::Asked;
pub use batch::{Batch, Counts, Page, Status, page};
pub use bedrock::Storage;
pub use input::{Input, Line, lines};
pub use name::{Part, batch_id, native_id};
pub use results::{Of, Results};

use crate::Error;
use crate::call::{Options, Target};
use crate::passthrough::Resource;
use crate::providers::Provider;

/// Whose batches they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the providers' names")]
pub enum Dialect {
    Anthropic,
    Bedrock,
    Gemini,
}

/// What is asked of a provider about batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A new one.
    Create,
    /// One of them, by the provider's own name.
    Retrieve(&'a str),
    /// An end to it.
    Cancel(&'a str),
    /// What came of its lines.
    Results(&'a str),
    /// A file of the provider's, by its own name.
    File(&'a str),
    /// A page of them.
    List {
        /// How many.
        limit: u64,
        /// Behind the one of this name, where pages begin so.
        after: Option<&'a str>,
        /// As the provider said where the last page ended.
        token: Option<&'a str>,
    },
}

impl Provider {
    /// What its batches speak, where they are not OpenAI's own.
    pub fn batches(&self) -> Option<Dialect> {
        match (self.name, self.format) {
            ("anthropic", None) => Some(Dialect::Anthropic),
            ("bedrock", None) => Some(Dialect::Bedrock),
            ("gemini", None) => Some(Dialect::Gemini),
            _ => None,
        }
    }

    /// Whether it has this of OpenAI's resources in a form of its own.
    pub fn translates(&self, resource: Resource) -> bool {
        matches!(resource, Resource::Batches | Resource::Files) && self.batches().is_some()
    }
}

impl Dialect {
    /// Where a step leads, by which method.
    pub fn target(self, step: Step<'_>, options: &Options<'_>) -> Result<(&'static str, Target), Error> {
        match self {
            Self::Anthropic => Ok(anthropic::target(step, options)),
            Self::Bedrock => bedrock::target(step, options),
            Self::Gemini => gemini::target(step, options),
        }
    }

    /// The provider's batch, whatever step it answers.
    pub fn batch(self, body: &[u8]) -> Result<Batch, Error> {
        match self {
            Self::Anthropic => anthropic::batch(body),
            Self::Bedrock => bedrock::batch(body),
            Self::Gemini => gemini::batch(body),
        }
    }

    /// The name of a new one, where that is all that is said of it.
    pub fn made(self, body: &[u8]) -> Result<Option<String>, Error> {
        match self {
            Self::Bedrock => bedrock::made(body).map(Some),
            Self::Anthropic | Self::Gemini => Ok(None),
        }
    }

    /// Whether a batch's lines must lie in a place of their own before it is made: [`Storage`].
    pub fn keeps_lines(self) -> bool {
        self == Self::Bedrock
    }

    /// A page of its batches.
    pub fn list(self, body: &[u8]) -> Result<Page, Error> {
        match self {
            Self::Anthropic => anthropic::list(body),
            Self::Bedrock => bedrock::list(body),
            Self::Gemini => gemini::list(body),
        }
    }

    /// Whether a page can begin after a batch; else tokens lead from one page to the next.
    pub fn lists_by_name(self) -> bool {
        self == Self::Anthropic
    }

    /// Whether an end that is asked for is answered with the batch.
    pub fn shows_what_it_cancels(self) -> bool {
        self == Self::Anthropic
    }

    /// The file of the provider's that a batch's results are in, where the answer to [`Step::Results`] says that they are in one.
    pub fn file(self, results: &[u8]) -> Result<Option<String>, Error> {
        match self {
            Self::Anthropic => Ok(None),
            Self::Bedrock => bedrock::file(results),
            Self::Gemini => gemini::file(results),
        }
    }
}
