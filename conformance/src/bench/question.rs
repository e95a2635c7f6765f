//! What is asked, what the provider answers to it, and whether a gateway gives that to its client.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use mocks::script::{Fault, Reply, Script, Usage};
use mocks::stamp::{self, BLANK};
use mocks::{Entry, Mocks};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::load::{END, Expects};
use crate::client::{Client, Target, Transcript};
use crate::fold::{Answer, Fold};
use crate::gateway::{Profile, Route};
use crate::report::model::End;
use crate::run::headers;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A reply in one piece: a kilobyte of text.
    Whole,
    /// A stream whose pieces the provider sends as fast as it can.
    Stream,
    /// A stream whose pieces come as a model gives them, one after the other.
    Paced,
}

/// Pieces of a stream, and of a paced one; between two of the latter so many milliseconds.
const PIECES: usize = 100;
const PACED: usize = 20;
const PACE_MS: u64 = 10;
/// Longer than any gateway needs for one call, its first included.
const PATIENCE: Duration = Duration::from_secs(20);
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog. ";

impl Kind {
    /// In the order in which they are measured.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Stream, Self::Paced];

    /// As it stands in a trial's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
            Self::Paced => "paced",
        }
    }

    /// Whether the client asks for a stream.
    pub fn is_stream(self) -> bool {
        self != Self::Whole
    }

    /// By which the provider knows which it is.
    fn marker(self) -> String {
        format!("[[bench:{}]]", self.name())
    }

    fn pieces(self) -> Vec<String> {
        let count = match self {
            Self::Whole => return vec![SENTENCE.repeat(20) + END],
            Self::Stream => PIECES,
            Self::Paced => PACED,
        };
        (1..=count).map(|number| format!("{BLANK} word {number},")).collect()
    }

    pub(super) fn script(self) -> Script {
        let paced = Fault { between_ms: Some(PACE_MS), ..Fault::default() };
        let usage = Usage { prompt: Some(300), completion: Some(200), ..Usage::default() };
        let reply = Reply {
            stamps: self.is_stream(),
            usage: Some(usage),
            fault: (self == Self::Paced).then_some(paced),
            ..Reply::text(self.pieces())
        };
        Script::new(self.marker(), reply)
    }

    pub(super) fn expects(self) -> Expects {
        match self {
            Self::Whole => Expects::End,
            _ => Expects::Stamps(u32::try_from(self.pieces().len()).unwrap_or(u32::MAX)),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Stream => write!(f, "streamed, {PIECES} pieces at full speed"),
            Self::Paced => write!(f, "streamed, a piece every {PACE_MS} ms"),
        }
    }
}

/// A request that is sent again and again.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// With the query.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Question {
    /// What a client asks a gateway: about a kilobyte.
    pub(super) fn of_client(profile: &Profile, route: &Route, kind: Kind) -> Self {
        let text = format!("{}What follows? {}", SENTENCE.repeat(18), kind.marker());
        let mut body = json!({"max_tokens": 1024, "messages": [
            {"role": "system", "content": "You are a helpful assistant. Answer shortly."},
            {"role": "user", "content": text}]});
        if let Some(model) = &route.model {
            body["model"] = json!(model);
        }
        if kind.is_stream() {
            body["stream"] = json!(true);
        }
        for (name, value) in &route.request {
            if body[name.as_str()].is_null() {
                body[name.as_str()] = value.clone();
            }
        }
        Self {
            path: route.path.clone(),
            headers: headers(profile, route, None),
            body: body.to_string().into(),
        }
    }

    /// The same question as a gateway asked the provider, with a key that opens the mock.
    fn of_gateway(entry: &Entry, mocks: &Mocks) -> Self {
        let key = mocks.credentials().key(&entry.provider);
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("authorization".to_owned(), format!("Bearer {key}")),
        ];
        if entry.provider == "gemini" {
            headers.push(("x-goog-api-key".to_owned(), key.to_owned()));
        }
        headers.extend(entry.headers.iter().filter(|(name, _)| name == "anthropic-version").cloned());
        let query = entry.query.as_ref().filter(|query| !query.contains("key="));
        let path = query.map_or(entry.path.clone(), |query| format!("{}?{query}", entry.path));
        Self { path, headers, body: entry.body.bytes().into() }
    }

    /// As it goes over a connection that stays open.
    pub(super) fn bytes(&self, host: &str, prefix: &str) -> Vec<u8> {
        let mut head = format!("POST {prefix}{} HTTP/1.1\r\nhost: {host}\r\n", self.path);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", self.body.len());
        [head.as_bytes(), &self.body].concat()
    }
}

/// Asks once, and judges the answer. Gives the question that reached the provider, to be asked without a gateway.
///
/// # Errors
/// A sentence: what is wrong with the answer.
pub(super) async fn judge(
    url: &str,
    question: &Question,
    kind: Kind,
    mocks: &Mocks,
) -> Result<Question, String> {
    let before = seen(mocks);
    let transcript = ask(url, question).await?;
    answered(&transcript, kind)?;
    let reached: Vec<Entry> =
        mocks.journal(Some(&kind.marker())).into_iter().filter(|entry| entry.seq > before).collect();
    match reached.as_slice() {
        [entry] => Ok(Question::of_gateway(entry, mocks)),
        [] => Err("it answers without asking the provider".to_owned()),
        many => Err(format!("it asks the provider {} times for one call", many.len())),
    }
}

/// Asks once without a gateway, or through a proxy that changes nothing.
///
/// # Errors
/// A sentence: what is wrong with the answer.
pub(super) async fn try_plainly(url: &str, question: &Question, kind: Kind) -> Result<(), String> {
    counted(&ask(url, question).await?, kind)
}

