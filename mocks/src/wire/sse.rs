//! Faults of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html): legal odd forms, and one that is not.

use bytes::Bytes;

/// A frame: `event:` where there is a name, `data:`, a blank line.
pub(crate) fn frame(name: &str, data: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(name.len() + data.len() + 18);
    if !name.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
    out.into()
}

/// Cuts the data in half, within a whole frame: no JSON any more.
pub(crate) fn malformed(frame: &[u8]) -> Bytes {
    map_data(frame, |data, out| {
        let half = data.len() / 2;
        let half = (half..=data.len()).find(|at| std::str::from_utf8(&data[..*at]).is_ok()).unwrap_or(half);
        line(out, b"data: ", &data[..half]);
    })
}

/// The data over several lines. A line end is white space to JSON only between its tokens, so one comes after every comma
/// and opening brace outside of strings.
pub(super) fn multiline(frame: &[u8]) -> Bytes {
    map_data(frame, |data, out| {
        let (mut start, mut in_string, mut escaped) = (0, false, false);
        for (at, byte) in data.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b',' | b'{' if !in_string => {
                    line(out, b"data: ", &data[start..=at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        line(out, b"data: ", &data[start..]);
    })
}

/// Every line ends with CR LF, if it did not already. Lines carry JSON, in which no line end is left as it is.
pub(crate) fn crlf(frame: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(frame.len() + 8);
    for byte in frame {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out.into()
}

/// The lines keep the ends that they had.
fn map_data(frame: &[u8], map: impl Fn(&[u8], &mut Vec<u8>)) -> Bytes {
    let mut out = Vec::with_capacity(frame.len() * 2);
    let mut ended_by_two = false;
    for text in frame.split_inclusive(|byte| *byte == b'\n') {
        let body = text.strip_suffix(b"\n").unwrap_or(text);
        ended_by_two |= body.ends_with(b"\r");
        match text.strip_prefix(b"data: ") {
            Some(_) => map(&body.strip_suffix(b"\r").unwrap_or(body)[b"data: ".len()..], &mut out),
            None => out.extend_from_slice(text),
        }
    }
    if ended_by_two { crlf(&out) } else { out.into() }
}

fn line(out: &mut Vec<u8>, field: &[u8], value: &[u8]) {
    out.extend_from_slice(field);
    out.extend_from_slice(value);
    out.push(b'\n');
}
