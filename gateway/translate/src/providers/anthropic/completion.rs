//! Text completions, whole and streamed, as deltas. They count no tokens.
//!
//! <https://docs.anthropic.com/en/api/complete>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::Failure;
use crate::call::read;
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply.
#[derive(Default)]
pub(super) struct CompletionReader {
    begun: bool,
    /// Events with text.
    text: Template,
}

/// The whole, or one piece.
#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(default)]
    model: Text<'a>,
    completion: Option<Text<'a>>,
    stop_reason: Option<Text<'a>>,
    error: Option<&'a RawValue>,
}

impl CompletionReader {
    fn piece(&mut self, piece: &Piece<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(text) = piece.completion else {
            return Err(Error::Malformed { what: "reply", why: "it has no completion".to_owned() });
        };
        if !self.begun {
            self.begun = true;
            sink.delta(Delta::Start { id: piece.id, model: piece.model });
        }
        sink.delta(Delta::Text(text));
        Ok(())
    }
}

impl Reader for CompletionReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let piece: Piece<'_> = read("reply", body)?;
        if piece.error.is_some() {
            return Err(Error::Provider(read::<Failure>("reply", body)?.problem(None)));
        }
        self.piece(&piece, sink)?;
        end(piece.stop_reason, sink);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        match frame.event {
            "completion" => {
                if let Some(text) = self.text.text(data) {
                    sink.delta(Delta::Text(text));
                    return Ok(());
                }
                let piece: Piece<'_> = read("stream", data)?;
                self.piece(&piece, sink)?;
                match (piece.stop_reason, piece.completion) {
                    (Some(reason), _) => end(Some(reason), sink),
                    (None, Some(text)) => self.text.learn(data, text, None),
                    (None, None) => (),
                }
                Ok(())
            }
            "error" => Err(Error::Provider(read::<Failure>("stream", data)?.problem(None))),
            // `ping`, and kinds yet to come.
            _ => Ok(()),
        }
    }
}

/// `stop_sequence` is the natural end too: there the human would speak again.
fn end(reason: Option<Text<'_>>, sink: &mut dyn Sink) {
    let is_cut = reason.is_some_and(|reason| reason.is("max_tokens"));
    sink.delta(Delta::Finish(if is_cut { Finish::Length } else { Finish::Stop }));
    sink.delta(Delta::End);
}
