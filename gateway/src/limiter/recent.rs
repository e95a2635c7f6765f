//! A map that forgets what was not used for longest.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// At most so many values, by key.
pub(super) struct Recent<K, V> {
    values: HashMap<K, (u64, V)>,
    /// By the number of their last use.
    uses: BTreeMap<u64, K>,
    used: u64,
    most: usize,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { values: HashMap::new(), uses: BTreeMap::new(), used: 0, most: most.max(1) }
    }

    /// The value of a key, used now; a new one, of a number that no other had, where there is none.
    pub(super) fn get_or_insert(&mut self, key: K, new: impl FnOnce(u64) -> V) -> &mut V {
        self.used += 1;
        let number = self.used;
        if let Some((last, _)) = self.values.get(&key) {
            self.uses.remove(last);
        } else if self.values.len() >= self.most
            && let Some((_, oldest)) = self.uses.pop_first()
        {
            self.values.remove(&oldest);
        }
        self.uses.insert(number, key);
        let (last, value) = self.values.entry(key).or_insert_with(|| (number, new(number)));
        *last = number;
        value
    }

    /// The value of a key, where there is one; that is no use of it.
    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        self.values.get(key).map(|(_, value)| value)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        debug_assert_eq!(self.values.len(), self.uses.len());
        self.values.len()
    }
}
