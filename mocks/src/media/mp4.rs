//! [MP4](https://www.iso.org/standard/83102.html) with one track of video: what it is comes before the pictures themselves, so that
//! a player may begin while it loads.

use super::picture::Drawing as _;
use super::{Video, h264};

/// The file.
pub(crate) fn write(video: &Video) -> Vec<u8> {
    let samples = samples(video);
    let kind = boxed(*b"ftyp", &[b"isom", &numbers(&[512]), b"isomiso2avc1mp41"]);
    // Where the pictures begin follows from how long their description is, whatever stands in it.
    let start = kind.len() + movie(video, &samples, 0).len() + 8;
    let movie = movie(video, &samples, u32::try_from(start).expect("a description is short"));
    let pictures: Vec<&[u8]> = samples.iter().map(|sample| &sample.bytes[..]).collect();
    [kind, movie, boxed(*b"mdat", &pictures)].concat()
}

/// A picture as it stands in the file.
struct Sample {
    bytes: Vec<u8>,
    is_key: bool,
}

/// All pictures: each second begins with one that needs no other.
fn samples(video: &Video) -> Vec<Sample> {
    let mut samples = Vec::new();
    for second in 0..video.seconds {
        for number in 0..video.rate {
            let is_key = number == 0;
            let unit =
                if is_key { h264::key(&video.frame(second), second) } else { h264::same(video, number) };
            samples.push(Sample { bytes: sized(&unit), is_key });
        }
    }
    samples
}

fn sized(unit: &[u8]) -> Vec<u8> {
    [&length(unit.len()).to_be_bytes(), unit].concat()
}

/// `moov`: times count pictures.
fn movie(video: &Video, samples: &[Sample], start: u32) -> Vec<u8> {
    let duration = video.seconds * video.rate;
    let header = full(
        *b"mvhd",
        0,
        // Since when, by how many a second, how long; as fast and as loud as it is; room for four.
        &[
            &numbers(&[0, 0, video.rate, duration, 0x1_0000]),
            &[1, 0],
            &[0; 10],
            &numbers(&MATRIX),
            &[0; 24],
            &numbers(&[2]),
        ],
    );
    boxed(*b"moov", &[&header, &track(video, samples, start)])
}

/// Shown as it is.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

fn track(video: &Video, samples: &[Sample], start: u32) -> Vec<u8> {
    let duration = video.seconds * video.rate;
    let (width, height) = video.picture.size();
    // Shown, in the movie and where it is looked at in advance.
    let header = full(
        *b"tkhd",
        3,
        &[
            &numbers(&[0, 0, 1, 0, duration]),
            &[0; 16],
            &numbers(&MATRIX),
            &numbers(&[width << 16, height << 16]),
        ],
    );
    // The language is `und`.
    let times = full(*b"mdhd", 0, &[&numbers(&[0, 0, video.rate, duration]), &[0x55, 0xc4, 0, 0]]);
    let handler = full(*b"hdlr", 0, &[&[0; 4], b"vide", &[0; 12], b"video\0"]);
    let shown = full(*b"vmhd", 1, &[&[0; 8]]);
    // The pictures are in this file.
    let here = full(*b"dref", 0, &[&numbers(&[1]), &full(*b"url ", 1, &[])]);
    let information = boxed(*b"minf", &[&shown, &boxed(*b"dinf", &[&here]), &table(video, samples, start)]);
    boxed(*b"trak", &[&header, &boxed(*b"mdia", &[&times, &handler, &information])])
}

/// `stbl`: how long each picture is shown, which need no other, how large they are, and where they begin.
fn table(video: &Video, samples: &[Sample], start: u32) -> Vec<u8> {
    let count = length(samples.len());
    let keys = samples.iter().zip(1..).filter(|(sample, _)| sample.is_key).map(|(_, number)| number);
    let keys: Vec<u32> = keys.collect();
    let sizes: Vec<u32> = samples.iter().map(|sample| length(sample.bytes.len())).collect();
    boxed(
        *b"stbl",
        &[
            &full(*b"stsd", 0, &[&numbers(&[1]), &described(video)]),
            &full(*b"stts", 0, &[&numbers(&[1, count, 1])]),
            &full(*b"stss", 0, &[&numbers(&[length(keys.len())]), &numbers(&keys)]),
            &full(*b"stsc", 0, &[&numbers(&[1, 1, count, 1])]),
            &full(*b"stsz", 0, &[&numbers(&[0, count]), &numbers(&sizes)]),
            &full(*b"stco", 0, &[&numbers(&[1, start])]),
        ],
    )
}

/// `avc1`: size, 72 points an inch, a picture a sample, no name, 24 bits; and what decoders must know first.
fn described(video: &Video) -> Vec<u8> {
    let (width, height) = video.picture.size();
    let edge =
        |edge: u32| u16::try_from(edge).expect("videos have some thousand points an edge").to_be_bytes();
    let (sequence, parameters) = (h264::sequence(video), h264::parameters());
    let unit =
        |unit: &[u8]| [&u16::try_from(unit.len()).expect("some dozen bytes").to_be_bytes(), unit].concat();
    let known = boxed(
        *b"avcC",
        // Version, profile, level; lengths of four bytes; one of each.
        &[&[1], &sequence[1..4], &[0xff, 0xe1], &unit(&sequence), &[1], &unit(&parameters)],
    );
    let looks = [
        &[0; 6][..],
        &[0, 1],
        &[0; 16],
        &edge(width),
        &edge(height),
        &numbers(&[0x48_0000, 0x48_0000, 0]),
        &[0, 1],
        &[0; 32],
        &[0, 24, 0xff, 0xff],
    ]
    .concat();
    boxed(*b"avc1", &[&looks, &known])
}

fn boxed(name: [u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let size = 8 + content.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(&length(size).to_be_bytes());
    out.extend_from_slice(&name);
    content.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// One of version 0, with flags.
fn full(name: [u8; 4], flags: u8, content: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[0, 0, 0, flags], &content.concat()])
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("two colours are small")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each with its name and where its content begins and ends.
    fn boxes(bytes: &[u8]) -> Vec<(String, &[u8])> {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
            found.push((
                String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned(),
                &bytes[at + 8..at + size],
            ));
            at += size;
        }
        found
    }

    /// That decoders read the rest is seen where the official clients fetch videos: `PyAV` does, point by point.
    #[test]
    fn the_description_comes_first_and_leads_to_every_picture() {
        let video = Video::new(7, (854, 480), 3, 5);
        let file = video.write();
        let found = boxes(&file);
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["ftyp", "moov", "mdat"]);
        let samples = samples(&video);
        assert_eq!((samples.len(), samples.iter().filter(|sample| sample.is_key).count()), (15, 3));
        let at = found[1].1.windows(4).position(|name| name == b"stco").unwrap() + 12;
        let start = u32::from_be_bytes(found[1].1[at..at + 4].try_into().unwrap()) as usize;
        let pictures: Vec<u8> = samples.into_iter().flat_map(|sample| sample.bytes).collect();
        assert_eq!(file[start..], pictures);
    }

    /// Three bytes that could begin another unit stand in none.
    #[test]
    fn a_unit_holds_nothing_that_begins_another() {
        for seed in 0..20 {
            let video = Video::new(seed, (64, 48), 1, 24);
            for unit in [
                h264::sequence(&video),
                h264::parameters(),
                h264::key(&video.frame(0), 0),
                h264::same(&video, 1),
            ] {
                assert!(unit.windows(3).all(|bytes| bytes[..2] != [0, 0] || bytes[2] > 2), "{unit:?}");
            }
        }
    }
}
