//! [WAV](https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html): PCM of 16 bits, and a note in a list of information.

use super::sound::{RATE, Sound};

/// The file.
pub(crate) fn write(sound: &Sound) -> Vec<u8> {
    let mut format = Vec::with_capacity(16);
    // PCM, one channel, samples and bytes a second, bytes a sample, bits a sample.
    format.extend_from_slice(&1_u16.to_le_bytes());
    format.extend_from_slice(&1_u16.to_le_bytes());
    format.extend_from_slice(&RATE.to_le_bytes());
    format.extend_from_slice(&(RATE * 2).to_le_bytes());
    format.extend_from_slice(&2_u16.to_le_bytes());
    format.extend_from_slice(&16_u16.to_le_bytes());
    let mut list = b"INFO".to_vec();
    chunk(&mut list, *b"ICMT", &[sound.note.as_bytes(), b"\0"].concat());
    let samples: Vec<u8> = sound.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut body = b"WAVE".to_vec();
    chunk(&mut body, *b"fmt ", &format);
    chunk(&mut body, *b"LIST", &list);
    chunk(&mut body, *b"data", &samples);
    let mut out = Vec::with_capacity(body.len() + 8);
    chunk(&mut out, *b"RIFF", &body);
    out
}

/// A name, a length, and content of an even number of bytes.
fn chunk(out: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    out.extend_from_slice(&name);
    out.extend_from_slice(&u32::try_from(content.len()).expect("some minutes of sound").to_le_bytes());
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}
