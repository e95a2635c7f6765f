//! Sound as sessions carry it: base64 of 16-bit samples, or of [G.711](https://www.itu.int/rec/T-REC-G.711) at 8 kHz.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Signed, little end first; so many thousand a second.
    Pcm {
        /// kHz
        rate: u16,
    },
    /// µ-law.
    Ulaw,
    /// A-law.
    Alaw,
}

/// The tone that stands for a voice: Hz, and how loud it is.
const PITCH: u64 = 500;
const LOUDNESS: i16 = 8_000;

impl Format {
    fn sample_bytes(self) -> usize {
        if let Self::Pcm { .. } = self { 2 } else { 1 }
    }

    fn samples_per_ms(self) -> u64 {
        if let Self::Pcm { rate } = self { rate.into() } else { 8 }
    }

    pub(crate) fn bytes_per_ms(self) -> usize {
        usize::try_from(self.samples_per_ms()).unwrap_or(usize::MAX) * self.sample_bytes()
    }

    /// How long this is.
    pub(crate) fn milliseconds(self, bytes: usize) -> u64 {
        (bytes / self.bytes_per_ms()) as u64
    }

    /// The same of base64, where it is that.
    pub(crate) fn milliseconds_of(self, audio: &str) -> Option<u64> {
        read(audio).map(|bytes| self.milliseconds(bytes.len()))
    }

    /// The loudest sample.
    pub(crate) fn peak(self, bytes: &[u8]) -> u16 {
        let samples = bytes.chunks_exact(self.sample_bytes());
        samples.map(|sample| self.sample(sample).unsigned_abs()).max().unwrap_or(0)
    }

    fn sample(self, bytes: &[u8]) -> i16 {
        match (self, bytes) {
            (Self::Pcm { .. }, [low, high]) => i16::from_le_bytes([*low, *high]),
            (Self::Ulaw, [byte]) => ulaw(*byte),
            (Self::Alaw, [byte]) => alaw(*byte),
            _ => 0,
        }
    }

    /// So many milliseconds of a tone, as base64: a square wave, which each format has exactly.
    pub(crate) fn tone(self, milliseconds: u64) -> String {
        let half = self.samples_per_ms() * 500 / PITCH;
        let mut bytes = Vec::new();
        for sample in 0..milliseconds * self.samples_per_ms() {
            let is_up = (sample / half).is_multiple_of(2);
            match self {
                Self::Pcm { .. } => bytes.extend((if is_up { LOUDNESS } else { -LOUDNESS }).to_le_bytes()),
                // The same loudness as nearly as eight bits have it, up and down.
                Self::Ulaw => bytes.push(if is_up { 0xA0 } else { 0x20 }),
                Self::Alaw => bytes.push(if is_up { 0xB5 } else { 0x35 }),
            }
        }
        STANDARD.encode(bytes)
    }
}

/// The bytes of a sound.
pub(crate) fn read(audio: &str) -> Option<Vec<u8>> {
    STANDARD.decode(audio).ok()
}

/// One byte of µ-law as a sample.
fn ulaw(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((i16::from(byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4);
    if byte & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

/// One byte of A-law as a sample.
fn alaw(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (segment, step) = ((byte & 0x70) >> 4, i16::from(byte & 0x0F) << 4);
    let magnitude = match segment {
        0 => step + 8,
        _ => (step + 0x108) << (segment - 1),
    };
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_as_long_and_as_loud_in_each_format() {
        for format in [Format::Pcm { rate: 24 }, Format::Pcm { rate: 16 }, Format::Ulaw, Format::Alaw] {
            let tone = read(&format.tone(120)).unwrap();
            assert_eq!(format.milliseconds(tone.len()), 120, "{format:?}");
            let peak = format.peak(&tone);
            assert!((7_500..8_500).contains(&peak), "{format:?}: {peak}");
            assert_eq!(
                tone.chunks(format.sample_bytes()).map(|at| i32::from(format.sample(at))).sum::<i32>(),
                0
            );
        }
    }

    /// Values of the tables in the recommendation: silence, and the loudest sample.
    #[test]
    fn eight_bits_are_read_as_the_recommendation_says() {
        assert_eq!((ulaw(0xFF), ulaw(0x80), ulaw(0x00)), (0, 32_124, -32_124));
        assert_eq!((alaw(0xD5), alaw(0xAA), alaw(0x2A)), (8, 32_256, -32_256));
    }
}
