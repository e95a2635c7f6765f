//! Recordings: what passes comes out again, byte for byte, and nothing secret is in what is written.

mod addresses;
mod forms;
mod secrets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::Surface;
use conformance::client::{Client, Target, Transcript};
use conformance::record::{Options, Recorder};
use conformance::scenario::{self, Own};
use futures_util::{StreamExt, stream};
use mocks::Script;
use mocks::script::Reply;
use serde_json::{Value, json};

use super::port::Port;
use forms::{FORMS, Form, form};

/// Nothing here is about time: some replies have megabytes, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(300);
const MARKER: &str = "[[ts:recorded]]";
/// More would only wait for each other.
const AT_ONCE: usize = 4;

async fn ask(url: &str, name: &str, stream: bool, text: &str) -> Transcript {
    let form = form(name);
    let key = mocks::Credentials::default().key(form.provider).to_owned();
    let target = Target {
        method: "POST".to_owned(),
        path: form.path(stream).to_owned(),
        headers: form.headers(&key),
        body: (form.question)(stream, text).to_string().into(),
        ..Target::default()
    };
    Client::new(url).expect("plain HTTP").call(&target, PATIENCE).await
}

/// What lies in a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

/// Records one answer of a mock, as the client saw it.
async fn record(folder: &Path, name: &str, stream: bool, reply: Reply) -> Transcript {
    let mocks = mocks::start().await.expect("a port");
    mocks.add(Script::new(MARKER, reply));
    let provider = form(name).provider;
    let recorder =
        Recorder::start(Options::new(provider, mocks.url(provider), folder)).await.expect("a port");
    let seen = ask(&recorder.url(), name, stream, &format!("Is it gold? {MARKER}")).await;
    recorder.written(1).await;
    recorder.shutdown().await;
    seen
}

/// The same question to mocks with the scripts of a folder.
async fn replay(scripts: &Path, name: &str, stream: bool) -> Transcript {
    let mocks = mocks::start().await.expect("a port");
    Script::read(scripts)
        .unwrap_or_else(|problem| panic!("{problem}"))
        .into_iter()
        .for_each(|script| mocks.add(script));
    ask(&mocks.url(form(name).provider), name, stream, &format!("Is it gold? {MARKER}")).await
}

fn said(name: &str) -> Reply {
    let scenario = scenario::find(name).unwrap_or_else(|| panic!("no scenario {name}"));
    scenario.replies[0].clone()
}

/// Replies of the suite's own scenarios that are about what is said, and not about what breaks.
fn replies() -> Vec<(String, Reply)> {
    let said = |reply: &&Reply| {
        reply.fault.is_none()
            && reply.raw.is_none()
            && reply.content.is_some()
            && !json!(reply).to_string().contains("{{marker}}")
    };
    let chats = scenario::all()
        .iter()
        .filter(|scenario| scenario.surface == Surface::Chat && scenario.fill.is_none());
    let replies = chats.flat_map(|scenario| {
        scenario.replies.iter().filter(said).map(|reply| (scenario.id.clone(), reply.clone()))
    });
    let mut replies: Vec<_> = replies.collect();
    replies.sort_by_key(|(_, reply)| json!(reply).to_string());
    replies.dedup_by_key(|(_, reply)| json!(reply).to_string());
    replies
}

/// Whatever a provider says, the script in neutral terms says it again in the same bytes, and so does the script in bytes.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_is_said_again_byte_for_byte() {
    let replies = replies();
    assert!(replies.len() > 60, "{}", replies.len());
    let forms = FORMS.iter().flat_map(|form| [(form, false), (form, true)]);
    let mut tasks = stream::iter(forms)
        .map(|(form, stream)| tokio::spawn(said_again(form, stream, replies.clone())))
        .buffer_unordered(AT_ONCE);
    let mut wrong = Vec::new();
    while let Some(task) = tasks.next().await {
        wrong.extend(task.expect("no panic"));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// All of one provider in one mode, by one recorder; the marker tells them apart.
async fn said_again(form: &'static Form, stream: bool, replies: Vec<(String, Reply)>) -> Vec<String> {
    let Form { name, provider, .. } = *form;
    let folder = tempfile::tempdir().expect("a folder");
    let text = |number: usize| format!("Is it gold? [[ts:{number}]]");
    let mocks = mocks::start().await.expect("a port");
    let recorder =
        Recorder::start(Options::new(provider, mocks.url(provider), folder.path())).await.expect("a port");
    let mut seen = Vec::new();
    for (number, (_, reply)) in replies.iter().enumerate() {
        mocks.add(Script::new(format!("[[ts:{number}]]"), reply.clone()));
        let answer = ask(&recorder.url(), name, stream, &text(number)).await;
        assert_eq!(answer.status, Some(200), "{name}: {:?}", answer.body());
        seen.push(answer);
    }
    recorder.written(replies.len()).await;
    recorder.shutdown().await;
    let mut wrong = Vec::new();
    for form in ["bytes", "scripts"] {
        let mocks = mocks::start().await.expect("a port");
        let scripts = Script::read(&folder.path().join(form)).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(scripts.len(), replies.len(), "{name} {form}");
        scripts.into_iter().for_each(|script| mocks.add(script));
        for (number, (id, _)) in replies.iter().enumerate() {
            let again = ask(&mocks.url(provider), name, stream, &text(number)).await;
            if (again.status, again.body()) != (seen[number].status, seen[number].body()) {
                let (old, new) = (seen[number].body(), again.body());
                let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
                wrong.push(format!("{form} of {name}, stream {stream}, {id}:\n  {old}\n  {new}"));
            }
        }
    }
    wrong
}

/// Errors, too, with their status and the time to wait.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_said_again() {
    for provider in FORMS.iter().map(|form| form.name) {
        for name in [
            "chat.errors.invalid-request",
            "chat.errors.rate-limit",
            "chat.errors.server",
            "chat.errors.overloaded",
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let seen = record(folder.path(), provider, false, said(name)).await;
            assert!(seen.status >= Some(400), "{provider} {name}");
            for form in ["bytes", "scripts"] {
                let again = replay(&folder.path().join(form), provider, false).await;
                let both = (
                    String::from_utf8_lossy(&seen.body()).into_owned(),
                    String::from_utf8_lossy(&again.body()).into_owned(),
                );
                assert_eq!((again.status, &both.1), (seen.status, &both.0), "{form} of {provider} {name}");
                assert_eq!(
                    again.header("retry-after"),
                    seen.header("retry-after"),
                    "{form} of {provider} {name}"
                );
            }
        }
    }
}

