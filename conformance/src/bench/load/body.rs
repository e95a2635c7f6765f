//! Finds the end of a reply's [body](https://www.rfc-editor.org/rfc/rfc9112#section-6): by its length, by the end of its
//! chunks, or by the end of the connection.

/// How far the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body(State);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Length(usize),
    UntilClose,
    /// In the line with a chunk's size: its value, and whether a digit was seen.
    Size(usize, bool),
    /// Behind the size, up to the end of the line.
    Extension(usize),
    Data(usize),
    /// The end of the line behind a chunk's data.
    DataEnd,
    /// Behind the last chunk: whether the line has something in it.
    Trailer(bool),
    Done,
}

/// No chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// No chunk of a model's reply is larger.
const MOST: usize = 1 << 30;

impl Body {
    pub(super) fn length(length: usize) -> Self {
        Self(if length == 0 { State::Done } else { State::Length(length) })
    }

    pub(super) fn chunked() -> Self {
        Self(State::Size(0, false))
    }

    pub(super) fn until_close() -> Self {
        Self(State::UntilClose)
    }

    pub(super) fn is_done(self) -> bool {
        self.0 == State::Done
    }

    pub(super) fn ends_with_connection(self) -> bool {
        self.0 == State::UntilClose
    }

    /// Takes bytes up to the end of the body, and gives how many those were; `content` sees what they carry.
    pub(super) fn push(&mut self, bytes: &[u8], mut content: impl FnMut(&[u8])) -> Result<usize, Broken> {
        let mut used = 0;
        while used < bytes.len() && !self.is_done() {
            let rest = &bytes[used..];
            used += match &mut self.0 {
                State::UntilClose => {
                    content(rest);
                    rest.len()
                }
                State::Length(left) | State::Data(left) => {
                    let count = (*left).min(rest.len());
                    content(&rest[..count]);
                    *left -= count;
                    count
                }
                _ => {
                    self.0 = self.line(rest[0])?;
                    1
                }
            };
            match self.0 {
                State::Length(0) => self.0 = State::Done,
                State::Data(0) => self.0 = State::DataEnd,
                _ => {}
            }
        }
        Ok(used)
    }

    /// The state after one byte of what stands between the data.
    fn line(self, byte: u8) -> Result<State, Broken> {
        let ended = |size| if size == 0 { State::Trailer(false) } else { State::Data(size) };
        Ok(match (self.0, byte) {
            (State::Size(size, _), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if size < MOST => {
                let digit = char::from(byte).to_digit(16).ok_or(Broken)?;
                State::Size(size * 16 + usize::try_from(digit).map_err(|_| Broken)?, true)
            }
            (State::Size(size, true), b'\n') => ended(size),
            (State::Size(size, true), b'\r' | b';' | b' ' | b'\t') => State::Extension(size),
            (State::Extension(size), b'\n') => ended(size),
            (State::Extension(size), _) => State::Extension(size),
            (State::DataEnd, b'\r') => State::DataEnd,
            (State::DataEnd, b'\n') => State::Size(0, false),
            (State::Trailer(false), b'\n') => State::Done,
            (State::Trailer(_), b'\n') => State::Trailer(false),
            (State::Trailer(has), b'\r') => State::Trailer(has),
            (State::Trailer(_), _) => State::Trailer(true),
            _ => return Err(Broken),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Content and what is left behind the body, when it comes in pieces of this size.
    fn read(mut body: Body, bytes: &[u8], size: usize) -> Result<(String, usize), Broken> {
        let (mut content, mut used) = (Vec::new(), 0);
        for piece in bytes.chunks(size) {
            used += body.push(piece, |part| content.extend_from_slice(part))?;
            if body.is_done() {
                break;
            }
        }
        Ok((String::from_utf8(content).unwrap(), bytes.len() - used))
    }

    #[test]
    fn how_the_bytes_are_cut_changes_nothing() {
        let chunked = b"5\r\nhello\r\n1;a=b\r\n \r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\nHTTP/1.1";
        for size in 1..chunked.len() {
            assert_eq!(
                read(Body::chunked(), chunked, size),
                Ok(("hello 0123456789".to_owned(), 8)),
                "{size}"
            );
            assert_eq!(read(Body::length(3), b"abcHTTP", size), Ok(("abc".to_owned(), 4)));
            assert_eq!(read(Body::until_close(), b"abc", size), Ok(("abc".to_owned(), 0)));
        }
    }

    #[test]
    fn a_body_without_bytes_is_done_at_once() {
        assert!(Body::length(0).is_done());
        assert!(!Body::chunked().is_done() && Body::until_close().ends_with_connection());
    }

    #[test]
    fn what_is_no_chunk_is_broken() {
        for bytes in ["\r\n", "x\r\n", "3\r\nabcd\r\n", "fffffffffffffffff\r\n"] {
            assert_eq!(read(Body::chunked(), bytes.as_bytes(), 99), Err(Broken), "{bytes:?}");
        }
    }
}
