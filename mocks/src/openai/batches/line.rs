//! The lines of an input file, and what is wrong with them: [the form of a
//! line](https://platform.openai.com/docs/api-reference/batch/request-input).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::openai::resource::Manner;

/// So many lines a batch may have.
const MOST: usize = 50_000;

/// One request of a batch.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) custom_id: String,
    /// As the service has it: `/v1/chat/completions`.
    pub(super) url: String,
    pub(super) body: Value,
}

/// All lines of a file for a batch of this path; or else all that is wrong with them, as `errors.data` tells it.
pub(super) fn read(content: &str, endpoint: &str, manner: &Manner) -> Result<Vec<Line>, Vec<Value>> {
    let written = content.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    let mut known = Known { ids: BTreeSet::new(), model: None };
    for (at, text) in written {
        match known.line(text, endpoint, manner) {
            Ok(line) => lines.push(line),
            Err(fault) => wrong.push(fault.told(at + 1)),
        }
    }
    if lines.is_empty() && wrong.is_empty() {
        let message = "The input file is empty. Please ensure that the batch contains at least one request.";
        wrong.push(json!({ "code": "empty_file", "message": message, "param": null, "line": null }));
    }
    if lines.len() > MOST {
        let message = format!("The batch has {} requests, which exceeds the limit of {MOST}.", lines.len());
        wrong.push(json!({ "code": "too_many_tasks", "message": message, "param": null, "line": null }));
    }
    if wrong.is_empty() { Ok(lines) } else { Err(wrong) }
}

/// What lines have in common.
struct Known {
    ids: BTreeSet<String>,
    model: Option<String>,
}

struct Fault {
    code: &'static str,
    message: String,
    param: Option<&'static str>,
}

impl Fault {
    fn new(code: &'static str, param: &'static str, message: String) -> Self {
        Self { code, message, param: Some(param) }
    }

    fn told(&self, line: usize) -> Value {
        json!({ "code": self.code, "message": self.message, "param": self.param, "line": line })
    }
}

impl Known {
    fn line(&mut self, text: &str, endpoint: &str, manner: &Manner) -> Result<Line, Fault> {
        let json = serde_json::from_str(text).ok().filter(Value::is_object);
        let message = || "This line is not parseable as valid JSON.".to_owned();
        let fault = || Fault { code: "invalid_json_line", message: message(), param: None };
        let line: Value = json.ok_or_else(fault)?;
        let custom_id = member(&line, "custom_id")?;
        if member(&line, "method")? != "POST" {
            let message =
                format!("Invalid value: {}. Supported values are: 'POST'.", quoted(&line["method"]));
            return Err(Fault::new("invalid_method", "method", message));
        }
        let url = member(&line, "url")?;
        if bare(&url) != bare(endpoint) {
            let message = format!("The URL '{url}' does not match the endpoint of the batch, '{endpoint}'.");
            return Err(Fault::new(manner.wrong_path, "url", message));
        }
        if !line["body"].is_object() {
            return Err(missing("body"));
        }
        let model = line["body"]["model"].as_str().ok_or_else(|| missing("body.model"))?;
        let first = self.model.get_or_insert_with(|| model.to_owned());
        if *first != model && !manner.mixes {
            let message = format!(
                "The model '{model}' for this request does not match the rest of the batch. Each batch must contain requests for a single model."
            );
            return Err(Fault::new(manner.wrong_model, "body.model", message));
        }
        if !self.ids.insert(custom_id.clone()) {
            let message = format!(
                "The custom_id '{custom_id}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch."
            );
            return Err(Fault::new("duplicate_custom_id", "custom_id", message));
        }
        Ok(Line { custom_id, url: format!("/v1{}", bare(endpoint)), body: line["body"].clone() })
    }
}

/// Azure's lines may leave the version out of their paths.
fn bare(url: &str) -> &str {
    url.strip_prefix("/v1").unwrap_or(url)
}

fn member(line: &Value, name: &'static str) -> Result<String, Fault> {
    line[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| missing(name))
}

fn missing(name: &'static str) -> Fault {
    Fault::new("missing_required_parameter", name, format!("Missing required parameter: '{name}'."))
}

fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"))
}
