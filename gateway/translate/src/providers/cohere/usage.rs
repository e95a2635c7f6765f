//! What a call cost.
//!
//! `tokens` counts all that the model read, Cohere's own preamble included; `billed_units` leaves that out. `cached_tokens` is a
//! part of the former, and may be more than the latter: so the former is told, where it is there.

use serde::Deserialize;

use crate::delta;

/// `usage` in version 2, `meta` in version 1.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    tokens: Option<Counts>,
    billed_units: Option<Counts>,
    cached_tokens: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
}

impl Usage {
    /// In neutral terms; nothing where nothing was counted.
    pub(super) fn told(self) -> Option<delta::Usage> {
        let counts = [self.tokens, self.billed_units].into_iter().flatten();
        let of = |count: fn(&Counts) -> Option<f64>| counts.clone().find_map(|counts| count(&counts));
        let prompt = of(|counts| counts.input_tokens);
        let completion = of(|counts| counts.output_tokens);
        if prompt.is_none() && completion.is_none() {
            return None;
        }
        let [prompt, completion] = [prompt, completion].map(|count| whole(count.unwrap_or_default()));
        Some(delta::Usage { prompt, completion, cached: self.cached_tokens.map(whole), ..Default::default() })
    }
}

/// Counts are numbers that may have a point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates: what is no count becomes the nearest one"
)]
fn whole(count: f64) -> u64 {
    count as u64
}
