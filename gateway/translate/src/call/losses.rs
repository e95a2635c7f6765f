//! What a translation cannot carry, by name: never dropped in silence.

/// Names, as paths into the client's request (`seed`, `messages[].name`), each once, in the order they were met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    names: Vec<String>,
}

impl Losses {
    /// Notes that `name` is not carried.
    pub fn drop(&mut self, name: impl AsRef<str> + Into<String>) {
        if !self.names.iter().any(|known| known == name.as_ref()) {
            self.names.push(name.into());
        }
    }

    /// The names.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}
