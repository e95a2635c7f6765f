//! How long a sound is, by what its file says of itself.

use memchr::memmem::{find, rfind};

/// Seconds. None: it is no sound that anybody knows.
pub(crate) fn seconds(file: &[u8]) -> Option<f64> {
    match file {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => wav(file),
        [b'f', b'L', b'a', b'C', ..] => flac(file),
        [b'O', b'g', b'g', b'S', ..] => ogg(file),
        [b'I', b'D', b'3', ..] => mp3(file.get(10 + id3(file)?..)?),
        [0xff, second, ..] if second & 0xf6 == 0xf0 => adts(file),
        [0xff, second, ..] if second & 0xe0 == 0xe0 => mp3(file),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => mp4(file),
        // WebM tells its length in a form of its own: by its size at 64 kbit/s.
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(count(file.len()) / 8_000.0),
        _ => None,
    }
}

fn wav(file: &[u8]) -> Option<f64> {
    let (mut at, mut rate) = (12, None);
    while let Some(name) = file.get(at..at + 4) {
        let length = little(file, at + 4)? as usize;
        match name {
            b"fmt " => rate = Some(little(file, at + 16)?),
            // Who streams it does not know how long it will be.
            b"data" => {
                return Some(
                    count(length.min(file.len() - at - 8)) / f64::from(rate.filter(|rate| *rate > 0)?),
                );
            }
            _ => {}
        }
        at = at.checked_add(8)?.checked_add(length.checked_next_multiple_of(2)?)?;
    }
    None
}

fn flac(file: &[u8]) -> Option<f64> {
    let packed = u64::from(big(file, 18)?) << 32 | u64::from(big(file, 22)?);
    let (rate, samples) = (packed >> 44, packed & 0xf_ffff_ffff);
    (rate > 0).then(|| wide(samples) / wide(rate))
}

/// The position of the last page, at the rate that the first one says; Opus has one clock for all.
fn ogg(file: &[u8]) -> Option<f64> {
    let last = rfind(file, b"OggS")?;
    let samples = u64::from_le_bytes(file.get(last + 6..last + 14)?.try_into().ok()?);
    let rate = match find(file, b"\x01vorbis") {
        Some(at) => little(file, at + 12)?,
        None => 48_000,
    };
    (rate > 0 && samples != u64::MAX).then(|| wide(samples) / f64::from(rate))
}

fn id3(file: &[u8]) -> Option<usize> {
    Some(file.get(6..10)?.iter().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f)))
}

/// By the rate of the first frame.
fn mp3(file: &[u8]) -> Option<f64> {
    const FIRST: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const SECOND: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [0xff, kind, rates, ..] = file else { return None };
    let rates_of = if kind >> 3 & 3 == 3 { FIRST } else { SECOND };
    let rate = *rates_of.get(usize::from(rates >> 4)).filter(|rate| **rate > 0)?;
    (kind & 0xe0 == 0xe0).then(|| count(file.len()) / f64::from(rate) / 125.0)
}

/// By counting its frames.
fn adts(file: &[u8]) -> Option<f64> {
    const RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ];
    let rate = *RATES.get(usize::from(file.get(2)? >> 2 & 0xf))?;
    let (mut at, mut frames) = (0, 0_u32);
    while let Some([0xff, _, _, high, middle, low]) = file.get(at..at + 6) {
        let length = usize::from(high & 3) << 11 | usize::from(*middle) << 3 | usize::from(low >> 5);
        if length < 7 {
            break;
        }
        (at, frames) = (at + length, frames + 1);
    }
    Some(f64::from(frames) * 1_024.0 / f64::from(rate))
}

fn mp4(file: &[u8]) -> Option<f64> {
    let header = find(file, b"mvhd")? + 4;
    let (scale, length) = match file.get(header)? {
        0 => (big(file, header + 12)?, u64::from(big(file, header + 16)?)),
        _ => {
            let length = u64::from(big(file, header + 24)?) << 32 | u64::from(big(file, header + 28)?);
            (big(file, header + 20)?, length)
        }
    };
    (scale > 0).then(|| wide(length) / f64::from(scale))
}

fn little(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(file.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn big(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(file.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[expect(clippy::cast_precision_loss, reason = "files and sounds have less than 2^52 of anything")]
fn wide(number: u64) -> f64 {
    number as f64
}

fn count(bytes: usize) -> f64 {
    wide(bytes as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::sound::{Format, Sound, said};

    #[test]
    fn what_is_written_here_is_as_long_as_it_says() {
        let sound = Sound::of("one two three four five six seven", 1.0);
        for format in [Format::Mp3, Format::Opus, Format::Aac, Format::Flac, Format::Wav] {
            let file = sound.write(format);
            let length = seconds(&file).unwrap();
            // A frame may be half empty.
            assert!((length - 1.75).abs() < 0.05, "{format:?}: {length}");
            let said = said(&file);
            assert_eq!(said.is_none(), format == Format::Aac);
            assert!(said.is_none_or(|text| text == "one two three four five six seven"), "{format:?}");
        }
        assert_eq!(seconds(b"text"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in 0..7_usize, rest in proptest::collection::vec(any::<u8>(), 0..80)) {
            let heads: [&[u8]; 7] = [b"RIFF0000WAVE", b"fLaC", b"OggS", b"ID3\x04\0\0\0\0\0\0\xff\xf3", b"\xff\xf1", b"\xff\xf3", b"0000ftypmvhd"];
            let _ = seconds(&[heads[start], &rest].concat());
            let _ = seconds(&[b"RIFF0000WAVEfmt \x10\0\0\0".as_slice(), &rest].concat());
            let _ = said(&rest);
        }
    }
}
