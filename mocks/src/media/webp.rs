//! [WebP](https://developers.google.com/speed/webp/docs/riff_container), [lossless](https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification):
//! each channel has a code of the two values that the two colours have there.

use super::picture::Drawing;

/// The file.
pub(crate) fn write(drawing: &dyn Drawing) -> Vec<u8> {
    let stream = stream(drawing);
    let padded = stream.len().next_multiple_of(2);
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&size(4 + 8 + padded));
    out.extend_from_slice(b"WEBPVP8L");
    out.extend_from_slice(&size(stream.len()));
    out.extend_from_slice(&stream);
    out.resize(out.len() + padded - stream.len(), 0);
    out
}

fn size(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("two colours are small").to_le_bytes()
}

fn stream(drawing: &dyn Drawing) -> Vec<u8> {
    let [paper, ink] = drawing.colours();
    let (width, height) = drawing.size();
    let mut bits = Bits { out: vec![0x2f], left: 0 };
    bits.push(width - 1, 14);
    bits.push(height - 1, 14);
    bits.push(u32::from(paper[3] < 255), 1);
    // Version 0; no transform, no cache of colours, no image of codes.
    bits.push(0, 3);
    bits.push(0, 1);
    bits.push(0, 1);
    bits.push(0, 1);
    // Codes of green, red, blue, alpha, and of distances, which never come.
    for channel in [1, 0, 2, 3] {
        code(&mut bits, paper[channel], ink[channel]);
    }
    code(&mut bits, 0, 0);
    for y in 0..height {
        for x in 0..width {
            let inked = drawing.is_ink(x, y);
            for channel in [1, 0, 2, 3].into_iter().filter(|channel| paper[*channel] != ink[*channel]) {
                // Of two symbols the smaller has the code 0.
                bits.push(u32::from(inked == (ink[channel] > paper[channel])), 1);
            }
        }
    }
    bits.out
}

/// A simple code: one symbol, which takes no bits, or two, the smaller one first.
fn code(bits: &mut Bits, one: u8, other: u8) {
    bits.push(1, 1);
    bits.push(u32::from(one != other), 1);
    bits.push(1, 1);
    bits.push(u32::from(one.min(other)), 8);
    if one != other {
        bits.push(u32::from(one.max(other)), 8);
    }
}

/// Bits, the least significant one first.
struct Bits {
    out: Vec<u8>,
    /// Of the last byte.
    left: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.left == 0 {
                self.out.push(0);
                self.left = 8;
            }
            let last = self.out.last_mut().expect("pushed above");
            *last |= u8::try_from(value >> at & 1).expect("one bit") << (8 - self.left);
            self.left -= 1;
        }
    }
}
