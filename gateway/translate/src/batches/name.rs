//! What batches and their files are called: the provider's own name of the batch, and words around it.

use crate::Error;

const BATCH: &str = "batch_";
const FILE: &str = "file-";

/// A file that belongs to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What came of the lines that were answered.
    Output,
    /// What became of the others.
    Errors,
}

impl Part {
    /// What stands behind the batch's name.
    fn word(self) -> &'static str {
        match self {
            Self::Output => "-output",
            Self::Errors => "-errors",
        }
    }

    /// The name of the file of a batch.
    pub fn file_id(self, native: &str) -> String {
        format!("{FILE}{native}{}", self.word())
    }

    /// Which file of which batch has this name, if it is of one.
    pub fn of(file_id: &str) -> Option<(Self, &str)> {
        let rest = file_id.strip_prefix(FILE)?;
        let found = [Self::Output, Self::Errors]
            .into_iter()
            .find_map(|part| Some((part, rest.strip_suffix(part.word())?)));
        found.filter(|(_, native)| is_plain(native))
    }
}

/// OpenAI's name of a provider's batch.
pub fn batch_id(native: &str) -> String {
    format!("{BATCH}{native}")
}

/// The provider's name of a batch. Whatever could mean another path is none.
pub fn native_id(batch_id: &str) -> Result<&str, Error> {
    let native = batch_id.strip_prefix(BATCH).filter(|native| is_plain(native));
    native.ok_or_else(|| Error::request("batch_id", "this is no name of a batch"))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_there_and_back() {
        assert_eq!(native_id(&batch_id("msgbatch_01")).as_deref(), Ok("msgbatch_01"));
        for part in [Part::Output, Part::Errors] {
            assert_eq!(Part::of(&part.file_id("a-b")), Some((part, "a-b")));
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_name() {
        for name in ["", "batch_", "msgbatch_1", "batch_a/b", "batch_..", "batch_a%2fb", "batch_a?b"] {
            assert!(native_id(name).is_err(), "{name}");
        }
        for name in ["file-1", "file--output", "file-a/b-output", "a-output"] {
            assert_eq!(Part::of(name), None, "{name}");
        }
    }
}
