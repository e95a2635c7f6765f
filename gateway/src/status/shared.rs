//! What a route knows by others: by a model of embeddings, by a database, by other gateways.

use std::sync::Arc;

use serde::Serialize;

use crate::commons::Commons;
use crate::config::{Named, Route};
use crate::semantic::{Counts, Semantic};

/// Which target a prompt is for.
#[derive(Serialize)]
pub(super) struct SemanticView {
    /// Of the model of embeddings.
    pub(super) provider: &'static str,
    pub(super) model: Option<String>,
    /// Descriptions of targets, and whether all of them are embedded.
    pub(super) descriptions: usize,
    pub(super) is_ready: bool,
    /// `available` or `lost`, of the model's service.
    pub(super) state: &'static str,
    /// The gateway's own calls for embeddings.
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) tokens: u64,
    pub(super) seconds: f64,
    pub(super) database: Option<DatabaseView>,
}

/// Where vectors lie besides.
#[derive(Serialize)]
pub(super) struct DatabaseView {
    /// Kong's `strategy`.
    pub(super) strategy: &'static str,
    pub(super) state: &'static str,
}

/// What is kept or shared in Redis.
#[derive(Serialize)]
pub(super) struct SharedView {
    pub(super) state: &'static str,
}

/// What clients come back to.
#[derive(Serialize)]
pub(super) struct KeptView {
    /// Responses in this process's memory, and their bytes.
    pub(super) responses: u64,
    pub(super) bytes: u64,
    /// Those that are being made in the background.
    pub(super) in_background: u64,
}

impl SemanticView {
    pub(super) fn of(semantic: &Semantic, route: &Route) -> Option<Self> {
        let model = &route.plugin.embeddings.as_ref()?.target.model;
        let Counts { calls, failed, tokens, took } = semantic.tally.counts();
        let (descriptions, is_ready) = semantic.learnt();
        let database =
            semantic.database().map(|(strategy, is_lost)| DatabaseView { strategy, state: state(is_lost) });
        Some(Self {
            provider: model.provider.name(),
            model: model.name.as_ref().map(|name| name.source().to_owned()),
            descriptions,
            is_ready,
            state: state(semantic.is_lost()),
            calls,
            failed,
            tokens,
            seconds: took.as_secs_f64(),
            database,
        })
    }
}

impl SharedView {
    /// Of the balancer's state, where it is shared.
    pub(super) fn of_targets(commons: &Commons, route: &Route) -> Option<Self> {
        commons.sharing.is_lost(route).map(|is_lost| Self { state: state(is_lost) })
    }

    /// Of responses, where they are kept in Redis.
    pub(super) fn of_responses(commons: &Commons, route: &Arc<Route>) -> Option<Self> {
        commons.responses(route)?.is_lost().map(|is_lost| Self { state: state(is_lost) })
    }
}

impl KeptView {
    pub(super) fn of(commons: &Commons) -> Self {
        let (responses, bytes) = commons.store.held();
        let in_background = commons.store.runs.count() as u64;
        Self { responses: responses as u64, bytes: bytes as u64, in_background }
    }
}

/// In a word.
fn state(is_lost: bool) -> &'static str {
    if is_lost { "lost" } else { "available" }
}
