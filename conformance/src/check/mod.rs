//! Checks: one requirement judged on one case. Pure functions from evidence to a verdict, and the table that names them.

mod callers;
mod completions;
mod embeddings;
mod errors;
mod failover;
mod faults;
mod lifecycle;
mod messages;
mod params;
mod parts;
pub mod refusal;
pub(crate) mod reply;
mod request;
mod responses;
mod same;
mod scenario;
mod schema;
mod security;
mod stored;
pub(crate) mod stream;
mod structure;
mod support;
mod tools;
mod usage;

use crate::case::Case;

pub use support::{Finding, Side, Verdict};

/// Nothing, where the requirement holds.
pub type Judged = Result<(), Verdict>;

/// Judges one requirement.
pub type Check = fn(&Case) -> Judged;

/// Every requirement's check, by theme.
const TABLES: [&[(&str, Check)]; 19] = [
    request::TABLE,
    params::TABLE,
    tools::TABLE,
    structure::TABLE,
    reply::TABLE,
    usage::TABLE,
    stream::TABLE,
    errors::TABLE,
    faults::TABLE,
    failover::TABLE,
    security::TABLE,
    callers::TABLE,
    lifecycle::TABLE,
    responses::TABLE,
    stored::TABLE,
    messages::TABLE,
    completions::TABLE,
    embeddings::TABLE,
    scenario::TABLE,
];

/// The check of the requirement with this id.
pub fn find(id: &str) -> Option<Check> {
    all().find(|(known, _)| *known == id).map(|(_, check)| check)
}

/// Ids and checks.
pub fn all() -> impl Iterator<Item = (&'static str, Check)> {
    TABLES.into_iter().flatten().copied()
}
