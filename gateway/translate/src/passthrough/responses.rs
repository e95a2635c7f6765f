//! What a response of OpenAI's tells of its cost, whole or at the end of its stream.
//!
//! <https://platform.openai.com/docs/api-reference/responses/object>

use serde::Deserialize;

use crate::Error;
use crate::chat::Reader;
use crate::delta::{Delta, MaybeTier, Sink, Usage};
use crate::wire::Frame;

/// Reads the usage, and passes over all else.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

/// The last event of a stream has the whole response in it, and so its cost.
const ENDS: [&str; 3] = ["response.completed", "response.incomplete", "response.failed"];

#[derive(Deserialize)]
struct Response {
    usage: Option<Wire>,
    #[serde(default)]
    service_tier: MaybeTier,
}

#[derive(Deserialize)]
struct Event {
    response: Response,
}

#[derive(Deserialize)]
struct Wire {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: Option<u64>,
    input_tokens_details: Option<Input>,
    output_tokens_details: Option<Output>,
}

#[derive(Deserialize)]
struct Input {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Output {
    reasoning_tokens: Option<u64>,
}

impl Reader for Responses {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let response: Response = serde_json::from_slice(body).map_err(Error::malformed("response"))?;
        tell(response, sink);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if !ENDS.contains(&frame.event) {
            return Ok(());
        }
        let Event { response } = serde_json::from_slice(&frame.data).map_err(Error::malformed("event"))?;
        tell(response, sink);
        Ok(())
    }
}

fn tell(response: Response, sink: &mut dyn Sink) {
    let Some(usage) = response.usage else { return };
    let input = usage.input_tokens_details.as_ref();
    sink.delta(Delta::Usage(&Usage {
        prompt: usage.input_tokens,
        completion: usage.output_tokens,
        total: usage.total_tokens,
        cached: input.and_then(|input| input.cached_tokens),
        cache_write: input.and_then(|input| input.cache_write_tokens),
        reasoning: usage.output_tokens_details.and_then(|output| output.reasoning_tokens),
        tier: response.service_tier.0,
        ..Usage::default()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Tap;
    use crate::wire::Framing;

    const RESPONSE: &str = r#"{"id":"resp_1","output":[],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":12}}"#;

    fn usage() -> Usage {
        Usage {
            prompt: 5,
            completion: 7,
            total: Some(12),
            cached: Some(2),
            reasoning: Some(3),
            ..Default::default()
        }
    }

    #[test]
    fn the_cost_is_at_the_end_of_a_stream_however_it_was_cut() {
        for end in ["completed", "incomplete"] {
            let events = format!(
                "event: response.created\ndata: {{\"response\":{{\"usage\":null}}}}\n\n\
                 event: response.output_text.delta\ndata: {{\"delta\":[[[\n\n\
                 event: response.{end}\ndata: {{\"type\":\"response.{end}\",\"response\":{RESPONSE}}}\n\n"
            );
            for size in [1, 7, events.len()] {
                let mut tap = Tap::responses(Some(Framing::Sse));
                events.as_bytes().chunks(size).for_each(|bytes| tap.push(bytes));
                tap.finish();
                assert_eq!(tap.usage(), Some(usage()), "{end} {size}");
            }
        }
    }

    #[test]
    fn what_is_whole_is_counted_and_what_is_none_is_not() {
        for (body, expected) in [(RESPONSE, Some(usage())), (r#"{"usage":null}"#, None), ("{", None)] {
            let mut tap = Tap::responses(None);
            tap.push(body.as_bytes());
            tap.finish();
            assert_eq!(tap.usage(), expected, "{body}");
        }
    }
}
