//! What a reader of the figures must know besides.

use super::model::{Environment, Measured, Outcome, Run};

/// More runnable tasks than this part of the processors: the machine does something else too.
const BUSY: f64 = 0.5;

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
    let lost = (sent - wrong - unfinished).saturating_sub(reached);
    if lost * 100 > sent {
        doubts.push(format!("{lost} of {sent} calls were answered without asking the provider"));
    }
    (!doubts.is_empty()).then(|| doubts.join("; "))
}
