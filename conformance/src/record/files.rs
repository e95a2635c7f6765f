//! What is written of an exchange: the scenario, the script in neutral terms, the script in bytes, and the exchange itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mocks::script::{Block, How, Match, Raw, RawPiece, Reply, Script};
use serde_json::{Value, json};

use super::exchange::{End, Exchange};
use super::read::{self, Read, Reader};
use super::{Redactor, ask};
use crate::expected::Expected;
use crate::repro::yaml;
use crate::scenario::{Outcome, Scenario};
use crate::{Error, Mode, Surface};

/// Everything that is to be written of one exchange: path below the folder, and text.
pub(super) struct Files {
    pub(super) list: Vec<(PathBuf, String)>,
}

/// How a scenario is called, and how often the same was asked before.
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    pub(super) nth: u64,
    /// Texts that must not be written.
    pub(super) secrets: &'a [String],
}

impl Files {
    /// Nothing that must not be kept is in the exchange any more; what is put together of it here is looked at again.
    ///
    /// # Errors
    /// A sentence, where something must not be kept after all.
    pub(super) fn of(
        exchange: &mut Exchange,
        place: &Place<'_>,
        redactor: &Redactor,
    ) -> Result<Self, String> {
        let read = read::read(exchange);
        let mut list = Vec::new();
        let file = format!("{:04}-{}", exchange.number, slug(exchange));
        let path = |folder: &str, kind: &str| Path::new(folder).join(format!("{file}.{kind}"));
        let bytes = bytes(exchange);
        if let Some(raw) = &bytes {
            let script =
                Script { matching: matching(exchange, place.nth), replies: vec![Reply::raw(raw.clone())] };
            list.push((path("bytes", "yaml"), headed(exchange, &[], &to_yaml(&script))));
        }
        match &read {
            Ok((reader, read)) => {
                // A secret may lie in several events, where no search of the bytes finds it.
                if texts(&read.reply).iter().any(|text| redactor.finds(text, place.secrets)) {
                    return Err("something secret is spread over several events".to_owned());
                }
                exchange.notes.extend(read.unsaid.iter().cloned());
                let script =
                    Script { matching: matching(exchange, place.nth), replies: vec![read.reply.clone()] };
                list.push((path("scripts", "yaml"), headed(exchange, &read.unsaid, &to_yaml(&script))));
                match scenario(exchange, reader, read, bytes.as_ref(), place.name) {
                    Ok(text) => list.push((path("scenarios", "yaml"), text)),
                    Err(reason) => exchange.notes.push(format!("no scenario: {reason}")),
                }
            }
            Err(reason) => exchange.notes.push(format!("no script in neutral terms: {reason}")),
        }
        let evidence = serde_json::to_string_pretty(&*exchange).map_err(|error| error.to_string())?;
        list.push((path("exchanges", "json"), evidence + "\n"));
        // Whatever was put together here is looked at once more.
        match list.iter().find(|(_, text)| redactor.finds(text, place.secrets)) {
            Some((path, _)) => Err(format!("{} would have something secret in it", path.display())),
            None => Ok(Self { list }),
        }
    }

    /// Writes them below a folder.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        for (path, text) in &self.list {
            let path = folder.join(path);
            let failed = |source| Error::File { path: path.clone(), source };
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            std::fs::write(&path, text).map_err(failed)?;
        }
        Ok(())
    }
}

/// All that is said in pieces, joined.
fn texts(reply: &Reply) -> Vec<String> {
    let text = |block: &Block| match block {
        Block::Text(pieces) | Block::Refusal(pieces) => pieces.join(),
        Block::Reasoning(reasoning) => reasoning.text.join(),
        Block::ToolCall(call) => call.arguments.join(),
    };
    reply.content.iter().flatten().map(text).collect()
}

/// `openai-chat-completions`: letters and digits of the provider and of the end of the path.
fn slug(exchange: &Exchange) -> String {
    let mut words = vec![exchange.provider.as_str()];
    let parts: Vec<&str> = exchange.request.path.split(['/', ':']).filter(|part| !part.is_empty()).collect();
    words.extend(&parts[parts.len().saturating_sub(2)..]);
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    words.join("-").chars().map(plain).take(60).collect()
}

