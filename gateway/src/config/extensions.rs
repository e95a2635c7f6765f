//! What this gateway adds to Kong's settings, spelt so that Kong accepts the same file.
//!
//! Kong refuses members that it does not know, and lets every entity carry `tags`: free words that it only stores.
//! So a plugin's tags of the form `touchstone-<name>:<value>` are ours, and all others are ignored:
//!
//! ```yaml
//! plugins:
//!   - name: ai-proxy
//!     tags: ["touchstone-strict:true", "touchstone-tuning:default"]
//! ```

use super::named::Named;

/// The settings of one plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `touchstone-strict`: what a provider cannot carry is refused with 400, not dropped and named. Off unless set.
    pub strict: bool,
    /// `touchstone-tuning`: whose `max_tokens`, `temperature`, `top_p` and `top_k` win.
    pub tuning: Tuning,
}

/// Who wins where both the file and the client set a tuning parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tuning {
    /// The file, as in Kong since 3.8.
    #[default]
    Force,
    /// The client; the file's values are defaults, as in Kong 3.7.
    Default,
}

impl Named for Tuning {
    const NAMES: &'static [(&'static str, Self)] = &[("default", Self::Default), ("force", Self::Force)];
}
