//! Replies as deltas: a text that may begin with the prompt. There are no streams.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::read;
use crate::chat::Reader;
use crate::delta::{self, Delta, Finish, Sink};
use crate::wire::Frame;
use crate::{Error, Text, openai};

/// Reads one reply.
pub(super) struct TextReader;

/// `{"data": [one]}`, or one alone.
#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    data: Option<Vec<Generated<'a>>>,
    generated_text: Option<Text<'a>>,
    details: Option<Details<'a>>,
    usage: Option<Usage>,
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Generated<'a> {
    #[serde(borrow)]
    generated_text: Option<Text<'a>>,
    details: Option<Details<'a>>,
}

#[derive(Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    finish_reason: Text<'a>,
}

/// In OpenAI's words; few servers count.
#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: Option<u64>,
}

impl Reader for TextReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        if body.trim_ascii_start().starts_with(b"[") {
            let list: Vec<Generated<'_>> = read("reply", body)?;
            return answer(&list, None, sink);
        }
        let reply: Reply<'_> = read("reply", body)?;
        if let Some(error) = reply.error {
            return Err(Error::Provider(openai::in_stream(error)));
        }
        match reply.data {
            Some(list) => answer(&list, reply.usage, sink),
            None => {
                let alone = Generated { generated_text: reply.generated_text, details: reply.details };
                answer(&[alone], reply.usage, sink)
            }
        }
    }

    fn frame(&mut self, _: &Frame<'_>, _: &mut dyn Sink) -> Result<(), Error> {
        Err(Error::Malformed { what: "stream", why: "this provider has none".to_owned() })
    }
}

fn answer(list: &[Generated<'_>], usage: Option<Usage>, sink: &mut dyn Sink) -> Result<(), Error> {
    let malformed = |why: &str| Error::Malformed { what: "reply", why: why.to_owned() };
    let [only] = list else { return Err(malformed("it must hold one answer")) };
    let Some(text) = only.generated_text.map(Text::plain) else {
        return Err(malformed("it has no generated_text"));
    };
    sink.delta(Delta::Start { id: Text::default(), model: Text::default() });
    // Most servers repeat the prompt, whose last mark no message can hold; a space stands between it and the answer.
    let said = text.rsplit_once("[/INST]").map_or(&*text, |(_, said)| said);
    sink.delta(Delta::Text(Text::Plain(said.trim_start())));
    let is_cut = only.details.as_ref().is_some_and(|details| details.finish_reason.is("length"));
    sink.delta(Delta::Finish(if is_cut { Finish::Length } else { Finish::Stop }));
    if let Some(usage) = usage {
        sink.delta(Delta::Usage(&delta::Usage {
            prompt: usage.prompt_tokens,
            completion: usage.completion_tokens,
            total: usage.total_tokens,
            ..delta::Usage::default()
        }));
    }
    sink.delta(Delta::End);
    Ok(())
}