/// What is recorded passes where it is played: the whole way round, without a gateway between, for `OpenAI`'s dialect.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_scenario_is_a_scenario() {
    for form in &FORMS {
        for stream in [false, true] {
            for name in ["chat.stated.reply", "chat.stated.tool-calls", "chat.errors.rate-limit"] {
                let folder = tempfile::tempdir().expect("a folder");
                record(folder.path(), form.name, stream, said(name)).await;
                let own = Own::read(&[folder.path().join("scenarios")]).unwrap_or_else(|error| {
                    let evidence = std::fs::read_to_string(&files(&folder.path().join("exchanges"))[0]);
                    panic!("{} {name}: {error}: {evidence:?}", form.name)
                });
                let (surface, subject) = form.asks;
                let mut wanted = vec![format!("{surface}.recorded.0001")];
                if form.in_bytes && name != "chat.errors.rate-limit" {
                    wanted.push(format!("{surface}.recorded.0001-bytes"));
                }
                let ids: Vec<_> = own.iter().map(|scenario| scenario.id.clone()).collect();
                assert_eq!(ids, wanted, "{} {name}", form.name);
                let first = own.iter().next().expect("one");
                let text = first.request.pointer(subject).and_then(Value::as_str).unwrap_or_default();
                assert!(text.starts_with("Is it gold?"), "{}: {}", form.name, first.request);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_keep_their_bounds_and_their_order_in_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut reply = Reply::text(["one ", "two ", "three"]);
    reply.fault = Some(mocks::script::Fault {
        between_ms: Some(100),
        first_token_ms: Some(20),
        ..mocks::script::Fault::default()
    });
    record(folder.path(), "anthropic", true, reply).await;
    let exchange: Value =
        serde_json::from_str(&std::fs::read_to_string(&files(&folder.path().join("exchanges"))[0]).unwrap())
            .unwrap();
    let pieces = exchange["reply"]["pieces"].as_array().expect("pieces");
    assert!(pieces.iter().all(|piece| piece["data"].as_str().unwrap().ends_with("\n\n")), "{pieces:#?}");
    let times: Vec<f64> = pieces.iter().map(|piece| piece["ms"].as_f64().unwrap()).collect();
    assert!(times.is_sorted() && times.len() >= 8, "{times:?}");
    let script = Script::read(&folder.path().join("bytes")).unwrap().remove(0);
    let raw = script.replies[0].raw.clone().expect("bytes");
    assert_eq!(raw.pieces.len(), pieces.len());
    // A busy machine may be late for one and in time for the next, and so bring them nearer; but not all of them.
    assert!(raw.pieces[1..].iter().any(|piece| piece.after_ms >= 15), "{:?}", raw.pieces);
}

/// A stream that breaks is recorded as one, and breaks again.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_provider_is_recorded_as_such() {
    use mocks::script::{Cut, Fault, How};
    for (how, end) in [(How::Fin, "cut"), (How::Rst, "reset")] {
        let folder = tempfile::tempdir().expect("a folder");
        let cut = Fault {
            cut: Some(Cut { after_event: Some(4), how, ..Cut::default() }),
            between_ms: Some(5),
            ..Fault::default()
        };
        let seen =
            record(folder.path(), "anthropic", true, Reply::text(["a", "b", "c"]).with_fault(cut)).await;
        assert_ne!(seen.end, conformance::report::model::End::Complete);
        let exchange = &files(&folder.path().join("exchanges"))[0];
        let exchange: Value = serde_json::from_str(&std::fs::read_to_string(exchange).unwrap()).unwrap();
        assert_eq!(exchange["end"], end);
        for form in ["bytes", "scripts"] {
            let again = replay(&folder.path().join(form), "anthropic", true).await;
            assert_eq!((again.body(), again.status), (seen.body(), seen.status), "{form}");
            assert_ne!(again.end, conformance::report::model::End::Complete, "{form}");
        }
    }
    let nobody = Port::new();
    let folder = tempfile::tempdir().expect("a folder");
    let recorder =
        Recorder::start(Options::new("openai", format!("http://{}", nobody.addr()), folder.path()))
            .await
            .unwrap();
    let seen = ask(&recorder.url(), "openai", false, "Anybody?").await;
    recorder.written(1).await;
    recorder.shutdown().await;
    assert_eq!(seen.status, Some(502));
    let written = files(folder.path());
    assert_eq!(written.len(), 1, "{written:?}");
    let exchange: Value = serde_json::from_str(&std::fs::read_to_string(&written[0]).unwrap()).unwrap();
    assert_eq!((&exchange["end"], &exchange["reply"]), (&json!("no-reply"), &Value::Null));
    assert!(exchange["reason"].as_str().unwrap().contains("refused"), "{exchange}");
}

/// A client that goes away leaves nothing that could be taken for a whole reply.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_told_apart() {
    let mocks = mocks::start().await.unwrap();
    let mut reply = Reply::text(vec!["word "; 50]);
    reply.fault = Some(mocks::script::Fault { between_ms: Some(20), ..mocks::script::Fault::default() });
    mocks.add(Script::new(MARKER, reply));
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(Options::new("openai", mocks.url("openai"), folder.path())).await.unwrap();
    let target = Target {
        method: "POST".to_owned(),
        path: form("openai").path(true).to_owned(),
        headers: form("openai").headers("sk-touchstone"),
        body: (form("openai").question)(true, MARKER).to_string().into(),
        behaviour: scenario::Behaviour { leave_after: Some(3), ..scenario::Behaviour::default() },
        ..Target::default()
    };
    Client::new(&recorder.url()).unwrap().call(&target, PATIENCE).await;
    recorder.written(1).await;
    recorder.shutdown().await;
    let written = files(folder.path());
    assert_eq!(written.len(), 1, "evidence alone: {written:?}");
    assert!(std::fs::read_to_string(&written[0]).unwrap().contains("\"end\": \"client-left\""));
}