/// How many requests the mocks have got so far.
pub(super) fn seen(mocks: &Mocks) -> u64 {
    mocks.journal(None).last().map_or(0, |entry| entry.seq)
}

async fn ask(url: &str, question: &Question) -> Result<Transcript, String> {
    let client = Client::new(url)?;
    let target = Target {
        method: "POST".to_owned(),
        path: question.path.clone(),
        headers: question.headers.clone(),
        body: question.body.clone(),
        ..Target::default()
    };
    let transcript = client.call(&target, PATIENCE).await;
    match (transcript.status, transcript.end) {
        (Some(200), End::Complete) => Ok(transcript),
        (Some(200), end) => Err(format!("its reply does not end in order: {end:?} {}", transcript.reason)),
        (Some(status), _) => {
            let body = String::from_utf8_lossy(&transcript.body()).into_owned();
            Err(format!("status {status}: {}", crate::text::short(body.trim(), 300)))
        }
        (None, _) => Err(format!("no reply: {}", transcript.reason)),
    }
}

/// The answer as OpenAI's client understands it: the very text, one reason to finish, and, of a stream, its end.
fn answered(transcript: &Transcript, kind: Kind) -> Result<(), String> {
    let answer = if kind.is_stream() {
        let fold = Fold::new(
            crate::Surface::Chat,
            transcript.pieces.iter().map(|(at, bytes)| (*at, bytes.as_ref())),
        );
        if let Some((number, problem)) = fold.events.problems.first() {
            return Err(format!("event {number} of its stream: {problem}"));
        }
        if fold.done.len() != 1 || !fold.errors.is_empty() || !fold.strange.is_empty() {
            return Err("its stream is not chunks and one [DONE]".to_owned());
        }
        fold.answer
    } else {
        let body: Value = serde_json::from_slice(&transcript.body())
            .map_err(|error| format!("its reply is no JSON: {error}"))?;
        Answer::whole(&body)
    };
    let text = blanked(&answer.text);
    if text != kind.pieces().concat() {
        let wrong = crate::text::short(&text, 200);
        return Err(format!("its text is another than the provider's: {wrong:?}"));
    }
    if answer.finish != ["stop"] {
        return Err(format!("it finishes by {:?}, where the provider was done", answer.finish));
    }
    counted(transcript, kind)
}

/// What the load looks for is there.
fn counted(transcript: &Transcript, kind: Kind) -> Result<(), String> {
    let body = transcript.body();
    let text = String::from_utf8_lossy(&body);
    let found = match kind {
        Kind::Whole => text.matches(END).count(),
        _ => stamps(&text).count(),
    };
    let wanted = kind.pieces().len();
    if found == wanted { Ok(()) } else { Err(format!("{found} of {wanted} pieces of the text came")) }
}

/// Where stamps begin.
fn stamps(text: &str) -> impl Iterator<Item = usize> {
    let is_stamp = |at: &usize| {
        let digits = text.as_bytes().get(at + 1..at + 1 + stamp::DIGITS);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    text.match_indices(char::from(stamp::MARK)).map(|(at, _)| at).filter(is_stamp)
}

/// The text with its stamps made blank again.
fn blanked(text: &str) -> String {
    let mut blanked = text.to_owned();
    for at in stamps(text) {
        blanked.replace_range(at..at + BLANK.len(), BLANK);
    }
    blanked
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn transcript(body: &str) -> Transcript {
        Transcript {
            sent: Instant::now(),
            status: Some(200),
            headers: Vec::new(),
            head_ms: 0.0,
            pieces: vec![(1.0, Bytes::copy_from_slice(body.as_bytes()))],
            end: End::Complete,
            reason: String::new(),
            end_ms: 1.0,
        }
    }

    fn stream(pieces: &[String], finish: &str, end: &str) -> Transcript {
        let chunk = |delta: Value, finish: Value| {
            format!(
                "data: {}\n\n",
                json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
            )
        };
        let text: String = pieces
            .iter()
            .map(|piece| chunk(json!({"content": piece.replace("@000", "@179")}), Value::Null))
            .collect();
        transcript(&(text + &chunk(json!({}), json!(finish)) + end))
    }

    #[test]
    fn a_stream_must_be_right_to_its_end() {
        let pieces = Kind::Paced.pieces();
        let judged = |seen: Transcript| answered(&seen, Kind::Paced);
        assert_eq!(judged(stream(&pieces, "stop", "data: [DONE]\n\n")), Ok(()));
        for wrong in [
            stream(&pieces[1..], "stop", "data: [DONE]\n\n"),
            stream(&pieces, "length", "data: [DONE]\n\n"),
            stream(&pieces, "stop", ""),
            stream(&pieces, "stop", "data: {\"error\":{}}\n\ndata: [DONE]\n\n"),
        ] {
            assert!(judged(wrong.clone()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_whole_reply_must_have_the_very_text() {
        let reply = |text: &str, finish: &str| {
            let body =
                json!({"choices": [{"index": 0, "message": {"content": text}, "finish_reason": finish}]});
            answered(&transcript(&body.to_string()), Kind::Whole)
        };
        let text = Kind::Whole.pieces().concat();
        assert_eq!(reply(&text, "stop"), Ok(()));
        assert!(reply(&text[1..], "stop").is_err() && reply(&text, "length").is_err());
    }

    #[test]
    fn stamps_are_blank_again() {
        let text = format!("a@1 {BLANK} b");
        assert_eq!(blanked(&text.replace("@000", "@179")), text);
    }
}
