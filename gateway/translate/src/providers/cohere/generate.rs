//! OpenAI's completion request as one to `/v1/generate`, and its replies as deltas.
//!
//! <https://docs.cohere.com/v1/reference/generate>

use serde::Deserialize;

use super::sampling::Sampling;
use super::usage::Usage;
use super::{failure, native};
use crate::call::{Call, Losses, Options, Target, read};
use crate::chat::Reader;
use crate::completions::Complete;
use crate::delta::{Delta, Finish, Sink};
use crate::json::Object;
use crate::openai::Completion;
use crate::template::Template;
use crate::wire::{Frame, Framing};
use crate::{Error, Text};

/// `/v1/generate`
pub(super) struct Generate;

impl Complete for Generate {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::JsonLines]
    }

    fn request(
        &self,
        completion: &Completion<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        completion.plain()?;
        let (model, stream) = (options.model(completion.model)?, options.stream(completion.stream));
        let body = &mut Object::new(out);
        body.string("model", &model);
        body.text("prompt", completion.text()?);
        body.boolean("stream", stream);
        Sampling::of_completion(completion, options).write(losses, body);
        let others: Vec<_> = completion.others.iter().filter(|member| !is_neutral(member)).cloned().collect();
        native::write(&others, native::GENERATE, losses, body);
        if completion.user.is_some() {
            losses.drop("user");
        }
        Ok(Target::new("/v1/generate", model, stream))
    }

    fn reader(&self, _: &Call) -> Box<dyn Reader> {
        Box::new(LineReader::default())
    }
}

/// Whether a member says no more than its absence would.
fn is_neutral(member: &crate::openai::Member<'_>) -> bool {
    matches!((&*member.name, member.value.get()), ("best_of", "1") | ("logit_bias", "{}"))
}

/// Reads one reply.
#[derive(Default)]
struct LineReader {
    begun: bool,
    /// Lines that bring text.
    text: Template,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(default)]
    is_finished: bool,
    finish_reason: Option<Text<'a>>,
    response: Option<Response<'a>>,
    /// What went wrong.
    err: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    generations: Option<Vec<Generation<'a>>>,
    meta: Option<Usage>,
}

#[derive(Deserialize)]
struct Generation<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    finish_reason: Option<Text<'a>>,
}

impl Reader for LineReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let response: Response<'_> = read("reply", body)?;
        let Some([generation, ..]) = response.generations.as_deref() else {
            return Err(Error::Malformed { what: "reply", why: "it has no generations".to_owned() });
        };
        sink.delta(Delta::Start { id: response.id, model: Text::default() });
        sink.delta(Delta::Text(generation.text.unwrap_or_default()));
        end(generation.finish_reason, None, response.meta, sink)
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if let Some(text) = self.text.text(data) {
            sink.delta(Delta::Text(text));
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
        }
        let line: Line<'_> = read("stream", data)?;
        if !self.begun {
            self.begun = true;
            sink.delta(Delta::Start { id: Text::default(), model: Text::default() });
        }
        if line.is_finished {
            let meta = line.response.as_ref().and_then(|response| response.meta);
            return end(line.finish_reason, line.err, meta, sink);
        }
        if let Some(text) = line.text {
            self.text.learn(data, text, None);
            sink.delta(Delta::Text(text));
        }
        Ok(())
    }
}

fn end(
    reason: Option<Text<'_>>,
    error: Option<Text<'_>>,
    meta: Option<Usage>,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    sink.delta(Delta::Finish(finish(reason, error)?));
    if let Some(usage) = meta.and_then(Usage::told) {
        sink.delta(Delta::Usage(&usage));
    }
    sink.delta(Delta::End);
    Ok(())
}

/// The reasons of version 1. A context that is full is a limit; a filter stands behind what is toxic.
pub(super) fn finish(reason: Option<Text<'_>>, error: Option<Text<'_>>) -> Result<Finish, Error> {
    let reason = reason.map(Text::plain).unwrap_or_default();
    match &*reason {
        _ if error.is_some() => Err(Error::Provider(failure::of_reply(&reason, error))),
        "ERROR" | "TIMEOUT" => Err(Error::Provider(failure::of_reply(&reason, None))),
        "MAX_TOKENS" | "ERROR_LIMIT" => Ok(Finish::Length),
        "ERROR_TOXIC" => Ok(Finish::ContentFilter),
        _ => Ok(Finish::Stop),
    }
}
