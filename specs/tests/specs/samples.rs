//! Bodies and streams in `tests/samples/<provider>/{valid,invalid}`: all invented here, one idea a file.
//!
//! A sample names a `path`, perhaps a `method` (else `POST`) and a `variant`, or `form: true` where its requests are the fields of forms, and holds `requests`, `replies` (`status`, `body`) or a `stream` (a list
//! of names and data; what an event holds as base64 of JSON is written as JSON). An invalid one lists in `violations` all that is wrong, each in its one line.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use specs::{Operation, Violation};

#[test]
fn valid_samples_pass_and_invalid_ones_are_called_what_they_are() {
    let mut wrong = Vec::new();
    for sample in Sample::all() {
        let (found, expected) = (sample.violations(), sample.expected());
        if found != expected {
            wrong.push(format!(
                "{}\nexpected:\n  {}\nfound:\n  {}",
                sample.file.display(),
                expected.join("\n  "),
                found.join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_body_of_an_invalid_sample_is_wrong() {
    for sample in Sample::all().iter().filter(|sample| sample.is(&sample.provider, "invalid")) {
        let operation = sample.operation();
        let requests = sample.list("requests").map(|body| operation.request(body));
        let replies = sample.list("replies").map(|reply| operation.reply(status(reply), &reply["body"]));
        for (n, found) in requests.chain(replies).enumerate() {
            assert!(!found.is_empty(), "{}: body {n} passes", sample.file.display());
        }
    }
}

#[test]
fn every_provider_with_samples_has_both_kinds() {
    // Of what is never JSON there is nothing to show.
    let shown = specs::apis().filter(|api| !crate::documents::components(api).is_empty());
    for provider in shown.map(specs::Api::provider) {
        for kind in ["valid", "invalid"] {
            let count = Sample::all().iter().filter(|sample| sample.is(provider, kind)).count();
            assert!(count > 0, "{provider} has no {kind} samples");
        }
    }
}

/// One file.
pub(crate) struct Sample {
    pub(crate) file: PathBuf,
    pub(crate) provider: String,
    pub(crate) content: Value,
}

impl Sample {
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
        let mut files = Vec::new();
        collect(&root, &mut files);
        files.sort();
        files.into_iter().map(|file| Self::read(&root, file)).collect()
    }

    fn read(root: &Path, file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).expect("samples are readable");
        let mut content: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for event in content["stream"].as_array_mut().into_iter().flatten() {
            encode(&mut event[1]);
        }
        let inside = file.strip_prefix(root).expect("samples are below their root");
        let provider = inside.iter().next().and_then(|name| name.to_str()).expect("a provider's folder");
        Self { provider: provider.to_owned(), content, file }
    }

    pub(crate) fn is(&self, provider: &str, kind: &str) -> bool {
        self.provider == provider && self.file.parent().is_some_and(|folder| folder.ends_with(kind))
    }

    pub(crate) fn operation(&self) -> Operation {
        let path = self.content["path"].as_str().expect("a sample names its path");
        let api = specs::api(&self.provider).expect("the provider has a document");
        let operation = api.operation(self.method(), path).expect("the document has the path");
        if self.content["form"] == true {
            return operation.of_form().expect("the operation takes a form");
        }
        match self.content["variant"].as_str() {
            Some(name) => operation.variant(name).expect("the operation has the variant"),
            None => operation,
        }
    }

    pub(crate) fn method(&self) -> &str {
        self.content["method"].as_str().unwrap_or("POST")
    }

    fn expected(&self) -> Vec<&str> {
        self.content["violations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The elements of a list: requests, replies, or events.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.content[name].as_array().into_iter().flatten()
    }

    /// What is found, without where the document says so.
    fn violations(&self) -> Vec<String> {
        let operation = self.operation();
        let mut found: Vec<_> = self.list("requests").flat_map(|body| operation.request(body)).collect();
        found.extend(self.list("replies").flat_map(|reply| operation.reply(status(reply), &reply["body"])));
        if self.list("stream").next().is_some() {
            found.extend(stream(&operation, self.list("stream")));
        }
        found.iter().map(line).collect()
    }
}

/// Writes what stands as JSON in the member `bytes` of an event as its base64.
fn encode(event: &mut Value) {
    if let Some(bytes) = event.get_mut("bytes").filter(|bytes| bytes.is_object()) {
        *bytes = STANDARD.encode(bytes.to_string()).into();
    }
}

pub(crate) fn status(reply: &Value) -> u16 {
    reply["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a reply has a status")
}

fn stream<'a>(operation: &Operation, events: impl Iterator<Item = &'a Value>) -> Vec<Violation> {
    let mut sequence = operation.sequence().expect("the operation streams");
    let mut found = Vec::new();
    for event in events {
        let name = event[0].as_str().expect("an event has a name");
        found.extend(operation.event(name, &event[1]));
        found.extend(sequence.event(name, &event[1]));
    }
    found.extend(sequence.end());
    found
}

fn line(violation: &Violation) -> String {
    format!(
        "{}: {}: expected {}, got {}",
        violation.pointer, violation.keyword, violation.expected, violation.got
    )
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the samples' folder exists") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}
