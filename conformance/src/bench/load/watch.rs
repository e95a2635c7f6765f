//! What the load looks for in a reply: the end of a whole text, or the stamps of a streamed one, wherever the bytes are cut.

use std::cell::RefCell;

use mocks::stamp;
use tokio::time::Instant;

use super::wire::Wrong;
use super::{Tally, Window};

/// Stands at the end of a whole text, and nowhere else; its first character is in it once.
pub(crate) const END: &str = "~that-is-all";

/// What a right reply has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// [`END`], once.
    End,
    /// So many stamps of [`mocks::stamp`].
    Stamps(u32),
}

/// Watches one reply.
pub(super) struct Watch<'a> {
    expects: Expects,
    window: Window,
    tally: &'a RefCell<Tally>,
    now: Instant,
    /// When the first byte of a whole body, or the first stamp of a stream, came.
    first: Option<Instant>,
    found: u32,
    /// How much of a mark was seen, and the number in it.
    matched: usize,
    number: u64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(expects: Expects, window: Window, tally: &'a RefCell<Tally>) -> Self {
        let now = Instant::now();
        Self { expects, window, tally, now, first: None, found: 0, matched: 0, number: 0 }
    }

    /// Something was read, now.
    pub(super) fn at(&mut self, now: Instant) {
        self.now = now;
    }

    /// When the client had something in hand.
    pub(super) fn first(&self) -> Option<Instant> {
        self.first
    }

    /// Looks at a part of the body.
    pub(super) fn push(&mut self, piece: &[u8]) {
        match self.expects {
            Expects::End => {
                self.first.get_or_insert(self.now);
                self.look_for_end(piece);
            }
            Expects::Stamps(_) => self.look_for_stamps(piece),
        }
    }

    fn look_for_end(&mut self, mut piece: &[u8]) {
        let end = END.as_bytes();
        while let Some(&byte) = piece.first() {
            if self.matched == 0 {
                let Some(at) = memchr::memchr(end[0], piece) else { return };
                piece = &piece[at + 1..];
                self.matched = 1;
                continue;
            }
            if byte != end[self.matched] {
                self.matched = 0;
                continue;
            }
            piece = &piece[1..];
            self.matched += 1;
            if self.matched == end.len() {
                self.matched = 0;
                self.found += 1;
            }
        }
    }

    fn look_for_stamps(&mut self, mut piece: &[u8]) {
        while let Some(&byte) = piece.first() {
            if self.matched == 0 {
                let Some(at) = memchr::memchr(stamp::MARK, piece) else { return };
                piece = &piece[at + 1..];
                (self.matched, self.number) = (1, 0);
                continue;
            }
            if !byte.is_ascii_digit() {
                self.matched = 0;
                continue;
            }
            piece = &piece[1..];
            // Nineteen digits are below 2^64.
            self.number = self.number * 10 + u64::from(byte - b'0');
            self.matched += 1;
            if self.matched == 1 + stamp::DIGITS {
                self.matched = 0;
                self.stamped();
            }
        }
    }

    fn stamped(&mut self) {
        self.first.get_or_insert(self.now);
        self.found += 1;
        if self.window.contains(self.now) {
            self.tally.borrow_mut().chunk(stamp::now().saturating_sub(self.number));
        }
    }

    /// Whether all came that should.
    pub(super) fn finish(&self) -> Result<(), Wrong> {
        let wanted = match self.expects {
            Expects::End => 1,
            Expects::Stamps(count) => count,
        };
        if self.found == wanted { Ok(()) } else { Err(Wrong::Text { found: self.found, wanted }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(expects: Expects, text: &str, size: usize) -> (Result<(), Wrong>, u64) {
        let tally = RefCell::new(Tally::new());
        let mut watch = Watch::new(expects, Window::open(), &tally);
        text.as_bytes().chunks(size).for_each(|piece| watch.push(piece));
        (watch.finish(), tally.borrow().chunks())
    }

    #[test]
    fn the_end_is_found_wherever_the_bytes_are_cut() {
        let text = format!("{{\"content\":\"a ~b ~that~that-is-al {END}\"}}");
        for size in 1..text.len() {
            assert_eq!(watched(Expects::End, &text, size).0, Ok(()), "{size}");
        }
        let missing = Err(Wrong::Text { found: 0, wanted: 1 });
        assert_eq!(watched(Expects::End, "a ~that-is-al", 5).0, missing);
    }

    #[test]
    fn the_way_of_a_piece_is_as_long_as_its_stamp_is_old() {
        let tally = RefCell::new(Tally::new());
        let mut watch = Watch::new(Expects::Stamps(2), Window::open(), &tally);
        let ages = [5_000_000, 80_000_000];
        for age in ages {
            watch.push(format!("word @{}", stamp::now() - age).as_bytes());
        }
        let tally = tally.into_inner();
        assert!(tally.chunk.min() >= tally.chunk.lowest_equivalent(ages[0]) && tally.chunk.max() >= ages[1]);
        assert_eq!(tally.chunks(), 2);
    }

    #[test]
    fn pieces_outside_of_the_window_are_found_and_not_counted() {
        let tally = RefCell::new(Tally::new());
        let now = Instant::now();
        let mut watch =
            Watch::new(Expects::Stamps(1), Window { start: now, begin: now, end: now, limit: now }, &tally);
        watch.push(stamp::BLANK.as_bytes());
        assert_eq!((watch.finish(), tally.borrow().chunks()), (Ok(()), 0));
    }

    #[test]
    fn stamps_are_counted_wherever_the_bytes_are_cut() {
        let text = "a@b @12 @@1795000000000000000 b @1795000000000000001@1795000000000000002";
        for size in 1..text.len() {
            assert_eq!(watched(Expects::Stamps(3), text, size), (Ok(()), 3), "{size}");
        }
        let missing = Err(Wrong::Text { found: 3, wanted: 4 });
        assert_eq!(watched(Expects::Stamps(4), text, 7).0, missing);
    }
}
