//! What came of a batch's lines, as OpenAI's [output and error files](https://platform.openai.com/docs/guides/batch#5-retrieve-the-results).
//!
//! The lines that were answered stand in the output file. In the error file stand those that the provider answered with an error,
//! with its status and body, and those that were never asked, with a code.

use super::{Dialect, Part, anthropic, bedrock, gemini};
use crate::Error;
use crate::call::{self, Api, Call};
use crate::json::Object;
use crate::openai::Problem;
use crate::providers::Provider;

/// One of the two files, while it is written.
pub struct Results<'a> {
    provider: &'a Provider,
    part: Part,
    of: Of<'a>,
    lines: usize,
    out: Vec<u8>,
}

/// Whose results they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Of<'a> {
    /// The provider's name of the batch.
    pub batch: &'a str,
    /// The model that it asked, where an answer does not say.
    pub model: &'a str,
    /// When it ended, in seconds since 1970.
    pub created: u64,
}

/// What came of a line.
pub(super) enum Outcome<'a> {
    /// The provider's whole reply.
    Answered(&'a [u8]),
    /// The provider's error, and its name of the call.
    Refused(Problem, Option<&'a str>),
    /// It was never asked: a code of OpenAI's, and why.
    Unasked(&'static str, &'static str),
}

pub(super) const EXPIRED: Outcome<'_> = Outcome::Unasked(
    "batch_expired",
    "This request could not be executed before the completion window expired.",
);
pub(super) const CANCELLED: Outcome<'_> =
    Outcome::Unasked("batch_cancelled", "This request was not executed before the batch was cancelled.");

impl<'a> Results<'a> {
    /// A file of this batch, without a line yet.
    pub fn new(provider: &'a Provider, part: Part, of: Of<'a>) -> Self {
        Self { provider, part, of, lines: 0, out: Vec::new() }
    }

    /// Adds what stands in the answer to [`Step::Results`](super::Step::Results), all of it.
    pub fn push(&mut self, dialect: Dialect, results: &[u8]) -> Result<(), Error> {
        match dialect {
            Dialect::Anthropic | Dialect::Bedrock => self.rows(dialect, results),
            Dialect::Gemini => gemini::inlined(results, self),
        }
    }

    /// Adds the lines of a file.
    pub fn rows(&mut self, dialect: Dialect, results: &[u8]) -> Result<(), Error> {
        for row in results.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|row| !row.is_empty())
        {
            match dialect {
                Dialect::Anthropic => anthropic::result(row, self)?,
                Dialect::Bedrock => bedrock::result(row, self)?,
                Dialect::Gemini => gemini::result(row, self)?,
            }
        }
        Ok(())
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Adds a line, where it belongs here.
    pub(super) fn line(&mut self, custom_id: &str, outcome: &Outcome<'_>) -> Result<(), Error> {
        let number = self.lines;
        self.lines += 1;
        let is_meant = matches!(outcome, Outcome::Answered(_)) == (self.part == Part::Output);
        if !is_meant {
            return Ok(());
        }
        let id = format!("{}-{number}", self.of.batch);
        let mut line = Object::new(&mut self.out);
        line.string("id", &format!("batch_req_{id}"));
        line.string("custom_id", custom_id);
        match outcome {
            Outcome::Answered(reply) => {
                let Of { created, model, .. } = self.of;
                let call = Call { id: id.clone(), created, model: model.to_owned(), ..Call::default() };
                let (body, _) = call::reply(Api::Chat, self.provider, reply, &call)?;
                response(&mut line, 200, &id, &body);
            }
            Outcome::Refused(problem, request) => {
                response(&mut line, problem.status, request.unwrap_or(&id), &problem.body());
            }
            Outcome::Unasked(code, message) => {
                line.raw("response", "null");
                let mut error = line.object("error");
                error.word("code", code);
                error.word("message", message);
            }
        }
        drop(line);
        self.out.push(b'\n');
        Ok(())
    }
}

fn response(line: &mut Object<'_>, status: u16, request: &str, body: &[u8]) {
    let mut response = line.object("response");
    response.number("status_code", status.into());
    response.string("request_id", request);
    response.member("body").extend_from_slice(body);
    drop(response);
    line.raw("error", "null");
}
