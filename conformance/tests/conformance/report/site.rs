//! The site of several reports: its files, and what a reader does with it in a real browser, from a disk.

use std::path::Path;

use browser::{FAINT, in_browser};
use conformance::report::model::{Report, Status};
use conformance::report::{Keep, site, text};
use fantoccini::{Client, Locator};
use serde_json::Value;

use super::browser::{click, count, keys, text as words};
use super::sample::sample;

/// Two gateways: the sample, and one that is better by a failure.
fn site(folder: &Path) {
    let mut better = sample();
    better.environment.profile = "better".into();
    better.implementation.project = "Better & <b>bolder</b>".into();
    for check in better.checks.iter_mut().filter(|check| check.status == Status::Fail) {
        check.status = Status::Pass;
        (check.pointer, check.expected, check.actual) = (None, None, None);
    }
    let reports = folder.join("reports");
    for (name, report) in [("a/sample", sample()), ("b", better)] {
        let folder = reports.join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = text(&report, Keep::Failures).expect("a text");
        std::fs::write(folder.join("report.json"), text).expect("it is written");
    }
    let entries = site::read(&[reports]).expect("reports");
    assert_eq!(entries.iter().map(|entry| entry.slug.as_str()).collect::<Vec<_>>(), ["sample", "better"]);
    site::write(&entries, &folder.join("site")).expect("it is written");
}

#[test]
fn a_site_has_a_page_and_badges_for_each_gateway() {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let read = |name: &str| std::fs::read_to_string(folder.path().join("site").join(name)).unwrap();
    let badge = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    let whole = badge("badges/sample.json");
    assert_eq!(
        whole,
        serde_json::json!({"schemaVersion": 1, "label": "Sample gateway conformance", "message": "71 %", "color": "orange"})
    );
    assert_eq!(badge("badges/sample/anthropic.json")["color"], "brightgreen");
    assert_eq!(badge("badges/sample/openai.json")["message"], "33 %");
    let picture = read("badges/better.svg");
    assert!(picture.contains("Better &amp; &lt;b&gt;bolder&lt;/b&gt; conformance: 78 %"), "{picture}");
    for page in ["index.html", "gateways/sample.html", "gateways/better.html"] {
        let page = read(page);
        for outside in ["<link rel=\"stylesheet\"", "<script src", "<img", "@import", "url(", "fetch("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
    let found = read("findings/sample/chat.rule.1.js");
    assert!(
        found.starts_with("(globalThis.touchstone ??= {})[\"findings/sample/chat.rule.1\"] = [{"),
        "{found}"
    );
    assert!(found.contains(r#"["chat.sample.fail","openai.chat/openai/whole",true]"#), "{found}");
    let kept: Report = serde_json::from_str(&read("reports/sample.json")).unwrap();
    assert_eq!(kept.checks, sample().checks);
}

#[test]
fn a_file_of_the_site_cannot_lie_outside_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = sample();
    report.environment.profile = "../../out".into();
    for seen in &mut report.evidence {
        seen.scenario = "../../../out".into();
    }
    let entries = [site::Entry { slug: "sample".into(), report }];
    site::write(&entries, &folder.path().join("site")).unwrap();
    assert!(folder.path().join("site/evidence/sample/_.._.._.._out.js").is_file());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn no_report_at_all_is_a_mistake_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let error = site::read(&[folder.path().to_owned()]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[tokio::test]
async fn a_square_opens_what_was_found_and_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    site(folder.path());
    let page = format!("file://{}/site/index.html", folder.path().display());
    in_browser(async |browser| visit(browser, &page).await).await;
}

async fn visit(browser: &Client, page: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.goto(page).await?;
    browser.wait().for_element(Locator::Css(".square")).await?;
    for _ in 0..2 {
        keys(browser, 't').await?;
        assert_eq!(browser.execute(FAINT, vec![]).await?, serde_json::json!([]));
    }
    assert!(
        words(browser, "#summary tbody").await?.starts_with("Better & <b>bolder</b>"),
        "the best comes first"
    );
    let share = "#summary a[href='gateways/sample.html#view=findings&provider=openai']";
    assert_eq!(
        words(browser, share).await?,
        "33 %",
        "of six that were judged; no SHOULD, nothing skipped or blocked"
    );
    assert_eq!(count(browser, ".square.fail").await?, 1);
    keys(browser, '/').await?;
    browser.active_element().await?.send_keys("rule.1").await?;
    assert_eq!(count(browser, ".site tbody tr:not(.group)").await?, 1);
    click(browser, "#reset").await?;

    click(browser, ".square.fail").await?;
    browser.wait().for_element(Locator::Css(".found .place")).await?;
    assert!(words(browser, ".found").await?.contains("\"tool_calls\""));
    click(browser, ".found .place").await?;
    browser.wait().for_element(Locator::Css("#seen [role=tabpanel]")).await?;
    assert!(words(browser, "#seen").await?.contains("<b>hi</b>"));
    let address = browser.current_url().await?.to_string();
    assert!(
        address.ends_with("#open=sample/chat.rule.1&play=chat.sample.fail@openai.chat/openai/whole"),
        "{address}"
    );
    browser.goto("about:blank").await?;
    browser.goto(&address).await?;
    browser.wait().for_element(Locator::Css("#seen [role=tabpanel]")).await?;

    click(browser, "#detail-body a[href^=gateways]").await?;
    browser.wait().for_element(Locator::Css(".requirement[open] .place")).await?;
    click(browser, ".requirement[open] .place").await?;
    browser.wait().for_element(Locator::Css("#detail [role=tabpanel]")).await?;
    assert!(
        words(browser, "#detail").await?.contains("<b>hi</b>"),
        "a gateway's page loads its evidence, too"
    );
    Ok(())
}
