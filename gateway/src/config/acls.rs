//! Kong's `acls` of `ai-proxy-advanced`: who may ask for what. What is denied is denied, whatever else is allowed; where anything is
//! allowed, all else is not.
//!
//! <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/#schema--config-acls>

use super::condition::{Call, Condition};
use super::error::Problem;
use super::field::Field;
use super::record::Record;

/// Rules, each of conditions that all must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acls {
    allow: Vec<Vec<Condition>>,
    deny: Vec<Vec<Condition>>,
}

impl Acls {
    pub(super) fn read(record: &mut Record<'_>) -> Option<Self> {
        let (allow, deny) = (rules(record, "allow"), rules(record, "deny"));
        Some(Self { allow: allow?, deny: deny? })
    }

    /// Whether a call may be made. As long as it is not known where it goes: whether it might be.
    #[must_use]
    pub fn permit(&self, call: &Call<'_>) -> bool {
        !self.deny.iter().any(|rule| holds(rule, call) == Some(true))
            && (self.allow.is_empty() || self.allow.iter().any(|rule| holds(rule, call) != Some(false)))
    }

    /// Whether the model matters.
    #[must_use]
    pub fn mind_models(&self) -> bool {
        self.allow.iter().chain(&self.deny).flatten().any(Condition::is_of_model)
    }
}

/// Whether all conditions hold; `None`: perhaps.
fn holds(rule: &[Condition], call: &Call<'_>) -> Option<bool> {
    let each: Vec<_> = rule.iter().map(|condition| condition.holds(call)).collect();
    if each.contains(&Some(false)) {
        return Some(false);
    }
    (!each.contains(&None)).then_some(true)
}

fn rules(record: &mut Record<'_>, name: &'static str) -> Option<Vec<Vec<Condition>>> {
    let rule = if name == "deny" { "Which calls do not get in." } else { "Which calls alone get in." };
    record.says(&[(name, rule)]);
    let Some(field) = record.get(name) else { return Some(Vec::new()) };
    if field.is_empty_container() {
        field.error(Problem::Rule("length must be at least 1".to_owned()));
    }
    let rule = |record: &mut Record<'_>| {
        record.says(&[("match", "What holds together for a call.")]);
        Condition::read_all(&record.required("match")?, false)
    };
    let rules: Vec<_> =
        field.list("an array").iter().map(|field: &Field<'_>| field.record(rule).flatten()).collect();
    rules.into_iter().collect()
}
