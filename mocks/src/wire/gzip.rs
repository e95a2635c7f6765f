//! [gzip](https://www.rfc-editor.org/rfc/rfc1952), flushed at the end of every write so that each one can be read by itself.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Write;

/// Compresses the writes, each to what it adds; the last one carries the trailer, unless the stream is cut.
pub(super) fn compress(writes: &mut [Write], is_whole: bool) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let last = writes.len().saturating_sub(1);
    for (index, write) in writes.iter_mut().enumerate() {
        let written = encoder.write_all(&write.bytes);
        let ended = if is_whole && index == last { encoder.try_finish() } else { encoder.flush() };
        written.and(ended).expect("writing to memory");
        write.bytes = Bytes::from(std::mem::take(encoder.get_mut()));
    }
}
