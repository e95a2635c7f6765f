//! The page in a real browser: headless Chromium, driven over `WebDriver`.
//!
//! Needs Debian's `chromium` and `chromium-driver`. Where they are missing the test says so and is skipped; under
//! `CI=true` that is a failure.

use std::process::Stdio;

use conformance::report::{Keep, html};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::sample::sample;

#[tokio::test]
async fn a_failing_cell_opens_its_detail() {
    let Some((mut driver, browser)) = browser().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, html::render(&sample(), Keep::All).unwrap()).unwrap();

    let outcome = visit(&browser, &format!("file://{}", file.display())).await;
    browser.close().await.unwrap();
    driver.kill().await.unwrap();
    outcome.unwrap();
}

/// What a reader does: looks for a failure, opens it by mouse, reads, closes; then the same by keyboard.
async fn visit(browser: &Client, page: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.goto(page).await?;
    browser.wait().for_element(Locator::Css(".cell")).await?;
    assert_eq!(count(browser, ".cell").await?, 16);
    assert_eq!(count(browser, ".cell.fail").await?, 1);

    browser.find(Locator::Css(".cell.fail")).await?.click().await?;
    let detail = text(browser, "#detail").await?;
    for part in [
        "chat.rule.1",
        "MUST",
        "Rule 1 holds for `every` <reply>.",
        "\"tool_calls\"",
        "\"stop\"",
        "provider.example",
    ] {
        assert!(detail.contains(part), "{part} is not in the detail: {detail}");
    }
    assert!(text(browser, "[role=tabpanel]").await?.contains("<b>hi</b>"), "the client's request, as text");
    tab(browser, "Upstream request").await?;
    assert!(text(browser, "[role=tabpanel]").await?.contains("expected array, got string"));
    tab(browser, "Time line").await?;
    assert_eq!(count(browser, ".time i").await?, 4);

    keys(browser, Key::Escape.into()).await?;
    assert_eq!(count(browser, "dialog[open]").await?, 0);
    keys(browser, 'n').await?;
    keys(browser, Key::Enter.into()).await?;
    assert_eq!(count(browser, "dialog[open]").await?, 1, "n and Enter open a failure");
    keys(browser, Key::Escape.into()).await?;

    browser.find(Locator::Css(".chip.warn")).await?.click().await?;
    assert_eq!(count(browser, ".grid tbody tr:not(.group)").await?, 1, "only the row that warns is left");
    let shout = browser.execute("return document.title", vec![]).await?;
    assert_eq!(shout, "Sample gateway · Touchstone");
    Ok(())
}

async fn count(browser: &Client, css: &str) -> Result<usize, fantoccini::error::CmdError> {
    Ok(browser.find_all(Locator::Css(css)).await?.len())
}

async fn text(browser: &Client, css: &str) -> Result<String, fantoccini::error::CmdError> {
    browser.find(Locator::Css(css)).await?.text().await
}

async fn tab(browser: &Client, name: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.find(Locator::XPath(&format!("//button[@role='tab'][text()='{name}']"))).await?.click().await
}

async fn keys(browser: &Client, key: char) -> Result<(), fantoccini::error::CmdError> {
    browser.active_element().await?.send_keys(&key.to_string()).await
}

/// A driver on a port of its own choice, and a browser behind it.
async fn browser() -> Option<(Child, Client)> {
    let spawned =
        Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let Ok(mut driver) = spawned else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "chromedriver is missing: install chromium-driver"
        );
        eprintln!("skipped: chromedriver is not installed (Debian: chromium, chromium-driver)");
        return None;
    };
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    let port = loop {
        let line = lines.next_line().await.expect("its output is text").expect("chromedriver says its port");
        if let Some((_, port)) = line.rsplit_once("successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,1000",
    ];
    let options = serde_json::json!({"goog:chromeOptions": {"args": arguments}});
    let serde_json::Value::Object(options) = options else { unreachable!("an object, two lines up") };
    let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
    let browser = builder.capabilities(options).connect(&format!("http://127.0.0.1:{port}")).await;
    Some((driver, browser.expect("chromium starts")))
}
