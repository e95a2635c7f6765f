//! A real browser for tests of pages: headless Chromium, driven over [`WebDriver`](https://www.w3.org/TR/webdriver2/).
//!
//! Needs Debian's `chromium` and `chromium-driver`. Where they are missing the test says so and is skipped; under `CI=true` that
//! is a failure.

use std::process::Stdio;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A script that gives the texts whose contrast with what is behind them is below 4.5, as the browser computed both:
/// <https://www.w3.org/TR/WCAG22/#contrast-minimum>.
pub const FAINT: &str = include_str!("faint.js");

/// Does something in a browser of its own.
///
/// # Panics
/// Where the browser does not start or end, or does not do what it is told.
pub async fn in_browser(act: impl AsyncFnOnce(&Client) -> Result<(), CmdError>) {
    let Some((mut driver, browser)) = start().await else { return };
    let outcome = act(&browser).await;
    browser.close().await.expect("the browser closes");
    driver.kill().await.expect("the driver ends");
    outcome.expect("the browser does what it is told");
}

/// Drivers that may end before one says its port: each finds one that is free, and may lose it before it listens at all its addresses.
const TRIES: usize = 5;

/// A driver on a port of its own choice, and a browser behind it.
async fn start() -> Option<(Child, Client)> {
    let mut started = None;
    for _ in 0..TRIES {
        started = driver().await?;
        if started.is_some() {
            break;
        }
    }
    let (driver, port) = started.expect("chromedriver says its port");
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        // Containers lend little of the shared memory that is used otherwise, and pages crash for want of it.
        "--disable-dev-shm-usage",
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

/// A driver and its port. Nothing where none is installed; and no driver where it ended at once.
async fn driver() -> Option<Option<(Child, String)>> {
    let spawned =
        Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let Ok(mut driver) = spawned else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "chromedriver is missing: chromium-driver");
        eprintln!("skipped: chromedriver is not installed (Debian: chromium, chromium-driver)");
        return None;
    };
    let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    while let Some(line) = lines.next_line().await.expect("its output is text") {
        if let Some((_, port)) = line.rsplit_once("successfully on port ") {
            return Some(Some((driver, port.trim_end_matches('.').to_owned())));
        }
    }
    Some(None)
}
