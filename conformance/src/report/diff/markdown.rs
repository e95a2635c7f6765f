//! A difference as Markdown, for a comment on a pull request: counts first, the rest folded.

use std::fmt::Write;

use super::{Change, Diff, alike, lead, parts, sides};
use crate::report::markdown::{html, text};

/// Requirements that are listed; more are counted.
const REQUIREMENTS: usize = 30;
/// Places of one requirement.
const PLACES: usize = 10;

impl Diff {
    /// The difference as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write(self, &mut out);
        out
    }
}

fn write(diff: &Diff, out: &mut String) -> std::fmt::Result {
    let verdict = match diff.regressions.len() {
        0 if diff.is_empty() => "no difference".to_owned(),
        0 => "no regression".to_owned(),
        1 => "**1 regression**".to_owned(),
        number => format!("**{number} regressions**"),
    };
    writeln!(out, "## Touchstone: {verdict}\n")?;
    for line in lead(diff) {
        writeln!(out, "{}  ", text(&line))?;
    }
    writeln!(
        out,
        "\n| regressions | repairs | other | asked only now | asked only before |\n|--:|--:|--:|--:|--:|"
    )?;
    let (added, removed) = (&diff.added, &diff.removed);
    writeln!(
        out,
        "| {} | {} | {} | {} | {} |\n",
        diff.regressions.len(),
        diff.repairs.len(),
        diff.other.len(),
        added.checks,
        removed.checks
    )?;
    for (title, changes) in parts(diff).into_iter().filter(|(_, changes)| !changes.is_empty()) {
        list(out, title, changes, title == "Regressions")?;
    }
    for (title, names) in sides(diff) {
        let names: Vec<_> = names.iter().map(|name| format!("<code>{}</code>", html(name))).collect();
        writeln!(
            out,
            "<details><summary>{title}: {}</summary>\n\n{}\n\n</details>\n",
            names.len(),
            names.join(", ")
        )?;
    }
    let expected = &diff.expectations;
    for (word, list) in
        [("New", &expected.added), ("Gone", &expected.removed), ("Now stale", &expected.stale)]
    {
        for one in list {
            writeln!(out, "- {word} expected failure <code>{}</code>: {}", html(&one.id), text(&one.reason))?;
        }
    }
    Ok(())
}

fn list(out: &mut String, title: &str, changes: &[Change], is_open: bool) -> std::fmt::Result {
    let open = if is_open { " open" } else { "" };
    writeln!(out, "<details{open}><summary><b>{title}: {}</b></summary>\n", changes.len())?;
    let groups = alike(changes);
    for group in groups.iter().take(REQUIREMENTS) {
        writeln!(out, "- {} <code>{}</code> {}", group.step, html(group.id), text(group.sentence))?;
        for place in group.places.iter().take(PLACES) {
            writeln!(out, "  - <code>{}</code>", html(place))?;
        }
        if group.places.len() > PLACES {
            writeln!(out, "  - … and {} more", group.places.len() - PLACES)?;
        }
    }
    if groups.len() > REQUIREMENTS {
        writeln!(out, "- … and {} more requirements", groups.len() - REQUIREMENTS)?;
    }
    writeln!(out, "\n</details>\n")
}
