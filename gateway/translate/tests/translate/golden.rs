//! Every case in `specs/cases` comes out as it says.

use serde_json::{Value, json};
use specs::{Operation, Violation};
use translate::Error;
use translate::call::{self, Api, Auth, Options, Target};
use translate::delta::Usage;

use crate::case::Case;
use crate::fold::events;
use crate::json;

/// Runs `check` on each case; what it returns is a difference.
fn on_every_case(check: impl Fn(&Case) -> Result<(), String>) {
    let cases = Case::all();
    assert!(cases.len() > 80, "only {} cases were found", cases.len());
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| check(case).err().map(|why| format!("{case}: {why}"))).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

fn same(what: &str, got: &str, expected: &str) -> Result<(), String> {
    if json::read(got) == json::read(expected) {
        return Ok(());
    }
    Err(format!(
        "{what}\n  expected {}\n  got      {}",
        expected.split_whitespace().collect::<Vec<_>>().join(" "),
        got
    ))
}

/// What the client of a case is told of an error of ours.
fn told(case: &Case, why: &Error) -> String {
    let failure = call::error(case.api, &why.problem(), "test");
    error(failure.status, &failure.body)
}

fn error(status: u16, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    json!({ "status": status, "body": body }).to_string()
}

#[test]
fn requests_come_out_as_the_case_says() {
    on_every_case(|case| {
        let Some(request) = case.read("request.json") else { return Ok(()) };
        match (
            case.translate(request.as_bytes()),
            case.read("upstream.json"),
            case.read("expected_error.json"),
        ) {
            (Ok((target, body)), Some(expected), _) => {
                same("upstream.json", std::str::from_utf8(&body).unwrap(), &expected)?;
                same_target(case, target)
            }
            (Err(why), None, Some(expected)) => same("expected_error.json", &told(case, &why), &expected),
            (Ok(_), None, _) => Err("is not refused".to_owned()),
            (Err(why), ..) => Err(format!("is refused: {why}")),
        }
    });
}

/// `target.json`: any of `path`, `query`, `anchor`, `dropped`, `headers`, `auth`. Without it nothing is dropped.
fn same_target(case: &Case, mut target: Target) -> Result<(), String> {
    target.dropped.sort();
    let mut got = json!({
        "path": target.path,
        "query": target.query.iter().map(|(name, value)| (*name, value)).collect::<std::collections::BTreeMap<_, _>>(),
        "anchor": target.anchor,
        "dropped": target.dropped,
        "headers": target.headers.iter().map(|(name, value)| (*name, value)).collect::<std::collections::BTreeMap<_, _>>(),
        "auth": match target.auth {
            Auth::Bearer => "bearer",
            Auth::Header(name) => name,
            Auth::SigV4 { service } => service,
        },
    });
    let expected = case.json("target.json").unwrap_or_else(|| json!({ "dropped": [] }));
    got.as_object_mut().unwrap().retain(|name, _| expected.get(name).is_some());
    same("target.json", &got.to_string(), &expected.to_string())
}

#[test]
fn whole_replies_come_out_as_the_case_says() {
    on_every_case(|case| {
        let translated = match (case.read("reply.json"), case.read("expected.sse"), case.stream()) {
            (Some(reply), ..) => case.translate_reply(reply.as_bytes()),
            // A stream for a client that waits.
            (None, None, Some((way, bytes))) => way.collect(&case.call(), &bytes),
            _ => return Ok(()),
        };
        match (translated, case.read("expected.json")) {
            _ if case.is_spread() => Ok(()),
            (Ok((got, _)), Some(expected)) => {
                same("expected.json", std::str::from_utf8(&got).unwrap(), &expected)
            }
            (Err(why), None) => {
                let expected = case.read("expected_error.json").ok_or(format!("is refused: {why}"))?;
                same("expected_error.json", &told(case, &why), &expected)
            }
            (Ok(_), None) => Err("is not refused".to_owned()),
            (Err(why), Some(_)) => Err(format!("is refused: {why}")),
        }
    });
}

#[test]
fn streams_come_out_as_the_case_says() {
    on_every_case(|case| {
        let Some(expected) = case.read("expected.sse") else { return Ok(()) };
        let (got, relays) = match case.stream() {
            Some((way, bytes)) => {
                let mut stream = way.open(&case.call());
                if let Err(why) = stream.push(&bytes).and_then(|()| stream.finish()) {
                    stream.fail(&why);
                }
                (std::mem::take(stream.out()), way.relays())
            }
            None => (case.spread(), false),
        };
        if relays {
            let (got, expected) = (String::from_utf8(got).unwrap(), &*expected);
            return if got == *expected {
                Ok(())
            } else {
                Err(format!("expected.sse\n  expected {expected}\n  got {got}"))
            };
        }
        let (got, expected) = (events(&got), events(expected.as_bytes()));
        for (number, (got, expected)) in got.iter().zip(&expected).enumerate() {
            let word = got.starts_with('[') || expected.starts_with('[');
            if word && got != expected {
                return Err(format!("expected.sse, event {number}\n  expected {expected}\n  got      {got}"));
            } else if !word {
                same(&format!("expected.sse, event {number}"), got, expected)?;
            }
        }
        let (got, expected) = (got.len(), expected.len());
        if got == expected { Ok(()) } else { Err(format!("has {got} events, not {expected}")) }
    });
}

