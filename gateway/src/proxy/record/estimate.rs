//! What a call took, counted here where the provider does not say it.

use super::Record;
use crate::statistics::Hurry;

impl Record {
    /// Whether the provider did not say what a whole reply took: then it is counted, but later.
    pub(in crate::proxy) fn may_be_counted(&self) -> bool {
        self.is_well() && self.usage.is_none() && self.words.is_some()
    }

    /// Whether the provider did what it was asked.
    fn is_well(&self) -> bool {
        self.upstream_status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the provider did not say what the call took, or not all of it.
    pub(super) fn is_uncounted(&self) -> bool {
        let is_open = self.usage.is_none() || self.is_cut && self.spoken.is_some();
        // Nothing was said to a client that got nothing, or an error of the gateway's.
        let is_said = self.first.is_some() && (200..300).contains(&self.status);
        self.is_well() && is_open && is_said && self.words.is_some()
    }

    /// Counts what the provider did not.
    pub(super) fn count(&mut self, hurry: Hurry) {
        let Some(words) = self.words.take() else { return };
        let counted = words.count(self.spoken.as_deref(), self.usage, hurry == Hurry::Yes);
        self.estimated = counted.is_some();
        self.usage = counted.or(self.usage);
    }
}
