//! The first proof: without any gateway, the client speaking to `OpenAI`'s mock, all that needs no gateway passes.

use std::net::{Ipv4Addr, TcpListener};

use conformance::gateway::{Profile, Source};
use conformance::report::model::{Check, Report, Status};
use conformance::{Options, run};

async fn report(select: &str) -> Report {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/passthrough");
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let mocks = free.local_addr().expect("bound");
    drop(free);
    let options = Options {
        source: Source::Url(format!("http://{mocks}")),
        mocks: Some(mocks),
        select: vec![select.to_owned()],
        ..Options::new(Profile::load(folder).expect("it parses"))
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
    let schema = serde_json::from_str(conformance::report::SCHEMA).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let report = report("*.{text,vectors,faults,refusals}.*@openai.*/openai/*").await;
    let written = serde_json::to_value(&report).expect("JSON");
    let errors: Vec<String> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(serde_json::from_value::<Report>(written).expect("a report"), report);
}
