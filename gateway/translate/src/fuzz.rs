//! What fuzzers feed, and property tests with them: functions that take any bytes and panic when a law is broken.
//!
//! `fuzz/` has a target for each; `tests` below runs the same functions on a stable compiler.

mod event_stream;
mod events;

use serde_json::value::RawValue;

use event_stream::{message, repaired};

use crate::call::{self, Api, Call, Gemini, Options, Stream, Target};
use crate::client::responses::{self, Memory, Needs, Page};
use crate::files;
use crate::providers::{self, Provider};
use crate::videos::{self, Name, Step, Variant, Video};
use crate::wire::{Frame, Framing, split_event_stream, split_json_array, split_json_lines, split_sse};
use crate::works::{Asked, Form};
use crate::{Error, path};

/// The splitter of server-sent events.
pub fn sse(bytes: &[u8]) {
    splitter(split_sse, bytes);
}

/// The splitter of Amazon's event streams.
pub fn event_stream(bytes: &[u8]) {
    splitter(split_event_stream, bytes);
    // Few random bytes get past a checksum.
    splitter(split_event_stream, &repaired(bytes));
}

/// JSON lines.
pub fn json_lines(bytes: &[u8]) {
    splitter(split_json_lines, bytes);
}

/// The elements of a JSON array.
pub fn json_array(bytes: &[u8]) {
    splitter(split_json_array, bytes);
}

/// A streamed reply, through splitter, reader and writer, of each API and in each framing that the provider has. The
/// last byte says how it is cut.
pub fn stream(provider: &str, bytes: &[u8]) {
    let Some((&cut, bytes)) = bytes.split_last() else { return };
    let provider = known(provider);
    for api in Api::ALL {
        for &framing in provider.framings(api) {
            for model in models(provider) {
                one_stream((api, provider, framing), model, bytes, cut);
            }
        }
    }
}

fn one_stream(way: (Api, &Provider, Framing), model: &str, bytes: &[u8], cut: u8) {
    let (result, out) = streamed(way, model, [bytes].into_iter());
    let (cut_result, cut_out) = streamed(way, model, bytes.chunks(usize::from(cut).max(1)));
    assert_eq!(cut_result, result, "how the bytes are cut changes nothing");
    if way.1.relays(way.0) {
        // Passed on as it came, whatever that was. A stream that ends in CR is done; whether a last LF follows in the
        // same read is all that a cut may change.
        assert_eq!(cut_out.trim_ascii_end(), out.trim_ascii_end(), "how the bytes are cut changes nothing");
        return;
    }
    assert_eq!(cut_out, out, "how the bytes are cut changes nothing");
    let out = String::from_utf8(out).expect("only text is written");
    match way.0 {
        Api::Messages => return events::messages(&out, result.is_ok()),
        Api::Responses => return events::responses(&out, result.is_ok()),
        _ => (),
    }
    let mut events = out.split_terminator("\n\n").peekable();
    let mut done = false;
    while let Some(event) = events.next() {
        done = event == "data: [DONE]";
        assert!(!done || events.peek().is_none(), "nothing follows the end");
        if !done {
            json(event.strip_prefix("data: ").expect("each event is one line of data").as_bytes());
        }
    }
    assert_eq!(done, result.is_ok(), "a stream is done if and only if nothing failed");
}

/// The same, with the checksums of an event stream made right first.
pub fn repaired_stream(provider: &str, bytes: &[u8]) {
    let Some((&cut, bytes)) = bytes.split_last() else { return };
    let mut repaired = repaired(bytes);
    repaired.push(cut);
    stream(provider, &repaired);
}

/// The same, from the text of a golden case, in which each line is a message. What is in a payload is not looked at:
/// `{"event": "messageStop", "payload": {"stopReason": "end_turn"}}`
pub fn scripted_stream(provider: &str, bytes: &[u8]) {
    let Some((&cut, bytes)) = bytes.split_last() else { return };
    let mut script = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let mut parts = line.splitn(5, |&byte| byte == b'"');
        let (kind, name) = (parts.nth(1).unwrap_or_default(), parts.nth(1).unwrap_or_default());
        let rest = parts.next().unwrap_or_default();
        let colon = rest.iter().position(|&byte| byte == b':').unwrap_or(0);
        let payload = &rest[colon..];
        let payload = payload.strip_prefix(b": ").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(payload);
        script.extend(match kind {
            b"exception" => message(&[(b":exception-type", name), (b":message-type", b"exception")], payload),
            b"error" => {
                let headers: &[(&[u8], &[u8])] =
                    &[(b":error-code", name), (b":error-message", payload), (b":message-type", b"error")];
                message(headers, b"")
            }
            _ => message(&[(b":event-type", name), (b":message-type", b"event")], payload),
        });
    }
    script.push(cut);
    stream(provider, &script);
}

