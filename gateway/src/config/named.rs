//! Enumerations that have a fixed name for each value, as a configuration file spells them.

/// An enumeration that a file spells by name.
pub trait Named: Copy + PartialEq + 'static {
    /// Every value with its name, in the order in which an error lists them.
    const NAMES: &'static [(&'static str, Self)];

    /// The value that `name` stands for; names are case-sensitive, as in Kong.
    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The name as it stands in a file.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }
}
