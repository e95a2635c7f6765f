//! Goes over JSON value by value and checks its grammar, without building anything.

/// A place in a document.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no white space, which stays the next.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Goes past the byte that was peeked at.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// Goes past `byte`, if it comes next.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.step())
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Goes past a string: its text with the quotes, and whether there are escapes in it.
    pub(super) fn string(&mut self) -> Option<(&'a str, bool)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let escaped = self.skip_string()?;
        Some((&self.text[start..self.at], escaped))
    }

    /// Goes past a value; `None` where it is against the grammar, or too deep.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        if self.peek()? == b'"' {
            return self.string().map(|(token, _)| token);
        }
        let start = self.at;
        let mut open = Open::default();
        loop {
            match self.peek()? {
                b'{' => self.open(&mut open, true)?,
                b'[' => self.open(&mut open, false)?,
                _ => self.scalar()?,
            }
            // Here a value has ended, or an object or list has begun.
            while !open.next(self)? {
                if open.is_empty() {
                    return Some(&self.text[start..self.at]);
                }
            }
        }
    }

    fn open(&mut self, open: &mut Open, object: bool) -> Option<()> {
        self.step();
        open.push(object)
    }

    fn scalar(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_string().map(drop),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        found.then(|| self.at += word.len())
    }

    fn number(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let digits =
            |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let one_of = |at: usize, these: &[u8]| bytes.get(at).is_some_and(|byte| these.contains(byte));
        let start = self.at + usize::from(one_of(self.at, b"-"));
        let mut at = digits(start);
        if at == start || bytes[start] == b'0' && at > start + 1 {
            return None;
        }
        if one_of(at, b".") {
            let fraction = at + 1;
            at = digits(fraction);
            if at == fraction {
                return None;
            }
        }
        if one_of(at, b"eE") {
            let exponent = at + 1 + usize::from(one_of(at + 1, b"+-"));
            at = digits(exponent.min(bytes.len()));
            if at <= exponent && !one_of(exponent, b"0123456789") {
                return None;
            }
        }
        self.at = at;
        Some(())
    }

    /// Goes past a string that begins here, and tells whether there are escapes in it.
    fn skip_string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        let (mut at, mut escaped) = (self.at + 1, false);
        loop {
            at = stop(bytes, at)?;
            match bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    return Some(escaped);
                }
                b'\\' => at += escape(&bytes[at..])?,
                _ => return None,
            }
            escaped = true;
        }
    }
}

/// Where the next quote, backslash or control character is.
fn stop(bytes: &[u8], mut at: usize) -> Option<usize> {
    /// Names and words end within so many blocks; in what is longer it pays to search.
    const BLOCKS: usize = 2;

    for _ in 0..BLOCKS {
        let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk) else { break };
        match stops(*block) {
            0 => at += block.len(),
            stops => return Some(at + stops.trailing_zeros() as usize / 8),
        }
    }
    let found = at + memchr::memchr2(b'"', b'\\', &bytes[at..])?;
    let span = &bytes[at..found];
    // All at once is faster than up to the first, and the first is seldom there.
    if !span.iter().fold(false, |control, &byte| control | (byte < 0x20)) {
        return Some(found);
    }
    span.iter().position(|&byte| byte < 0x20).map(|control| at + control)
}

/// Marks the quotes, backslashes and control characters among eight bytes, each by the highest bit of its place.
/// Right as far as the first of them, which comes lowest.
fn stops(block: [u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;

    let block = u64::from_le_bytes(block);
    let below = |block: u64, limit: u8| block.wrapping_sub(EACH * u64::from(limit)) & !block;
    let equal = |byte: u8| below(block ^ (EACH * u64::from(byte)), 1);
    (below(block, 0x20) | equal(b'"') | equal(b'\\')) & (EACH * 0x80)
}

/// How long an escape is, backslash included.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

/// The objects and lists that are not closed yet: one bit each, the innermost the lowest.
#[derive(Default)]
struct Open {
    objects: u128,
    depth: u32,
    /// Whether the innermost has begun just now.
    fresh: bool,
}

impl Open {
    fn is_empty(&self) -> bool {
        self.depth == 0
    }

    fn push(&mut self, object: bool) -> Option<()> {
        if self.depth == u128::BITS {
            return None;
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        self.fresh = true;
        Some(())
    }

    /// Goes on to the next value of the innermost, past its comma and its name: `true`; or past its end: `false`.
    fn next(&mut self, cursor: &mut Cursor<'_>) -> Option<bool> {
        if self.is_empty() {
            return Some(false);
        }
        let object = self.objects & 1 == 1;
        let fresh = std::mem::take(&mut self.fresh);
        if cursor.peek()? == if object { b'}' } else { b']' } {
            cursor.step();
            self.objects >>= 1;
            self.depth -= 1;
            return Some(false);
        }
        if !fresh {
            cursor.expect(b',')?;
        }
        if object {
            cursor.expect(b'"')?;
            cursor.at -= 1;
            cursor.skip_string()?;
            cursor.expect(b':')?;
        }
        Some(true)
    }
}