/// The same question twice: each has its own answer again, in the same order.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_again_is_answered_in_order() {
    let mocks = mocks::start().await.unwrap();
    mocks.add(Script {
        replies: vec![Reply::text(["first"]), Reply::text(["second"])],
        ..Script::new(MARKER, Reply::default())
    });
    let folder = tempfile::tempdir().unwrap();
    let start = || Recorder::start(Options::new("openai", mocks.url("openai"), folder.path()));
    let recorder = start().await.unwrap();
    for _ in 0..2 {
        ask(&recorder.url(), "openai", false, MARKER).await;
    }
    recorder.written(2).await;
    recorder.shutdown().await;
    for form in ["bytes", "scripts"] {
        let mocks = mocks::start().await.unwrap();
        Script::read(&folder.path().join(form)).unwrap().into_iter().for_each(|script| mocks.add(script));
        for said in ["first", "second"] {
            let seen = ask(&mocks.url("openai"), "openai", false, MARKER).await;
            assert!(String::from_utf8_lossy(&seen.body()).contains(said), "{form}: {said}");
        }
    }
    // Numbers go on where they ended.
    let recorder = start().await.unwrap();
    ask(&recorder.url(), "openai", false, MARKER).await;
    recorder.written(1).await;
    recorder.shutdown().await;
    assert!(
        files(&folder.path().join("exchanges")).last().unwrap().to_string_lossy().contains("0003-openai")
    );
}

/// What neutral terms cannot say, the files say that they do not.
#[tokio::test(flavor = "multi_thread")]
async fn what_neutral_terms_do_not_say_is_told() {
    let body = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": null,
        "content": [{"type": "text", "text": "Yes.", "citations": [{"type": "page_location", "cited_text": "so", "document_index": 0}]},
            {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}],
        "usage": {"input_tokens": 3, "output_tokens": 4, "service_tier": "priority"}});
    let raw = mocks::script::Raw {
        status: 200,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        text: Some(body.to_string()),
        ..serde_json::from_value(json!({})).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), "anthropic", false, Reply::raw(raw)).await;
    let script = std::fs::read_to_string(&files(&folder.path().join("scripts"))[0]).unwrap();
    for missing in [
        "content.*.citations.*.cited_text",
        "a block of type `server_tool_use` is not kept",
        "usage.service_tier",
    ] {
        assert!(script.contains(missing), "{missing}: {script}");
    }
    let bytes = replay(&folder.path().join("bytes"), "anthropic", false).await;
    assert_eq!(bytes.body(), body.to_string().into_bytes());
}
