//! [H.264](https://www.itu.int/rec/T-REC-H.264), which the services of videos send, in its constrained baseline profile: every
//! player takes it, and what a [`Video`] shows needs next to nothing of it.
//!
//! ```text
//! a second begins:    a key picture; each macroblock of 16 by 16 points is its neighbour's colour, or as much more or less than that
//! the rest of it:     pictures in which every macroblock is skipped, which takes a dozen bytes each
//! ```
//!
//! Nothing is lost: the quantizer is chosen so that every difference of colours has a level that comes back as that difference.

use super::Video;
use super::picture::Drawing;

/// Points from edge to edge of a macroblock.
pub(super) const BLOCK: u32 = 16;
/// The quantizer. A level of brightness is then worth 10/64, one of colour 20/64.
const QUANTIZER: i32 = 12;
/// Bits of a picture's number.
const NUMBER_BITS: u32 = 4;
/// Kinds of what is in a unit, with how much depends on it: table 7-1.
const KEY: u8 = 0x65;
const SKIPPED: u8 = 0x41;
const SEQUENCE: u8 = 0x67;
const PICTURE: u8 = 0x68;

/// What each level has room for: its number, macroblocks a second, macroblocks a picture (table A-1).
const LEVELS: [(u8, u32, u32); 7] = [
    (30, 40_500, 1_620),
    (31, 108_000, 3_600),
    (32, 216_000, 5_120),
    (40, 245_760, 8_192),
    (42, 522_240, 8_704),
    (50, 589_824, 22_080),
    (51, 983_040, 36_864),
];

/// The lowest level that has room for the video.
pub(super) fn level(video: &Video) -> u8 {
    let (wide, high) = blocks(video);
    let (a_picture, a_second) = (wide * high, wide * high * video.rate);
    let fits = |(_, second, picture): &&(u8, u32, u32)| a_second <= *second && a_picture <= *picture;
    LEVELS.iter().find(fits).map_or(52, |(number, ..)| *number)
}

fn blocks(video: &Video) -> (u32, u32) {
    let (width, height) = video.picture.size();
    (width.div_ceil(BLOCK), height.div_ceil(BLOCK))
}

/// What is true of all pictures (7.3.2.1): profile, size, and how colours and times are meant.
pub(super) fn sequence(video: &Video) -> Vec<u8> {
    let (wide, high) = blocks(video);
    let mut bits = Bits::default();
    // Profile 66 with the constraints of the baseline and of the main profile.
    for byte in [66, 0b1100_0000, level(video)] {
        bits.push(u32::from(byte), 8);
    }
    bits.number(0);
    bits.number(NUMBER_BITS - 4);
    // Pictures are shown in the order in which they come; each may refer to one before.
    bits.number(2);
    bits.number(1);
    bits.push(0, 1);
    bits.number(wide - 1);
    bits.number(high - 1);
    // Pictures are whole, not rows in turn.
    bits.push(0b11, 2);
    cropped(&mut bits, video);
    meant(&mut bits, video.rate);
    bits.unit(SEQUENCE)
}

/// What of the last macroblocks is not shown, in pairs of points.
fn cropped(bits: &mut Bits, video: &Video) {
    let (wide, high) = blocks(video);
    let (width, height) = video.picture.size();
    let (right, bottom) = (wide * BLOCK - width, high * BLOCK - height);
    bits.push(u32::from(right + bottom > 0), 1);
    if right + bottom > 0 {
        for pairs in [0, right / 2, 0, bottom / 2] {
            bits.number(pairs);
        }
    }
}

/// Annex E: colours are those of [BT.709](https://www.itu.int/rec/R-REC-BT.709), and so many pictures come a second.
fn meant(bits: &mut Bits, rate: u32) {
    bits.push(0b1, 1);
    bits.push(0b00, 2);
    // Signal described: no format, limited range, colours described.
    bits.push(0b11_0101, 6);
    for byte in [1, 1, 1] {
        bits.push(byte, 8);
    }
    bits.push(0, 1);
    // Times described: two ticks a picture, always.
    bits.push(1, 1);
    bits.push(1, 32);
    bits.push(2 * rate, 32);
    bits.push(1, 1);
    bits.push(0b0000, 4);
}

/// How pictures are written (7.3.2.2).
pub(super) fn parameters() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.number(0);
    bits.number(0);
    // Codes of variable length, whole pictures; one group of slices; one reference; no weights.
    bits.push(0b00, 2);
    bits.number(0);
    bits.number(0);
    bits.number(0);
    bits.push(0b000, 3);
    bits.signed(QUANTIZER - 26);
    bits.signed(0);
    bits.signed(0);
    // Slices say whether edges are smoothed; nothing else is special.
    bits.push(0b100, 3);
    bits.unit(PICTURE)
}

/// A picture that needs no other. Two that follow each other have different numbers.
pub(super) fn key(drawing: &dyn Drawing, number: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.number(0);
    bits.number(7);
    bits.number(0);
    bits.push(0, NUMBER_BITS);
    bits.number(number % 2);
    bits.push(0b00, 2);
    bits.signed(0);
    bits.number(1);
    macroblocks(drawing, &mut bits);
    bits.unit(KEY)
}

/// A picture like the one before, so many pictures after one that needs no other.
pub(super) fn same(video: &Video, after: u32) -> Vec<u8> {
    let (wide, high) = blocks(video);
    let mut bits = Bits::default();
    bits.number(0);
    bits.number(5);
    bits.number(0);
    bits.push(after % (1 << NUMBER_BITS), NUMBER_BITS);
    bits.push(0b000, 3);
    bits.signed(0);
    bits.number(1);
    bits.number(wide * high);
    bits.unit(SKIPPED)
}

