//! One defect of a play, which several requirements find in the same words, is told by one of them.

use super::plan::Planned;
use crate::report::model::{Check, Status};
use crate::requirement::Level;

/// What is said where another requirement tells of a defect.
const TELLS: &str = " tells of it";

/// Whether a requirement noticed what another one tells of.
pub(crate) fn is_told_elsewhere(check: &Check) -> bool {
    check.status == Status::Untestable && check.notes.iter().any(|note| note.ends_with(TELLS))
}

/// Leaves a finding with the requirement that is there for it, and takes it from those that say the same of it in passing.
pub(super) fn tell(planned: &Planned, checks: &mut [Check]) {
    let mut order: Vec<usize> = (0..checks.len()).filter(|at| is_told(&checks[*at])).collect();
    order.sort_by_key(|at| rank(planned, &checks[*at].id));
    for (behind, &at) in order.iter().enumerate().rev() {
        let teller = order[..behind].iter().copied().find(|first| is_same(&checks[*first], &checks[at]));
        if let Some(teller) = teller {
            let note = format!("{}{TELLS}", checks[teller].id);
            let check = &mut checks[at];
            *check = Check {
                status: Status::Untestable,
                pointer: None,
                expected: None,
                actual: None,
                notes: vec![note],
                ..check.clone()
            };
        }
    }
}

/// Failures, whether they were expected or not: nothing is taken from a warning, nor given to one.
fn is_told(check: &Check) -> bool {
    matches!(check.status, Status::Fail | Status::Xfail) && check.pointer.is_some()
}

/// Those first that must hold, then those that the scenario is there for, in the order in which it names them.
fn rank(planned: &Planned, id: &str) -> (bool, usize) {
    let requirement = planned.judged.iter().find(|requirement| requirement.id == id);
    let must = requirement.is_some_and(|requirement| requirement.level == Level::Must);
    let place = planned.scenario.judges.iter().position(|judged| judged == id);
    (!must, place.unwrap_or(usize::MAX))
}

/// Whether two findings are one: the same in the same place, or the whole of the same reply.
fn is_same(one: &Check, other: &Check) -> bool {
    let is_reply = |check: &Check| check.actual.as_ref().is_some_and(|actual| actual.starts_with("status "));
    one.actual == other.actual
        && (is_reply(one) || (&one.pointer, &one.expected) == (&other.pointer, &other.expected))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cell::{Cell, Mode};
    use crate::{Surface, requirement, scenario};

    /// Named by the scenario in this order; the last one is found in passing, and the one before is no MUST.
    const JUDGED: [&str; 4] =
        ["chat.reply.text", "chat.reply.finish", "chat.error.retry-after", "chat.reply.schema"];

    fn planned() -> Planned {
        let mut scenario = (**scenario::find("chat.text.plain").unwrap()).clone();
        scenario.judges = JUDGED[..3].iter().map(ToString::to_string).collect();
        Planned {
            scenario: Arc::new(scenario),
            ordinal: 0,
            cell: Cell { surface: Surface::Chat, provider: "openai".to_owned(), mode: Mode::Whole },
            route: None,
            requirements: Vec::new(),
            judged: JUDGED.iter().map(|id| requirement::find(id).unwrap()).collect(),
            skipped: Vec::new(),
        }
    }

    fn check(id: &str, place: &str, actual: &str) -> Check {
        Check {
            id: id.to_owned(),
            scenario: String::new(),
            cell: String::new(),
            status: Status::Fail,
            pointer: Some(place.to_owned()),
            expected: Some("y".to_owned()),
            actual: Some(actual.to_owned()),
            notes: Vec::new(),
        }
    }

    /// Which of these, one a requirement, are left after all were told.
    fn left(checks: [Check; 4]) -> Vec<&'static str> {
        let mut checks = checks;
        tell(&planned(), &mut checks);
        let (gone, left): (Vec<_>, Vec<_>) = checks.iter().partition(|check| is_told_elsewhere(check));
        assert!(left.iter().all(|check| check.pointer.is_some() && check.notes.is_empty()), "{left:?}");
        assert!(gone.iter().all(|check| check.actual.is_none() && check.notes.len() == 1), "{gone:?}");
        JUDGED.into_iter().filter(|id| left.iter().any(|check| check.id == *id)).collect()
    }

    #[test]
    fn the_first_that_must_hold_tells_of_it() {
        let same = |at: usize| check(JUDGED[at], "client /id", "null");
        assert_eq!(left([same(3), same(2), same(1), same(0)]), ["chat.reply.text"]);
        let other = check(JUDGED[0], "client /id", "7");
        assert_eq!(left([other, same(1), same(2), same(3)]), ["chat.reply.text", "chat.reply.finish"]);
        let [first, second] = [0, 1].map(|at| check(JUDGED[at], "client /model", &at.to_string()));
        let all = [first, second, same(2), same(3)];
        assert_eq!(left(all), ["chat.reply.text", "chat.reply.finish", "chat.reply.schema"], "the MUST");
    }

    #[test]
    fn a_warning_tells_of_nothing_and_gives_nothing_away() {
        let warning = |at: usize| Check { status: Status::Warn, ..check(JUDGED[at], "client /id", "null") };
        assert_eq!(left([0, 1, 2, 3].map(warning)), JUDGED);
    }

    #[test]
    fn the_same_is_said_of_the_same_place_or_of_the_whole_reply() {
        let check = |place: &str, actual: &str| check("x", place, actual);
        let one = check("client /id", "null");
        assert!(is_same(&one, &one));
        assert!(!is_same(&one, &check("client /id", "1")));
        assert!(!is_same(&one, &check("client /model", "null")));
        assert!(is_same(&check("client status", "status 200, …"), &check("client reply", "status 200, …")));
    }
}
