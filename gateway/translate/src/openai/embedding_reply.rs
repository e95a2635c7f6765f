//! Writes vectors as OpenAI's list of embeddings.
//!
//! What a provider gives as numbers goes out as they came, or as base64 where the client asked for that, and the other
//! way round. A provider that counts no tokens is shown with none: the member must be there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::call::Call;
use crate::delta::Usage;
use crate::embeddings::Vectors;
use crate::{Error, Text, json};

/// Collects the vectors of one reply.
#[derive(Debug)]
pub struct EmbeddingWriter {
    out: Vec<u8>,
    model: Vec<u8>,
    base64: bool,
    vectors: u64,
    usage: Option<Usage>,
}

impl EmbeddingWriter {
    /// A reply without vectors.
    pub fn new(call: &Call) -> Self {
        let mut model = Vec::new();
        json::string(&mut model, &call.model);
        let usage = call.counted.map(|prompt| Usage { prompt, ..Usage::default() });
        let out = br#"{"object":"list","data":["#.to_vec();
        Self { out, model, base64: call.base64, vectors: 0, usage }
    }

    /// The reply, and what it cost.
    pub fn finish(mut self) -> Result<(Vec<u8>, Option<Usage>), Error> {
        if self.vectors == 0 {
            return Err(malformed("it holds no vector"));
        }
        let usage = self.usage.unwrap_or_default();
        self.out.extend_from_slice(br#"],"model":"#);
        self.out.extend_from_slice(&self.model);
        self.out.extend_from_slice(br#","usage":{"prompt_tokens":"#);
        json::number(&mut self.out, usage.prompt);
        self.out.extend_from_slice(br#","total_tokens":"#);
        json::number(&mut self.out, usage.total());
        self.out.extend_from_slice(b"}}");
        Ok((self.out, self.usage))
    }

    fn vector(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let out = &mut self.out;
        if self.vectors > 0 {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"object":"embedding","index":"#);
        json::number(out, self.vectors);
        out.extend_from_slice(br#","embedding":"#);
        write(out);
        out.push(b'}');
        self.vectors += 1;
    }
}

impl Vectors for EmbeddingWriter {
    fn model(&mut self, model: Text<'_>) {
        if !model.is_empty() {
            self.model.clear();
            model.write(&mut self.model);
        }
    }

    fn floats(&mut self, json: &str) -> Result<(), Error> {
        let floats: Vec<f32> =
            serde_json::from_str(json).map_err(|_| malformed("a vector is no list of numbers"))?;
        if floats.iter().any(|number| !number.is_finite()) {
            return Err(malformed("a number of a vector is too large"));
        }
        if self.base64 {
            let bytes: Vec<u8> = floats.iter().flat_map(|number| number.to_le_bytes()).collect();
            let text = STANDARD.encode(bytes);
            self.vector(|out| json::string(out, &text));
        } else {
            self.vector(|out| out.extend_from_slice(json.as_bytes()));
        }
        Ok(())
    }

    fn base64(&mut self, text: Text<'_>) -> Result<(), Error> {
        let plain = text.plain();
        let bytes = STANDARD.decode(plain.as_bytes()).map_err(|_| malformed("a vector is no base64"))?;
        let (floats, []) = bytes.as_chunks::<4>() else {
            return Err(malformed("a vector is cut within a number"));
        };
        let mut floats = floats.iter().map(|bytes| f32::from_le_bytes(*bytes));
        if floats.clone().any(|number| !number.is_finite()) {
            return Err(malformed("a vector holds what is no number"));
        }
        if self.base64 {
            self.vector(|out| text.write(out));
            return Ok(());
        }
        self.vector(|out| {
            out.push(b'[');
            if let Some(first) = floats.next() {
                out.extend_from_slice(first.to_string().as_bytes());
            }
            for number in floats {
                out.push(b',');
                out.extend_from_slice(number.to_string().as_bytes());
            }
            out.push(b']');
        });
        Ok(())
    }

    fn usage(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }
}

fn malformed(why: &str) -> Error {
    Error::Malformed { what: "reply", why: why.to_owned() }
}
