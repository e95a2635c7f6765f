//! [Chunked](https://www.rfc-editor.org/rfc/rfc9112#section-7.1) request bodies.

use crate::limits::{BODY_BYTES, CHUNK_LINE};

/// A decoder that takes what has come so far.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    pub(super) body: Vec<u8>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(usize),
    /// The line end behind a chunk's data.
    DataEnd,
    Trailer,
    Done,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes that were used up.
    pub(super) used: usize,
    pub(super) done: bool,
}

impl Chunked {
    /// Takes bytes; what it did not use it wants to see again, with more behind it.
    ///
    /// # Errors
    /// No chunked body, or one over [`BODY_BYTES`].
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        let mut used = 0;
        loop {
            let rest = &bytes[used..];
            match self.state {
                State::Done => return Ok(Step { used, done: true }),
                State::Data(left) => {
                    let count = left.min(rest.len());
                    self.body.extend_from_slice(&rest[..count]);
                    used += count;
                    if self.body.len() > BODY_BYTES {
                        return Err("the body is too large");
                    }
                    if count < left {
                        self.state = State::Data(left - count);
                        return Ok(Step { used, done: false });
                    }
                    self.state = State::DataEnd;
                }
                State::Size | State::DataEnd | State::Trailer => {
                    let Some(end) = memchr::memchr(b'\n', rest) else {
                        let too_long = rest.len() > CHUNK_LINE;
                        return if too_long {
                            Err("a chunk's line is too long")
                        } else {
                            Ok(Step { used, done: false })
                        };
                    };
                    let line = rest[..end].trim_ascii();
                    used += end + 1;
                    self.state = self.after(line)?;
                }
            }
        }
    }

    fn after(&self, line: &[u8]) -> Result<State, &'static str> {
        match self.state {
            State::DataEnd if line.is_empty() => Ok(State::Size),
            State::Trailer => Ok(if line.is_empty() { State::Done } else { State::Trailer }),
            State::Size => {
                let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
                let size =
                    std::str::from_utf8(size).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
                match size {
                    Some(0) => Ok(State::Trailer),
                    Some(size) if size <= BODY_BYTES => Ok(State::Data(size)),
                    Some(_) => Err("the body is too large"),
                    None => Err("a chunk without its size"),
                }
            }
            State::DataEnd | State::Data(_) | State::Done => Err("a chunk longer than its size"),
        }
    }
}
