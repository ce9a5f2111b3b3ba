//! Every mistake that is tried here, for those who tell them in another language.

use super::{CASES, Case, ConfigErrors, Folder, GOOD, SEALED_CASES, STATISTICS, STATISTICS_CASES, sealed};

/// What is wrong with each of the pipelines that have one mistake.
pub(crate) fn mistakes() -> Vec<ConfigErrors> {
    let folder = Folder::new();
    let sealed = sealed();
    let all = [(GOOD, CASES), (sealed.as_str(), SEALED_CASES), (STATISTICS, STATISTICS_CASES)];
    let cases = all.into_iter().flat_map(|(sound, cases)| cases.iter().map(move |case| (sound, case)));
    cases.map(|(sound, Case { from, to, .. })| folder.read(&sound.replace(from, to)).unwrap_err()).collect()
}
