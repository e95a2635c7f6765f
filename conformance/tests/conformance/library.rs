//! The suite as a library: profiles and options in Rust, mocks of one's own, and what a failed assertion says.

use conformance::gateway::{Profile, Route};
use conformance::scenario::Own;
use conformance::{Options, Report, Surface};

/// No gateway at all: the client speaks to `OpenAI`'s mock, with its own key.
async fn report(change: impl FnOnce(Options) -> Options, expecting: &[(&str, &str)]) -> Report {
    let mocks = conformance::start_mocks().await.expect("a port");
    let key = format!("Bearer {}", mocks.credentials().key("openai"));
    let chat = Route::new(Surface::Chat, "openai", "/v1/chat/completions").with_model("m", "m");
    let embeddings = Route::new(Surface::Embeddings, "openai", "/v1/embeddings").with_model("m", "m");
    let profile =
        Profile::named("none").with_route(chat).with_route(embeddings).with_header("authorization", key);
    let profile = expecting.iter().fold(profile, |profile, (glob, reason)| profile.expecting(*glob, *reason));
    let options = Options::url(mocks.url("openai"), profile).with_mocks(&mocks);
    let report = conformance::run(change(options)).await.expect("nothing to start");
    assert!(!mocks.journal(None).is_empty(), "they outlive the run");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn options_in_rust_choose_what_is_played() {
    let one = |options: Options| {
        options.surface(Surface::Chat).provider("openai").select("chat.text.plain").seed(7).jobs(2)
    };
    let chosen = report(one, &[]).await;
    assert!(chosen.is_as_expected(), "{}", chosen.findings());
    assert_eq!((chosen.unexpected().len(), chosen.scenarios.len()), (0, 1));
    assert_eq!((chosen.environment.seed, chosen.environment.jobs), (7, 2));
    assert_eq!(chosen.implementation.project, "none");
    let quick =
        report(|options| options.quick().select("embeddings.vectors.*").scenarios(Own::default()), &[]).await;
    assert!(
        quick.environment.quick && quick.cells.iter().all(|cell| cell.cell.surface == Surface::Embeddings)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_assertion_says_what_was_found() {
    let wrong = |mut options: Options| {
        options.profile.routes[0].upstream_model = "another".to_owned();
        options.select("chat.request.model@chat.text.plain@*/whole")
    };
    let report = report(wrong, &[]).await;
    assert!(!report.is_as_expected());
    let findings = report.findings();
    for said in [
        "chat.request.model@chat.text.plain@openai.chat/openai/whole",
        "MUST",
        "source:",
        "again:",
        "0 checks passed, 1 did not end as expected",
    ] {
        assert!(findings.contains(said), "{said}: {findings}");
    }
    assert_eq!(report.unexpected().len(), 1);
}

/// What is expected to fail and does not is as unexpected as a failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_expectation_is_found() {
    let stale = [
        ("*.security.client-key-kept", "there is one key only"),
        ("chat.reply.text@chat.text.plain@*", "it never says anything"),
    ];
    let report = report(|options| options.select("chat.text.plain"), &stale).await;
    assert!(
        !report.is_as_expected() && report.findings().contains("chat.reply.text@"),
        "{}",
        report.findings()
    );
}