/// Row after row, each as its left neighbour is, the first of a row as the one above.
fn macroblocks(drawing: &dyn Drawing, bits: &mut Bits) {
    let (width, height) = drawing.size();
    let colours = drawing.colours().map(colour);
    let at = |x: u32, y: u32| {
        let middle = |at: u32, end: u32| (at * BLOCK + BLOCK / 2).min(end - 1);
        colours[usize::from(drawing.is_ink(middle(x, width), middle(y, height)))]
    };
    for y in 0..height.div_ceil(BLOCK) {
        for x in 0..width.div_ceil(BLOCK) {
            let (near, neighbour) = match (x, y) {
                (0, 0) => ([128; 3], Neighbour::None),
                (0, _) => (at(0, y - 1), Neighbour::Above),
                _ => (at(x - 1, y), Neighbour::Left),
            };
            let here = at(x, y);
            macroblock(bits, neighbour, std::array::from_fn(|channel| here[channel] - near[channel]));
        }
    }
}

/// From where a macroblock takes its colour. All have two numbers: for brightness (table 8-4) and for colour (table 8-5).
#[derive(Clone, Copy)]
enum Neighbour {
    Above,
    Left,
    /// The middle between black and white.
    None,
}

impl Neighbour {
    fn numbers(self) -> (u32, u32) {
        match self {
            Self::Above => (0, 2),
            Self::Left => (1, 1),
            Self::None => (2, 0),
        }
    }
}

/// A macroblock that is all of one colour, by so much another than its neighbour's (7.3.5).
fn macroblock(bits: &mut Bits, neighbour: Neighbour, [bright, blue, red]: [i32; 3]) {
    let (for_brightness, for_colour) = neighbour.numbers();
    let has_colour = blue != 0 || red != 0;
    bits.number(1 + for_brightness + 4 * u32::from(has_colour));
    bits.number(for_colour);
    bits.signed(0);
    bits.level(nearest(bright * 64, 10), &BRIGHT);
    if has_colour {
        bits.level(nearest(blue * 64, 20), &COLOUR);
        bits.level(nearest(red * 64, 20), &COLOUR);
    }
}

fn nearest(value: i32, step: i32) -> i32 {
    (value + step / 2).div_euclid(step)
}

/// Brightness and the two differences of colour, of BT.709 in their limited range.
fn colour([red, green, blue, _]: [u8; 4]) -> [i32; 3] {
    let [red, green, blue] = [red, green, blue].map(|channel| f64::from(channel) / 255.0);
    let bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    #[expect(clippy::cast_possible_truncation, reason = "a channel of eight bits")]
    let round = |value: f64| value.round() as i32;
    [
        round(16.0 + 219.0 * bright),
        round(128.0 + 224.0 * (blue - bright) / 1.8556),
        round(128.0 + 224.0 * (red - bright) / 1.5748),
    ]
}

/// Codes of how many levels follow (table 9-5), each with its length: none; one of size one; another one.
type Counts = [(u32, u32); 3];
const BRIGHT: Counts = [(0b1, 1), (0b01, 2), (0b00_0101, 6)];
const COLOUR: Counts = [(0b01, 2), (0b1, 1), (0b00_0111, 6)];

/// Bits, the most significant one first.
#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    byte: u8,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for at in (0..count).rev() {
            self.byte = self.byte << 1 | u8::from(value >> at & 1 == 1);
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.byte);
                (self.byte, self.count) = (0, 0);
            }
        }
    }

    /// As many zeros as the number and one has bits behind its first, then those (9.1).
    fn number(&mut self, value: u32) {
        let length = u32::BITS - (value + 1).leading_zeros();
        self.push(0, length - 1);
        self.push(value + 1, length);
    }

    /// Odd numbers are positive (table 9-3).
    fn signed(&mut self, value: i32) {
        self.number(2 * value.unsigned_abs() - u32::from(value > 0));
    }

    /// The one level that there may be in a block, at its beginning (9.2).
    fn level(&mut self, level: i32, counts: &Counts) {
        let ([none, one, other], size) = (counts, level.unsigned_abs());
        let (code, length) = match size {
            0 => none,
            1 => one,
            _ => other,
        };
        self.push(*code, *length);
        match size {
            0 => return,
            1 => self.push(u32::from(level < 0), 1),
            // Of the sizes from two on, positive and negative in turn.
            _ => self.size(2 * (size - 2) + u32::from(level < 0)),
        }
        // No zeros before it.
        self.push(1, 1);
    }

    /// A level in turn: zeros and a one; more of them say that four or twelve bits follow (9.2.2.1).
    fn size(&mut self, code: u32) {
        match code {
            0..14 => self.push(1, code + 1),
            14..30 => {
                self.push(1, 15);
                self.push(code - 14, 4);
            }
            _ => {
                self.push(1, 16);
                self.push(code - 30, 12);
            }
        }
    }

    /// The unit of what was written (7.3.1): a one ends it, and three bytes that could begin another are kept apart.
    fn unit(mut self, kind: u8) -> Vec<u8> {
        self.push(1, 1);
        if self.count > 0 {
            self.push(0, 8 - self.count);
        }
        let (mut out, mut zeros) = (vec![kind], 0);
        for byte in self.out {
            if zeros == 2 && byte <= 3 {
                out.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            out.push(byte);
        }
        out
    }
}
