//! The user's own scenarios: what is wrong with them is said where it stands, and the published form is the one that is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use conformance::gateway::{Profile, Source};
use conformance::scenario::{self, Own};
use conformance::{Error, Options};
use serde_json::Value;

use super::port::Port;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios")
}

fn schema() -> Value {
    serde_json::from_str(scenario::SCHEMA).expect("JSON")
}

/// What is said of a file with this text.
fn problems(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.yaml");
    std::fs::write(&file, text).expect("a file");
    match Own::read(&[folder.path().to_owned()]) {
        Ok(_) => Vec::new(),
        Err(Error::Scenarios { problems }) => {
            let begin = format!("{}", file.display());
            problems
                .iter()
                .map(|problem| problem.strip_prefix(&begin).expect("the file").to_owned())
                .collect()
        }
        Err(other) => panic!("{other}"),
    }
}

fn with(members: &str) -> String {
    format!("group: mine\nscenarios:\n  - id: chat.mine.first\n    title: Mine\n{members}")
}

const ASKS: &str = "    request: { messages: [{ role: user, content: hi }] }\n";

#[test]
fn each_mistake_is_told_with_its_place_and_a_way_out() {
    let table = [
        ("    titel: x\n", ":5:5: unknown field `titel`", "did you mean `title`?"),
        ("    expect: { txt: x }\n", ":5:15: unknown field `txt`", "did you mean `text`?"),
        ("    replies: [{ finish: lenght }]\n", ":5:25: unknown variant `lenght`", "did you mean `length`?"),
        (
            "    judges: [chat.reply.txt]\n",
            ":5:14: no requirement `chat.reply.txt`",
            "did you mean `chat.reply.text`?",
        ),
        ("    judges: [nothing-like-it]\n", ":5:14: no requirement", "`touchstone list` has them all"),
        ("    judges: [embeddings.reply.ok]\n", ":5:14: `embeddings.reply.ok` binds another surface", ""),
        ("    providers: [openai, antropic]\n", ":5:25: no provider `antropic`", "did you mean `anthropic`?"),
        ("    expect: { finish: { nobody: stop } }\n", ":5:13: no provider `nobody`", ""),
        ("    expect: { upstream: { model: x } }\n", ":5:25: `model` is neither a JSON pointer", ""),
        ("    replies: [{ raw: { text: a }, finish: stop }]\n", ":5:15: `raw` stands alone", ""),
        ("    replies: [{ raw: { text: a, base64: YQ== } }]\n", ":5:15: `raw` has more than one of", ""),
        ("    replies: [{ raw: { base64: '!' } }]\n", ":5:15: `raw` has a `base64` that is none", ""),
        (
            "    replies: [{ raw: { headers: { connection: close } } }]\n",
            ":5:15: `raw.headers` has `connection`",
            "",
        ),
        (
            "    outcome: error\n",
            ":3:9: the outcome is an error, and no reply is one",
            "give one of them an `error`",
        ),
    ];
    for (members, place, advice) in table {
        let problems = problems(&with(&format!("{members}{ASKS}")));
        let found = problems.iter().any(|said| said.starts_with(place) && said.contains(advice));
        assert!(found, "{members}: {problems:#?}");
    }
}

#[test]
fn a_request_must_be_one_and_must_be_found_again() {
    let table = [
        ("    outcome: reply\n", "no `request`"),
        ("    request: { messages: [{ role: user, content: hi }], temprature: 1 }\n", "/temprature"),
        ("    request: { messages: [{ role: system, content: hi }] }\n", "put `{{marker}}` into some text"),
    ];
    for (members, said) in table {
        let problems = problems(&with(members));
        assert!(problems.iter().any(|problem| problem.contains(said)), "{members}: {problems:#?}");
    }
    // Where the mistake is the point, it is none.
    let refused = with(
        "    outcome: refused\n    request: { messages: [{ role: user, content: hi }], temperature: 99 }\n",
    );
    assert_eq!(problems(&refused), Vec::<String>::new());
}

