//! Statuses and exit codes, on a gateway that is none: the client speaks to `OpenAI`'s mock.

use conformance::gateway::profile::Start;
use conformance::gateway::{Profile, Route, Source};
use conformance::report::model::{Expectation, Report, Status};
use conformance::{Options, Surface, run};

use super::port::Port;

fn profile() -> Profile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/passthrough");
    let profile = Profile::load(folder).expect("it parses");
    Profile { expected: Vec::new(), ..profile }
}

/// The client speaks to the mocks, which listen at this port.
fn options(port: &Port, profile: Profile, select: &str) -> Options {
    let mocks = port.addr();
    Options {
        source: Source::Url(format!("http://{mocks}")),
        mocks: Some(mocks),
        select: vec![select.to_owned()],
        ..Options::new(profile)
    }
}

async fn report(profile: Profile, select: &str) -> Report {
    let port = Port::new();
    run(options(&port, profile, select)).await.expect("nothing to start")
}

fn expecting(id: &str) -> Profile {
    let reason = "because".to_owned();
    Profile {
        expected: vec![Expectation { id: id.to_owned(), reason, link: None, sometimes: false }],
        ..profile()
    }
}

const FAILS: &str = "chat.fault.visible@chat.faults.html@openai.chat/openai/whole";
const HOLDS: &str = "chat.reply.schema@chat.text.plain@openai.chat/openai/whole";

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_1_and_says_all_that_is_needed() {
    let report = report(profile(), FAILS).await;
    assert_eq!((report.summary.exit_code, report.checks.len()), (1, 1));
    let check = &report.checks[0];
    assert_eq!(check.status, Status::Fail);
    assert!(check.expected.is_some() && check.actual.is_some() && check.pointer.is_some());
    assert!(report.repro(check).is_some_and(|repro| repro.contains(FAILS)), "{:?}", report.repro(check));
    let evidence = report.evidence(check).expect("kept");
    assert_eq!((evidence.client.len(), evidence.upstream.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expected_failure_is_0() {
    let report = report(expecting("chat.fault.visible@chat.faults.html@*"), FAILS).await;
    assert_eq!((report.summary.exit_code, report.checks[0].status), (0, Status::Xfail));
    assert_eq!(report.expectations.used.len(), 1);
}

/// It fails nothing, and is still to be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_warning_where_failures_are_expected_stays_one() {
    let warns = "chat.fault.error-event@chat.faults.cut-stream@openai.chat/openai/stream";
    let report = report(expecting("chat.fault.*@chat.faults.cut-stream@*"), warns).await;
    assert_eq!((report.summary.exit_code, report.checks[0].status), (0, Status::Warn));
}

/// One defect is told once: what a client lacks of a reply that never came follows from that.
#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_a_reply_that_never_came_is_no_failure_of_its_own() {
    let astray = |profile: Profile| {
        let astray = |route: Route| Route { path: "/openai/astray".to_owned(), ..route };
        Profile { routes: profile.routes.into_iter().map(astray).collect(), ..profile }
    };
    let select =
        "chat.{reply.ok,reply.text,stream.content-type,stream.done-once}@chat.text.plain@*/openai/stream";
    let report = report(astray(profile()), select).await;
    let with = |status| report.checks.iter().filter(move |check| check.status == status);
    let failed: Vec<_> = with(Status::Fail).map(|check| check.id.as_str()).collect();
    assert_eq!((failed, with(Status::Untestable).count()), (vec!["chat.reply.ok"], 3));
    let known = || astray(expecting("chat.{reply.ok,request.endpoint}"));
    assert_eq!(self::report(known(), select).await.summary.exit_code, 0);
    // Also where nobody asked for that from which it follows.
    let select = "chat.reply.text@chat.text.plain@*/openai/stream";
    let report = self::report(known(), select).await;
    assert_eq!((report.summary.exit_code, report.checks.len()), (0, 1));
    assert_eq!((report.checks[0].status, report.expectations.used.len()), (Status::Blocked, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expectation_that_never_comes_true_is_1() {
    let report = report(expecting(HOLDS), HOLDS).await;
    assert_eq!((report.summary.exit_code, report.checks[0].status), (1, Status::Xpass));
    assert_eq!(report.expectations.stale.len(), 1);
}

/// Who runs a part of the suite knows nothing of the rest.
#[tokio::test(flavor = "multi_thread")]
async fn an_expectation_that_may_come_true_where_nothing_was_played_is_not_stale() {
    let report = report(expecting("chat.reply.schema"), HOLDS).await;
    assert_eq!((report.summary.exit_code, report.checks[0].status), (0, Status::Pass));
    assert!(report.expectations.stale.is_empty() && report.expectations.used.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_declared_is_skipped_and_no_pass() {
    let features = profile().features.into_iter().filter(|feature| feature != "tools").collect();
    let select = "*@chat.tools.{call,results}@openai.chat/openai/whole";
    let without = Profile { features, ..profile() };
    let port = Port::new();
    let error = run(options(&port, without.clone(), select)).await.expect_err("nothing is left to judge");
    assert_eq!(error.exit_code(), 2);
    let report = report(without, "*@chat.{tools.call,text.plain}@openai.chat/openai/whole").await;
    let skipped = report.checks.iter().filter(|check| check.scenario == "chat.tools.call");
    assert!(skipped.clone().count() > 10);
    assert!(
        skipped.into_iter().all(|check| check.status == Status::Skip && report.evidence(check).is_none())
    );
}

/// A provider is asked for by its route's name or its own, a surface by itself; both narrow what is selected.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_asked_for_is_played() {
    let port = Port::new();
    let mut asked = options(&port, profile(), "*.{text,vectors}.{plain,one}");
    asked.surfaces = vec![Surface::Embeddings, Surface::Completions];
    asked.providers = vec!["openai".to_owned()];
    let report = run(asked.clone()).await.expect("nothing to start");
    let cells: Vec<_> = report.cells.iter().map(|cell| cell.id.as_str()).collect();
    let completions = ["openai.completions/openai/whole", "openai.completions/openai/stream"];
    assert_eq!(cells, [completions[0], completions[1], "openai.embeddings/openai/whole"]);
    assert!(report.unclaimed.contains(&"openai.embeddings/gemini".to_owned()), "{:?}", report.unclaimed);
    assert!(!report.unclaimed.contains(&"openai.embeddings/openai".to_owned()), "{:?}", report.unclaimed);
    asked.providers = vec!["gemini".to_owned()];
    let error = run(asked).await.expect_err("no such route");
    assert!(error.to_string().contains("--provider gemini"), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_run_is_2() {
    let port = Port::new();
    let error = run(options(&port, profile(), "chat.no-such-thing")).await.expect_err("no such thing");
    assert_eq!(error.exit_code(), 2);
    assert_eq!(Profile::load("no-such-gateway").expect_err("no such gateway").exit_code(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_never_comes_up_is_3_with_its_log() {
    let start = Start {
        command: ["sh", "-c", "echo out of order; exit 7"].map(str::to_owned).to_vec(),
        ready: Some("/ready".to_owned()),
        ready_ms: 60_000,
        stop_ms: 100,
        ..Start::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = Options::new(Profile { start: Some(start), ..profile() });
    options.folder = Some(folder.path().to_owned());
    let error = run(options).await.expect_err("it ends at once");
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("out of order"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_leaves_running_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let left = folder.path().join("left");
    // Its worker outlives it, as those of servers do that are killed.
    let script = format!("sleep 1000 & echo $! > '{}'; exit 7", left.display());
    let start = Start {
        command: ["sh", "-c", &script].map(str::to_owned).to_vec(),
        ready: Some("/ready".to_owned()),
        ready_ms: 60_000,
        stop_ms: 100,
        ..Start::default()
    };
    let options = Options::new(Profile { start: Some(start), ..profile() });
    run(options).await.expect_err("it ends at once");
    let worker = std::fs::read_to_string(left).expect("it began one");
    let process = std::path::PathBuf::from(format!("/proc/{}", worker.trim()));
    // Who killed it need not be who buries it.
    let is_alive = || {
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        status.contains("State:") && !status.contains("State:\tZ")
    };
    for _ in 0..6_000 {
        if !is_alive() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} is still there", process.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_asks_and_answers_the_same() {
    let select = "*@chat.text.{plain,own-answer}@openai.chat/openai/*";
    let (one, two) = (report(profile(), select).await, report(profile(), select).await);
    let bodies = |report: &Report| {
        report
            .evidence
            .iter()
            .map(|play| play.client[0].reply.clone().map(|reply| reply.body))
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(&one), bodies(&two));
    let keys =
        |report: &Report| report.checks.iter().map(|check| (check.key(), check.status)).collect::<Vec<_>>();
    assert_eq!(keys(&one), keys(&two));
}

#[test]
fn the_bundled_profile_is_complete() {
    let profile = Profile::load("conformance/gateways/touchstone").expect("bundled");
    assert_eq!(profile.name, "touchstone");
    assert_eq!(profile.implementation.version, env!("CARGO_PKG_VERSION"));
    assert!(profile.render.iter().all(|render| profile.templates.contains_key(&render.template)));
    for dialect in conformance::dialect::ALL {
        let known = Surface::ALL.into_iter().filter(|surface| dialect.api(*surface).is_some());
        for surface in known {
            let own = |route: &Route| route.provider == dialect.provider;
            assert!(profile.on(surface).any(own), "{surface}/{}", dialect.provider);
        }
    }
    assert!(Profile::bundled().any(|name| name == "touchstone"));
}
