//! How likely tokens were, in OpenAI's form, in which no member may lack.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::json::{Array, Object};

/// How likely a token was. Those who speak nearly OpenAI leave out `bytes`, and `top_logprobs` where there are none.
#[derive(Deserialize)]
pub(crate) struct Likelihood<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    logprob: &'a RawValue,
    bytes: Option<&'a RawValue>,
    top_logprobs: Option<Vec<Likelihood<'a>>>,
}

/// The entries of `logprobs.content`, as a JSON array.
pub(crate) fn likelihoods(entries: &[Likelihood<'_>]) -> String {
    let mut out = Vec::new();
    {
        let mut array = Array::new(&mut out);
        for likelihood in entries {
            let mut entry = array.object();
            likelihood.write(&mut entry);
            let mut tops = entry.array("top_logprobs");
            likelihood.top_logprobs.iter().flatten().for_each(|top| top.write(&mut tops.object()));
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

impl Likelihood<'_> {
    fn write(&self, entry: &mut Object<'_>) {
        entry.text("token", self.token);
        entry.raw("logprob", self.logprob.get());
        entry.raw("bytes", self.bytes.map_or("null", RawValue::get));
    }
}
