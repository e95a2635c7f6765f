//! What files are called: the provider's own name, and words around it.

use super::Purpose;
use crate::batches;

const FILE: &str = "file-";
/// Letters and digits behind a purpose.
const DRAWN: usize = 24;
/// Characters of a name, at most: lower case letters, digits, and hyphens within. <https://ai.google.dev/api/files#File>
const MOST: usize = 40;

/// A name that says what its file is for; `drawn`: letters and digits, 24 of them, that nobody has seen before.
pub fn new_name(purpose: Purpose, drawn: &str) -> String {
    format!("{}-{}", purpose.in_names(), drawn.to_ascii_lowercase())
}

/// The purpose that a name says.
pub(super) fn purpose(name: &str) -> Option<Purpose> {
    let (purpose, drawn) = name.rsplit_once('-')?;
    let is_drawn = drawn.len() == DRAWN && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Purpose::of_name(purpose).filter(|_| is_drawn)
}

/// OpenAI's name of a provider's file. One that reads like that of a batch's file ends in a hyphen, as no name of the provider does.
pub fn file_id(name: &str) -> String {
    let id = format!("{FILE}{name}");
    if batches::Part::of(&id).is_some() { id + "-" } else { id }
}

/// The provider's name of a file, if a file of it can be called so.
pub fn native_name(id: &str) -> Option<&str> {
    let name = id.strip_prefix(FILE)?;
    let name = name.strip_suffix('-').unwrap_or(name);
    let is_legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=MOST).contains(&name.len()) && name.bytes().all(is_legal);
    (is_name && !name.starts_with('-') && !name.ends_with('-')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWN: &str = "AbCdEfGhIjKlMnOpQrStUv12";

    #[test]
    fn a_name_says_what_its_file_is_for() {
        let words = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"];
        for asked in words.map(|word| Purpose::read(word).unwrap()) {
            let name = new_name(asked, DRAWN);
            assert_eq!(purpose(&name), Some(asked));
            assert_eq!(native_name(&file_id(&name)), Some(&*name), "it is a legal one");
        }
        for name in ["", "my-file", "vision", "vision-1", "user_data-abcdefghijklmnopqrstuv12"] {
            assert_eq!(purpose(name), None, "{name}");
        }
    }

    #[test]
    fn names_lead_there_and_back_and_to_no_batch() {
        for name in ["a", "my-file", "x-output", "x-errors", "output"] {
            assert_eq!((native_name(&file_id(name)), batches::Part::of(&file_id(name))), (Some(name), None));
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        for id in [
            "",
            "file-",
            "a",
            "file--a",
            "file-a--",
            "file-A",
            "file-a/b",
            "file-..",
            "file-a%2fb",
            "file-a_b",
        ] {
            assert_eq!(native_name(id), None, "{id}");
        }
        assert_eq!(native_name(&format!("file-{}", "a".repeat(41))), None);
    }
}
