//! An [input file](https://platform.openai.com/docs/guides/batch#1-prepare-your-batch-file): a line of JSON for each call.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Dialect, custom_id, record_id};
use crate::Error;
use crate::call::{self, Api, Options, Target};
use crate::json::{self, Object};
use crate::providers::Provider;

/// Lines that an input file of OpenAI's may have.
const LINES: usize = 50_000;

/// One call.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its place in the file, from 1.
    pub number: usize,
    /// The client's name of it.
    pub custom_id: String,
    /// The body of the call.
    pub body: &'a str,
}

/// The lines of a file, all of them checked. Blank ones are passed over.
pub fn lines<'a>(file: &'a [u8], endpoint: &str) -> Result<Vec<Line<'a>>, Error> {
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    let rows = file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    for (number, row) in rows.filter(|(_, row)| !row.is_empty()) {
        let number = number + 1;
        let line = line(number, row, endpoint).map_err(|problem| of_line(number, &problem))?;
        if !seen.insert(line.custom_id.clone()) {
            return Err(of_line(number, &Error::request("custom_id", "another line has this custom_id")));
        }
        if lines.len() == LINES {
            return Err(Error::request(
                "input_file_id",
                format!("the input file has more than {LINES} lines"),
            ));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(Error::request("input_file_id", "the input file is empty"));
    }
    Ok(lines)
}

fn line<'a>(number: usize, row: &'a [u8], endpoint: &str) -> Result<Line<'a>, Error> {
    #[derive(Deserialize)]
    struct Row<'a> {
        custom_id: Option<String>,
        method: Option<String>,
        url: Option<String>,
        #[serde(borrow)]
        body: Option<&'a RawValue>,
    }

    let row: Row<'a> =
        json::read(row).map_err(|why| Error::request("", format!("it cannot be read: {why}")))?;
    let missing = |name: &'static str| move || Error::request(name, format!("it has no {name}"));
    if row.method.ok_or_else(missing("method"))? != "POST" {
        return Err(Error::request("method", "the method of a line is POST"));
    }
    if row.url.ok_or_else(missing("url"))? != endpoint {
        return Err(Error::request("url", format!("the batch is of {endpoint}")));
    }
    let custom_id = row.custom_id.ok_or_else(missing("custom_id"))?;
    Ok(Line { number, custom_id, body: row.body.ok_or_else(missing("body"))?.get() })
}

/// What is wrong with a line is wrong with the file.
fn of_line(number: usize, problem: &Error) -> Error {
    let place = match problem {
        Error::Request { param: Some(param), .. } if !param.is_empty() => format!(", {param}"),
        _ => String::new(),
    };
    Error::request("input_file_id", format!("line {number}{place}: {problem}"))
}

/// The provider's batch, as it is made of lines.
pub struct Input<'a> {
    dialect: Dialect,
    provider: &'a Provider,
    options: Options<'a>,
    lines: usize,
    /// The model of all lines, where that must be one.
    model: Option<String>,
    out: Vec<u8>,
    body: Vec<u8>,
    dropped: Vec<String>,
}

impl<'a> Input<'a> {
    /// No line yet. Lines are asked by `options`, but never streamed.
    pub fn new(dialect: Dialect, provider: &'a Provider, options: Options<'a>) -> Self {
        let options = Options { stream: Some(false), ..options };
        let out = match dialect {
            Dialect::Anthropic => b"{\"requests\":[".to_vec(),
            Dialect::Bedrock => Vec::new(),
            Dialect::Gemini => b"{\"batch\":{\"inputConfig\":{\"requests\":{\"requests\":[".to_vec(),
        };
        Self { dialect, provider, options, lines: 0, model: None, out, body: Vec::new(), dropped: Vec::new() }
    }

    /// Translates a line as if it were a live call, and says where that would have gone.
    pub fn push(&mut self, line: &Line<'_>) -> Result<Target, Error> {
        self.add(line).map_err(|problem| of_line(line.number, &problem))
    }

    fn add(&mut self, line: &Line<'_>) -> Result<Target, Error> {
        self.body.clear();
        let target =
            call::request(Api::Chat, self.provider, line.body.as_bytes(), &self.options, &mut self.body)?;
        if target.client_stream {
            return Err(Error::request("stream", "the answers of a batch cannot be streamed"));
        }
        let new: Vec<_> =
            target.dropped.iter().filter(|name| !self.dropped.contains(name)).cloned().collect();
        self.dropped.extend(new);
        if self.dialect != Dialect::Anthropic
            && *self.model.get_or_insert_with(|| target.model.clone()) != target.model
        {
            return Err(Error::request("model", "the lines of a batch of this provider ask one model"));
        }
        if self.lines > 0 {
            self.out.push(if self.dialect == Dialect::Bedrock { b'\n' } else { b',' });
        }
        match self.dialect {
            Dialect::Bedrock => {
                let mut record = Object::new(&mut self.out);
                record.string("recordId", &record_id::encode(&line.custom_id));
                record.member("modelInput").extend_from_slice(&self.body);
            }
            Dialect::Anthropic => {
                let name = custom_id::encode(&line.custom_id)?;
                let mut request = Object::new(&mut self.out);
                request.string("custom_id", &name);
                request.member("params").extend_from_slice(&self.body);
            }
            Dialect::Gemini => {
                let mut request = Object::new(&mut self.out);
                request.member("request").extend_from_slice(&self.body);
                request.object("metadata").string("key", &line.custom_id);
            }
        }
        self.lines += 1;
        Ok(target)
    }

    /// The body that makes the batch, or what is kept of its lines; and what none of its lines could carry.
    pub fn finish(mut self) -> (Vec<u8>, Vec<String>) {
        match self.dialect {
            Dialect::Anthropic => self.out.extend_from_slice(b"]}"),
            Dialect::Bedrock => self.out.push(b'\n'),
            Dialect::Gemini => self.out.extend_from_slice(b"]}}}}"),
        }
        (self.out, self.dropped)
    }
}
