//! What a run that was killed left behind.

use std::path::Path;

use super::directory::{OPEN_PARTIAL, SEALED_PARTIAL};
use super::error::{ExportError, Operation};
use crate::disk;

/// The document that says what a sealed release is, once it stands whole.
pub const PENDING: &str = "pending.json";

/// Removes the partial releases that killed runs of a pipeline left under `to`; their dossiers stay. The caller holds the
/// lock of the pipeline, so no run of it is writing. Returns how many there were.
///
/// # Errors
/// Where the folder cannot be read, or a partial release cannot be removed.
pub fn sweep(to: &Path, pipeline: &str) -> Result<u64, ExportError> {
    let mut swept = 0;
    for folder in disk::list(to).map_err(ExportError::io(to, Operation::Read))? {
        let run = folder
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_prefix(pipeline))
            .and_then(|n| n.strip_prefix('-'));
        if !run.is_some_and(is_run) {
            continue;
        }
        // Sealed files that stand whole but were not read back are left to `resume`.
        let whole = disk::exists(&folder.join("dossier").join(PENDING));
        for name in [OPEN_PARTIAL, SEALED_PARTIAL].into_iter().filter(|name| !(whole && *name == SEALED_PARTIAL)) {
            let partial = folder.join(name);
            // A link is not followed: what it points to is not ours.
            if disk::metadata(&partial).is_ok_and(|m| m.is_dir()) {
                disk::remove_tree(&partial).map_err(ExportError::io(&partial, Operation::Remove))?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}

/// Whether a text is the identifier of a run, `20260301T120000.000Z`, and not the rest of another pipeline's name.
fn is_run(text: &str) -> bool {
    let form = b"00000000T000000.000Z";
    text.len() == form.len()
        && text
            .bytes()
            .zip(form)
            .all(|(found, form)| if *form == b'0' { found.is_ascii_digit() } else { found == *form })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    #[test]
    fn partial_releases_of_dead_runs_go_and_nothing_else_does() {
        let to = tempfile::tempdir().unwrap();
        let make = |path: &str| fs::create_dir_all(to.path().join(path)).unwrap();
        make("l1411-8-20260301T120000.000Z/release.partial/data");
        make("l1411-8-20260301T120000.000Z/dossier");
        make("l1411-8-20260302T120000.000Z/release");
        make("l1411-8-20260303T120000.000Z/sealed.partial");
        make("l1411-8-20260304T120000.000Z/sealed.partial");
        make("l1411-8-20260304T120000.000Z/dossier");
        fs::write(to.path().join("l1411-8-20260304T120000.000Z/dossier/pending.json"), "{}").unwrap();
        make("l1411-8-bis-20260301T120000.000Z/release.partial");
        assert_eq!(sweep(to.path(), "l1411-8").unwrap(), 2);
        assert!(!to.path().join("l1411-8-20260301T120000.000Z/release.partial").exists());
        for kept in [
            "l1411-8-20260301T120000.000Z/dossier",
            "l1411-8-20260302T120000.000Z/release",
            "l1411-8-20260304T120000.000Z/sealed.partial",
            "l1411-8-bis-20260301T120000.000Z/release.partial",
        ] {
            assert!(to.path().join(kept).exists(), "{kept}");
        }
        assert_eq!(sweep(to.path(), "l1411-8").unwrap(), 0);
    }
}
