//! A difference for a terminal.

use std::fmt;

use super::{Change, Diff, alike, lead, parts, sides};
use crate::report::terminal::one_line;

/// Places of one requirement that are listed; more are counted.
const PLACES: usize = 5;
/// Names of what is new or gone that are listed.
const NAMES: usize = 10;

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in lead(self) {
            writeln!(f, "{}", one_line(&line))?;
        }
        for (title, changes) in parts(self).into_iter().filter(|(_, changes)| !changes.is_empty()) {
            writeln!(f, "\n{title}: {}", changes.len())?;
            list(f, changes)?;
        }
        for (title, names) in sides(self) {
            let shown = names.iter().take(NAMES).map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(NAMES);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(f, "\n{title}: {}\n  {shown}{rest}", names.len())?;
        }
        let (added, removed) = (self.added.checks, self.removed.checks);
        if added + removed > 0 {
            writeln!(f, "\nasked only now: {added} checks; asked only before: {removed}")?;
        }
        let expected = &self.expectations;
        let kinds = [("new", &expected.added), ("gone", &expected.removed), ("now stale", &expected.stale)];
        for (word, list) in kinds.into_iter().filter(|(_, list)| !list.is_empty()) {
            writeln!(f, "\nexpected failures, {word}: {}", list.len())?;
            for one in list {
                writeln!(f, "  {}: {}", one_line(&one.id), one_line(&one.reason))?;
            }
        }
        if self.is_empty() {
            writeln!(f, "no difference")?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, changes: &[Change]) -> fmt::Result {
    for group in alike(changes) {
        writeln!(f, "  {}  {}  {}", group.step, one_line(group.id), one_line(group.sentence))?;
        for place in group.places.iter().take(PLACES) {
            writeln!(f, "    {}", one_line(place))?;
        }
        if group.places.len() > PLACES {
            writeln!(f, "    … and {} more", group.places.len() - PLACES)?;
        }
    }
    Ok(())
}
