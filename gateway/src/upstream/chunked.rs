//! `Transfer-Encoding: chunked`, without IO: <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>.
//!
//! Bytes go in as they come, cut anywhere; slices of the same bytes come out. Nothing is kept but a few counters.

use super::Step;
use crate::fault::Fault;

/// Bytes of one chunk's extensions, or of all trailer fields: more than any sane server sends.
const ASIDE_BYTES: usize = 8 << 10;

/// Where in a chunked body we are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Bytes of extensions or trailers that were skipped since they were last bounded.
    aside: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Size { digits: u8, size: u64 },
    Extension { size: u64 },
    SizeEnd { size: u64 },
    Data(u64),
    DataEnd,
    DataEndLf,
    Trailers,
    Trailer,
    LastLf,
    End,
}

const START: State = State::Size { digits: 0, size: 0 };

impl Chunked {
    pub(crate) fn new() -> Self {
        Self { state: START, aside: 0 }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.state == State::End
    }

    /// Takes the next piece of data off `input`. After [`Step::More`] all of `input` is used up.
    pub(crate) fn step<'a>(&mut self, input: &mut &'a [u8]) -> Result<Step<'a>, Fault> {
        loop {
            if self.is_end() {
                return Ok(Step::End);
            }
            if let State::Data(left) = self.state {
                if input.is_empty() {
                    return Ok(Step::More);
                }
                let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let (data, rest) = input.split_at(take);
                *input = rest;
                let left = left - take as u64;
                self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                return Ok(Step::Data(data));
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(Step::More) };
            *input = rest;
            self.state = self.framing(byte)?;
        }
    }

    /// One byte that is not data.
    fn framing(&mut self, byte: u8) -> Result<State, Fault> {
        Ok(match (self.state, byte) {
            (State::Size { digits: 1.., size } | State::Extension { size }, b'\r') => State::SizeEnd { size },
            (
                State::Size { digits: 1.., size } | State::Extension { size } | State::SizeEnd { size },
                b'\n',
            ) => {
                self.aside = 0;
                if size == 0 { State::Trailers } else { State::Data(size) }
            }
            (State::Size { digits: 1.., size }, b';' | b' ' | b'\t') => State::Extension { size },
            (State::Size { digits, size }, _) => Self::digit(digits, size, byte)?,
            (State::Extension { size }, _) => {
                self.skip()?;
                State::Extension { size }
            }
            (State::DataEnd, b'\r') => State::DataEndLf,
            (State::DataEnd | State::DataEndLf, b'\n') => START,
            (State::Trailers, b'\r') => State::LastLf,
            (State::Trailers | State::LastLf, b'\n') => State::End,
            (State::Trailer, b'\n') => State::Trailers,
            (State::Trailers | State::Trailer, _) => {
                self.skip()?;
                State::Trailer
            }
            _ => return Err(Fault::Framing("a chunk does not end where its size says")),
        })
    }

    fn digit(digits: u8, size: u64, byte: u8) -> Result<State, Fault> {
        let digit =
            char::from(byte).to_digit(16).ok_or(Fault::Framing("a chunk size is not a hex number"))?;
        if digits == 15 {
            return Err(Fault::Framing("a chunk size is out of range"));
        }
        Ok(State::Size { digits: digits + 1, size: size << 4 | u64::from(digit) })
    }

    fn skip(&mut self) -> Result<(), Fault> {
        self.aside += 1;
        if self.aside > ASIDE_BYTES {
            return Err(Fault::Framing("chunk extensions or trailers are too long"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes `wire`, which comes in pieces of `cut` bytes. `None`: not at its end.
    fn decode(wire: &[u8], cut: usize) -> Result<Option<Vec<u8>>, Fault> {
        let mut chunked = Chunked::new();
        let mut data = Vec::new();
        for mut piece in wire.chunks(cut.max(1)) {
            loop {
                match chunked.step(&mut piece)? {
                    Step::Data(bytes) => data.extend_from_slice(bytes),
                    Step::More => break,
                    Step::End => return Ok(Some(data)),
                }
            }
            assert!(piece.is_empty(), "bytes were left over");
        }
        Ok(None)
    }

    fn encode(chunks: &[(Vec<u8>, bool)], trailer: bool) -> Vec<u8> {
        let mut wire = Vec::new();
        for (chunk, extended) in chunks.iter().filter(|(chunk, _)| !chunk.is_empty()) {
            let extension = if *extended { ";a=\"b\"" } else { "" };
            wire.extend(format!("{:X}{extension}\r\n", chunk.len()).bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(if trailer { b"0\r\nx-sum: 1\r\ny: z\r\n\r\n" } else { b"0\r\n\r\n" });
        wire
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_changes_nothing(
            chunks in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..300), any::<bool>()), 0..8),
            trailer in any::<bool>(),
            cut in 1usize..400,
        ) {
            let data: Vec<u8> = chunks.iter().flat_map(|(chunk, _)| chunk.clone()).collect();
            let wire = encode(&chunks, trailer);
            prop_assert_eq!(decode(&wire, cut).unwrap(), Some(data));
        }

        #[test]
        fn a_cut_body_is_never_at_its_end(chunk in proptest::collection::vec(any::<u8>(), 1..80), at in any::<proptest::sample::Index>()) {
            let wire = encode(&[(chunk, true)], true);
            prop_assert_eq!(decode(&wire[..at.index(wire.len())], 7).unwrap(), None);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 1usize..20) {
            let _ = decode(&bytes, cut);
        }

        #[test]
        fn garbage_around_real_sizes_does_not_panic(text in "[0-9a-fA-F;\r\n xz]{0,60}") {
            let _ = decode(text.as_bytes(), 3);
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        for wire in
            ["\r\n", "x\r\n", "-1\r\n", "5\r\nhelloworld", "1000000000000000\r\n", ";a\r\n", "5\rhello"]
        {
            assert!(decode(wire.as_bytes(), 100).is_err(), "{wire:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let long = "a".repeat(ASIDE_BYTES + 1);
        assert!(decode(format!("5;{long}\r\nhello\r\n0\r\n\r\n").as_bytes(), 100).is_err());
        assert!(decode(format!("0\r\nx: {long}\r\n\r\n").as_bytes(), 100).is_err());
    }
}
