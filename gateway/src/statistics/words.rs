//! What was said in a call whose provider may not count it, and the counting.
//!
//! | of | is counted |
//! |---|---|
//! | a request | the text of its messages, prompt or input and its instructions, its tools as JSON; three tokens for each message, and three |
//! | a reply | the text of its choices, with reasoning, refusals and calls of tools |
//! | pictures, sound, files, whoever holds them | nothing |
//!
//! Only OpenAI publishes its tokenizer, `o200k_base`; for the models of others, the counts are close and not equal. Of a long text a part is
//! counted, and the rest taken to be like it.
//!
//! <https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken>

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::Value;
use tiktoken::CoreBpe;
use translate::delta::{Spoken, Usage};

/// Bytes of a request, or of a whole reply, that are kept to be counted. A longer one is taken to have a token for each four of them.
const KEPT: usize = 256 << 10;
/// Bytes of a text that are counted.
const COUNTED: usize = 64 << 10;
/// Bytes that are counted at once: a tokenizer takes its time with a long word.
const PIECE: usize = 512;
/// Bytes of a token, where nothing is counted: as Kong has it.
const BYTES: u64 = 4;
/// Tokens around a message, and those with which an answer begins.
const AROUND: u64 = 3;

/// Loading takes a tenth of a second: whoever counts first waits for it, and that is no core.
static O200K: LazyLock<Option<&CoreBpe>> = LazyLock::new(|| tiktoken::get_encoding("o200k_base"));

/// What a call said.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The client's request; nothing, where it was too long to be kept.
    asked: Bytes,
    asked_bytes: u64,
    /// A reply that came whole, in the client's words; the same.
    whole: Vec<u8>,
    whole_bytes: u64,
}

impl Words {
    pub(crate) fn new(asked: &Bytes) -> Self {
        let kept = if asked.len() > KEPT { Bytes::new() } else { asked.clone() };
        Self { asked: kept, asked_bytes: asked.len() as u64, ..Self::default() }
    }

    /// The reply came whole, and nobody counted it.
    pub(crate) fn answer(&mut self, whole: &[u8]) {
        self.whole_bytes = whole.len() as u64;
        if whole.len() <= KEPT {
            self.whole = whole.to_vec();
        }
    }

    /// Bytes that are kept.
    pub(crate) fn size(&self) -> usize {
        self.asked.len() + self.whole.len()
    }

    /// What the call took, as far as that can be counted. `told`: what the provider said before the reply was cut. `roughly`: by length.
    /// `None`: nothing is to be added to what was told.
    pub(crate) fn count(&self, spoken: Option<&Spoken>, told: Option<Usage>, roughly: bool) -> Option<Usage> {
        let tally = Tally { roughly };
        let completion = match spoken {
            Some(spoken) => tally.spoken(spoken),
            None => tally.document(&self.whole, self.whole_bytes, &ANSWERS).0,
        };
        match told {
            Some(told) if completion <= told.completion => None,
            Some(told) => Some(Usage { completion, total: None, ..told }),
            // What passes is counted by its provider, or not at all.
            None if self.asked_bytes == 0 => None,
            None => {
                let (prompt, messages) = tally.document(&self.asked, self.asked_bytes, &ASKS);
                let around = if messages > 0 { AROUND * (messages + 1) } else { 0 };
                Some(Usage { prompt: prompt + around, completion, ..Usage::default() })
            }
        }
    }
}

/// Where requests have what is said.
const ASKS: [&str; 9] =
    ["messages", "prompt", "input", "system", "instructions", "tools", "functions", "suffix", "contents"];
