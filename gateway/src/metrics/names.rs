//! Names that others choose, as labels: a client's model must not make time series without end.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// What stands for all names that find no room.
pub(crate) const OTHER: &str = "other";

/// Bytes of a name that are told.
pub(crate) const LENGTH: usize = 128;

/// The first so many names that anybody chose.
pub(crate) struct Names {
    most: usize,
    seen: RwLock<HashSet<Box<str>>>,
}

impl Names {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, seen: RwLock::default() }
    }

    /// The name itself if it is among the first, else [`OTHER`].
    pub(crate) fn admit<'n>(&self, name: &'n str) -> &'n str {
        if name.is_empty() || self.seen.read().unwrap_or_else(PoisonError::into_inner).contains(name) {
            return name;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < self.most {
            seen.insert(name.into());
        }
        if seen.contains(name) { name } else { OTHER }
    }
}

/// The beginning of a name, as long as a label may be.
pub(crate) fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(LENGTH)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_names_are_other_names() {
        let names = Names::new(2);
        assert_eq!(
            ["a", "b", "a", "c", "b", "", "d"].map(|name| names.admit(name)),
            ["a", "b", "a", OTHER, "b", "", OTHER]
        );
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let long = "é".repeat(LENGTH);
        assert_eq!(cut(&long), "é".repeat(LENGTH / 2));
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&format!("a{long}")).len(), LENGTH - 1);
    }
}
