//! What is said in a sound, and when: words in equal steps, sentences as segments.

use serde_json::{Value, json};

use crate::tokens;

/// A text on its time.
#[derive(Debug, Clone)]
pub(super) struct Transcript {
    pub(super) text: String,
    pub(super) seconds: f64,
}

/// Some words of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) text: &'a str,
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Transcript {
    /// Every word.
    pub(super) fn words(&self) -> Vec<Span<'_>> {
        self.timed(self.text.split_whitespace().collect())
    }

    /// Every sentence.
    pub(super) fn segments(&self) -> Vec<Span<'_>> {
        let ends = |text: &str| text.ends_with(['.', '!', '?', '。', '！', '？']);
        let (mut sentences, mut start) = (Vec::new(), 0);
        let mut end = 0;
        for word in self.text.split_whitespace() {
            let at = end + self.text[end..].find(word).unwrap_or_default();
            end = at + word.len();
            if ends(word) {
                sentences.push(self.text[start..end].trim());
                start = end;
            }
        }
        if !self.text[start..].trim().is_empty() {
            sentences.push(self.text[start..].trim());
        }
        self.timed(sentences)
    }

    /// Each gets the time that its words take.
    fn timed<'a>(&self, texts: Vec<&'a str>) -> Vec<Span<'a>> {
        let count =
            |text: &str| f64::from(u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX));
        let all: f64 = texts.iter().map(|text| count(text)).sum::<f64>().max(1.0);
        let mut before = 0.0;
        let span = |text: &'a str| {
            let start = before;
            before += count(text);
            Span { text, start: self.at(start / all), end: self.at(before / all) }
        };
        texts.into_iter().map(span).collect()
    }

    /// A moment, in hundredths of a second.
    fn at(&self, part: f64) -> f64 {
        (self.seconds * part * 100.0).round() / 100.0
    }

    /// [SubRip](https://www.matroska.org/technical/subtitles.html#srt-subtitles).
    pub(super) fn srt(&self) -> String {
        let cue = |(number, span): (usize, &Span<'_>)| {
            format!(
                "{}\n{} --> {}\n{}\n\n",
                number + 1,
                clock(span.start, ','),
                clock(span.end, ','),
                span.text
            )
        };
        self.segments().iter().enumerate().map(cue).collect()
    }

    /// [WebVTT](https://www.w3.org/TR/webvtt1/).
    pub(super) fn vtt(&self) -> String {
        let cue = |span: &Span<'_>| {
            format!("{} --> {}\n{}\n\n", clock(span.start, '.'), clock(span.end, '.'), span.text)
        };
        let cues: String = self.segments().iter().map(cue).collect();
        format!("WEBVTT\n\n{cues}")
    }

    /// With segments and, if wanted, words.
    pub(super) fn verbose(&self, language: &str, temperature: f64, with: impl Fn(&str) -> bool) -> Value {
        let mut body = json!({
            "task": "transcribe",
            "language": language,
            "duration": self.seconds,
            "text": self.text,
        });
        if with("segment") {
            let segment = |(id, span): (usize, &Span<'_>)| {
                json!({
                    "id": id, "seek": 0, "start": span.start, "end": span.end, "text": format!(" {}", span.text),
                    "tokens": (0..tokens::count(span.text)).map(|at| 50_364 + at).collect::<Vec<_>>(),
                    "temperature": temperature, "avg_logprob": -0.25, "compression_ratio": 1.2, "no_speech_prob": 0.01,
                })
            };
            body["segments"] = self.segments().iter().enumerate().map(segment).collect();
        }
        if with("word") {
            let bare =
                |word: &str| word.trim_matches(|letter: char| letter.is_ascii_punctuation()).to_owned();
            let word =
                |span: &Span<'_>| json!({ "word": bare(span.text), "start": span.start, "end": span.end });
            body["words"] = self.words().iter().map(word).collect();
        }
        body
    }

    /// Who says what: two take turns, by the names that are known of them.
    pub(super) fn diarized(&self, names: &[&str]) -> Vec<Value> {
        let speaker = |at: usize| names.get(at % 2).copied().unwrap_or(["A", "B"][at % 2]).to_owned();
        let segment = |(at, span): (usize, &Span<'_>)| {
            json!({
                "type": "transcript.text.segment", "id": format!("seg_{:03}", at + 1),
                "start": span.start, "end": span.end, "text": span.text, "speaker": speaker(at),
            })
        };
        self.segments().iter().enumerate().map(segment).collect()
    }
}

/// Hours, minutes, seconds and thousandths.
fn clock(seconds: f64, point: char) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a moment of a sound")]
    let thousandths = (seconds * 1_000.0).round() as u64;
    let (all, rest) = (thousandths / 1_000, thousandths % 1_000);
    format!("{:02}:{:02}:{:02}{point}{rest:03}", all / 3_600, all / 60 % 60, all % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtitles_follow_the_sentences() {
        let transcript = Transcript { text: "One two three. Four?".to_owned(), seconds: 3_661.0 };
        let srt =
            "1\n00:00:00,000 --> 00:45:45,750\nOne two three.\n\n2\n00:45:45,750 --> 01:01:01,000\nFour?\n\n";
        assert_eq!(transcript.srt(), srt);
        assert!(transcript.vtt().starts_with("WEBVTT\n\n00:00:00.000 --> 00:45:45.750\nOne"));
        let words: Vec<_> = transcript.words().iter().map(|word| word.text).collect();
        assert_eq!(words, ["One", "two", "three.", "Four?"]);
        assert_eq!(Transcript { text: String::new(), seconds: 1.0 }.segments().len(), 0);
    }
}
