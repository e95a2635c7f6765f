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
mod custom_id;
mod input;
mod name;
mod results;
mod time;

pub use asked::Asked;
pub use batch::{Batch, Counts, Status, page};
pub use input::{Input, Line, lines};
pub use name::{Part, batch_id, native_id};
pub use results::Results;

use crate::Error;
use crate::call::{Options, Target};
use crate::passthrough::Resource;
use crate::providers::Provider;

/// Whose batches they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the providers' names")]
pub enum Dialect {
    Anthropic,
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
    /// A page of them: so many, after this one.
    List(u64, Option<&'a str>),
}

impl Provider {
    /// What its batches speak, where they are not OpenAI's own.
    pub fn batches(&self) -> Option<Dialect> {
        (self.name == "anthropic").then_some(Dialect::Anthropic)
    }

    /// Whether it has this of OpenAI's resources in a form of its own.
    pub fn translates(&self, resource: Resource) -> bool {
        matches!(resource, Resource::Batches | Resource::Files) && self.batches().is_some()
    }
}

impl Dialect {
    /// Where a step leads, by which method.
    pub fn target(self, step: Step<'_>, options: &Options<'_>) -> (&'static str, Target) {
        match self {
            Self::Anthropic => anthropic::target(step, options),
        }
    }

    /// The provider's batch, whatever step it answers.
    pub fn batch(self, body: &[u8]) -> Result<Batch, Error> {
        match self {
            Self::Anthropic => anthropic::batch(body),
        }
    }

    /// A page of its batches, and whether there are more.
    pub fn list(self, body: &[u8]) -> Result<(Vec<Batch>, bool), Error> {
        match self {
            Self::Anthropic => anthropic::list(body),
        }
    }
}
