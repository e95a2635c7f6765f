//! A real browser: headless Chromium, driven over `WebDriver`. Needs Debian's `chromium` and `chromium-driver`; where they are
//! missing the test says so and is skipped, and under `CI=true` that is a failure.

use std::process::Stdio;

use fantoccini::{Client, ClientBuilder};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Does something in a browser of its own.
pub(super) async fn in_browser(act: impl AsyncFnOnce(&Client) -> Result<(), fantoccini::error::CmdError>) {
    let Some((mut driver, browser)) = browser().await else { return };
    let outcome = act(&browser).await;
    browser.close().await.expect("the browser closes");
    driver.kill().await.expect("the driver ends");
    outcome.expect("the browser does what it is told");
}

/// A driver on a port of its own choice, and a browser behind it.
async fn browser() -> Option<(Child, Client)> {
    let spawned =
        Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let Ok(mut driver) = spawned else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "chromedriver is missing");
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
