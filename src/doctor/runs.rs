//! Checks of what earlier runs left: a dead run is settled, a waiting one closed, a lock told.

use super::{Facts, Finding, LeftRun};
use crate::config::Pipeline;
use crate::destroy::State;

/// The lock of a pipeline, and every run of it that is not at its end.
pub(super) fn runs(facts: &dyn Facts, pipeline: &Pipeline) -> Vec<Finding> {
    let to = &pipeline.export.to;
    let lock = to.join(format!(".{}.lock", pipeline.name));
    let mut runs = facts.runs(to, &pipeline.name);
    let mut found = Vec::new();
    if facts.locked(&lock) {
        found.push(Finding::of("locked").at(&lock));
        // The newest is the one that is under way.
        runs.pop();
    }
    found.extend(runs.iter().filter_map(of_run));
    if found.is_empty() {
        found.push(Finding::of("runs-fine").with("n", runs.len().to_string()));
    }
    found
}

fn of_run(run: &LeftRun) -> Option<Finding> {
    let outcome = match run.state {
        None if !run.begun => "run-empty",
        None => "run-unread",
        Some(state) if state.is_end() => return None,
        Some(state) if state.is_past_intent() => "run-halfway",
        Some(State::ReadBack | State::Acknowledged) if run.acknowledged => "run-waits",
        Some(_) => "run-dead",
    };
    let state = run.state.map_or("", State::as_str);
    Some(Finding::of(outcome).at(&run.folder).with("state", state))
}