/// Where replies have it.
const ANSWERS: [&str; 3] = ["choices", "content", "output"];
/// Members that a model is shown as they are, names and all.
const SCHEMAS: [&str; 2] = ["tools", "functions"];
/// Members whose texts nobody says: names, forms, places, and what is no text.
const UNSAID: [&str; 30] = [
    "audio",
    "b64_json",
    "bytes",
    "cache_control",
    "call_id",
    "created",
    "data",
    "detail",
    "encrypted_content",
    "file",
    "file_data",
    "file_id",
    "file_url",
    "finish_reason",
    "format",
    "id",
    "image_url",
    "index",
    "input_audio",
    "logprobs",
    "media_type",
    "object",
    "role",
    "signature",
    "source",
    "status",
    "thinking_blocks",
    "tool_call_id",
    "type",
    "url",
];

/// Counts, or guesses.
#[derive(Clone, Copy)]
struct Tally {
    roughly: bool,
}

impl Tally {
    fn spoken(self, spoken: &Spoken) -> u64 {
        let mut texts = Texts::default();
        spoken.words().for_each(|text| texts.add(&text));
        texts.left_out += spoken.left_out();
        self.texts(&texts)
    }

    /// Tokens in these members of a document, and how many messages it has.
    fn document(self, bytes: &[u8], length: u64, members: &[&str]) -> (u64, u64) {
        if self.roughly || bytes.is_empty() {
            return (length.div_ceil(BYTES), 0);
        }
        let Ok(Value::Object(document)) = serde_json::from_slice::<Value>(bytes) else { return (0, 0) };
        let mut texts = Texts::default();
        for (name, value) in members.iter().filter_map(|name| Some((name, document.get(*name)?))) {
            if SCHEMAS.contains(name) { texts.add(&value.to_string()) } else { texts.gather(value) }
        }
        let messages = document.get("messages").and_then(Value::as_array).map_or(0, Vec::len);
        (self.texts(&texts), messages as u64)
    }

    /// Tokens of these texts, those that were left out taken to be like the others.
    fn texts(self, texts: &Texts) -> u64 {
        let Some(tokenizer) = O200K.filter(|_| !self.roughly) else {
            return (texts.said.len() as u64 + texts.left_out).div_ceil(BYTES);
        };
        let counted: u64 = pieces(&texts.said).map(|piece| tokenizer.count(piece) as u64).sum();
        match texts.said.len() as u64 {
            0 => texts.left_out.div_ceil(BYTES),
            bytes => counted + (counted * texts.left_out).div_ceil(bytes),
        }
    }
}

/// Texts, as far as they are counted.
#[derive(Default)]
struct Texts {
    said: String,
    left_out: u64,
}

impl Texts {
    fn add(&mut self, text: &str) {
        let room = COUNTED.saturating_sub(self.said.len());
        let fits = text.floor_char_boundary(room);
        self.said.push_str(&text[..fits]);
        self.left_out += (text.len() - fits) as u64;
    }

    /// Takes all that is said in a value.
    fn gather(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Array(values) => values.iter().for_each(|value| self.gather(value)),
            Value::Object(members) => {
                for (_, value) in members.iter().filter(|(name, _)| !UNSAID.contains(&name.as_str())) {
                    self.gather(value);
                }
            }
            // A number in a schema, or a token of a prompt.
            Value::Number(number) => self.add(&Cow::Owned::<str>(number.to_string())),
            Value::Bool(_) | Value::Null => (),
        }
    }
}