#[test]
fn an_id_is_taken_once_and_nothing_goes_unjudged() {
    let suite = problems(&with(ASKS).replace("chat.mine.first", "chat.text.plain"));
    assert!(suite[0].contains(":3:9: there is a scenario `chat.text.plain` of the suite"), "{suite:#?}");
    let twice = format!("{}  - id: chat.mine.first\n    title: Again\n{ASKS}", with(ASKS));
    let twice = problems(&twice);
    assert!(twice[0].starts_with(":6:9: there is a scenario `chat.mine.first` in "), "{twice:#?}");
    let nowhere = problems(&with(ASKS).replace("chat.mine", "audio.mine"));
    assert!(nowhere[0].contains("must begin with what the client speaks: `chat.`"), "{nowhere:#?}");
    let modeless = problems(
        "group: m\nscenarios:\n  - { id: embeddings.a.b, title: t, modes: [stream], request: { input: hi } }\n",
    );
    assert!(modeless[0].contains("openai.embeddings has no mode `stream`"), "{modeless:#?}");
    let nowhere = "group: m\nscenarios:\n  - { id: embeddings.a.b, title: t, providers: [anthropic], request: { input: hi } }\n";
    assert!(problems(nowhere)[0].contains(":3:11: it is played nowhere"), "{:?}", problems(nowhere));
    let unbound = format!("    providers: [openai]\n    judges: [chat.request.bedrock.signed]\n{ASKS}");
    let unbound = problems(&with(&unbound));
    assert!(unbound[0].starts_with(":6:14: `chat.request.bedrock.signed` binds in none"), "{unbound:#?}");
}

#[test]
fn a_folder_without_scenarios_is_a_mistake_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let error = Own::read(&[folder.path().to_owned()]).unwrap_err();
    assert!(matches!(error, Error::NoScenarios(_)) && error.exit_code() == 2, "{error}");
    assert!(Own::read(&[folder.path().join("nowhere")]).is_err());
}

#[test]
fn the_files_of_the_suite_and_the_example_have_the_published_form() {
    let schema = jsonschema::validator_for(&schema()).expect("a schema");
    let mut files = Vec::new();
    let own = conformance::Surface::ALL.map(|surface| format!("scenarios/{}", surface.word()));
    for folder in own.iter().map(String::as_str).chain(["examples/scenarios"]) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    assert!(files.len() > 20);
    for file in files {
        let read: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&read).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", file.display());
    }
}

/// Whatever is read is in the schema, and the other way round: an unknown member is answered with the known ones.
#[test]
fn the_published_form_has_every_member() {
    let places = [
        ("", "group: g\nscenarios: []\nX: 1\n"),
        ("scenario", "    X: 1\n"),
        ("rawRequest", "    raw: { X: 1 }\n"),
        ("before", "    before: [{ X: 1 }]\n"),
        ("fill", "    fill: { X: 1 }\n"),
        ("client", "    client: { X: 1 }\n"),
        ("pause", "    client: { pause: { X: 1 } }\n"),
        ("expect", "    expect: { X: 1 }\n"),
        ("expectedCall", "    expect: { tool_calls: [{ X: 1 }] }\n"),
        ("expectedUsage", "    expect: { usage: { X: 1 } }\n"),
        ("expectedError", "    expect: { error: { X: 1 } }\n"),
        ("reply", "    replies: [{ X: 1 }]\n"),
        ("block", "    replies: [{ content: [{ X: 1 }] }]\n"),
        ("reasoning", "    replies: [{ content: [{ reasoning: { X: 1 } }] }]\n"),
        ("toolCall", "    replies: [{ content: [{ tool_call: { X: 1 } }] }]\n"),
        ("usage", "    replies: [{ usage: { X: 1 } }]\n"),
        ("failure", "    replies: [{ error: { X: 1 } }]\n"),
        ("rawReply", "    replies: [{ raw: { X: 1 } }]\n"),
        ("rawPiece", "    replies: [{ raw: { pieces: [{ X: 1 }] } }]\n"),
        ("progress", "    replies: [{ progress: { X: 1 } }]\n"),
        ("fault", "    replies: [{ fault: { X: 1 } }]\n"),
        ("fault/properties/cut", "    replies: [{ fault: { cut: { X: 1 } } }]\n"),
        ("fault/properties/stall", "    replies: [{ fault: { stall: { X: 1 } } }]\n"),
        ("fault/properties/error", "    replies: [{ fault: { error: { X: 1 } } }]\n"),
        ("event", "    replies: [{ fault: { malformed: { X: 1 } } }]\n"),
    ];
    let schema = schema();
    for (name, text) in places {
        let place = if name.is_empty() { String::new() } else { format!("/$defs/{name}") };
        let text = if name.is_empty() { text.to_owned() } else { with(text) };
        assert_eq!(published(&schema, &place), known(&text), "{name}");
    }
    let words = [("reply/properties/finish", "finish: X"), ("failure/properties/kind", "error: { kind: X }")];
    for (name, text) in words {
        let published: BTreeSet<_> = schema
            .pointer(&format!("/$defs/{name}/enum"))
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(published, known(&with(&format!("    replies: [{{ {text} }}]\n"))), "{name}");
    }
    assert_eq!(
        schema.pointer("/$defs/scenario/properties/outcome/enum").unwrap().as_array().unwrap().len(),
        known(&with("    outcome: X\n")).len()
    );
}

