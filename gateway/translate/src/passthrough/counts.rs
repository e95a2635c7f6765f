//! What replies tell of their cost that no reader of chats knows: those of `InvokeModel`, in whatever words, and rankings.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html>,
//! <https://docs.cohere.com/reference/rerank>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use serde::Deserialize;

use crate::Error;
use crate::chat::Reader;
use crate::delta::{Delta, Kinds, Sink, Usage};
use crate::openai::Counted;
use crate::wire::Frame;

/// Reads the metrics that the service puts into the last piece of a stream, whoever made the model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invoked {
    /// The last piece, as it came.
    last: Vec<u8>,
}

/// Bytes of a piece that are kept: metrics stand in a short one.
const PIECE: usize = 1 << 20;

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    bytes: Option<&'a str>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
    cache_read_input_token_count: Option<u64>,
    cache_write_input_token_count: Option<u64>,
}

impl Reader for Invoked {
    /// A whole answer is each maker's own; its tokens stand in [headers](of_headers).
    fn reply(&mut self, _body: &[u8], _sink: &mut dyn Sink) -> Result<(), Error> {
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, _sink: &mut dyn Sink) -> Result<(), Error> {
        self.last.clear();
        if frame.event == "chunk" && frame.data.len() <= PIECE {
            self.last.extend_from_slice(&frame.data);
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        if let Some(metrics) = metrics(&self.last) {
            let (cached, cache_write) =
                (metrics.cache_read_input_token_count, metrics.cache_write_input_token_count);
            sink.delta(Delta::Usage(&usage(
                metrics.input_token_count.unwrap_or_default(),
                metrics.output_token_count.unwrap_or_default(),
                cached,
                cache_write,
            )));
        }
    }
}

fn metrics(piece: &[u8]) -> Option<Metrics> {
    let piece: Piece<'_> = serde_json::from_slice(piece).ok()?;
    let event: Event = serde_json::from_slice(&STANDARD.decode(piece.bytes?).ok()?).ok()?;
    event.metrics
}

/// What the headers of a whole answer of `InvokeModel` tell.
pub fn of_headers(header: &dyn Fn(&str) -> Option<u64>) -> Option<Usage> {
    let prompt = header("x-amzn-bedrock-input-token-count")?;
    let completion = header("x-amzn-bedrock-output-token-count").unwrap_or_default();
    let cached = header("x-amzn-bedrock-cache-read-input-token-count");
    let cache_write = header("x-amzn-bedrock-cache-write-input-token-count");
    Some(usage(prompt, completion, cached, cache_write))
}

/// What a cache gave or took is not part of what Bedrock counts as asked.
fn usage(input: u64, completion: u64, cached: Option<u64>, cache_write: Option<u64>) -> Usage {
    let prompt =
        input.saturating_add(cached.unwrap_or_default()).saturating_add(cache_write.unwrap_or_default());
    Usage { prompt, completion, cached, cache_write, ..Usage::default() }
}

/// Reads the search units of a ranking of Cohere's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked;

#[derive(Deserialize)]
struct Ranking {
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    billed_units: Option<Units>,
}

#[derive(Deserialize)]
struct Units {
    /// The older version writes whole numbers with a fraction.
    search_units: Option<f64>,
    input_tokens: Option<f64>,
}

impl Reader for Ranked {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let Ranking { meta } = serde_json::from_slice(body).map_err(Error::malformed("ranking"))?;
        if let Some(units) = meta.and_then(|meta| meta.billed_units) {
            let prompt = units.input_tokens.map_or(0, whole);
            let search_units = units.search_units.map(whole);
            sink.delta(Delta::Usage(&Usage { prompt, search_units, ..Usage::default() }));
        }
        Ok(())
    }