#[test]
fn errors_come_out_as_the_case_says() {
    on_every_case(|case| {
        let Some(given) = case.json("error.json") else { return Ok(()) };
        let body = given["body"].as_str().map_or_else(|| given["body"].to_string(), str::to_owned);
        let status = u16::try_from(given["status"].as_u64().unwrap()).unwrap();
        let headers = |name: &str| given["headers"][name].as_str().map(str::to_owned);
        let failure = call::failure(case.api, case.provider, status, &headers, body.as_bytes(), "test");
        let expected = case.read("expected_error.json").ok_or("has no expected_error.json")?;
        same("expected_error.json", &error(failure.status, &failure.body), &expected)
    });
}

/// What the gateway counts is what the client is told.
#[test]
fn usage_is_what_the_case_says() {
    let told = |usage: Usage| json!([usage.prompt, usage.completion, usage.total()]);
    let said = |usage: &Value| {
        if let Some(written) = usage.get("output_tokens").and_then(Value::as_u64) {
            let read = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
            let read: u64 = read.into_iter().filter_map(|name| usage[name].as_u64()).sum();
            return json!([read, written, read + written]);
        }
        json!([
            usage["prompt_tokens"],
            usage["completion_tokens"].as_u64().unwrap_or(0),
            usage["total_tokens"]
        ])
    };
    let mut seen = 0;
    for case in Case::all() {
        if let (Some(reply), Some(expected)) = (case.read("reply.json"), case.json("expected.json")) {
            let (_, usage) = case.translate_reply(reply.as_bytes()).unwrap();
            // An embedding reply, and a message, has the member even where its provider counts nothing.
            let always = matches!(case.api, Api::Embeddings | Api::Messages);
            let nothing = always.then_some(json!([0, 0, 0]));
            let said = expected.get("usage").filter(|usage| !usage.is_null()).map(said);
            assert_eq!(usage.map(told).or(nothing), said, "{case}");
        }
        let (Some((way, bytes)), Some(expected)) = (case.stream(), case.read("expected.sse")) else {
            continue;
        };
        let usages = events(expected.as_bytes())
            .into_iter()
            .filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let counted = |chunk: Value| {
            let of = [&chunk["usage"], &chunk["choices"][0]["usage"]];
            of.into_iter().find(|usage| usage.is_object()).cloned()
        };
        if let Some(last) = usages.filter_map(counted).next_back() {
            let mut stream = way.open(&case.call());
            stream.push(&bytes).and_then(|()| stream.finish()).unwrap();
            let nothing = (case.api == Api::Messages).then_some(json!([0, 0, 0]));
            assert_eq!(stream.usage().map(told).or(nothing), Some(said(&last)), "{case}");
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} streams tell their usage");
}

/// The provider judges what it gets, and OpenAI's document what the client gets: not our own output.
#[test]
fn the_documents_allow_every_file_of_every_case() {
    on_every_case(|case| {
        let mut found = Vec::new();
        let mut judge = |file: &str, violations: Vec<Violation>| {
            found.extend(violations.iter().map(|violation| format!("{file}: {violation}")));
        };
        if let Some(upstream) = case.json("upstream.json") {
            let streams = case.json("request.json").is_some_and(|request| request["stream"] == true);
            let mut violations = native(case, streams).request(&upstream);
            violations.retain(|violation| !is_of_kin(case, violation));
            judge("upstream.json", violations);
        }
        if let Some(expected) = case.json("expected.json") {
            judge("expected.json", client(case.api).reply(200, &expected));
        }
        let events = sse_events(&case.read("expected.sse").unwrap_or_default());
        judge("expected.sse", judge_events(&client(case.api), events));
        if !case.is_broken() {
            if let Some(reply) = case.json("reply.json") {
                judge("reply.json", native(case, false).reply(200, &reply));
            }
            judge("stream.eventstream.jsonl", judge_messages(case));
            for (file, events) in text_streams(case) {
                judge(file, judge_events(&native(case, true), events));
            }
        }
        if found.is_empty() { Ok(()) } else { Err(found.join("\n  ")) }
    });
}

/// A member of a provider's own, in a request to one who speaks OpenAI's dialect and judges by no document of its own.
fn is_of_kin(case: &Case, violation: &Violation) -> bool {
    let document = specs::api(&case.provider.id()).map(specs::Api::provider);
    let is_kin = document == Some("openai") && case.provider.name != "openai";
    // Some of them take their reasoning back by this name, which many reply with.
    let is_known =
        violation.pointer.matches('/').count() == 1 || violation.pointer.ends_with("/reasoning_content");
    is_kin && violation.keyword == "additionalProperties" && is_known
}

pub(crate) fn client(api: Api) -> Operation {
    let (document, path) = match api {
        Api::Chat => ("openai", "/v1/chat/completions"),
        Api::Completions => ("openai", "/v1/completions"),
        Api::Embeddings => ("openai", "/v1/embeddings"),
        Api::Messages => ("anthropic", "/v1/messages"),
        Api::Responses => ("openai", "/v1/responses"),
    };
    specs::api(document).unwrap().operation("POST", path).unwrap()
}

/// The operation of the provider's own API: where a plain request of a case goes.
fn native(case: &Case, streams: bool) -> Operation {
    let asked = case.json("request.json");
    // How many texts are asked about may say where.
    let input =
        asked.as_ref().and_then(|request| request.get("input")).cloned().unwrap_or_else(|| "x".into());
    let plain = json!({ "messages": [{ "role": "user", "content": "x" }], "prompt": "x", "input": input, "max_tokens": 9 });
    let (options, provider) = (case.options(), case.provider);
    let document = specs::api(&provider.id()).or_else(|| specs::api(provider.name)).unwrap();
    if document.provider() == "openai" {
        // Those who speak OpenAI's dialect may have it at paths of their own.
        return client(case.api.asks());
    }
    let stream = (streams && case.api != Api::Embeddings).then_some(true);
    let own = options.options();
    let asked = asked.as_ref().and_then(|request| request["model"].as_str());
    let model = own.model.or(options.any_model()).or(asked).unwrap_or("m");
    let options = Options { model: Some(model), stream, strict: false, ..own };
    let target =
        call::request(case.api.asks(), provider, plain.to_string().as_bytes(), &options, &mut Vec::new());
    let path = target.unwrap_or_else(|why| panic!("{case}: {why}")).path;
    let operation = document.operation("POST", &path);
    let operation = operation.unwrap_or_else(|| panic!("{case}: no document has {path}"));
    match options.anthropic_version {
        Some(version) => operation.variant(version).unwrap_or(operation),
        None => operation,
    }
}

/// The events of the streams that are text, each as name and data.
fn text_streams(case: &Case) -> Vec<(&'static str, Vec<(String, String)>)> {
    let unnamed = |data: &str| (String::new(), data.to_owned());
    let lines =
        |text: String| text.lines().filter(|line| !line.trim().is_empty()).map(unnamed).collect::<Vec<_>>();
    let array = |text: String| {
        let elements = serde_json::from_str::<Vec<Value>>(&text).unwrap_or_default();
        elements.iter().map(|element| unnamed(&element.to_string())).collect::<Vec<_>>()
    };
    let sse = case.read("stream.sse").map(|text| ("stream.sse", sse_events(&text)));
    let lines = case.read("stream.ndjson").map(|text| ("stream.ndjson", lines(text)));
    let array = case.read("stream.json").map(|text| ("stream.json", array(text)));
    [sse, lines, array].into_iter().flatten().collect()
}

/// Judges each event. Of those that have no name, errors are in no document: OpenAI's clients look for them all the same.
pub(crate) fn judge_events(operation: &Operation, events: Vec<(String, String)>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, data) in events {
        let name = if data == "[DONE]" { "[DONE]" } else { &*name };
        let data: Value = serde_json::from_str(&data).unwrap_or_else(|_| data.into());
        if !name.is_empty() || data.get("error").is_none() {
            violations.extend(operation.event(name, &data));
        }
    }
    violations
}

/// Judges each message of an event stream by itself, and all by their order: up to where a case cuts its stream.
fn judge_messages(case: &Case) -> Vec<Violation> {
    let Some(lines) = case.read("stream.eventstream.jsonl") else { return Vec::new() };
    let operation = native(case, true);
    let mut sequence = operation.sequence().unwrap();
    let mut violations = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        // Messages of type `error` are the framing's, and in no provider's document.
        if let Some(name) = line["event"].as_str().or(line["exception"].as_str()) {
            violations.extend(operation.event(name, &line["payload"]));
            violations.extend(sequence.event(name, &line["payload"]));
        }
    }
    violations
}

/// Name and data of each event of a stream, in whatever way its lines end.
pub(crate) fn sse_events(stream: &str) -> Vec<(String, String)> {
    let stream = stream.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let field = |event: &str, name: &str| {
        let values =
            event.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
        values.collect::<Vec<_>>().join("\n")
    };
    let (whole, _) = stream.rsplit_once("\n\n").unwrap_or_default();
    let events = whole.split("\n\n").map(|event| (field(event, "event"), field(event, "data")));
    events.filter(|(_, data)| !data.is_empty()).collect()
}
