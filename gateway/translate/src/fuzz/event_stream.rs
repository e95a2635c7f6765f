//! Amazon's event streams whose lengths fit and whose checksums hold, which random bytes hardly ever are.

/// `bytes` with lengths that fit and checksums that hold, as far as they look like an event stream.
pub(super) fn repaired(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut rest = bytes;
    while rest.len() >= 16 {
        let [claimed, headers] =
            [0, 4].map(|at| u32::from_be_bytes(rest[at..at + 4].try_into().expect("four bytes")) as usize);
        let total = if (16..=rest.len()).contains(&claimed) { claimed } else { rest.len() };
        let body = &rest[12..total - 4];
        stream.extend(sealed(headers.min(body.len()), body));
        rest = &rest[total..];
    }
    stream.extend_from_slice(rest);
    stream
}

/// A message of these headers, all of them strings, and this payload.
pub(super) fn message(headers: &[(&[u8], &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in headers {
        let value = &value[..value.len().min(1000)];
        body.push(u8::try_from(name.len()).expect("our names are short"));
        body.extend_from_slice(name);
        body.push(7);
        body.extend(u16::try_from(value.len()).expect("at most 1000").to_be_bytes());
        body.extend_from_slice(value);
    }
    let size = body.len();
    body.extend_from_slice(payload);
    sealed(size, &body)
}

/// A message of these headers and this payload, which `body` holds one after the other.
fn sealed(headers: usize, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(16 + body.len());
    for size in [16 + body.len(), headers] {
        message.extend(u32::try_from(size).expect("inputs are small").to_be_bytes());
    }
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message.extend_from_slice(body);
    message.extend(crc32fast::hash(&message).to_be_bytes());
    message
}
