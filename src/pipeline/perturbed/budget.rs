//! The files of privacy budgets: what every release has lost, on disk before anything of the release is.
//!
//! A file holds names of releases, keyed digests, mechanisms and losses, and nothing of any record. It is written anew as a whole,
//! under a lock: two runs at once cannot both spend the same rest. Links are followed first, so that all who name one file lock and
//! replace the same one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::error::PerturbError;
use crate::config::PrivacyBudget;
use crate::disk::{self, DiskFile};
use crate::protect::perturb::amount::Amount;
use crate::protect::perturb::budget::{Entry, Ledger, Measure, rho_of_delta};

/// What a release has to pay, and from which budget.
pub(in crate::pipeline) type Bill<'p> = (&'p PrivacyBudget, Entry);

/// The budget as the pipeline says it, of which nothing is spent.
fn whole(budget: &PrivacyBudget) -> Result<Ledger, PerturbError> {
    let epsilon = Amount::from_units(budget.epsilon.units());
    Ok(match &budget.delta {
        None => Ledger::new(Measure::Pure, epsilon),
        Some(delta) => Ledger::new(Measure::Zcdp, rho_of_delta(epsilon, delta.value()).ok_or(PerturbError::NoLoss)?),
    })
}

/// A budget's file, locked as long as this lives.
struct Open {
    ledger: Ledger,
    /// Entries that stood there.
    before: usize,
    _lock: DiskFile,
}

/// Spends what releases lose; for each bill, the ledger of its budget after all. A release that stands there already, with the same
/// counts under the same key, is the same release made again: it shows the same numbers, and loses nothing more.
///
/// All files are locked and all bills judged before any file is written.
///
/// # Errors
/// [`PerturbError`] where a budget does not suffice, a file is not its budget's, or the disk refuses. All files are as before then,
/// unless the disk refused one of several, or only the last flush, that of a folder, failed.
pub(in crate::pipeline) fn spend(bills: &[Bill<'_>]) -> Result<Vec<Ledger>, PerturbError> {
    let place = |(budget, _): &Bill<'_>| itself(&budget.file).map_err(|error| unkept(&budget.file, &error));
    let places: Vec<PathBuf> = bills.iter().map(place).collect::<Result<_, _>>()?;
    // In one order, whoever locks: two runs that each hold what the other waits for would wait for ever.
    let mut open: BTreeMap<&Path, Open> = BTreeMap::new();
    let mut first: BTreeMap<&Path, &PrivacyBudget> = BTreeMap::new();
    for (place, (budget, _)) in places.iter().zip(bills) {
        first.entry(place).or_insert(budget);
    }
    for (place, budget) in first {
        open.insert(place, lock(place, budget)?);
    }
    for (place, (budget, entry)) in places.iter().zip(bills) {
        let file = || budget.file.clone();
        let Some(Open { ledger, .. }) = open.get_mut(&**place) else { continue };
        let new = whole(budget)?;
        if (ledger.measure(), ledger.total()) != (new.measure(), new.total()) {
            return Err(PerturbError::OtherBudget { file: file() });
        }
        match ledger.entries().iter().find(|other| other.release == entry.release) {
            Some(paid) if paid.loss == entry.loss && paid.counts == entry.counts => {}
            Some(_) => return Err(PerturbError::OtherCounts { file: file(), release: entry.release.clone() }),
            None => {
                let refuse = |problem| PerturbError::Budget { file: file(), problem };
                ledger.spend(entry.clone()).map_err(refuse)?;
            }
        }
    }
    for (place, Open { ledger, before, .. }) in &open {
        if ledger.entries().len() > *before {
            write(place, ledger).map_err(|error| unkept(place, &error))?;
        }
    }
    Ok(places.iter().filter_map(|place| open.get(&**place)).map(|open| open.ledger.clone()).collect())
}

/// Locks a file, and reads it.
fn lock(file: &Path, budget: &PrivacyBudget) -> Result<Open, PerturbError> {
    let refused = |error: io::Error| unkept(&budget.file, &error);
    let lock = disk::open_lock(&lock_name(file)).map_err(refused)?;
    lock.file().lock().map_err(refused)?;
    // Under the lock: before it the file could have become another.
    if disk::metadata(file).is_ok_and(|found| disk::names_of(&found) > 1 || !found.is_file()) {
        return Err(PerturbError::BudgetLinked { file: budget.file.clone() });
    }
    let ledger = match disk::read(file) {
        Ok(bytes) => {
            let damaged = |_| PerturbError::DamagedBudget { file: budget.file.clone() };
            serde_json::from_slice::<Ledger>(&bytes).map_err(damaged)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => whole(budget)?,
        Err(error) => return Err(refused(error)),
    };
    Ok(Open { before: ledger.entries().len(), ledger, _lock: lock })
}

fn write(file: &Path, ledger: &Ledger) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(ledger)?;
    bytes.push(b'\n');
    disk::replace(file, &bytes)
}

fn unkept(file: &Path, error: &io::Error) -> PerturbError {
    PerturbError::BudgetFile { file: file.to_path_buf(), kind: error.kind() }
}

/// The file that a path leads to, links followed. One that is not there yet is where its folder is.
fn itself(file: &Path) -> io::Result<PathBuf> {
    if disk::exists(file) {
        return disk::canonical(file);
    }
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = file.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    Ok(disk::canonical(folder)?.join(name))
}

fn lock_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}
