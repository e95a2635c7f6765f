//! A reply that passes through to a client of the same dialect, held to being one: what is no reply, or breaks off, is told in the
//! client's words, and every byte of one that is whole passes as it came.
//!
//! <https://docs.anthropic.com/en/docs/build-with-claude/streaming>,
//! <https://platform.openai.com/docs/api-reference/responses-streaming>

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Error;
use crate::client::{Client, Messages};
use crate::json::{self, Object};
use crate::openai::Problem;
use crate::wire::{Frame, Framer, Framing};

/// The dialect of a reply whose end can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarded {
    /// Anthropic's Messages.
    Messages,
    /// OpenAI's Responses.
    Responses,
}

/// Lets the events of one stream through, whole ones only, up to its end.
pub struct Guard {
    dialect: Guarded,
    framer: Framer,
    out: Vec<u8>,
    /// The number of the next event, where events have one.
    number: u64,
    done: bool,
}

/// By which member a whole reply says what it is.
#[derive(Deserialize)]
struct Reply<'r> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'r, str>>,
    #[serde(borrow)]
    object: Option<Cow<'r, str>>,
}

/// What matters of an event; the rest only has to be JSON.
#[derive(Deserialize)]
struct Event<'e> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'e, str>>,
    sequence_number: Option<u64>,
}

impl Guarded {
    /// Refuses a whole reply that is none of this dialect.
    pub fn check(self, body: &[u8]) -> Result<(), Error> {
        let Reply { kind, object } = serde_json::from_slice(body).map_err(Error::malformed("reply"))?;
        let (named, name) = match self {
            Self::Messages => (kind, "message"),
            Self::Responses => (object, "response"),
        };
        if named.as_deref() == Some(name) {
            return Ok(());
        }
        Err(Error::Malformed { what: "reply", why: format!("it is no {name}") })
    }

    /// Whether an error is one that clients of this dialect can read.
    pub fn is_error(self, body: &[u8]) -> bool {
        let read: Result<HashMap<Cow<'_, str>, IgnoredAny>, _> = serde_json::from_slice(body);
        read.is_ok_and(|members| members.contains_key("error"))
    }

    /// Whether a stream is over after an event of this kind, well or not.
    fn ends(self, kind: &str) -> bool {
        match self {
            Self::Messages => ["message_stop", "error"].contains(&kind),
            Self::Responses => {
                ["response.completed", "response.failed", "response.incomplete", "error"].contains(&kind)
            }
        }
    }
}

impl Guard {
    /// A stream that has not begun.
    pub fn new(dialect: Guarded) -> Self {
        Self { dialect, framer: Framer::new(Framing::Sse), out: Vec::new(), number: 0, done: false }
    }

    /// Takes what the provider sent. After an error the stream takes no more: tell the client by [`Self::tell`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Self { dialect, framer, out, number, done } = self;
        framer.push(bytes, &mut |frame: Frame<'_>| {
            if !frame.data.is_empty() && !*done {
                let event: Event<'_> =
                    serde_json::from_slice(&frame.data).map_err(Error::malformed("event"))?;
                *number = event.sequence_number.map_or(*number, |last| last.saturating_add(1));
                *done = event.kind.is_some_and(|kind| dialect.ends(&kind));
            }
            out.extend_from_slice(frame.raw);
            Ok(())
        })
    }

    /// Says that the provider's stream is over. One that stopped before its own end is an error.
    pub fn finish(&mut self) -> Result<(), Error> {
        if !self.done {
            return Err(Error::Truncated);
        }
        self.out.extend_from_slice(self.framer.rest());
        Ok(())
    }

    /// Tells the client, inside its stream, why the reply ends here. Says nothing where it has its end already.
    pub fn tell(&mut self, problem: &Problem) {
        if self.done {
            return;
        }
        self.done = true;
        match self.dialect {
            Guarded::Messages => Messages.event(problem, &mut self.out),
            Guarded::Responses => write_error(problem, self.number, &mut self.out),
        }
    }

    /// Whether the stream's own end passed.
    pub fn done(&self) -> bool {
        self.done
    }

    /// What the client should get. The caller takes it away.
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }
}