    fn frame(&mut self, _frame: &Frame<'_>, _sink: &mut dyn Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads the tokens of pictures and transcripts, whole or in the last event of a stream. What is paid by the second has none.
///
/// <https://platform.openai.com/docs/api-reference/images/object>,
/// <https://platform.openai.com/docs/api-reference/audio/json-object>
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made;

#[derive(Deserialize)]
struct Work {
    usage: Option<Cost>,
}

#[derive(Deserialize)]
struct Cost {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    total_tokens: Option<u64>,
    /// Of a transcript it has another name than of a picture.
    #[serde(alias = "input_token_details")]
    input_tokens_details: Option<Counted>,
    #[serde(alias = "output_token_details")]
    output_tokens_details: Option<Counted>,
}

impl Reader for Made {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let Work { usage } = serde_json::from_slice(body).map_err(Error::malformed("reply"))?;
        let Some(Cost {
            input_tokens: Some(prompt),
            output_tokens,
            total_tokens: total,
            input_tokens_details,
            output_tokens_details,
        }) = usage
        else {
            return Ok(());
        };
        let kinds = |counted: Option<Counted>| counted.map(Kinds::from).unwrap_or_default();
        sink.delta(Delta::Usage(&Usage {
            prompt,
            completion: output_tokens.unwrap_or_default(),
            total,
            prompt_kinds: kinds(input_tokens_details),
            completion_kinds: kinds(output_tokens_details),
            ..Usage::default()
        }));
        Ok(())
    }

    /// Only the last event has it; the others hold pictures, or pieces of text.
    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if memmem::find(&frame.data, b"\"usage\"").is_some() { self.reply(&frame.data, sink) } else { Ok(()) }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and counts are none of these"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Tap;
    use crate::wire::Framing;

    fn frame(kind: &str, event: &str, payload: &str) -> Vec<u8> {
        let header = |name: &str, value: &str| {
            let length = u16::try_from(value.len()).unwrap().to_be_bytes();
            [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), &[7], &length, value.as_bytes()].concat()
        };
        let headers = [header(kind, event), header(":message-type", &kind[1..kind.len() - 5])].concat();
        let total = u32::try_from(16 + headers.len() + payload.len()).unwrap();
        let mut bytes = total.to_be_bytes().to_vec();
        bytes.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes.extend([headers.as_slice(), payload.as_bytes()].concat());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    fn chunk(event: &str) -> Vec<u8> {
        let payload = format!("{{\"bytes\":\"{}\",\"p\":\"abc\"}}", STANDARD.encode(event));
        frame(":event-type", "chunk", &payload)
    }

    fn counted(stream: &[u8], size: usize) -> Option<Usage> {
        let mut tap = Tap::invocation();
        stream.chunks(size).for_each(|bytes| tap.push(bytes));
        tap.finish();
        tap.usage()
    }

    #[test]
    fn the_last_piece_tells_the_cost_however_the_stream_was_cut() {
        let metrics = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":20,"outputTokenCount":7,"invocationLatency":9,"cacheReadInputTokenCount":8,"cacheWriteInputTokenCount":2}}"#;
        let stream = [chunk(r#"{"type":"ping"}"#), chunk(metrics)].concat();
        let usage =
            Usage { prompt: 30, completion: 7, cached: Some(8), cache_write: Some(2), ..Usage::default() };
        for size in [1, 13, stream.len()] {
            assert_eq!(counted(&stream, size), Some(usage));
        }
        let failed = [chunk("{}"), frame(":exception-type", "throttlingException", "{}")].concat();
        for stream in [&failed, &chunk("{}"), &chunk("no JSON"), &b"noise".to_vec()] {
            assert_eq!(counted(stream, 64), None);
        }
    }

    #[test]
    fn a_ranking_tells_its_search_units() {
        for (body, units) in [
            (r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#, Some(1)),
            (r#"{"results":[],"meta":{"billed_units":{"search_units":2.0}}}"#, Some(2)),
            (r#"{"results":[]}"#, None),
            ("[", None),
        ] {
            let mut tap = Tap::ranking();
            tap.push(body.as_bytes());
            tap.finish();
            assert_eq!(tap.usage().and_then(|usage| usage.search_units), units, "{body}");
        }
    }

    #[test]
    fn pictures_and_transcripts_tell_their_tokens() {
        let picture = r#"{"created":1,"data":[{"b64_json":"AA=="}],"usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"output_tokens":50,"total_tokens":100}}"#;
        let painted = Usage {
            prompt: 50,
            completion: 50,
            total: Some(100),
            prompt_kinds: Kinds { text: Some(10), image: Some(40), audio: None },
            ..Usage::default()
        };
        let transcript = r#"{"text":"Hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}"#;
        let heard = Usage {
            prompt: 14,
            completion: 45,
            total: Some(59),
            prompt_kinds: Kinds { text: Some(0), audio: Some(14), image: None },
            ..Usage::default()
        };
        let by_time = r#"{"text":"Hi","usage":{"type":"duration","seconds":3}}"#;
        for (body, expected) in [
            (picture, Some(painted)),
            (transcript, Some(heard)),
            (by_time, None),
            (r#"{"text":"Hi"}"#, None),
            ("WEBVTT", None),
        ] {
            let mut tap = Tap::made(None);
            tap.push(body.as_bytes());
            tap.finish();
            assert_eq!(tap.usage(), expected, "{body}");
            let mut tap = Tap::made(Some(Framing::Sse));
            tap.push(format!("event: a\ndata: {{\"type\":\"a\"}}\n\nevent: b\ndata: {body}\n\n").as_bytes());
            tap.finish();
            assert_eq!(tap.usage(), expected, "{body}, streamed");
        }
    }

    #[test]
    fn headers_tell_the_cost_of_a_whole_answer() {
        let told = |name: &str| {
            let name = name.strip_prefix("x-amzn-bedrock-")?;
            [("input-token-count", 20), ("output-token-count", 7), ("cache-read-input-token-count", 8)]
                .into_iter()
                .find_map(|(known, count)| (known == name).then_some(count))
        };
        let usage = Usage { prompt: 28, completion: 7, cached: Some(8), ..Usage::default() };
        assert_eq!((of_headers(&told), of_headers(&|_| None)), (Some(usage), None));
    }
}
