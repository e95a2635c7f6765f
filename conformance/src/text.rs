//! Texts for people and their shells.

use serde::Serialize;

/// What stands where a text was cut: between these the number of bytes that are left out.
pub(crate) const CUT: (&str, &str) = (" …(", " bytes)… ");

/// The beginning and the end of a text that is longer than `limit` bytes, with what is left out between them.
pub fn short(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut head = limit * 3 / 4;
    let mut tail = text.len() - limit / 4;
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    let (before, behind) = CUT;
    format!("{}{before}{}{behind}{}", &text[..head], tail - head, &text[tail..])
}

/// As JSON, which every reader of a report can read; what nobody could see in it is escaped.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut seen = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_seen(letter) {
            seen.push(letter);
        } else {
            let mut units = [0; 2];
            seen.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    seen
}

/// The same of what may not be there.
pub(crate) fn or_nothing<T: Serialize>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| json(&value))
}

/// In one line, with what nobody could see as Rust writes it.
pub(crate) fn line(text: &str) -> String {
    let line = |letter: char| {
        if is_seen(letter) { letter.to_string() } else { letter.escape_debug().to_string() }
    };
    text.chars().map(line).collect()
}

/// Neither a control character nor one that joins, breaks or marks others.
fn is_seen(letter: char) -> bool {
    matches!(letter, ' '..='~') || letter.escape_debug().len() == 1
}

/// `; did you mean `this`?`: the nearest of the words that are known, where one is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|nearest| format!("; did you mean `{nearest}`?"))
}

/// The nearest of the words that are known, where one is near: a third of the letters may be wrong.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|known| (strsim::damerau_levenshtein(word, known), known));
    let (distance, nearest) = distances.min()?;
    (distance <= word.len().max(3) / 3).then_some(nearest)
}

/// One word of the shell, quoted where it must be.
pub fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    quoted(text)
}

/// One word of the shell, quoted.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_and_keeps_its_letters() {
        assert_eq!(line("a\r\n\t\u{1b}\u{2028}\"é\""), "a\\r\\n\\t\\u{1b}\\u{2028}\"é\"");
    }

    #[test]
    fn json_shows_every_letter() {
        let text = "\"é🎉\u{1}\u{200d}\u{2028}\u{e0001}\"";
        assert_eq!(json(text), r#""\"é🎉\u0001\u200d\u2028\udb40\udc01\"""#);
        assert_eq!(serde_json::from_str::<String>(&json(text)).unwrap(), text);
    }

    #[test]
    fn what_is_not_there_is_nothing_and_what_is_empty_is_there() {
        assert_eq!([or_nothing(None::<&str>), or_nothing(Some(""))], ["nothing", "\"\""]);
    }
}
