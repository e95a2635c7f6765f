//! The writers of the report, on one that has every status in it.

pub(crate) mod browser;
mod diff;
mod github;
pub(crate) mod sample;
mod site;
mod terminal;
pub(crate) mod written;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::report::model::Report;
use conformance::report::{Keep, html, junit, markdown, read};
use flate2::read::GzDecoder;
use sample::sample;

#[test]
fn junit_tells_every_status() {
    insta::assert_snapshot!(junit::render(&sample()).unwrap());
}

#[test]
fn markdown_tells_what_needs_a_look() {
    insta::assert_snapshot!(markdown::render(&sample()));
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = html::render(&sample(), Keep::All).unwrap();
    for outside in ["<link rel=\"stylesheet\"", "<script src", "<img", "@import", "url(", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn nothing_from_the_wire_ends_the_data_element() {
    let mut report = sample();
    report.checks[0].actual = Some("</script><script>alert(1)</script><!--".to_owned());
    let page = html::render(&report, Keep::All).unwrap();
    assert!(!page.contains("alert(1)</script>"));
    let data = page.split("id=\"report\">").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
    let packed = STANDARD.decode(data).unwrap();
    let read: Report = serde_json::from_reader(GzDecoder::new(packed.as_slice())).unwrap();
    assert_eq!(read, report);
}

#[test]
fn a_report_of_another_version_is_not_read_as_one_of_this() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let mut written = serde_json::to_value(sample()).unwrap();
    std::fs::write(&file, written.to_string()).unwrap();
    assert_eq!(read(&file).unwrap(), sample());
    written["apiVersion"] = "touchstone/v2".into();
    std::fs::write(&file, written.to_string()).unwrap();
    let error = read(&file).unwrap_err().to_string();
    assert!(error.contains("touchstone/v2") && error.contains("touchstone/v3"), "{error}");
}
