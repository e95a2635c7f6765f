//! What is done with the calls of a route: translated, passed on, or put into a provider's own form.

use translate::batches::Dialect;
use translate::call::Api;
use translate::passthrough::{Passage, Resource};
use translate::videos;
use translate::works::Work;

/// What is done with the calls of a route.
#[derive(Clone, Copy)]
pub(super) enum Serves {
    /// They are translated.
    Call(Api),
    /// They pass through.
    Passage(&'static Passage),
    /// Pictures and transcripts that the provider has in a form of its own.
    Work(Work, Resource),
    /// Batches, or the files of batches, that the provider has in a form of its own.
    Batches(Dialect, Resource),
    /// Videos that the provider has in a form of its own.
    Videos(videos::Dialect),
}

impl Serves {
    /// Whether a target that serves `other` may take this one's calls.
    pub(super) fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Call(own), Self::Call(other)) => own == other,
            (Self::Passage(own), Self::Passage(other)) => own.resource == other.resource,
            // Whoever has pictures of his own way, and whoever has them OpenAI's way.
            (own, other) => own.resource().is_some() && own.resource() == other.resource(),
        }
    }

    /// What it is, where it does not go through the hub.
    pub(super) fn resource(self) -> Option<Resource> {
        match self {
            Self::Call(_) => None,
            Self::Passage(passage) => Some(passage.resource),
            Self::Work(_, resource) | Self::Batches(_, resource) => Some(resource),
            Self::Videos(_) => Some(Resource::Videos),
        }
    }

    /// Whether calls come back to what earlier ones left with the provider. Of a provider's own API, all may but those that generate.
    pub(super) fn keeps(self, path: &str) -> bool {
        match self.resource() {
            Some(
                Resource::Assistants
                | Resource::Batches
                | Resource::Files
                | Resource::Responses
                | Resource::Videos,
            ) => true,
            Some(resource @ Resource::Native(_)) => resource.counts(path).is_none(),
            _ => false,
        }
    }
}
