//! What a reader of the figures must know besides.

use super::model::{DIRECT, Environment, Measured, Outcome, Run};

/// More runnable tasks than this part of the processors: the machine does something else too.
const BUSY: f64 = 0.5;

/// A thread of the load that worked for more than this part of its time could hardly do more.
const LIMIT: f64 = 0.95;

pub(super) fn of(environment: &Environment, trials: &[Measured]) -> Vec<String> {
    let mut notes = Vec::new();
    match &environment.pinned {
        Some(layout) => notes.push(format!(
            "pinned to processors: gateway {:?}, mocks {:?}, load {:?}",
            layout.gateway, layout.mocks, layout.load
        )),
        None => notes.push(format!(
            "nothing is pinned: {} processors are too few for gateway, mocks and load, which take time from each other",
            environment.processors
        )),
    }
    #[expect(clippy::cast_precision_loss, reason = "processors are few")]
    let busy = BUSY * environment.processors as f64;
    if let Some(load) = environment.load_average.filter(|load| *load > busy) {
        notes.push(format!(
            "the machine was busy before: {load} runnable tasks on {} processors",
            environment.processors
        ));
    }
    let unsteady =
        trials.iter().flat_map(|trial| &trial.results).filter(|result| is_unsteady(result)).count();
    if unsteady > 0 {
        notes.push(format!(
            "{unsteady} results are unsteady (~): their repetitions differ by more than a quarter"
        ));
    }
    for trial in trials {
        notes.extend(trial.results.iter().filter_map(|result| {
            doubt(result).map(|why| format!("{}, {}: {why}", trial.trial.id, result.subject))
        }));
    }
    notes
}

fn is_unsteady(result: &Outcome) -> bool {
    result.figures.values().any(|compared| compared.value.unsteady)
}

/// What is odd about somebody's runs.
fn doubt(result: &Outcome) -> Option<String> {
    let sum = |of: fn(&Run) -> u64| result.runs.iter().map(of).sum::<u64>();
    let (sent, reached) = (sum(|run| run.sent), sum(|run| run.reached));
    let (wrong, unfinished, unsent) =
        (sum(|run| run.wrong), sum(|run| run.unfinished), sum(|run| run.unsent));
    let reason = result.runs.iter().find_map(|run| run.reason.as_deref());
    let mut doubts = Vec::new();
    if let Some(reason) = reason {
        doubts.push(format!("{wrong} of {sent} calls were answered wrongly, the first: {reason}"));
    }
    if unsent + unfinished > 0 {
        doubts.push(format!(
            "{} calls had no reply in time; their age counts as their latency",
            unsent + unfinished
        ));
    }
    let busiest = result.runs.iter().filter_map(|run| run.load_busy).fold(0.0, f64::max);
    if busiest > LIMIT && result.subject != DIRECT {
        doubts.push("the load was at its own limit, not the gateway".to_owned());
    }
    let lost = (sent - wrong - unfinished).saturating_sub(reached);
    if lost * 100 > sent {
        doubts.push(format!("{lost} of {sent} calls were answered without asking the provider"));
    }
    (!doubts.is_empty()).then(|| doubts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Layout;

    fn doubts(subject: &str, runs: Vec<Run>) -> String {
        let outcome = Outcome {
            subject: subject.to_owned(),
            runs,
            figures: std::collections::BTreeMap::new(),
            latency_curve: Vec::new(),
            chunk_curve: Vec::new(),
        };
        doubt(&outcome).unwrap_or_default()
    }

    fn run(sent: u64, reached: u64) -> Run {
        Run { sent, reached, ..Run::default() }
    }

    #[test]
    fn who_does_what_it_should_is_not_doubted() {
        assert_eq!(doubts("x", vec![run(1_000, 1_000), run(1_000, 1_001)]), "");
        assert_eq!(doubts("x", vec![run(1_000, 995)]), "", "a few may be under way");
    }

    #[test]
    fn what_is_odd_is_told() {
        let wrong = Run { wrong: 3, reason: Some("status 500".to_owned()), ..run(100, 97) };
        assert_eq!(
            doubts("x", vec![run(100, 100), wrong]),
            "3 of 200 calls were answered wrongly, the first: status 500"
        );
        let late = Run { unfinished: 2, unsent: 40, ..run(100, 100) };
        assert!(doubts("x", vec![late]).starts_with("42 calls had no reply in time"));
        assert!(doubts("x", vec![run(100, 0)]).starts_with("100 of 100 calls were answered without asking"));
        let busy = || vec![Run { load_busy: Some(0.99), ..run(1, 1) }];
        assert!(doubts("x", busy()).contains("the load was at its own limit"));
        assert_eq!(doubts("direct", busy()), "", "that is what it is for");
    }

    #[test]
    fn the_machine_is_told_of_where_it_matters() {
        let machine = |load, pinned| Environment {
            os: "linux".to_owned(),
            kernel: None,
            arch: "x86_64".to_owned(),
            cpu: None,
            processors: 4,
            load_average: Some(load),
            pinned,
        };
        let layout = Layout::new(&[0, 1, 2, 3], 1);
        assert_eq!(
            of(&machine(0.1, layout.clone()), &[]),
            ["pinned to processors: gateway [0], mocks [1], load [2, 3]"]
        );
        assert!(of(&machine(3.0, layout), &[])[1].starts_with("the machine was busy before: 3 runnable"));
        assert!(of(&machine(0.1, None), &[])[0].starts_with("nothing is pinned: 4 processors are too few"));
    }
}
