//! Where a plugin holds, and which of several holds where more than one could.
//!
//! The more it says of where it holds, the sooner it does; of a consumer sooner than of a group or of a route:
//! <https://developer.konghq.com/gateway/entities/plugin/#plugin-precedence>

use std::collections::HashMap;
use std::sync::Arc;

use super::Consumer;

/// The numbers of what a plugin names; of nothing, it holds everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) service: Option<usize>,
    pub(super) route: Option<usize>,
    pub(super) whose: Option<Whose>,
}

/// Whose calls a plugin is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    Consumer(usize),
    Group(usize),
}

/// Its place in Kong's order; the first holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u8);

impl Scope {
    /// Whether it takes in a route.
    pub(super) fn takes(&self, route: usize, service: Option<usize>) -> bool {
        self.route.is_none_or(|known| known == route) && (self.service.is_none() || self.service == service)
    }

    pub(super) fn rank(&self) -> Rank {
        let place = match (self.whose, self.route.is_some(), self.service.is_some()) {
            (Some(Whose::Consumer(_)), true, true) => 1,
            (Some(Whose::Group(_)), true, true) => 2,
            (Some(Whose::Consumer(_)), true, false) => 3,
            (Some(Whose::Consumer(_)), false, true) => 4,
            (Some(Whose::Group(_)), true, false) => 5,
            (Some(Whose::Group(_)), false, true) => 6,
            (None, true, true) => 7,
            (Some(Whose::Consumer(_)), false, false) => 8,
            (Some(Whose::Group(_)), false, false) => 9,
            (None, true, false) => 10,
            (None, false, true) => 11,
            (None, false, false) => 12,
        };
        Rank(place)
    }
}

/// A plugin of one kind that holds on a route: for everybody, and for some otherwise.
#[derive(Clone, Debug)]
pub struct Scoped<T> {
    general: Option<Held<T>>,
    consumers: HashMap<usize, Held<T>>,
    groups: HashMap<usize, Held<T>>,
}

/// One of them.
#[derive(Debug)]
pub struct Held<T> {
    rank: Rank,
    /// What its counters are called, so that they live on when the file is read again.
    pub name: Arc<str>,
    /// The consumer group that it is for.
    pub group: Option<Arc<str>>,
    /// What it says.
    pub settings: Arc<T>,
}

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self { general: None, consumers: HashMap::new(), groups: HashMap::new() }
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        let Self { rank, name, group, settings } = self;
        Self { rank: *rank, name: Arc::clone(name), group: group.clone(), settings: Arc::clone(settings) }
    }
}

/// Where a plugin holds that is added to what holds for a route.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) rank: Rank,
    pub(super) whose: Option<Whose>,
    pub(super) name: Arc<str>,
    pub(super) group: Option<Arc<str>>,
}

impl<T> Scoped<T> {
    /// Adds a plugin; of two for the same, the one that comes first in Kong's order stays.
    pub(super) fn add(&mut self, place: &Place, settings: &Arc<T>) {
        let Place { rank, whose, name, group } = place.clone();
        let held = Held { rank, name, group, settings: Arc::clone(settings) };
        let known = match whose {
            None => {
                let known = self.general.take().filter(|known| known.rank <= rank);
                self.general = Some(known.unwrap_or(held));
                return;
            }
            Some(Whose::Consumer(number)) => self.consumers.entry(number),
            Some(Whose::Group(number)) => self.groups.entry(number),
        };
        let known = known.or_insert_with(|| held.clone());
        if rank < known.rank {
            *known = held;
        }
    }

    /// What holds for a call of `consumer`. Of several groups' the one of the first by name.
    #[must_use]
    pub fn of(&self, consumer: Option<&Consumer>) -> Option<&Held<T>> {
        let own = consumer.and_then(|consumer| self.consumers.get(&consumer.number));
        let groups = consumer.map(|consumer| consumer.groups.as_slice()).unwrap_or_default();
        let groups = groups.iter().filter_map(|group| self.groups.get(&group.number));
        own.into_iter().chain(groups).chain(&self.general).min_by_key(|held| held.rank)
    }

    /// Whether any holds for anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.general.is_none() && self.consumers.is_empty() && self.groups.is_empty()
    }
}
