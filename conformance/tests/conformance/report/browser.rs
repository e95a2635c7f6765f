//! The page in a real browser.

use browser::{FAINT, in_browser};
use conformance::report::{Keep, html};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use fantoccini::{Client, Locator};

use super::sample::sample;

#[tokio::test]
async fn a_reader_finds_what_fails_and_sees_it_on_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(&folder);
    in_browser(async |browser| visit(browser, &page).await).await;
}

/// The address of the sample's page, written here.
fn page(folder: &tempfile::TempDir) -> String {
    let file = folder.path().join("report.html");
    std::fs::write(&file, html::render(&sample(), Keep::All).expect("it renders")).expect("a folder");
    format!("file://{}", file.display())
}

/// What a reader does: sees where it fails, opens a finding by mouse, reads, closes; then the same by keyboard.
async fn visit(browser: &Client, page: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.goto(page).await?;
    browser.wait().for_element(Locator::Css(".requirement")).await?;
    assert_eq!(browser.title().await?, "Sample gateway · Touchstone");
    let overview = text(browser, "#overview tbody").await?;
    assert!(overview.starts_with("openai"), "the worst provider comes first: {overview}");
    assert_eq!(count(browser, ".requirement").await?, 6, "pass and skip are no findings");

    click(browser, ".requirement.fail > summary").await?;
    let found = text(browser, ".requirement.fail").await?;
    for part in [
        "chat.rule.1",
        "MUST",
        "Rule 1 holds for `every` <reply>.",
        "\"tool_calls\"",
        "\"stop\"",
        "provider.example",
    ] {
        assert!(found.contains(part), "{part} is not in the finding: {found}");
    }
    click(browser, ".requirement.fail .place").await?;
    assert!(
        text(browser, "#detail")
            .await?
            .contains("touchstone test --gateway sample --seed 7 --select 'chat.rule.1@")
    );
    assert!(text(browser, "[role=tabpanel]").await?.contains("<b>hi</b>"), "the client's request, as text");
    tab(browser, "Upstream request").await?;
    assert!(text(browser, "[role=tabpanel]").await?.contains("expected array, got string"));
    tab(browser, "Time line").await?;
    assert_eq!(count(browser, ".time i").await?, 4);
    assert!(text(browser, ".moments").await?.contains("message_stop"));
    let address = browser.current_url().await?.to_string();

    keys(browser, Key::Escape.into()).await?;
    assert_eq!(count(browser, "dialog[open]").await?, 0);
    browser.goto("about:blank").await?;
    browser.goto(&address).await?;
    browser.wait().for_element(Locator::Css("dialog[open]")).await?;
    assert!(text(browser, "#detail-title").await?.contains("chat.sample.fail"), "the address opens it again");
    keys(browser, Key::Escape.into()).await?;
    by_keyboard(browser).await?;
    filtered(browser).await
}

async fn by_keyboard(browser: &Client) -> Result<(), fantoccini::error::CmdError> {
    keys(browser, '?').await?;
    assert!(text(browser, "#help").await?.contains("next and previous failure"));
    keys(browser, Key::Escape.into()).await?;
    keys(browser, '2').await?;
    assert_eq!(count(browser, "#view .cell").await?, 18);
    keys(browser, 'n').await?;
    keys(browser, Key::Enter.into()).await?;
    assert!(text(browser, "#detail-title").await?.contains("chat.sample.fail"), "n and Enter open a failure");
    keys(browser, 'n').await?;
    assert!(text(browser, "#detail-title").await?.contains("chat.sample.xpass"), "n goes on to the next one");
    keys(browser, Key::Escape.into()).await
}

async fn filtered(browser: &Client) -> Result<(), fantoccini::error::CmdError> {
    click(browser, "[data-status=warn]").await?;
    assert_eq!(count(browser, ".grid tbody tr:not(.group)").await?, 1, "only the row that warns is left");
    click(browser, "#reset").await?;
    keys(browser, '/').await?;
    browser.active_element().await?.send_keys("rule.5 anthropic").await?;
    let one = "return document.querySelectorAll('.grid tbody tr:not(.group)').length === 1";
    for _ in 0..1_500 {
        if browser.execute(one, vec![]).await? == true {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("all words are looked for: {}", text(browser, "#view").await?);
}

/// What became of a requirement stands beside its name, however long the word for it.
#[tokio::test]
async fn no_word_covers_another() {
    const COVERED: &str = "return [...document.querySelectorAll('.requirement > summary')].filter((one) => {
        const range = document.createRange();
        range.selectNodeContents(one.querySelector('.badge'));
        return range.getBoundingClientRect().right > one.querySelector('code').getBoundingClientRect().left;
    }).map((one) => one.innerText)";
    let folder = tempfile::tempdir().unwrap();
    let page = page(&folder);
    in_browser(async |browser| {
        browser.set_window_size(1280, 900).await?;
        browser.goto(&page).await?;
        assert!(count(browser, ".requirement > summary .badge.xfail").await? > 0, "the longest word");
        assert_eq!(browser.execute(COVERED, vec![]).await?, serde_json::json!([]));
        Ok(())
    })
    .await;
}

/// Nothing is wider than a phone but what scrolls, in either scheme; and all words can be read: the contrast that
/// <https://www.w3.org/TR/WCAG22/#contrast-minimum> asks for.
#[tokio::test]
async fn the_page_fits_a_phone_and_can_be_read_in_either_scheme() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(&folder);
    in_browser(async |browser| {
        browser.set_window_size(500, 900).await?;
        browser.goto(&page).await?;
        for view in ['1', '2', '3', '4'] {
            keys(browser, view).await?;
            let wide =
                browser.execute("return document.documentElement.scrollWidth - innerWidth", vec![]).await?;
            assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "view {view} is {wide} too wide");
            for _ in 0..2 {
                keys(browser, 't').await?;
                let faint = browser.execute(FAINT, vec![]).await?;
                assert_eq!(faint, serde_json::json!([]), "view {view}");
            }
        }
        Ok(())
    })
    .await;
}

pub(super) async fn count(browser: &Client, css: &str) -> Result<usize, fantoccini::error::CmdError> {
    Ok(browser.find_all(Locator::Css(css)).await?.len())
}

pub(super) async fn text(browser: &Client, css: &str) -> Result<String, fantoccini::error::CmdError> {
    browser.find(Locator::Css(css)).await?.text().await
}

async fn tab(browser: &Client, name: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.find(Locator::XPath(&format!("//button[@role='tab'][text()='{name}']"))).await?.click().await
}

/// Presses a key, wherever the focus is.
pub(super) async fn keys(browser: &Client, key: char) -> Result<(), fantoccini::error::CmdError> {
    let press = KeyActions::new("keyboard".to_owned());
    let press = press.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
    browser.perform_actions(press).await
}

pub(super) async fn click(browser: &Client, css: &str) -> Result<(), fantoccini::error::CmdError> {
    browser.find(Locator::Css(css)).await?.click().await
}
