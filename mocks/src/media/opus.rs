//! [Opus in Ogg](https://www.rfc-editor.org/rfc/rfc7845): packets of twenty milliseconds of silence.

use super::flac;
use super::sound::{RATE, Sound};

/// Samples of a packet as Opus counts them: at 48 kHz, whatever the input was.
const PACKET: u64 = 960;
const CLOCK: u64 = 48_000;
/// The transform alone, full band, twenty milliseconds, one channel; a frame that says: silent.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
/// Packets of one second on each page.
const PAGE: u64 = 50;
const SERIAL: u32 = 1;

/// The file.
pub(crate) fn write(sound: &Sound) -> Vec<u8> {
    let mut out = Vec::new();
    // Version, one channel, nothing to skip, the rate of the input, no gain, the mapping of one stream.
    let head = [b"OpusHead\x01\x01\0\0".as_slice(), &RATE.to_le_bytes(), &[0, 0, 0]].concat();
    page(&mut out, 2, 0, 0, &[&head]);
    page(&mut out, 0, 0, 1, &[&[b"OpusTags".as_slice(), &flac::comment(&sound.note)].concat()]);
    let packets = (sound.samples.len() as u64 * CLOCK / u64::from(RATE)).div_ceil(PACKET).max(1);
    let mut sent = 0;
    for sequence in 2.. {
        let count = PAGE.min(packets - sent);
        sent += count;
        let is_last = if sent == packets { 4 } else { 0 };
        let silence: Vec<&[u8]> = (0..count).map(|_| SILENCE.as_slice()).collect();
        page(&mut out, is_last, sent * PACKET, sequence, &silence);
        if is_last != 0 {
            break;
        }
    }
    out
}

/// A page of whole packets: <https://www.rfc-editor.org/rfc/rfc3533#section-6>.
fn page(out: &mut Vec<u8>, flags: u8, position: u64, sequence: u32, packets: &[&[u8]]) {
    let start = out.len();
    out.extend_from_slice(b"OggS\0");
    out.push(flags);
    out.extend_from_slice(&position.to_le_bytes());
    out.extend_from_slice(&SERIAL.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    // Each packet's length as bytes of 255, and one that is less.
    let lengths: Vec<u8> = packets
        .iter()
        .flat_map(|packet| {
            std::iter::repeat_n(255, packet.len() / 255)
                .chain([u8::try_from(packet.len() % 255).expect("a remainder")])
        })
        .collect();
    // What does not fit was cut from a long note.
    out.push(u8::try_from(lengths.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(&lengths[..lengths.len().min(255)]);
    packets.iter().for_each(|packet| out.extend_from_slice(packet));
    let sum = check(&out[start..]);
    out[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
}

fn check(bytes: &[u8]) -> u32 {
    let mut sum = 0_u32;
    for byte in bytes {
        sum ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            sum = if sum >> 31 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 };
        }
    }
    sum
}
