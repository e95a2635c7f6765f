//! What may be told to a provider, and what of it cannot be.

use super::fields::Fields;
use crate::call::Losses;
use crate::client::Audience;
use crate::json::Object;
use crate::openai::Quirks;

/// Knows what the provider understands, and notes what it is not told.
pub(super) struct Teller<'t, 'l> {
    quirks: Option<&'t Quirks>,
    shows_results: bool,
    losses: &'l mut Losses,
}

impl<'t, 'l> Teller<'t, 'l> {
    pub(super) fn new(audience: &Audience<'t>, model: &str, losses: &'l mut Losses) -> Self {
        Self { quirks: audience.quirks(), shows_results: audience.shows_results(model), losses }
    }

    /// Whether results of calls may show images and files.
    pub(super) fn shows_results(&self) -> bool {
        self.shows_results
    }

    /// Whether it understands members that are not OpenAI's.
    pub(super) fn is_extended(&self) -> bool {
        self.quirks.is_none()
    }

    /// Whether it takes its reasoning back as text.
    pub(super) fn takes_reasoning(&self) -> bool {
        self.quirks.is_none_or(|quirks| quirks.reasoning)
    }

    pub(super) fn lose(&mut self, name: &'static str) {
        self.losses.drop(name);
    }

    /// Names every member that is none of these.
    pub(super) fn name_others(&mut self, fields: &Fields<'_>, known: &[&str], prefix: &str) {
        fields.name_others(known, prefix, self.losses);
    }

    /// A member that is not OpenAI's; where it is not understood, `name` is lost.
    pub(super) fn extend(
        &mut self,
        name: &'static str,
        object: &mut Object<'_>,
        member: &'static str,
        json: Option<&str>,
    ) {
        match json {
            Some(json) if self.is_extended() => object.raw(member, json),
            Some(_) => self.lose(name),
            None => (),
        }
    }
}