/// The reply byte for byte; nothing, where it is not all there.
fn bytes(exchange: &Exchange) -> Option<Raw> {
    let reply = exchange.reply.as_ref()?;
    let cut = match exchange.end {
        End::Whole => None,
        End::Cut => Some(How::Fin),
        End::Reset => Some(How::Rst),
        End::ClientLeft | End::NoReply | End::TooLong => return None,
    };
    let mut before = reply.head_ms;
    let mut piece = |piece: &super::exchange::Piece| {
        let after = milliseconds(piece.ms - before);
        before = piece.ms;
        RawPiece::new(after, &piece.data)
    };
    let headers = reply.headers.iter().filter(|(name, _)| !FRAMING.contains(&name.as_str()));
    let mut raw = Raw {
        status: reply.status,
        headers: headers.cloned().collect(),
        latency_ms: milliseconds(reply.head_ms),
        text: None,
        base64: None,
        pieces: reply.pieces.iter().map(&mut piece).collect(),
        cut,
    };
    // A body in one piece is written as a body.
    if let [one] = raw.pieces.as_slice()
        && reply.header("content-length").is_some()
    {
        (raw.text, raw.base64) = (one.text.clone(), one.base64.clone());
        raw.pieces.clear();
    }
    (200..600).contains(&raw.status).then_some(raw)
}

/// Headers of one connection; and the date, which the moment of the replay makes wrong.
const FRAMING: [&str; 5] = ["transfer-encoding", "connection", "keep-alive", "upgrade", "date"];

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below zero and beyond a day is cut"
)]
fn milliseconds(ms: f64) -> u64 {
    ms.clamp(0.0, 86_400_000.0).round() as u64
}

/// By provider, path and the last thing that the user says; and by its number, where the same was asked before.
fn matching(exchange: &Exchange, nth: u64) -> Match {
    Match {
        provider: Some(exchange.provider.clone()),
        path: Some(exchange.request.path.clone()),
        contains: said_last(exchange),
        nth: (nth > 1).then_some(nth),
    }
}

/// The beginning of the last text in the request that somebody wrote, up to where something was taken out.
pub(super) fn said_last(exchange: &Exchange) -> Option<String> {
    let body = exchange.request.json();
    let subjects =
        ["messages", "message", "contents", "prompt", "input", "inputs", "texts", "inputText", "content"];
    let asked = subjects.into_iter().map(|name| &body[name]).find(|asked| !asked.is_null())?;
    let text = last_text(asked)?;
    let begin: String = text.chars().take_while(|c| *c != '*').take(120).collect();
    (!begin.trim().is_empty()).then_some(begin)
}

/// Under these names there are texts; under others words of the API.
fn last_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(elements) => elements.iter().rev().find_map(last_text),
        Value::Object(members) => {
            ["content", "parts", "text"].into_iter().filter_map(|name| members.get(name)).find_map(last_text)
        }
        _ => None,
    }
}

/// What is written above: where it comes from, and what is not in it.
fn headed(exchange: &Exchange, unsaid: &[String], text: &str) -> String {
    let mut head = format!(
        "# Recorded {} of {} {} at {} by touchstone record.\n",
        exchange.recorded, exchange.request.method, exchange.request.path, exchange.upstream
    );
    for note in unsaid {
        let _ = writeln!(head, "# Not here: {}.", note.replace(['\n', '\r'], " "));
    }
    head + text
}

fn to_yaml(script: &Script) -> String {
    yaml::write(&serde_json::to_value(script).unwrap_or_default())
}

/// Two scenarios: the reply in neutral terms, which any provider can give; and in its own bytes, with what they say.
fn scenario(
    exchange: &Exchange,
    reader: &Reader,
    read: &Read,
    bytes: Option<&Raw>,
    name: &str,
) -> Result<String, String> {
    let surface = reader.surface;
    let asked = ask::ask(exchange, reader)?;
    let outcome = match (&read.reply.error, &read.reply.fault) {
        (Some(_), _) => Outcome::Error,
        (None, Some(_)) => Outcome::Broken,
        (None, None) => Outcome::Reply,
    };
    let id = format!("{}.{name}.{:04}", surface.word(), exchange.number);
    let title = format!("Recorded: {} {}", exchange.provider, exchange.request.path);
    let mode = if asks_for_stream(exchange) { Mode::Stream } else { Mode::Whole };
    let mut members = vec![
        ("id", json!(id)),
        ("title", json!(title)),
        ("providers", json!([exchange.provider])),
        ("modes", json!([mode.name()])),
    ];
    let features = features(&asked.request);
    if !features.is_empty() {
        members.push(("features", json!(features)));
    }
    if outcome != Outcome::Reply {
        members.push(("outcome", json!(outcome)));
    }
    members.push(("request", asked.request.clone()));
    let mut notes = read.unsaid.clone();
    notes.extend(asked.lost);
    let mut text = headed(exchange, &notes, "group: recorded\nscenarios:\n");
    text.push_str("  # In neutral terms: without `providers`, it is played to all.\n");
    let neutral = [members.as_slice(), &[("replies", json!([read.reply]))]].concat();
    entry(&mut text, &neutral);
    check(surface, &asked.request, &id)?;
    // Bytes of an API by which no gateway asks are what none can get.
    let is_asked = reader.asked.is_none() && surface != Surface::Embeddings;
    if let Some(raw) = bytes.filter(|_| outcome == Outcome::Reply && is_asked) {
        text.push_str("\n  # The same in the provider's own bytes, without the waits between them.\n");
        let expect = expect(&neutral, &read.reply, &exchange.provider)?;
        members[0].1 = json!(format!("{id}-bytes"));
        // They are those of this API: a provider may have another one for another surface.
        members.insert(2, ("surfaces", json!([surface.word()])));
        members.extend([("replies", json!([{"raw": hurried(raw)}])), ("expect", expect)]);
        entry(&mut text, &members);
    }
    Ok(text)
}

