//! Checks of the machine alone.

use std::path::PathBuf;

use chrono::{DateTime, TimeZone, Utc};

use super::{Facts, Finding};
use crate::config::Pipeline;

/// Records lie in memory while a run works; swapped out, they would stand on a disk.
pub(super) fn swap(facts: &dyn Facts) -> Vec<Finding> {
    let swaps = facts.swaps();
    if swaps.is_empty() {
        return vec![Finding::of("swap-none")];
    }
    if facts.swap_forbidden() {
        return vec![Finding::of("swap-forbidden")];
    }
    let open = swaps.iter().filter(|swap| !swap.encrypted);
    let found: Vec<Finding> = open.map(|swap| Finding::of("swap-open").with("path", &*swap.place)).collect();
    if found.is_empty() { vec![Finding::of("swap-encrypted")] } else { found }
}

/// The program switches its core dumps off; where the system did not let it, a crash would write records to a disk.
pub(super) fn dumps(facts: &dyn Facts) -> Finding {
    Finding::of(if facts.dumpable() == Some(false) { "dumps-off" } else { "dumps-on" })
}

/// An account of its own sees only what it is given.
pub(super) fn user(facts: &dyn Facts) -> Finding {
    Finding::of(if facts.user() == 0 { "user-root" } else { "user-fine" })
}

/// A service that systemd does not fence in can write and read everything that its account can.
pub(super) fn service(facts: &dyn Facts) -> Finding {
    let Some(service) = facts.service() else { return Finding::of("service-none") };
    let wanted = [
        ("NoNewPrivileges=yes", service.no_new_privileges),
        ("SystemCallFilter=@system-service", service.system_calls),
        ("MemorySwapMax=0", service.no_swap),
        ("CapabilityBoundingSet=", service.no_capabilities),
    ];
    let missing: Vec<&str> = wanted.iter().filter(|(_, there)| !there).map(|(word, _)| *word).collect();
    if missing.is_empty() {
        Finding::of("service-hardened")
    } else {
        Finding::of("service-open").with("missing", missing.join(", "))
    }
}

/// The day before which no copy of the program was made.
fn first_day() -> Option<DateTime<Utc>> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single()
}

/// Last days of use, names of runs and certificates depend on the time of day. An earlier run that is dated later than now
/// shows that one of the two was wrong.
pub(super) fn clock(facts: &dyn Facts, pipeline: Option<&Pipeline>) -> Finding {
    let now = facts.now();
    let told = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    let runs = pipeline.map(|p| facts.runs(&p.export.to, &p.name)).unwrap_or_default();
    let latest = runs.into_iter().filter_map(|run| Some((run.last?, run.folder))).max();
    if let Some((last, folder)) = latest.filter(|(last, _)| *last > now) {
        return Finding::of("clock-behind").at(&folder).with("now", told(now)).with("last", told(last));
    }
    let early = first_day().is_some_and(|first| now < first);
    Finding::of(if early { "clock-early" } else { "clock-fine" }).with("now", told(now))
}

/// The vault spills there, encrypted under a key in memory.
pub(super) fn temporary(facts: &dyn Facts, pipeline: Option<&Pipeline>) -> Vec<Finding> {
    let spill: Option<PathBuf> = pipeline.and_then(|p| p.limits.spill.clone());
    let folder = spill.unwrap_or_else(|| facts.temporary());
    if !facts.file(&folder).is_some_and(|file| file.folder) || !facts.writable(&folder) {
        return vec![Finding::of("temporary-closed").at(&folder)];
    }
    let outcome = if facts.in_memory(&folder) { "temporary-memory" } else { "temporary-disk" };
    vec![Finding::of(outcome).at(&folder)]
}
