//! Sound of the mocks' own: a tone a word, and in the file, where its format has a place for notes, the words themselves, so that
//! whoever transcribes it here knows what was said.

use super::{aac, flac, mp3, opus, wav};

/// Samples a second.
pub(crate) const RATE: u32 = 24_000;
/// What stands before the words in a note.
const SAYS: &str = "says: ";
/// Nothing longer is made: ten minutes.
const LONGEST: usize = RATE as usize * 600;

/// What is to be heard.
#[derive(Debug, Clone)]
pub(crate) struct Sound {
    /// One channel.
    pub(crate) samples: Vec<i16>,
    /// What is said.
    pub(crate) note: String,
}

/// How sound is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Mp3,
    Opus,
    Aac,
    Flac,
    Wav,
    Pcm,
}

impl Format {
    /// By its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "mp3" => Some(Self::Mp3),
            "opus" => Some(Self::Opus),
            "aac" => Some(Self::Aac),
            "flac" => Some(Self::Flac),
            "wav" => Some(Self::Wav),
            "pcm" => Some(Self::Pcm),
            _ => None,
        }
    }

    /// The media type, as the service has it.
    pub(crate) fn media(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/opus",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }
}

impl Sound {
    /// A text, spoken so fast: a quarter of a second a word, each of them at a pitch of its own.
    pub(crate) fn of(text: &str, speed: f64) -> Self {
        let mut samples = Vec::new();
        let length = f64::from(RATE) / 4.0 / speed.clamp(0.25, 4.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a second")]
        let length = length as usize;
        for word in text.split_whitespace() {
            // Half the period of a square wave between 100 and 400 hertz.
            let half = 30 + word.bytes().map(usize::from).sum::<usize>() % 90;
            let tone = (0..length).map(|at| {
                if at * 8 > length * 7 { 0 } else { if at / half % 2 == 0 { 2_000 } else { -2_000 } }
            });
            samples.extend(tone);
            if samples.len() > LONGEST {
                break;
            }
        }
        samples.truncate(LONGEST);
        if samples.is_empty() {
            samples.resize(length, 0);
        }
        Self { samples, note: format!("{SAYS}{text}") }
    }

    /// As a file. MP3, AAC and Opus have its length, but are silent.
    pub(crate) fn write(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Mp3 => mp3::write(self),
            Format::Opus => opus::write(self),
            Format::Aac => aac::write(self),
            Format::Flac => flac::write(self),
            Format::Wav => wav::write(self),
            Format::Pcm => self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
        }
    }
}

/// What a file says that was made here.
pub(crate) fn said(file: &[u8]) -> Option<String> {
    let start = memchr::memmem::find(&file[..file.len().min(1 << 20)], SAYS.as_bytes())? + SAYS.len();
    let end = memchr::memchr(0, &file[start..]).map_or(file.len(), |end| start + end);
    String::from_utf8(file[start..end].to_vec()).ok().filter(|text| !text.is_empty())
}
