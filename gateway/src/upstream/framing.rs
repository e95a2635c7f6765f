//! How the body of a reply ends: <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>.

use super::{Chunked, Step};
use crate::fault::Fault;

/// What is left of a body, by the rule that ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunked),
    /// All bytes until the upstream closes.
    Close,
}

impl Framing {
    /// Takes the next piece of data off `input`. After [`Step::More`] all of `input` is used up.
    pub(crate) fn step<'a>(&mut self, input: &mut &'a [u8]) -> Result<Step<'a>, Fault> {
        match self {
            Self::Chunked(chunked) => chunked.step(input),
            Self::Length(0) => Ok(Step::End),
            _ if input.is_empty() => Ok(Step::More),
            Self::Length(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                let (data, rest) = input.split_at(take);
                *left -= take as u64;
                *input = rest;
                Ok(Step::Data(data))
            }
            Self::Close => Ok(Step::Data(std::mem::take(input))),
        }
    }

    /// Whether the body is at its end while the connection is still open.
    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_end(),
            Self::Close => false,
        }
    }

    /// The upstream closed: was that the end?
    pub(crate) fn close(&self) -> Result<(), Fault> {
        if self.is_end() || matches!(self, Self::Close) { Ok(()) } else { Err(Fault::Cut) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_neither_short_nor_long() {
        let mut framing = Framing::Length(5);
        let mut input = &b"hel"[..];
        assert!(matches!(framing.step(&mut input), Ok(Step::Data(b"hel"))));
        assert!(matches!(framing.step(&mut input), Ok(Step::More)));
        assert!(matches!(framing.close(), Err(Fault::Cut)));
        input = b"lo, world";
        assert!(matches!(framing.step(&mut input), Ok(Step::Data(b"lo"))));
        assert!(matches!(framing.step(&mut input), Ok(Step::End)));
        assert_eq!(input, b", world");
        assert!(framing.close().is_ok());
    }

    #[test]
    fn only_a_body_without_a_length_ends_by_closing() {
        let mut framing = Framing::Close;
        assert!(matches!(framing.step(&mut &b"all"[..]), Ok(Step::Data(b"all"))));
        assert!(!framing.is_end() && framing.close().is_ok());
        assert!(Framing::Chunked(Chunked::new()).close().is_err());
    }
}
