//! Files that a command writes: new ones, and never over another.

use std::io::ErrorKind;
use std::path::Path;

use super::Shell;
use crate::disk;

impl Shell {
    /// Refuses a name that is taken.
    pub(super) fn refuse_taken(&self, path: &Path) -> u8 {
        let told = self.lang.pick("exists already; nothing is overwritten", "existe déjà ; rien n'est écrasé");
        self.complain(2, &format!("{} {told}", path.display()))
    }

    /// Writes a file that must not exist yet; the exit code tells whether that was possible.
    pub(super) fn write_new(&self, path: &Path, text: &str) -> u8 {
        match disk::write_new(path, text.as_bytes()) {
            Ok(()) => 0,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.refuse_taken(path),
            Err(error) => {
                let told = self.lang.pick("cannot be written", "écriture impossible");
                self.complain(
                    6,
                    &format!("{} {told}: {}", path.display(), super::french::of_kind(self.lang, error.kind())),
                )
            }
        }
    }
}