/// A text in pieces, cut before a space where there is one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let most = rest.floor_char_boundary(PIECE);
        let at = if most == rest.len() {
            most
        } else {
            rest[..most].rfind(' ').filter(|at| *at > 0).unwrap_or(most)
        };
        let (piece, after) = rest.split_at(at);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use translate::Text;
    use translate::delta::{Delta, Sink};

    fn words(asked: &Value, whole: Option<&Value>) -> Words {
        let mut words = Words::new(&Bytes::from(asked.to_string()));
        if let Some(whole) = whole {
            words.answer(whole.to_string().as_bytes());
        }
        words
    }

    fn counted(words: &Words) -> (u64, u64) {
        let usage = words.count(None, None, false).unwrap();
        (usage.prompt, usage.completion)
    }

    /// `hello world` is two tokens of `o200k_base`, `hello` one, and each further ` hello` one.
    #[test]
    fn texts_are_counted_wherever_the_api_has_them_and_nothing_else_is() {
        let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
        let chat = json!({"model": "m", "user": "somebody else", "messages": [
            {"role": "system", "content": "hello"},
            {"role": "user", "content": [{"type": "text", "text": " hello"}, picture]}]});
        let reply = json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "m", "choices": [{"index": 0,
            "message": {"role": "assistant", "content": "hello world"}, "finish_reason": "stop"}]});
        assert_eq!(counted(&words(&chat, Some(&reply))), (2 + 3 * 3, 2));
        for (asked, expected) in [
            (json!({"prompt": "hello world"}), 2),
            (json!({"input": ["hello", " world"]}), 2),
            (json!({"messages": []}), 0),
            (json!({"model": "m"}), 0),
        ] {
            assert_eq!(counted(&words(&asked, None)).0, expected, "{asked}");
        }
    }

    #[test]
    fn tools_are_counted_with_their_names() {
        let tools = |name: &str| counted(&words(&json!({"tools": [{(name): "a"}]}), None)).0;
        assert_eq!(tools("hello hello hello"), tools("hello") + 2);
    }

    #[test]
    fn what_a_stream_said_is_counted_and_added_to_what_was_told_before_it_was_cut() {
        let mut spoken = Spoken::new(1000);
        spoken.delta(Delta::Text(Text::Plain("hello")));
        spoken.delta(Delta::Text(Text::Plain(" hello hello")));
        let words = words(&json!({"prompt": "hello"}), None);
        let usage = words.count(Some(&spoken), None, false);
        assert_eq!(usage, Some(Usage { prompt: 1, completion: 3, ..Usage::default() }));
        let told = Usage { prompt: 9, completion: 1, total: Some(10), cached: Some(4), ..Usage::default() };
        assert_eq!(
            words.count(Some(&spoken), Some(told), false),
            Some(Usage { completion: 3, total: None, ..told })
        );
        let more = Usage { completion: 3, ..told };
        assert_eq!(words.count(Some(&spoken), Some(more), false), None);
    }

    #[test]
    fn of_a_long_text_a_part_stands_for_the_rest() {
        let long = " hello".repeat(100_000);
        let mut spoken = Spoken::new(60_000);
        let words = words(&json!({"prompt": "a"}), None);
        for _ in 0..100_000 {
            spoken.delta(Delta::Text(Text::Plain(" hello")));
        }
        let streamed = words.count(Some(&spoken), None, false).unwrap().completion;
        assert_eq!(streamed, 100_000);
        let mut texts = Texts::default();
        texts.add(&long);
        let whole = Tally { roughly: false }.texts(&texts);
        assert!((99_000..=101_000).contains(&whole), "{whole}");
        let too_long = Words::new(&Bytes::from(vec![b'x'; KEPT + 4]));
        assert_eq!(too_long.count(None, None, false).unwrap().prompt, (KEPT as u64 + 4) / 4);
        assert_eq!(too_long.size(), 0);
    }

    #[test]
    fn pieces_are_short_and_joined_they_are_the_text() {
        for text in [
            "a b".repeat(1000),
            "x".repeat(5000),
            "é".repeat(700),
            String::new(),
            format!(" {}", "x".repeat(600)),
        ] {
            let all: Vec<&str> = pieces(&text).collect();
            assert_eq!(all.concat(), text);
            assert!(all.iter().all(|piece| !piece.is_empty() && piece.len() <= PIECE));
        }
    }

    #[test]
    fn by_length_four_bytes_are_a_token() {
        let words = Words::new(&Bytes::from(vec![b'{'; 10]));
        assert_eq!(words.count(None, None, true).unwrap().prompt, 3);
    }
}
