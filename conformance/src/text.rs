//! Long texts made short, for people.

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
    format!("{} …({} bytes)… {}", &text[..head], tail - head, &text[tail..])
}
