//! [Claude's messages](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html): Anthropic's
//! own, without the model and whether to stream, which the path says.

use std::borrow::Cow;

use super::Words;
use crate::answer::{Answer, Ask};
use crate::anthropic::{Anthropic, MESSAGES};
use crate::provider::{Call, Provider as _};
use crate::script::Failure;

pub(super) struct Claude;

/// The same call, as Anthropic's own service has it.
fn at_home<'a>(call: &Call<'a>) -> Call<'a> {
    Call { operation: MESSAGES, models: None, variant: None, ..*call }
}

impl Words for Claude {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        Anthropic.ask(&at_home(call))
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        Anthropic.check(&at_home(call))
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        Anthropic.whole(&at_home(call), &named(call, answer)).body.to_vec()
    }

    /// The data of the events. What keeps a connection alive there has no place here.
    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let events = Anthropic.stream(&at_home(call), &named(call, answer)).events.into_iter();
        let events = events.filter(|event| event.name != "ping");
        events.filter_map(|event| data(&event.bytes).map(<[u8]>::to_vec)).collect()
    }
}

fn data(frame: &[u8]) -> Option<&[u8]> {
    frame.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"data: "))
}

/// The answer under the name that Anthropic has for the model, and with an id as the service draws it.
fn named<'a>(call: &Call<'_>, answer: &'a Answer<'_>) -> Answer<'a> {
    let mut answer = answer.clone();
    if answer.model == super::named(call) {
        answer.model = Cow::Owned(name(&super::super::model(call)));
    }
    answer
}

/// Anthropic's name of a model: without region, maker and version, `claude-sonnet-4-5-20250929`.
pub(super) fn name(id: &str) -> String {
    let name = id.rsplit_once("anthropic.").map_or(id, |(_, name)| name);
    let name = name.split(':').next().unwrap_or(name);
    let version = name.rsplit_once("-v").filter(|(_, version)| version.parse::<u8>().is_ok());
    match version {
        // Of the second generation, it is the name itself.
        Some((name, _)) if name != "claude" && name != "claude-instant" => name.to_owned(),
        Some((name, "2")) if id.ends_with(":1") => format!("{name}-2.1"),
        Some((name, version)) => format!("{name}-{version}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_model_has_the_name_that_it_has_at_home() {
        for (id, expected) in [
            ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
            ("anthropic.claude-v2", "claude-2"),
            ("anthropic.claude-v2:1", "claude-2.1"),
            ("anthropic.claude-instant-v1", "claude-instant-1"),
            ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-8", "claude-opus-4-8"),
        ] {
            assert_eq!(name(id), expected);
        }
    }
}
