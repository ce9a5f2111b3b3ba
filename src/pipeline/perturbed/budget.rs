//! The file of a privacy budget: what every release has lost, on disk before anything of the release is.
//!
//! It holds names of releases, mechanisms and losses, and nothing of any record. It is written anew as a whole, under a lock: two
//! runs at once cannot both spend the same rest.

use std::io;
use std::path::{Path, PathBuf};

use super::error::PerturbError;
use crate::config::PrivacyBudget;
use crate::disk;
use crate::protect::perturb::amount::Amount;
use crate::protect::perturb::budget::{Entry, Ledger, Measure, rho_of_delta};

/// The budget as the pipeline says it, of which nothing is spent.
fn whole(budget: &PrivacyBudget) -> Result<Ledger, PerturbError> {
    let epsilon = Amount::from_units(budget.epsilon.units());
    Ok(match &budget.delta {
        None => Ledger::new(Measure::Pure, epsilon),
        Some(delta) => Ledger::new(Measure::Zcdp, rho_of_delta(epsilon, delta.value()).ok_or(PerturbError::NoLoss)?),
    })
}

/// Spends what a release loses and answers the ledger after it. A release that stands there already, with the same counts
/// under the same key, is the same release made again: it shows the same numbers, and loses nothing more.
///
/// # Errors
/// [`PerturbError`] where the budget does not suffice, the file is not this budget's, or the disk refuses. The file is as before
/// then, unless only the last flush, that of the folder, failed.
pub(in crate::pipeline) fn spend(budget: &PrivacyBudget, entries: &[Entry]) -> Result<Ledger, PerturbError> {
    let file = &budget.file;
    let refused = |error: io::Error| PerturbError::BudgetFile { file: file.clone(), kind: error.kind() };
    let new = whole(budget)?;
    // Held until this function ends.
    let lock = disk::open_lock(&lock_name(file)).map_err(refused)?;
    lock.file().lock().map_err(refused)?;
    let mut ledger = match disk::read(file) {
        Ok(bytes) => {
            let damaged = |_| PerturbError::DamagedBudget { file: file.clone() };
            serde_json::from_slice::<Ledger>(&bytes).map_err(damaged)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => new.clone(),
        Err(error) => return Err(refused(error)),
    };
    if (ledger.measure(), ledger.total()) != (new.measure(), new.total()) {
        return Err(PerturbError::OtherBudget { file: file.clone() });
    }
    let before = ledger.entries().len();
    for entry in entries {
        match ledger.entries().iter().find(|other| other.release == entry.release) {
            Some(paid) if paid.loss == entry.loss && paid.counts == entry.counts => {}
            Some(_) => {
                let release = entry.release.clone();
                return Err(PerturbError::OtherCounts { file: file.clone(), release });
            }
            None => {
                let refuse = |problem| PerturbError::Budget { file: file.clone(), problem };
                ledger.spend(entry.clone()).map_err(refuse)?;
            }
        }
    }
    if ledger.entries().len() > before {
        let mut bytes = serde_json::to_vec_pretty(&ledger)
            .map_err(|_| PerturbError::BudgetFile { file: file.clone(), kind: io::ErrorKind::InvalidData })?;
        bytes.push(b'\n');
        disk::replace(file, &bytes).map_err(refused)?;
    }
    Ok(ledger)
}

fn lock_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}
