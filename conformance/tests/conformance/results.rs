//! What is published of other gateways: pages say what their reports say, and reports are of this form.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod looked_at;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use conformance::report;

fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// Each gateway's, by its name.
fn reports() -> &'static [(String, conformance::Report)] {
    static REPORTS: LazyLock<Vec<(String, conformance::Report)>> = LazyLock::new(read_reports);
    &REPORTS
}

fn read_reports() -> Vec<(String, conformance::Report)> {
    let folders = std::fs::read_dir(results()).unwrap().map(|entry| entry.unwrap().path());
    let with_report = folders.filter(|folder| folder.join("report.json").is_file());
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let report =
            report::read(&folder.join("report.json")).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, report)
    };
    with_report.map(read).collect()
}

/// 75186 as people write it.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let (head, rest) = digits.split_at(digits.len().saturating_sub(3));
    if head.is_empty() { rest.to_owned() } else { format!("{},{rest}", grouped(head.parse().unwrap())) }
}

#[test]
fn every_page_says_what_its_report_says() {
    let index = std::fs::read_to_string(results().join("README.md")).unwrap();
    let reports = reports();
    assert!(!reports.is_empty());
    for (name, report) in reports {
        let page = std::fs::read_to_string(results().join(name).join("README.md")).unwrap();
        let statistics = report.summary.statistics;
        let version = &report.implementation.version;
        assert!(page.contains(version) && index.contains(version), "{name}: no version {version}");
        assert!(page.contains(&report.environment.started[..10]), "{name}: no day");
        let failures = [statistics.xfail, statistics.blocked, statistics.warn];
        for count in failures.into_iter().chain([statistics.pass, report.summary.plays]) {
            let said = |text: &str| text.contains(&grouped(count)) || text.contains(&count.to_string());
            assert!(said(&page), "{name}: its page does not say {count}");
            assert!(index.contains(&grouped(count)), "{name}: the index does not say {}", grouped(count));
        }
        assert!(
            page.contains(&format!("touchstone test --gateway {name}")),
            "{name}: no command to do it again"
        );
    }
}

/// `UPDATE_SUMMARIES=1` writes them anew, when summaries have another form.
#[test]
fn every_summary_is_its_reports_own() {
    for (name, report) in reports() {
        let path = results().join(name).join("summary.md");
        let summary = report::markdown::render(report);
        if std::env::var_os("UPDATE_SUMMARIES").is_some() {
            std::fs::write(&path, &summary).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap() == summary,
            "{name}'s summary is stale: UPDATE_SUMMARIES=1 cargo test -p conformance results"
        );
    }
}

#[test]
fn what_is_published_is_as_expected_and_names_no_machine() {
    for (name, report) in reports() {
        assert_eq!(report.summary.exit_code, 0, "{name}");
        let text = std::fs::read_to_string(results().join(name).join("report.json")).unwrap();
        for place in ["/home/", "/root/", "/Users/", "/tmp/"] {
            assert!(!text.contains(place), "{name} names a place of the machine where it was made: {place}");
        }
    }
}

#[test]
fn thousands_are_set_apart() {
    assert_eq!([7, 999, 1000, 75186, 1_000_000].map(grouped), ["7", "999", "1,000", "75,186", "1,000,000"]);
}
