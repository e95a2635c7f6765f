//! [FLAC](https://www.rfc-editor.org/rfc/rfc9639), whose samples stand as they are.

use super::sound::{RATE, Sound};

const BLOCK: usize = 4_096;

/// The file.
pub(crate) fn write(sound: &Sound) -> Vec<u8> {
    let mut out = b"fLaC".to_vec();
    metadata(&mut out, 0, &stream_info(sound.samples.len()));
    metadata(&mut out, 0x84, &comment(&sound.note));
    for (number, samples) in (0_u32..).zip(sound.samples.chunks(BLOCK)) {
        frame(&mut out, number, samples);
    }
    out
}

fn metadata(out: &mut Vec<u8>, kind: u8, content: &[u8]) {
    let length = u32::try_from(content.len()).expect("a note is short").to_be_bytes();
    out.extend_from_slice(&[kind, length[1], length[2], length[3]]);
    out.extend_from_slice(content);
}

/// Sizes of blocks, none of frames; then in 64 bits the rate, one channel, 16 bits a sample and how many samples; no checksum.
fn stream_info(samples: usize) -> Vec<u8> {
    let block = u16::try_from(BLOCK).expect("a constant").to_be_bytes();
    let packed = u64::from(RATE) << 44 | 15 << 36 | samples as u64;
    [block.as_slice(), &block, &[0; 6], &packed.to_be_bytes(), &[0; 16]].concat()
}

/// One comment: <https://www.xiph.org/vorbis/doc/v-comment.html>. It ends with a zero, as other notes do.
pub(super) fn comment(note: &str) -> Vec<u8> {
    let (vendor, note) = ("touchstone", format!("COMMENT={note}\0"));
    let length = |text: &str| u32::try_from(text.len()).expect("a note is short").to_le_bytes();
    let parts: [&[u8]; 5] =
        [&length(vendor), vendor.as_bytes(), &1_u32.to_le_bytes(), &length(&note), note.as_bytes()];
    parts.concat()
}

fn frame(out: &mut Vec<u8>, number: u32, samples: &[i16]) {
    let start = out.len();
    let size = u16::try_from(samples.len() - 1).expect("a block").to_be_bytes();
    // Blocks of a fixed size, which stands in 16 bits at the end; 24 kHz; one channel of 16 bits.
    out.extend_from_slice(&[0xff, 0xf8, 0x77, 0x08]);
    out.extend_from_slice(coded(number).as_bytes());
    out.extend_from_slice(&size);
    out.push(check(&out[start..], 0x07, 8).to_be_bytes()[1]);
    out.push(0x02);
    out.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    let check = check(&out[start..], 0x8005, 16);
    out.extend_from_slice(&check.to_be_bytes());
}

/// A number as UTF-8 writes a character of that number. Ten minutes have some thousand blocks, all below the surrogates.
fn coded(number: u32) -> String {
    char::from_u32(number).map(String::from).unwrap_or_default()
}

/// A checksum of so many bits.
fn check(bytes: &[u8], polynomial: u16, width: u32) -> u16 {
    let top = 1_u16 << (width - 1);
    let mut sum = 0_u16;
    for byte in bytes {
        sum ^= u16::from(*byte) << (width - 8);
        for _ in 0..8 {
            sum = if sum & top == 0 { sum << 1 } else { sum << 1 ^ polynomial };
        }
    }
    if width == 16 { sum } else { sum & 0xff }
}
