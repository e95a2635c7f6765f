//! Whether somebody speaks, by how loud it is.

use super::sound::Format;

/// Sound is looked at in such steps: milliseconds.
const STEP: u64 = 20;
/// A sound as loud as this is speech where the threshold is 1.
const LOUD: f64 = 4_096.0;

/// Who listens.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    /// Milliseconds since the session began.
    heard: u64,
    is_speaking: bool,
    /// Milliseconds of silence within what is said.
    silence: u64,
}

/// What a step of sound changes; when, in milliseconds since the session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Started(u64),
    Stopped(u64),
}

impl Voice {
    /// How many bytes are a step.
    pub(crate) fn step_bytes(format: Format) -> usize {
        usize::try_from(STEP).unwrap_or(usize::MAX) * format.bytes_per_ms()
    }

    /// Nobody speaks any more.
    pub(crate) fn rest(&mut self) {
        self.is_speaking = false;
        self.silence = 0;
    }

    /// Hears a step. A silence of `patience` milliseconds ends what is said.
    pub(crate) fn hear(
        &mut self,
        bytes: &[u8],
        format: Format,
        threshold: f64,
        patience: u64,
    ) -> Option<Change> {
        let length = format.milliseconds(bytes.len());
        let begun = self.heard;
        self.heard += length;
        let is_loud = f64::from(format.peak(bytes)) > threshold * LOUD;
        self.silence = if is_loud || !self.is_speaking { 0 } else { self.silence + length };
        if is_loud && !self.is_speaking {
            self.is_speaking = true;
            return Some(Change::Started(begun));
        }
        if self.is_speaking && self.silence > 0 && self.silence >= patience {
            self.rest();
            return Some(Change::Stopped(self.heard));
        }
        None
    }

    /// Hears what is not listened to.
    pub(crate) fn pass(&mut self, bytes: &[u8], format: Format) {
        self.heard += format.milliseconds(bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_no_turn_and_a_silence_does() {
        let (mut voice, format) = (Voice::default(), Format::Pcm { rate: 16 });
        let mut hear = |level: i16, milliseconds: usize| {
            let bytes = level.to_le_bytes().repeat(milliseconds * 16);
            let steps = bytes.chunks(Voice::step_bytes(format));
            steps.filter_map(|step| voice.hear(step, format, 0.5, 200)).collect::<Vec<_>>()
        };
        assert_eq!(hear(100, 200), []);
        assert_eq!(hear(-9_000, 100), [Change::Started(200)]);
        assert_eq!(hear(0, 180), []);
        assert_eq!(hear(9_000, 20), []);
        assert_eq!(hear(0, 400), [Change::Stopped(700)]);
    }
}