/// A whole reply, of each API.
pub fn reply(provider: &str, bytes: &[u8]) {
    for api in Api::ALL {
        for model in models(known(provider)) {
            if let Ok((reply, _)) = call::reply(api, known(provider), bytes, &call(model)) {
                json(&reply);
            }
        }
    }
}

/// A reply whose status is not 2xx, but what the last byte says.
pub fn failure(provider: &str, bytes: &[u8]) {
    let Some((&status, bytes)) = bytes.split_last() else { return };
    let text = String::from_utf8_lossy(bytes);
    let header = |_: &str| text.lines().next().map(str::to_owned);
    for api in Api::ALL {
        let failure = call::failure(api, known(provider), 400 + u16::from(status), &header, bytes, "fuzz");
        assert!((400..600).contains(&failure.status));
        json(&failure.body);
    }
}

/// A client's request, to each API. The last byte says what the configuration asks for.
pub fn request(provider: &str, bytes: &[u8]) {
    let Some((&flags, bytes)) = bytes.split_last() else { return };
    let flag = |bit: u8| flags & (1 << bit) != 0;
    let options = Options {
        model: flag(0).then_some("anthropic.claude-sonnet-4-5-20250929-v1:0"),
        stream: flag(1).then_some(flag(2)),
        max_tokens: flag(3).then_some(2000),
        temperature: flag(4).then_some(0.5),
        top_k: flag(5).then_some(40),
        gemini: Gemini { project: Some("p"), location: Some("us-central1"), endpoint: Some("1") },
        client_wins: flag(6),
        strict: flag(7),
        ..Options::default()
    };
    for api in Api::ALL {
        let vectors = if flag(5) { "cohere.embed-v4:0" } else { "amazon.titan-embed-text-v2:0" };
        let model = if api == Api::Embeddings { flag(0).then_some(vectors) } else { options.model };
        one_request(api, known(provider), bytes, &Options { model, ..options });
    }
}

/// A request for a response, and what is kept of it: whatever was accepted once is accepted as what came before.
pub fn turns(bytes: &[u8]) {
    let _ = Needs::of(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (responses::output(text), responses::item_id(text), responses::response_of(text));
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
        for is_sealed in [false, true] {
            let shown = responses::shown(text, is_sealed);
            if is_json {
                json(&shown);
            }
        }
    }
    let provider = known("anthropic");
    let options = Options { model: Some("claude-sonnet-4-5"), ..Options::default() };
    if call::request(Api::Responses, provider, bytes, &options, &mut Vec::new()).is_err() {
        return;
    }
    let items = responses::settle(bytes, Memory::default(), "name").expect("an accepted request has items");
    items.iter().for_each(|item| json(item.as_bytes()));
    let page = Page { limit: 2, is_ascending: false, after: None };
    json(&page.write(&items).expect("there is nothing to go on after"));
    let earlier: Vec<&str> = items.iter().map(String::as_str).collect();
    let memory = Memory { earlier: &earlier, ..Memory::default() };
    let next = br#"{"input":"so?"}"#;
    let options = Options { memory, ..options };
    let asked = call::request(Api::Responses, provider, next, &options, &mut Vec::new());
    asked.expect("what was accepted once is accepted as what came before");
}

/// What a client asks about videos, and what a provider says of them.
pub fn videos(bytes: &[u8]) {
    let name = Name { native: "a".into(), model: "m".into(), size: (1, 1), seconds: 1, created: 1 };
    let gemini = Gemini { project: Some("p"), location: Some("us-central1"), endpoint: None };
    for provider in providers::ALL {
        let Some(dialect) = provider.videos() else { continue };
        let model = if provider.name == "bedrock" { "amazon.nova-reel-v1:1" } else { "m" };
        let options =
            Options { model: Some(model), gemini, video_output: Some("s3://a/b"), ..Options::default() };
        for content_type in ["application/json", FORM] {
            match dialect.begin(Asked { content_type, body: bytes, edits: false }, &options) {
                Ok((sent, order)) => {
                    leads_on(&sent.target);
                    let (kind, body) = sent.body.expect("it is told what to make");
                    if Form::is(&kind) {
                        let form = Form::read(&kind, &body).expect("what is written can be read");
                        let models = form.0.iter().filter(|part| part.name == "model");
                        let models: Vec<&[u8]> = models.map(|part| part.content).collect();
                        assert_eq!(models, [b"m"], "no client writes fields of its own");
                    } else {
                        json(&body);
                    }
                    dialect.begun(bytes, &order, 1).map_or_else(|error| told(&error), |video| shown(&video));
                }
                Err(error) => told(&error),
            }
        }
        dialect.looked(bytes, &name).map_or_else(|error| told(&error), |video| shown(&video));
        for variant in [Variant::Video, Variant::Thumbnail] {
            let fetched = dialect.place(bytes, &name, variant);
            let fetched = fetched.and_then(|place| dialect.step(Step::Fetch(&place), &options));
            fetched.map_or_else(|error| told(&error), |sent| leads_on(&sent.target));
        }
        dialect.list(bytes).map_or_else(|error| told(&error), |page| json(&videos::page(&page)));
    }
}

