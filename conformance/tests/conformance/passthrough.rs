//! The first proof: without any gateway, the client speaking to `OpenAI`'s mock, all that needs no gateway passes.

use conformance::gateway::{Profile, Source};
use conformance::report::model::{Check, Report, Status};
use conformance::{Options, run};

use super::port::Port;

async fn report(select: &str) -> Report {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/passthrough");
    report_of(Profile::load(folder).expect("it parses"), select).await
}

async fn report_of(profile: Profile, select: &str) -> Report {
    let port = Port::new();
    let mocks = port.addr();
    let options = Options {
        source: Source::Url(format!("http://{mocks}")),
        mocks: Some(mocks),
        select: vec![select.to_owned()],
        ..Options::new(profile)
    };
    run(options).await.expect("nothing to start")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_gateway_passes_what_needs_none() {
    let report = report("*@openai.*/openai/*").await;
    let failed = |check: &&Check| check.is_unexpected() || check.status == Status::Warn;
    for check in report.checks.iter().filter(failed) {
        println!(
            "{:?} {}\n  {:?}\n  expected {:?}\n  got {:?}\n  {:?}",
            check.status,
            check.key(),
            check.pointer,
            check.expected,
            check.actual,
            check.notes
        );
    }
    println!("{:?} in {} ms", report.summary, report.environment.duration_ms);
    assert_eq!(report.summary.exit_code, 0);
    assert!(report.summary.statistics.pass > 6000, "the suite shrank");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_the_published_form() {
    let schema = crate::report::written::schema();
    let report = report("*.{text,vectors,faults,refusals}.*@openai.*/openai/*").await;
    let written = serde_json::to_value(&report).expect("JSON");
    let errors: Vec<String> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(serde_json::from_value::<Report>(written).expect("a report"), report);
}

/// JUnit and CTRF say what a play took, and not what judging took.
#[tokio::test(flavor = "multi_thread")]
async fn a_play_takes_as_long_as_its_stream() {
    let report = report("chat.stream.paced").await;
    assert_eq!(report.plays.len(), report.summary.plays);
    let streamed = report.plays.iter().find(|play| play.cell.ends_with("/stream")).expect("it was played");
    assert!(streamed.ms >= 300, "{streamed:?}");
    let document: serde_json::Value =
        serde_json::from_str(&conformance::report::ctrf::render(&report).expect("JSON")).expect("JSON");
    let tests = document["results"]["tests"].as_array().expect("tests");
    let of_stream = |test: &&serde_json::Value| test["suite"][0] == streamed.cell.as_str();
    let judged = |test: &&serde_json::Value| of_stream(test) && test["status"] != "skipped";
    assert!(tests.iter().filter(judged).all(|test| test["duration"] == streamed.ms), "{tests:#?}");
    assert!(tests.iter().any(|test| judged(&test)));
}

/// A gateway that is told provider and key with each call.
const TOLD: &str = r#"
apiVersion: touchstone/v1
kind: GatewayProfile
implementation: { organization: Touchstone, project: no gateway, url: "", version: "0", contact: [] }
headers: { authorization: Bearer of-nobody }
routes:
  - name: openai
    provider: openai
    path: /openai/v1/chat/completions
    model: gpt-4o-mini
    upstreamModel: gpt-4o-mini
    headers: { Authorization: "Bearer {{ mocks.openai.key }}", x-gateway-api-key: something-that-opens }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_route_has_headers_of_its_own_and_a_report_no_key_and_no_home() {
    let home = std::env::var("HOME").expect("everybody has one");
    let told =
        TOLD.replace("headers: { Authorization", &format!("headers: {{ x-place: {home}/a, Authorization"));
    let report = report_of(Profile::parse("told", &told).expect("it parses"), "chat.text.plain").await;
    assert_eq!(report.summary.exit_code, 0);
    let headers = &report.evidence.first().expect("it was played").client[0].request.headers;
    let header =
        |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    assert_eq!(header("authorization"), Some("Bearer …tone"));
    assert_eq!(header("x-gateway-api-key"), Some("…pens"));
    assert_eq!(header("x-place"), Some("~/a"), "nor where somebody is at home");
    let text = serde_json::to_string(&report).expect("JSON");
    for secret in ["sk-touchstone", "something-that-opens", "of-nobody"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
