//! Is this machine fit for a run? Each check looks at facts and gives findings, each with its fix.
//!
//! | file | its job |
//! |---|---|
//! | `facts` | what checks may ask of a machine |
//! | `system` | checks of the machine alone |
//! | `paths` | checks of what a pipeline names |
//! | `runs` | checks of what earlier runs left |
//! | `machine` | this machine |

mod facts;
mod machine;
mod paths;
mod runs;
mod system;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::config::Pipeline;
use crate::keys::KeySource;

pub use facts::{Facts, FileFacts, LeftRun, Service, Swap};
pub use machine::Machine;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Fine,
    /// To be known; nothing to do at once.
    Note,
    /// A run works, and protects less than it could.
    Warning,
    /// A run would end with this exit code, or one did.
    Error(u8),
}

impl Level {
    /// Its word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error(_) => "error",
        }
    }
}

/// Everything that can be found, with how bad it is. Each has a message `doctor-` and its name; all that is not fine also one
/// that ends in `-fix`.
pub const OUTCOMES: &[(&str, Level)] = &[
    ("swap-none", Level::Fine),
    ("swap-encrypted", Level::Fine),
    ("swap-forbidden", Level::Fine),
    ("swap-open", Level::Warning),
    ("dumps-off", Level::Fine),
    ("dumps-on", Level::Warning),
    ("clock-fine", Level::Fine),
    ("clock-early", Level::Warning),
    ("clock-behind", Level::Warning),
    ("user-fine", Level::Fine),
    ("user-root", Level::Warning),
    ("temporary-memory", Level::Fine),
    ("temporary-disk", Level::Note),
    ("temporary-closed", Level::Error(6)),
    ("service-none", Level::Fine),
    ("service-hardened", Level::Fine),
    ("service-open", Level::Warning),
    ("pipeline-wrong", Level::Error(2)),
    ("files-found", Level::Fine),
    ("files-missing", Level::Error(6)),
    ("file-unreadable", Level::Error(6)),
    ("register-missing", Level::Error(6)),
    ("release-missing", Level::Error(6)),
    ("database-fine", Level::Fine),
    ("database-refused", Level::Error(5)),
    ("sources-open", Level::Warning),
    ("out-fine", Level::Fine),
    ("out-closed", Level::Error(6)),
    ("space-fine", Level::Fine),
    ("space-short", Level::Warning),
    ("key-fine", Level::Fine),
    ("key-refused", Level::Error(5)),
    ("key-other", Level::Error(5)),
    ("key-unnamed", Level::Note),
    ("secret-missing", Level::Error(5)),
    ("secret-open", Level::Error(5)),
    ("verifier-missing", Level::Error(5)),
    ("recipients-fine", Level::Fine),
    ("recipient-over", Level::Error(2)),
    ("drop-closed", Level::Error(6)),
    ("runs-fine", Level::Fine),
    ("run-dead", Level::Warning),
    ("run-waits", Level::Note),
    ("run-halfway", Level::Error(7)),
    ("run-unread", Level::Warning),
    ("run-empty", Level::Note),
    ("locked", Level::Error(11)),
];

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name, one of [`OUTCOMES`].
    pub outcome: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What the message names: paths, numbers, names; no value of a record.
    pub parts: Vec<(&'static str, String)>,
}

impl Finding {
    fn of(outcome: &'static str) -> Self {
        // A test sees to it that every name stands in the list.
        let level = OUTCOMES.iter().find(|(name, _)| *name == outcome).map_or(Level::Warning, |(_, level)| *level);
        Self { outcome, level, parts: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parts.push((name, value.into()));
        self
    }

    fn at(self, path: &Path) -> Self {
        self.with("path", path.display().to_string())
    }
}

/// Looks at the machine, and where a pipeline is given at all that it names; `keys` are those a run will be given.
#[must_use]
pub fn examine(facts: &dyn Facts, pipeline: Option<&Pipeline>, keys: &[KeySource]) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(system::swap(facts));
    found.push(system::dumps(facts));
    found.push(system::user(facts));
    found.push(system::service(facts));
    found.push(system::clock(facts, pipeline));
    found.extend(system::temporary(facts, pipeline));
    found.extend(paths::keys(facts, pipeline, keys));
    if let Some(pipeline) = pipeline {
        // In the order in which a run would meet them, so that the exit code is its own.
        found.extend(paths::databases(facts, pipeline));
        found.extend(paths::recipients(facts, pipeline));
        found.extend(runs::runs(facts, pipeline));
        found.push(paths::out(facts, pipeline));
        found.extend(paths::verifiers(facts, pipeline));
        found.extend(paths::sources(facts, pipeline));
        found.extend(paths::registers(facts, pipeline));
        found.extend(paths::space(facts, pipeline));
        found.extend(paths::deliveries(facts, pipeline));
    }
    found
}

/// The exit code: that of the first error, in order of the findings.
#[must_use]
pub fn exit_code(findings: &[Finding]) -> u8 {
    let code = |finding: &Finding| match finding.level {
        Level::Error(code) => Some(code),
        _ => None,
    };
    findings.iter().find_map(code).unwrap_or(0)
}

/// A pipeline that cannot be read is a finding too.
#[must_use]
pub fn wrong_pipeline(path: &Path, problems: usize) -> Finding {
    Finding::of("pipeline-wrong").at(path).with("n", problems.to_string())
}