/// A video as a client sees it; its id leads back, or nowhere.
fn shown(video: &Video) {
    json(&video.body());
    if let Ok(name) = Name::read(&video.name.id()) {
        assert_eq!(name, video.name);
        assert!(!path::leads_out(&name.native));
    }
}

const FORM: &str = "multipart/form-data; boundary=x";

/// A form, as it comes and at once: both see the same, however it is cut, which the last byte says.
pub fn form(bytes: &[u8]) {
    let Some((&cut, bytes)) = bytes.split_last() else { return };
    let read = |size: usize| {
        let (mut form, mut content) = (files::Form::new(FORM)?, Vec::new());
        for bytes in bytes.chunks(size) {
            form.push(bytes, &mut content)?;
        }
        form.finish()?;
        Ok((form.purpose(), form.others(), form.file().cloned(), content))
    };
    let came: Result<_, Error> = read(usize::from(cut).max(1));
    assert_eq!(came, read(usize::MAX), "how the bytes are cut changes nothing");
    let (Ok((.., file, content)), Ok(whole)) = (came, Form::read(FORM, bytes)) else { return };
    // Elsewhere a list is the same as one.
    if memchr::memmem::find(bytes, b"[]").is_none() {
        let first = whole.0.iter().find(|part| part.name == "file");
        assert_eq!(first.map(|part| part.content), file.map(|_| &content[..]), "both see one file");
    }
}

fn one_request(api: Api, provider: &Provider, bytes: &[u8], options: &Options<'_>) {
    let mut out = Vec::new();
    match call::request(api, provider, bytes, options, &mut out) {
        Ok(target) => {
            json(&out);
            leads_on(&target);
        }
        Err(error) => told(&error),
    }
}

/// The path of what is sent is one, and stays where it begins.
fn leads_on(target: &Target) {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%:".contains(&byte);
    assert!(target.path.starts_with('/') && target.path.bytes().all(legal), "{}", target.path);
    let climbs = |segment: &str| segment == "." || segment == "..";
    assert!(!target.path.split('/').any(climbs), "{}", target.path);
}

fn told(error: &Error) {
    assert!((400..600).contains(&error.status()));
    json(&error.body());
}

fn known(provider: &str) -> &'static Provider {
    providers::by_id(provider).expect("targets name known providers")
}

/// One model for each dialect in which a provider has its models speak.
fn models(provider: &Provider) -> &'static [&'static str] {
    match (provider.name, provider.format) {
        ("anthropic", _) => &["model", "claude-2.1"],
        ("gemini", Some("vertex")) => &["model", "claude-sonnet-4-5", "mistral-small-2503"],
        _ => &["model"],
    }
}

fn call(model: &str) -> Call {
    Call { id: "fuzz".to_owned(), model: model.to_owned(), include_usage: true, ..Call::default() }
}

fn streamed<'a>(
    (api, provider, framing): (Api, &Provider, Framing),
    model: &str,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Result<(), Error>, Vec<u8>) {
    let mut stream = Stream::new(api, provider, &call(model), framing).expect("it has streams of this API");
    let mut result = Ok(());
    for piece in pieces {
        result = result.and_then(|()| stream.push(piece));
    }
    result = result.and_then(|()| stream.finish());
    if let Err(error) = &result {
        stream.fail(error);
    }
    let out = std::mem::take(stream.out());
    (result, out)
}

type Split = fn(&[u8]) -> Result<Option<(usize, Frame<'_>)>, Error>;

/// `split`, over and over: it goes forward, takes what it says, and waits for the rest of what is torn.
fn splitter(split: Split, bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Some((size, frame))) = split(rest) {
        assert!(size > 0 && frame.raw == &rest[..size]);
        let torn = split(&rest[..size - 1]);
        assert!(torn == Ok(None) || rest[size - 1] == b'\n', "{torn:?}");
        rest = &rest[size..];
    }
}

fn json(bytes: &[u8]) {
    let text = str::from_utf8(bytes).expect("JSON is UTF-8");
    if let Err(error) = serde_json::from_str::<&RawValue>(text) {
        panic!("no JSON: {error}: {text}");
    }
}

#[cfg(test)]
mod tests;
