//! OpenAI's completion request as a prompt with parameters.
//!
//! What is not carried as it is, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `echo`, `suffix`, several prompts, tokens | refused |
//! | `max_tokens` | `max_new_tokens` |
//! | `temperature` | sampling, as OpenAI samples by default; 0 is none |
//! | `top_p` of 1 | nothing: the server takes less than 1 only, and means the same without |
//! | `best_of` | carried, but where tokens are streamed |
//! | `presence_penalty`, `logit_bias`, `logprobs`, `user` | dropped |
//! | `grammar`, `repetition_penalty`, `typical_p`, … | the server's own, carried where the client sends them |

use super::{chat, own, read};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::Reader;
use crate::completions::Complete;
use crate::json::Object;
use crate::openai::{Completion, Member};
use crate::wire::Framing;

/// A prompt, by where it goes.
pub(super) enum Prompt {
    /// `/hf-inference/models/{model}`, with `stream` in the body
    OfModel,
    /// `/generate` or `/generate_stream`
    OfServer,
}

/// What the server takes as it comes.
const OWN: &[&str] = &[
    "adapter_id",
    "best_of",
    "frequency_penalty",
    "grammar",
    "repetition_penalty",
    "seed",
    "top_n_tokens",
    "truncate",
    "typical_p",
    "watermark",
];

impl Complete for Prompt {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
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
        body.text("inputs", completion.text()?);
        parameters(completion, options, stream, losses, &mut body.object("parameters"));
        if completion.user.is_some() {
            losses.drop("user");
        }
        Ok(match self {
            Self::OfModel => {
                body.boolean("stream", stream);
                let path = super::address(&model)?;
                let headers = super::headers(options);
                Target { anchor: super::ANCHOR, headers, ..Target::new(path, model, stream) }
            }
            Self::OfServer => {
                let path = if stream { "/generate_stream" } else { "/generate" };
                Target { anchor: Some("/generate"), ..Target::new(path, model, stream) }
            }
        })
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(read::TokenReader::new(call))
    }
}

fn parameters(
    completion: &Completion<'_>,
    options: &Options<'_>,
    stream: bool,
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    if let Some(limit) = options.max_tokens(completion.max_tokens) {
        body.number("max_new_tokens", limit.into());
    }
    let temperature = options.temperature(completion.temperature);
    let is_greedy = temperature.is_some_and(|temperature| temperature.value() <= 0.0);
    if let Some(temperature) = temperature.filter(|_| !is_greedy) {
        temperature.write(body.member("temperature"));
    }
    body.boolean("do_sample", !is_greedy);
    chat::nucleus(options.top_p(completion.top_p), losses, body);
    if let Some(top_k) = options.top_k(completion.top_k) {
        top_k.write(body.member("top_k"));
    }
    if let Some(stop) = &completion.stop {
        chat::stop(stop, body);
    }
    let is_lost = |member: &Member<'_>| stream && member.name == "best_of" && member.value.get() != "1";
    if completion.others.iter().any(is_lost) {
        losses.drop("best_of");
    }
    let said = |member: &&Member<'_>| !says_nothing(member) && !is_lost(member);
    own::write(completion.others.iter().filter(said), OWN, losses, body);
    // The prompt would stand before the text at some addresses; and without details nobody says why it ended.
    body.boolean("return_full_text", false);
    body.boolean("details", true);
}

/// Whether a member says no more than its absence would.
fn says_nothing(member: &Member<'_>) -> bool {
    let value = member.value.get();
    match &*member.name {
        "frequency_penalty" | "presence_penalty" => matches!(value, "0" | "0.0"),
        "best_of" => value == "1",
        "logit_bias" => value == "{}",
        _ => false,
    }
}
