//! [Cohere's Command R](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html): version 1 of
//! Cohere's own chat.

use super::Words;
use crate::answer::{Answer, Ask};
use crate::cohere::{CHAT_V1, Cohere};
use crate::provider::{Call, Provider as _};
use crate::script::Failure;

pub(super) struct CommandR;

/// The same call, as Cohere's own service has it.
fn at_home<'a>(call: &Call<'a>) -> Call<'a> {
    Call { operation: CHAT_V1, models: None, variant: None, ..*call }
}

impl Words for CommandR {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        Cohere.ask(&at_home(call))
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Failure> {
        Cohere.check(&at_home(call))
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        Cohere.whole(&at_home(call), answer).body.to_vec()
    }

    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let lines = Cohere.stream(&at_home(call), answer).events.into_iter();
        lines.map(|line| line.bytes.trim_ascii_end().to_vec()).collect()
    }
}