/// An error comes whole, whatever was asked for. Ollama streams unless it is told not to.
fn asks_for_stream(exchange: &Exchange) -> bool {
    let path = &exchange.request.path;
    let stream = &exchange.request.json()["stream"];
    let streams =
        ["/converse-stream", "/invoke-with-response-stream", ":streamGenerateContent", "/generate_stream"];
    let by_path = streams.into_iter().any(|end| path.ends_with(end));
    by_path
        || *stream == true
        || (exchange.provider == "ollama" && path.starts_with("/api/") && *stream != false)
}

/// A test need not wait as long as a model thinks.
fn hurried(raw: &Raw) -> Raw {
    let piece = |piece: &RawPiece| RawPiece { after_ms: 0, ..piece.clone() };
    Raw { latency_ms: 0, pieces: raw.pieces.iter().map(piece).collect(), ..raw.clone() }
}

/// What a scenario must be to be read again is judged where it is read; here, whether it can be found.
fn check(surface: Surface, request: &Value, id: &str) -> Result<(), String> {
    let text = format!("group: g\nscenarios: [{{ id: {id}, title: t, request: {request} }}]");
    let scenario = crate::scenario::parse("recorded", &text).map_err(|error| error.to_string())?;
    let is_found = scenario.first().is_some_and(Scenario::has_place);
    if is_found { Ok(()) } else { Err(format!("the request ends with no text in `{}`", surface.subject())) }
}

/// What the client must have of this reply, as the judge derives it from scripts.
fn expect(members: &[(&str, Value)], reply: &Reply, provider: &str) -> Result<Value, String> {
    let object: serde_json::Map<String, Value> =
        members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut scenario: Scenario =
        serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())?;
    scenario.surface = Surface::of_id(&scenario.id).unwrap_or_default();
    let expected = Expected::new(&scenario, scenario.surface, std::slice::from_ref(reply), provider);
    let mut expect = json!({"text": expected.text, "finish": expected.finish});
    if !expected.refusal.is_empty() {
        expect["refusal"] = json!(expected.refusal);
    }
    let arguments = |text: &str| serde_json::from_str::<Value>(text).ok();
    let call = |call: &crate::fold::Call| match arguments(&call.arguments) {
        Some(arguments) => json!({"name": call.name, "arguments": arguments}),
        None => json!({"name": call.name}),
    };
    if scenario.surface == Surface::Chat {
        expect["tool_calls"] = expected.calls.iter().map(call).collect();
    }
    if let (Some(prompt), Some(completion)) = (expected.usage.prompt, expected.usage.completion) {
        expect["usage"] = json!({"prompt": prompt, "completion": completion, "total": prompt + completion});
    }
    Ok(expect)
}

/// What a profile must claim to be asked this.
fn features(request: &Value) -> Vec<&'static str> {
    let said = format!("{}{}", request["messages"], request["input"]);
    let has_image = said.contains("\"image_url\"") || said.contains("\"input_image\"");
    let format = request["response_format"]["type"].as_str().or(request["text"]["format"]["type"].as_str());
    let wanted = [
        ("tools", request["tools"].is_array()),
        ("images", has_image),
        ("structured-output", format.is_some_and(|format| format != "text")),
    ];
    wanted.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(name, _)| name).collect()
}

/// One element of the list of scenarios, its members in this order.
fn entry(text: &mut String, members: &[(&str, Value)]) {
    for (number, (name, value)) in members.iter().enumerate() {
        text.push_str(if number == 0 { "  - " } else { "    " });
        yaml::member(name, value, 4, text);
    }
}
