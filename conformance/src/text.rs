//! Texts for people and their shells.

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
