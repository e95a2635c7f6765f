//! MP3: frames of MPEG-2 layer III without anything in them, behind a note ([ID3v2](https://id3.org/id3v2.3.0)).

use super::sound::Sound;

/// Samples a frame has at 24 kHz.
pub(super) const FRAME: usize = 576;
/// 64 kbit/s, 24 kHz, no checksum, one channel.
const HEADER: [u8; 4] = [0xff, 0xf3, 0x84, 0xc4];
/// Bytes of a frame: 72 × 64,000 / 24,000.
const BYTES: usize = 192;

/// The file.
pub(crate) fn write(sound: &Sound) -> Vec<u8> {
    // A text of the user's own: encoding, description, text.
    let content = [b"\x03note\0".as_slice(), sound.note.as_bytes(), b"\0"].concat();
    let length = u32::try_from(content.len()).expect("a note is short");
    let mut out = b"ID3\x04\0\0".to_vec();
    out.extend_from_slice(&in_sevens(length + 10));
    out.extend_from_slice(b"TXXX");
    out.extend_from_slice(&in_sevens(length));
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&content);
    for _ in 0..sound.samples.len().div_ceil(FRAME) {
        out.extend_from_slice(&HEADER);
        // Information on the side that says: nothing follows.
        out.resize(out.len() + BYTES - HEADER.len(), 0);
    }
    out
}

/// A number in bytes of seven bits.
fn in_sevens(number: u32) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| u8::try_from(number >> shift & 0x7f).expect("seven bits"))
}
