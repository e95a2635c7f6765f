//! What a translation cannot carry, by name: never dropped in silence.

/// The most names that are told: clients choose some of them, and a header has to hold them all.
const MOST: usize = 100;
/// Characters of a name.
const LONG: usize = 100;
/// Stands for all that are too many.
const MORE: &str = "...";

/// Names, as paths into the client's request (`seed`, `messages[].name`), each once, in the order they were met. Of more than a
/// hundred, the last stands for the rest; a longer name than a hundred characters is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    names: Vec<String>,
}

impl Losses {
    /// Notes that `name` is not carried.
    pub fn drop(&mut self, name: impl AsRef<str>) {
        let name = name.as_ref();
        let end = name.char_indices().nth(LONG).map_or(name.len(), |(end, _)| end);
        let name = if self.names.len() < MOST { &name[..end] } else { MORE };
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// The names.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_told_once_in_order() {
        let mut losses = Losses::default();
        ["seed", "user", "seed"].iter().for_each(|name| losses.drop(name));
        assert_eq!(losses.into_names(), ["seed", "user"]);
    }

    #[test]
    fn no_client_makes_it_tell_without_end() {
        let mut losses = Losses::default();
        (0..100_000).for_each(|number| losses.drop(format!("messages[].é{number}{}", "x".repeat(200))));
        let names = losses.into_names();
        assert_eq!((names.len(), names.last().map(String::as_str)), (101, Some("...")));
        assert!(names.iter().all(|name| name.chars().count() <= 100));
    }
}
