//! Writes deltas as `chat.completion.chunk` events.

use serde::Serialize;

use crate::Error;
use crate::delta::{Delta, Finish, Sink, Usage};

#[derive(Debug)]
pub struct ChunkWriter {
    out: Vec<u8>,
    /// What every event of this reply starts with.
    head: Vec<u8>,
    created: u64,
    /// The client's `stream_options.include_usage`.
    include_usage: bool,
    usage: Option<Usage>,
    finished: bool,
}

impl ChunkWriter {
    pub fn new(created: u64, include_usage: bool) -> Self {
        Self { out: Vec::new(), head: Vec::new(), created, include_usage, usage: None, finished: false }
    }

    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    pub fn finish(&mut self) -> Result<(), Error> {
        if !self.finished {
            return Err(Error::Truncated);
        }
        if let Some(usage) = self.usage.filter(|_| self.include_usage) {
            self.event(b"[]", Some(usage));
        }
        self.out.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }

    pub fn fail(&mut self, error: &Error) {
        #[derive(Serialize)]
        struct Failure {
            error: Detail,
        }
        #[derive(Serialize)]
        struct Detail {
            message: String,
            r#type: &'static str,
        }
        self.out.extend_from_slice(b"data: ");
        json(
            &mut self.out,
            &Failure { error: Detail { message: error.to_string(), r#type: "upstream_error" } },
        );
        self.out.extend_from_slice(b"\n\n");
    }

    fn choice(&mut self, delta: &impl Serialize, finish: Option<Finish>) {
        #[derive(Serialize)]
        struct Choice<'a, D> {
            index: u32,
            delta: &'a D,
            finish_reason: Option<Finish>,
        }
        self.out.extend_from_slice(&self.head);
        json(&mut self.out, &[Choice { index: 0, delta, finish_reason: finish }]);
        self.out.extend_from_slice(b"}\n\n");
    }

    fn event(&mut self, choices: &[u8], usage: Option<Usage>) {
        self.out.extend_from_slice(&self.head);
        self.out.extend_from_slice(choices);
        self.out.extend_from_slice(b",\"usage\":");
        json(&mut self.out, &usage);
        self.out.extend_from_slice(b"}\n\n");
    }
}

impl Sink for ChunkWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Start { id, model } => {
                #[derive(Serialize)]
                struct Head<'a> {
                    id: &'a str,
                    object: &'static str,
                    created: u64,
                    model: &'a str,
                }
                self.head.extend_from_slice(b"data: ");
                json(
                    &mut self.head,
                    &Head { id, object: "chat.completion.chunk", created: self.created, model },
                );
                self.head.pop();
                self.head.extend_from_slice(b",\"choices\":");
                self.choice(&Piece { role: Some("assistant"), content: Some(""), ..Piece::default() }, None);
            }
            Delta::Text(text) => self.choice(&Piece { content: Some(text), ..Piece::default() }, None),
            Delta::Reasoning(text) => {
                self.choice(&Piece { reasoning_content: Some(text), ..Piece::default() }, None)
            }
            Delta::ToolStart { index, id, name } => {
                let call = CallPiece {
                    index,
                    id: Some(id),
                    r#type: Some("function"),
                    function: FunctionPiece { name: Some(name), arguments: "" },
                };
                self.choice(&Piece { tool_calls: Some([call]), ..Piece::default() }, None);
            }
            Delta::ToolArgs { index, json } => {
                let call = CallPiece {
                    index,
                    id: None,
                    r#type: None,
                    function: FunctionPiece { name: None, arguments: json },
                };
                self.choice(&Piece { tool_calls: Some([call]), ..Piece::default() }, None);
            }
            Delta::Finish(finish) => {
                self.finished = true;
                self.choice(&Piece::default(), Some(finish));
            }
            Delta::Usage(usage) => self.usage = Some(usage),
        }
    }
}

#[derive(Default, Serialize)]
struct Piece<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[CallPiece<'a>; 1]>,
}

#[derive(Serialize)]
struct CallPiece<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    function: FunctionPiece<'a>,
}

#[derive(Serialize)]
struct FunctionPiece<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

fn json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value)
        .expect("a Vec takes every write, and these types have string keys only");
}