/// The event `error` of the Responses API.
fn write_error(problem: &Problem, number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: error\ndata: ");
    {
        let body = problem.body();
        let told = body.strip_prefix(br#"{"error":"#).and_then(|rest| rest.strip_suffix(b"}"));
        let mut data = Object::new(out);
        data.word("type", "error");
        json::number(data.member("sequence_number"), number);
        data.member("error").extend_from_slice(told.unwrap_or(b"null"));
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = ": hi\n\nevent: message_start\r\ndata: {\"type\":\"message_start\"}\r\n\r\nevent: ping\ndata: {\"type\": \"ping\"}\n\n\
         event: novel\ndata: {\"type\":\"novel\"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n: bye\n";

    fn through(dialect: Guarded, pieces: &[&[u8]]) -> (Vec<u8>, Result<(), Error>) {
        let mut guard = Guard::new(dialect);
        let read = pieces.iter().try_for_each(|piece| guard.push(piece)).and_then(|()| guard.finish());
        if let Err(error) = &read {
            guard.tell(&error.problem());
        }
        (std::mem::take(guard.out()), read)
    }

    #[test]
    fn a_whole_stream_passes_as_it_came_however_it_is_cut() {
        for at in 0..MESSAGE.len() {
            let (first, second) = MESSAGE.as_bytes().split_at(at);
            let (out, read) = through(Guarded::Messages, &[first, second]);
            assert_eq!(String::from_utf8(out).unwrap(), MESSAGE);
            assert_eq!(read, Ok(()));
        }
    }

    #[test]
    fn a_stream_that_breaks_off_ends_with_an_error_behind_its_last_whole_event() {
        let cut = MESSAGE.find("event: message_stop").unwrap();
        for more in 0..20 {
            let (out, read) = through(Guarded::Messages, &[&MESSAGE.as_bytes()[..cut + more]]);
            let text = String::from_utf8(out).unwrap();
            let told = text.strip_prefix(&MESSAGE[..cut]).unwrap();
            assert!(
                told.starts_with("event: error\ndata: {\"type\":\"error\",") && told.ends_with("}\n\n"),
                "{told}"
            );
            assert_eq!(read, Err(Error::Truncated));
        }
    }

    #[test]
    fn an_event_that_is_no_json_ends_the_stream_in_its_place() {
        let bytes = b"event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":4}\n\ndata: {\"type\":\n\n";
        let (out, read) = through(Guarded::Responses, &[bytes]);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"sequence_number\":4}\n\nevent: error\ndata: {\"type\":\"error\",\"sequence_number\":5,\"error\":{"), "{text}");
        assert!(matches!(read, Err(Error::Malformed { .. })));
    }

    #[test]
    fn a_providers_own_error_is_an_end() {
        let bytes = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no\"}}\n\n";
        let (out, read) = through(Guarded::Messages, &[bytes]);
        assert_eq!((out.as_slice(), read), (&bytes[..], Ok(())));
    }

    #[test]
    fn a_reply_says_what_it_is() {
        assert_eq!(Guarded::Messages.check(b" {\"id\":\"m\",\"type\":\"message\"}\n"), Ok(()));
        assert_eq!(Guarded::Responses.check(b"{\"object\":\"response\"}"), Ok(()));
        for wrong in ["", "[]", "null", "<html>", "{\"type\":\"message\"", "{}", "{\"object\":\"message\"}"] {
            assert!(Guarded::Messages.check(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_error_has_a_member_of_that_name() {
        assert!(Guarded::Messages.is_error(b"{\"type\":\"error\",\"error\":{}}"));
        for other in ["", "<html>", "{\"message\":\"no\"}", "[\"error\"]"] {
            assert!(!Guarded::Messages.is_error(other.as_bytes()), "{other}");
        }
    }
}