fn published(schema: &Value, place: &str) -> BTreeSet<String> {
    let object = schema.pointer(place).unwrap_or_else(|| panic!("no {place}"));
    assert_eq!(object["additionalProperties"], false, "{place}");
    object["properties"].as_object().expect("members").keys().cloned().collect()
}

/// The names that the reader says it knows where it finds `X`.
fn known(text: &str) -> BTreeSet<String> {
    let said = problems(text).join("\n");
    let list = said
        .split_once("expected one of ")
        .or_else(|| said.split_once("expected "))
        .unwrap_or_else(|| panic!("{said}"))
        .1;
    list.split([',', ' ', '`', ';'])
        .filter(|word| !word.is_empty() && *word != "or")
        .map(str::to_owned)
        .take_while(|word| word != "did")
        .collect()
}

/// Without a gateway: the client speaks to `OpenAI`'s mock, and what the example says of `OpenAI` holds.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_example_says_is_judged_and_reported_as_the_users_own() {
    let port = Port::new();
    let mocks = port.addr();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/passthrough");
    let options = |scenarios: Own| Options {
        source: Source::Url(format!("http://{mocks}")),
        mocks: Some(mocks),
        scenarios,
        select: vec!["own".to_owned(), "chat.text.plain".to_owned()],
        providers: vec!["openai".to_owned()],
        ..Options::new(Profile::load(folder).unwrap())
    };
    let own = Own::read(&[example()]).expect("the example is right");
    let report = conformance::run(options(own.clone())).await.expect("nothing to start");
    assert_eq!(
        report.summary.exit_code,
        0,
        "{:#?}",
        report.checks.iter().find(|check| check.is_unexpected())
    );
    for id in ["scenario.reply", "scenario.error"] {
        assert!(report.checks.iter().any(|check| check.id == id), "{id}");
    }
    let (theirs, ours): (Vec<_>, Vec<_>) =
        report.scenarios.iter().partition(|scenario| scenario.file.is_some());
    assert_eq!((theirs.len(), ours.len()), (own.len(), 1));
    assert!(theirs[0].file.as_ref().unwrap().ends_with("shop.yaml"));
    let check = report.checks.iter().find(|check| check.id == "scenario.error").unwrap();
    let folder = example().display().to_string();
    assert!(report.command(check).contains(&format!("--scenarios '{folder}'")), "{}", report.command(check));
    let without = conformance::run(options(Own::default())).await.expect("nothing to start");
    assert_ne!(report.suite.digest, without.suite.digest);
    assert_eq!(report.suite.scenarios, without.suite.scenarios + own.len());
}
