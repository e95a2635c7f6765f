//! The page in a real browser: every plot is drawn within its frame, and both colour schemes can be read.

use browser::in_browser;
use conformance::bench::page;
use fantoccini::Client;
use fantoccini::error::CmdError;
use serde_json::Value;

use super::sample::sample;

#[tokio::test]
async fn every_plot_is_drawn_within_its_frame() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bench.html");
    std::fs::write(&file, page::render(&sample()).unwrap()).unwrap();
    in_browser(async |browser| visit(browser, &format!("file://{}", file.display())).await).await;
}

async fn visit(browser: &Client, page: &str) -> Result<(), CmdError> {
    browser.goto(page).await?;
    let count = async |css: &str| -> Result<usize, CmdError> {
        Ok(browser.find_all(fantoccini::Locator::Css(css)).await?.len())
    };
    assert_eq!(count("figure svg").await?, 4, "calls, latency, pieces, way of a piece");
    assert_eq!(count("figure rect").await?, 3 * 4, "a bar for each load and subject");
    assert_eq!(count("figure path.line").await?, 2 * 4);
    assert_eq!(count("table").await?, 5 + 2, "one a trial, what it takes to run, what was not measured");
    assert_eq!(count(".legend li").await?, 4);
    // Nothing is drawn outside of its plot, nor is the page wider than the window.
    let outside = r"
        const within = (mark, frame) => mark.left >= frame.left - 1 && mark.right <= frame.right + 1
            && mark.top >= frame.top - 1 && mark.bottom <= frame.bottom + 1;
        const lost = [...document.querySelectorAll('figure svg')].flatMap(svg =>
            [...svg.querySelectorAll('rect, circle, text, path')].filter(mark =>
                !within(mark.getBoundingClientRect(), svg.getBoundingClientRect())).map(mark => mark.outerHTML));
        const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page is too wide'] : [];
        return lost.concat(wide);";
    assert_eq!(browser.execute(outside, vec![]).await?, Value::Array(vec![]));
    let colours = r"
        const seen = scheme => {
            document.documentElement.style.colorScheme = scheme;
            const of = (css, name) => getComputedStyle(document.querySelector(css))[name];
            return [of('body', 'backgroundColor'), of('body', 'color'), of('.g0 rect', 'fill'), of('.g1 rect', 'fill')];
        };
        return [seen('light'), seen('dark')];";
    let seen = browser.execute(colours, vec![]).await?;
    let colours: Vec<&str> = seen
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|scheme| scheme.as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let mut different = colours.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!((colours.len(), different.len()), (8, 8), "each scheme has colours of its own: {colours:?}");
    Ok(())
}
