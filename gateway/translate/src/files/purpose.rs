//! What a file is for, as [OpenAI](https://platform.openai.com/docs/api-reference/files/create) names it.

use crate::Error;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are OpenAI's words")]
pub enum Purpose {
    Assistants,
    Batch,
    /// What came of a batch.
    BatchOutput,
    Evals,
    FineTune,
    UserData,
    Vision,
}

/// Those that a client may ask for.
const ASKED: [Purpose; 6] = [
    Purpose::Assistants,
    Purpose::Batch,
    Purpose::Evals,
    Purpose::FineTune,
    Purpose::UserData,
    Purpose::Vision,
];

impl Purpose {
    /// OpenAI's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Assistants => "assistants",
            Self::Batch => "batch",
            Self::BatchOutput => "batch_output",
            Self::Evals => "evals",
            Self::FineTune => "fine-tune",
            Self::UserData => "user_data",
            Self::Vision => "vision",
        }
    }

    /// What a client asks for.
    pub fn read(word: &str) -> Result<Self, Error> {
        let found = ASKED.into_iter().find(|purpose| purpose.word() == word);
        found.ok_or_else(|| {
            let words: Vec<_> = ASKED.iter().map(|purpose| format!("'{}'", purpose.word())).collect();
            let word: String = word.chars().filter(|char| !char.is_control()).take(40).collect();
            let message = format!("'{word}' is not one of [{}] - 'purpose'", words.join(", "));
            Error::request("purpose", message)
        })
    }

    /// The purpose that a name begins with, in letters and hyphens.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        ASKED.into_iter().find(|purpose| purpose.in_names() == name)
    }

    /// As it stands in the name of a file, where there are no underscores.
    pub(super) fn in_names(self) -> String {
        self.word().replace('_', "-")
    }
}
