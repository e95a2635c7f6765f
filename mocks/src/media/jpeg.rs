//! [JPEG](https://www.w3.org/Graphics/JPEG/itu-t81.pdf), baseline: blocks of one colour each, so that nothing but their means is
//! written.

use super::picture::Drawing;

/// Points from edge to edge of a block.
const BLOCK: u32 = 8;
/// By this a mean is divided: the mean of a block is an eighth of its first coefficient, so that nothing is lost.
const STEP: u8 = 8;

/// The file.
pub(crate) fn write(drawing: &dyn Drawing) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    segment(&mut out, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    segment(&mut out, 0xdb, &[&[0], [STEP; 64].as_slice()].concat());
    segment(&mut out, 0xc0, &frame(drawing));
    // The differences of means: a code of four bits for each of the sizes 0 to 11. All other coefficients are zero: one code.
    let sizes: Vec<u8> = (0..12).collect();
    segment(
        &mut out,
        0xc4,
        &[&[0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], sizes.as_slice()].concat(),
    );
    segment(&mut out, 0xc4, &[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    segment(&mut out, 0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    scan(drawing, &mut out);
    out.extend_from_slice(&[0xff, 0xd9]);
    out
}

/// Eight bits a channel, three channels of the same size.
fn frame(drawing: &dyn Drawing) -> Vec<u8> {
    let edge = |length: u32| {
        u16::try_from(length).expect("pictures have some thousand points an edge").to_be_bytes()
    };
    let (width, height) = drawing.size();
    let ([high, low], [left, right]) = (edge(height), edge(width));
    vec![8, high, low, left, right, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]
}

fn segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).expect("segments are short");
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
}

/// Every block: of each channel the difference to the block before, and that nothing else follows.
fn scan(drawing: &dyn Drawing, out: &mut Vec<u8>) {
    let means = drawing.colours().map(|[red, green, blue, _]| means([red, green, blue]));
    let mut bits = Bits { out, byte: 0, count: 0 };
    let mut before = [0; 3];
    let (width, height) = drawing.size();
    for y in (0..height).step_by(BLOCK as usize) {
        for x in (0..width).step_by(BLOCK as usize) {
            let middle = |at: u32, end: u32| (at + BLOCK / 2).min(end - 1);
            let block = means[usize::from(drawing.is_ink(middle(x, width), middle(y, height)))];
            for (channel, mean) in block.into_iter().enumerate() {
                bits.difference(mean - before[channel]);
                bits.push(0, 1);
            }
            before = block;
        }
    }
    bits.finish();
}

/// Brightness and the two differences of colour, around zero: <https://www.w3.org/Graphics/JPEG/jfif3.pdf>.
fn means([red, green, blue]: [u8; 3]) -> [i32; 3] {
    let (red, green, blue) = (f64::from(red), f64::from(green), f64::from(blue));
    let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    #[expect(clippy::cast_possible_truncation, reason = "a channel of eight bits")]
    let round = |value: f64| (value.round() as i32).clamp(-128, 127);
    [round(bright - 128.0), round((blue - bright) * 0.564), round((red - bright) * 0.713)]
}

/// Bits, the most significant one first; a byte of ones is followed by a zero.
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    byte: u8,
    count: u32,
}

impl Bits<'_> {
    /// The size of a number in bits, and the number; a negative one as what it lacks to the largest of its size.
    fn difference(&mut self, value: i32) {
        let size = u32::BITS - value.unsigned_abs().leading_zeros();
        self.push(size, 4);
        let bits = if value < 0 { value.unsigned_abs() ^ ((1 << size) - 1) } else { value.unsigned_abs() };
        self.push(bits, size);
    }

    fn push(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.byte = self.byte << 1 | u8::from(value >> at & 1 == 1);
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.byte);
                if self.byte == 0xff {
                    self.out.push(0);
                }
                (self.byte, self.count) = (0, 0);
            }
        }
    }

    /// The last byte is filled up with ones.
    fn finish(mut self) {
        if self.count > 0 {
            self.push(0xff, 8 - self.count);
        }
    }
}
