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
//!
//! `touchstone-store:false` keeps nothing of responses, `:redis` keeps them where several gateways find them; `touchstone-upstream-streaming:always` or `:never` asks the provider for streams or
//! for none, whatever the client gets,
//! and, where the provider is `huggingface`, `touchstone-format:tgi` for an inference server of one's own.
//! A `file-log` with `touchstone-rotate-size:<bytes>` begins a new file when one is full, and keeps `touchstone-rotate-keep:<number>`, 5
//! unless set, of the old ones.
//! `touchstone-share:redis` lets several gateways share what they know of a plugin's targets.
//!
//! What lies in Redis lies in the plugin's own `vectordb.redis`. The address is not in the tag: Kong takes neither `/` nor `,` in one,
//! and a password would lie open there.

use super::error::Problem;
use super::field::{Field, nearest};
use super::named::Named;
use super::plugin::AI_PROXY;

/// The settings of one plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `touchstone-strict`: what a provider cannot carry is refused with 400, not dropped and named. Off unless set.
    pub strict: bool,
    /// `touchstone-tuning`: whose `max_tokens`, `temperature`, `top_p` and `top_k` win.
    pub tuning: Tuning,
    /// `touchstone-format`: what the provider's API speaks, where Kong has no word for it.
    pub format: Option<Format>,
    /// `touchstone-upstream-streaming`: whether the provider is asked for a stream, whatever the client gets; what it replies is made
    /// into the other where they differ. Without it, the provider is asked for what the client gets.
    pub upstream_streaming: Option<bool>,
    /// `touchstone-store`: where translated responses are kept for clients that come back to them. In memory unless set.
    pub store: Store,
    /// `touchstone-share`: whether usage, latency and health of targets are shared with other gateways, through the plugin's own
    /// `vectordb.redis`.
    pub share: bool,
    /// `touchstone-rotate-size` of a `file-log`: bytes that a file has at most. No bound unless set.
    pub rotate_size: Option<u64>,
    /// `touchstone-rotate-keep` of a `file-log`: full files that are kept.
    pub rotate_keep: Option<u32>,
}

/// A format of a provider's API that Kong has no word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The provider is `huggingface`, and what is called is a Text Generation Inference server, not the router.
    Tgi,
}

impl Named for Format {
    const NAMES: &'static [(&'static str, Self)] = &[("tgi", Self::Tgi)];
}

/// Where responses are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// Nowhere, whatever a client asks for.
    Nowhere,
    /// In this process, which forgets them when it ends.
    #[default]
    Memory,
    /// In the plugin's own `vectordb.redis`, for all gateways that go by the same file.
    Redis,
}

impl Named for Store {
    const NAMES: &'static [(&'static str, Self)] =
        &[("false", Self::Nowhere), ("redis", Self::Redis), ("true", Self::Memory)];
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

impl Extensions {
    /// Picks ours out of the tags of a plugin of this group.
    pub(super) fn read(tags: &[(String, Field<'_>)], group: &str) -> Self {
        let mut own = Self::default();
        for (tag, field) in tags {
            let Some(setting) = tag.strip_prefix(PREFIX) else { continue };
            let (name, value) = setting.split_once(':').unwrap_or((setting, ""));
            if !NAMES.contains(&(name, group)) {
                let known = NAMES.iter().filter(|(_, owner)| *owner == group).map(|(name, _)| *name);
                let meant = nearest(name, known).map(|name| format!("{PREFIX}{name}"));
                field.error(Problem::Unknown(meant));
                continue;
            }
            match name {
                "strict" => match value {
                    "true" => own.strict = true,
                    "false" => own.strict = false,
                    _ => field.error(one_of("true, false")),
                },
                "tuning" => match Tuning::from_name(value) {
                    Some(tuning) => own.tuning = tuning,
                    None => field.error(one_of("default, force")),
                },
                "format" => match Format::from_name(value) {
                    Some(format) => own.format = Some(format),
                    None => field.error(one_of("tgi")),
                },
                "upstream-streaming" => match value {
                    "always" => own.upstream_streaming = Some(true),
                    "never" => own.upstream_streaming = Some(false),
                    _ => field.error(one_of("always, never")),
                },
                "store" => match Store::from_name(value) {
                    Some(store) => own.store = store,
                    None => field.error(one_of("false, redis, true")),
                },
                "share" => match value {
                    "redis" => own.share = true,
                    _ => field.error(one_of("redis")),
                },
                "rotate-size" => match value.parse().ok().filter(|size| *size >= LEAST) {
                    Some(size) => own.rotate_size = Some(size),
                    None => {
                        field.error(Problem::Rule(format!("expected a number of bytes, {LEAST} or more")));
                    }
                },
                "rotate-keep" => match value.parse().ok().filter(|keep| (1..=MOST).contains(keep)) {
                    Some(keep) => own.rotate_keep = Some(keep),
                    None => field.error(Problem::Rule(format!("expected a number from 1 to {MOST}"))),
                },
                _ => (),
            }
        }
        own
    }
}

const PREFIX: &str = "touchstone-";
/// Our names, and the group of plugins that has each.
const NAMES: [(&str, &str); 8] = [
    ("upstream-streaming", AI_PROXY),
    ("strict", AI_PROXY),
    ("tuning", AI_PROXY),
    ("format", AI_PROXY),
    ("store", AI_PROXY),
    ("share", AI_PROXY),
    ("rotate-size", "file-log"),
    ("rotate-keep", "file-log"),
];
/// Bytes of a file, at least: more than most lines have.
const LEAST: u64 = 4096;
/// Files that are kept, at most.
const MOST: u32 = 1000;

fn one_of(names: &str) -> Problem {
    Problem::OneOf { names: names.to_owned(), nearest: None }
}
