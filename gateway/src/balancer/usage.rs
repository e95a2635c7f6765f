//! What a target's calls took.

use super::Spent;
use crate::config::TokensCountStrategy;

/// All of it, since the target is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) prompt: u64,
    pub(super) completion: u64,
    /// In the unit of the prices.
    pub(super) cost: f64,
    /// Calls of which it is known what they took.
    pub(super) told: u64,
    /// Calls of which it is not, each of which counts as an average one: a target that fails, or says nothing of usage, would
    /// else seem the least used.
    pub(super) untold: f64,
    /// Average calls that it is taken to have had, because the others had them when it was not there.
    pub(super) missed: f64,
}

impl Usage {
    pub(super) fn add(&mut self, spent: &Spent) {
        self.prompt += spent.prompt;
        self.completion += spent.completion;
        self.cost += spent.cost;
        if spent.prompt + spent.completion > 0 { self.told += 1 } else { self.untold += 1.0 }
    }

    /// The part that the file wants to be compared.
    #[expect(clippy::cast_precision_loss, reason = "2^53 tokens are more than anybody pays for")]
    pub(super) fn part(&self, part: TokensCountStrategy) -> f64 {
        match part {
            TokensCountStrategy::CompletionTokens => self.completion as f64,
            TokensCountStrategy::Cost => self.cost,
            TokensCountStrategy::PromptTokens => self.prompt as f64,
            TokensCountStrategy::TotalTokens => (self.prompt + self.completion) as f64,
        }
    }
}
