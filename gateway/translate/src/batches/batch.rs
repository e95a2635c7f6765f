//! A batch in OpenAI's words: [the object](https://platform.openai.com/docs/api-reference/batch/object), and pages of them.

use super::{Asked, Part, batch_id};
use crate::json::{Array, Object};

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are OpenAI's words")]
pub enum Status {
    Validating,
    Failed,
    InProgress,
    Finalizing,
    Completed,
    Expired,
    Cancelling,
    Cancelled,
}

/// Lines by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them, where the provider says it.
    pub total: u64,
    /// Those that were answered: they stand in the output file.
    pub completed: u64,
    /// Those that ended without an answer: they stand in the error file.
    pub failed: u64,
}

/// A provider's batch in neutral terms. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The provider's own name of it.
    pub native: String,
    /// Where it stands.
    pub status: Status,
    /// Lines by what came of them.
    pub counts: Counts,
    /// Whether the provider gives results of it.
    pub has_results: bool,
    /// When it was made.
    pub created: u64,
    /// When it expires, if it does not end before.
    pub expires: Option<u64>,
    /// When its end was asked for.
    pub cancelling: Option<u64>,
    /// When it ended.
    pub ended: Option<u64>,
    /// The model that all its lines ask.
    pub model: Option<String>,
    /// Why all of it failed.
    pub problem: Option<String>,
}

/// A page of a provider's batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the provider's order.
    pub batches: Vec<Batch>,
    /// Whether more come behind them.
    pub has_more: bool,
    /// What leads to them, where it is no name.
    pub token: Option<String>,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Failed => "failed",
            Self::InProgress => "in_progress",
            Self::Finalizing => "finalizing",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether no more happens.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Completed | Self::Expired | Self::Cancelled)
    }
}

impl Batch {
    /// One of which no more is known than that it was made at a time.
    pub fn new(native: String, created: u64, model: String) -> Self {
        Self {
            native,
            status: Status::Validating,
            counts: Counts::default(),
            has_results: false,
            created,
            expires: None,
            cancelling: None,
            ended: None,
            model: Some(model),
            problem: None,
        }
    }

    /// Whether it has this file.
    pub fn has(&self, part: Part) -> bool {
        let lines = match part {
            Part::Output => self.counts.completed,
            Part::Errors => self.counts.failed,
        };
        self.status.is_over() && self.has_results && lines > 0
    }

    /// OpenAI's object.
    pub fn body(&self, asked: &Asked) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        self.write(asked, Object::new(&mut out));
        out
    }

    fn write(&self, asked: &Asked, mut object: Object<'_>) {
        object.string("id", &batch_id(&self.native));
        object.word("object", "batch");
        object.word("endpoint", asked.endpoint());
        if let Some(model) = &self.model {
            object.string("model", model);
        }
        match &self.problem {
            None => object.raw("errors", "null"),
            Some(message) => {
                let mut errors = object.object("errors");
                errors.word("object", "list");
                let mut list = errors.array("data");
                let mut error = list.object();
                error.word("code", "batch_failed");
                error.string("message", message);
                error.raw("param", "null");
                error.raw("line", "null");
            }
        }
        object.string("input_file_id", &asked.input_file_id);
        object.word("completion_window", asked.window());
        object.word("status", self.status.word());
        for (name, part) in [("output_file_id", Part::Output), ("error_file_id", Part::Errors)] {
            match self.has(part) {
                true => object.string(name, &part.file_id(&self.native)),
                false => object.raw(name, "null"),
            }
        }
        self.write_times(&mut object);
        let mut counts = object.object("request_counts");
        counts.number("total", self.counts.total);
        counts.number("completed", self.counts.completed);
        counts.number("failed", self.counts.failed);
        drop(counts);
        object.raw("metadata", asked.metadata.as_deref().unwrap_or("null"));
    }

    fn write_times(&self, object: &mut Object<'_>) {
        let ended = |status: Status| self.ended.filter(|_| self.status == status);
        let begun = Some(self.created).filter(|_| self.status != Status::Validating);
        for (name, at) in [
            ("created_at", Some(self.created)),
            ("in_progress_at", begun),
            ("expires_at", self.expires),
            ("finalizing_at", ended(Status::Completed)),
            ("completed_at", ended(Status::Completed)),
            ("failed_at", ended(Status::Failed)),
            ("expired_at", ended(Status::Expired)),
            ("cancelling_at", self.cancelling),
            ("cancelled_at", ended(Status::Cancelled)),
        ] {
            match at {
                Some(at) => object.number(name, at),
                None => object.raw(name, "null"),
            }
        }
    }
}

/// [A page](https://platform.openai.com/docs/api-reference/batch/list) of batches.
pub fn page(batches: &[(Batch, Asked)], has_more: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + 1024 * batches.len());
    let mut page = Object::new(&mut out);
    page.word("object", "list");
    {
        let mut data: Array<'_> = page.array("data");
        for (batch, asked) in batches {
            batch.write(asked, data.object());
        }
    }
    for (name, batch) in [("first_id", batches.first()), ("last_id", batches.last())] {
        match batch {
            Some((batch, _)) => page.string(name, &batch_id(&batch.native)),
            None => page.raw(name, "null"),
        }
    }
    page.boolean("has_more", has_more);
    drop(page);
    out
}
