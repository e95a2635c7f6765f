//! How far the JSON text of a call's arguments has come.

use crate::Text;

/// Sees where an object ends, piece by piece, without a look at what is in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    depth: u32,
    in_string: bool,
    /// The next character of the string stands for itself.
    escapes: bool,
    whole: bool,
}

impl Scan {
    /// Whether an object came to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, text: Text<'_>) {
        match text {
            Text::Plain(text) => text.bytes().for_each(|byte| self.byte(byte)),
            Text::Json(token) => {
                let inside = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
                self.token(inside.as_bytes());
            }
        }
    }

    /// The inside of a JSON string, unescaped on the way as far as it matters.
    fn token(&mut self, mut rest: &[u8]) {
        while let [first, tail @ ..] = rest {
            rest = tail;
            let [escape, tail @ ..] = tail else { return self.byte(*first) };
            if *first != b'\\' {
                self.byte(*first);
                continue;
            }
            rest = tail;
            match escape {
                b'u' => {
                    let digits = tail.get(..4).and_then(|digits| str::from_utf8(digits).ok());
                    let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                    self.byte(code.filter(u8::is_ascii).unwrap_or(b'?'));
                    rest = tail.get(4..).unwrap_or_default();
                }
                b'n' | b'r' | b't' => self.byte(b' '),
                other => self.byte(*other),
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escapes => self.escapes = false,
                b'\\' => self.escapes = true,
                b'"' => self.in_string = false,
                _ => (),
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.whole |= self.depth == 1 && byte == b'}';
                self.depth = self.depth.saturating_sub(1);
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(pieces: &[&str]) -> bool {
        let mut scan = Scan::default();
        pieces.iter().for_each(|piece| scan.push(Text::Plain(piece)));
        let mut escaped = Scan::default();
        for piece in pieces {
            let token = serde_json::to_string(piece).unwrap();
            escaped.push(Text::token(&token).unwrap());
        }
        assert_eq!(scan.is_whole(), escaped.is_whole(), "{pieces:?}");
        scan.is_whole()
    }

    #[test]
    fn an_object_is_whole_at_its_last_brace_and_not_before() {
        let text = r#" {"a\"}": [{"b": "\\"}, "}{"], "c": "é\u007d", "d\n": {}} "#;
        let end = text.trim_end().len();
        for cut in (0..=text.len()).filter(|&cut| text.is_char_boundary(cut)) {
            let (head, tail) = text.split_at(cut);
            assert_eq!(is_whole(&[head]), cut >= end, "{head}");
            assert!(is_whole(&[head, tail]));
        }
        assert!(!is_whole(&["[]", "null"]) && is_whole(&["{}"]));
    }

    #[test]
    fn an_escape_by_number_is_the_character_that_it_is() {
        let mut scan = Scan::default();
        scan.push(Text::token(r#""\u007b\u0022a\u0022: \u00e9\u007d""#).unwrap());
        assert!(scan.is_whole());
    }
}
