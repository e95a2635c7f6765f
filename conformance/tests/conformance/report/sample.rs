//! A report with every status in it, made by hand.

use conformance::report::model::{
    API_VERSION, CellResult, Check, End, Environment, Evidence, Exchange, Expectation, Expectations,
    Implementation, KIND, Message, Moment, Played, Report, RequirementResult, ScenarioResult, Source,
    Statistics, Status, Suite, Summary, Upstream,
};
use conformance::{Cell, Level, Mode, Surface};
use serde_json::json;

const STATUSES: [Status; 9] = [
    Status::Pass,
    Status::Fail,
    Status::Warn,
    Status::Xfail,
    Status::Xpass,
    Status::Skip,
    Status::Untestable,
    Status::Error,
    Status::Blocked,
];

/// Two cells; a row for each status in the first, all passing in the second.
pub(crate) fn sample() -> Report {
    let cells = [cell("openai", Mode::Whole), cell("anthropic", Mode::Stream)];
    let mut checks = Vec::new();
    for (n, status) in STATUSES.into_iter().enumerate() {
        let scenario = format!("chat.sample.{}", status.name());
        checks.push(check(n, &scenario, &cells[0], status));
        checks.push(check(n, &scenario, &cells[1], Status::Pass));
    }
    Report {
        api_version: API_VERSION.into(),
        kind: KIND.into(),
        suite: Suite {
            name: "touchstone".into(),
            version: "0.1.0".into(),
            digest: "c0ffee00c0ffee00".into(),
            requirements: STATUSES.len(),
            scenarios: STATUSES.len(),
        },
        implementation: Implementation {
            organization: "Example".into(),
            project: "Sample gateway".into(),
            url: "https://gateway.example".into(),
            version: "1.2.3".into(),
            contact: vec!["@someone".into()],
            unverified: None,
        },
        environment: environment(),
        summary: Summary { statistics: count(&checks, |_| true), plays: checks.len(), exit_code: 1 },
        scenarios: STATUSES.iter().map(|status| row(*status, &checks)).collect(),
        requirements: (0..STATUSES.len()).map(|n| requirement(n, &checks)).collect(),
        plays: checks.iter().zip(10..).map(played).collect(),
        unclaimed: vec!["openai.embeddings/anthropic".into()],
        evidence: checks.iter().map(evidence).collect(),
        cells: cells
            .map(|cell| CellResult {
                id: cell.to_string(),
                statistics: count(&checks, |check| check.cell == cell.to_string()),
                cell,
            })
            .into(),
        checks,
        expectations: Expectations {
            used: vec![expectation("chat.rule.3")],
            stale: vec![expectation("chat.rule.4")],
        },
    }
}

fn cell(provider: &str, mode: Mode) -> Cell {
    Cell { surface: Surface::Chat, provider: provider.into(), mode }
}

fn environment() -> Environment {
    Environment {
        seed: 7,
        jobs: 4,
        quick: false,
        select: Vec::new(),
        surfaces: Vec::new(),
        providers: Vec::new(),
        profile: "sample".into(),
        config: [("profile.yaml".to_owned(), "implementation: sample\n".to_owned())].into(),
        url: "http://127.0.0.1:4000".into(),
        command: "touchstone test --gateway sample --seed 7".into(),
        os: "linux".into(),
        arch: "x86_64".into(),
        started: "2026-11-20T12:00:00Z".into(),
        duration_ms: 4_200,
        died: None,
    }
}

fn check(n: usize, scenario: &str, cell: &Cell, status: Status) -> Check {
    let broken = !matches!(status, Status::Pass | Status::Skip | Status::Xpass | Status::Blocked);
    Check {
        id: format!("chat.rule.{n}"),
        scenario: scenario.into(),
        cell: cell.to_string(),
        status,
        pointer: broken.then(|| "client /choices/0/finish_reason".into()),
        expected: broken.then(|| "\"tool_calls\"".into()),
        actual: broken.then(|| "\"stop\"".into()),
        notes: match status {
            Status::Skip => vec!["the profile does not declare `tools`".into()],
            Status::Blocked => vec!["expected: it follows".into(), "the client got no reply".into()],
            _ => Vec::new(),
        },
    }
}

/// Each takes a millisecond more than the one before.
fn played((check, ms): (&Check, u64)) -> Played {
    Played { scenario: check.scenario.clone(), cell: check.cell.clone(), ms }
}

fn requirement(n: usize, checks: &[Check]) -> RequirementResult {
    let id = format!("chat.rule.{n}");
    RequirementResult {
        group: if n.is_multiple_of(2) { "reply".into() } else { "stream".into() },
        level: if STATUSES[n] == Status::Warn { Level::Should } else { Level::Must },
        sentence: format!("Rule {n} holds for `every` <reply>."),
        source: Source { url: "https://provider.example/docs".into(), date: "2026-11-20".into() },
        statistics: count(checks, |check| check.id == id),
        id,
    }
}

fn evidence(check: &Check) -> Evidence {
    let request = Message {
        method: Some("POST".into()),
        path: Some("/chat/completions".into()),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("authorization".into(), "Bearer ***".into()),
        ],
        body: r#"{"model":"m","messages":[{"role":"user","content":"<b>hi</b>"}]}"#.into(),
        length: 66,
        ..Message::default()
    };
    let reply =
        Message { status: Some(200), body: "data: [DONE]\n\n".into(), length: 14, ..Message::default() };
    let timeline = vec![moment(1.5, 5, ""), moment(9.25, 9, "")];
    let events = vec![moment(1.1, 0, "message_start"), moment(8.5, 0, "message_stop")];
    let upstream = Upstream {
        provider: "anthropic".into(),
        ms: 0.8,
        request: request.clone(),
        violations: vec!["/stop: expected array, got string".into()],
        auth: "ok".into(),
        reply: reply.clone(),
        aborted: false,
        timeline: events,
    };
    Evidence {
        scenario: check.scenario.clone(),
        cell: check.cell.clone(),
        marker: "[[ts:1]]".into(),
        client: vec![Exchange { request, reply: Some(reply), end: End::Complete, timeline }],
        upstream: vec![upstream],
    }
}

fn moment(ms: f64, bytes: usize, event: &str) -> Moment {
    Moment { ms, bytes, event: event.into() }
}

fn row(status: Status, checks: &[Check]) -> ScenarioResult {
    let id = format!("chat.sample.{}", status.name());
    let statistics = count(checks, |check| check.scenario == id);
    ScenarioResult {
        title: format!("What a check that ends in {} looks like", status.name()),
        group: "chat.sample".into(),
        script: json!({"replies": [{"content": [{"text": "hi"}]}]}),
        file: None,
        statistics,
        id,
    }
}

fn count(checks: &[Check], wanted: impl Fn(&Check) -> bool) -> Statistics {
    let mut statistics = Statistics::default();
    checks.iter().filter(|check| wanted(check)).for_each(|check| statistics.count(check.status));
    statistics
}

fn expectation(id: &str) -> Expectation {
    Expectation { id: id.into(), reason: "known, and being worked on".into(), link: None, sometimes: false }
}
