//! From an identifier to a digest, and the persons who are left out.

use hashbrown::HashSet;

use crate::config::SubjectKind;
use crate::identifiers::normalise_nir;
use crate::keys::SubjectKey;

/// Turns identifiers into digests under a key that lives for one run.
pub(crate) struct SubjectDigest<'k> {
    pub kind: SubjectKind,
    pub key: &'k SubjectKey,
}

impl SubjectDigest<'_> {
    /// The digest of a record without identifier, as the only one of its person.
    pub fn alone(&self, record: u64) -> u128 {
        // The prefix keeps it apart from every identifier, and from join keys.
        let mut bytes = *b"alone\0        ";
        bytes[6..].copy_from_slice(&record.to_be_bytes());
        self.key.subject(&bytes)
    }

    /// The digest of a normalised identifier; `None` where it is missing or not of its kind.
    pub fn of(&self, identifier: Option<&str>) -> Option<u128> {
        let text = identifier?;
        match self.kind {
            SubjectKind::Nir => {
                let mut normal = [0u8; 15];
                normalise_nir(text, &mut normal).ok()?;
                Some(self.key.subject(&normal))
            }
            SubjectKind::Text => {
                let text = text.trim();
                (!text.is_empty()).then(|| self.key.subject(text.as_bytes()))
            }
        }
    }
}

/// A register of objections holds something that is not an identifier.
#[derive(Debug, thiserror::Error)]
#[error(
    "{count} of the identifiers in the register cannot be read, the first in line {first_line}: an objection would be \
     overlooked, so the run stops; correct the register"
)]
pub struct RegisterError {
    /// How many.
    pub count: u64,
    /// Line of the first, from 1, header included.
    pub first_line: u64,
}

/// Digests of the persons who are left out (R19). No `Debug`.
#[derive(Default)]
pub struct Excluded {
    persons: HashSet<u128>,
}

impl Excluded {
    /// Adds the persons of a register, given with their lines. Blank lines are skipped; anything else that is no identifier
    /// is an error, since somebody's objection would be overlooked.
    pub fn add_register<'a>(
        &mut self,
        identifiers: impl Iterator<Item = (u64, &'a str)>,
        kind: SubjectKind,
        key: &SubjectKey,
    ) -> Result<(), RegisterError> {
        let digest = SubjectDigest { kind, key };
        let (mut count, mut first_line) = (0, 0);
        for (line, identifier) in identifiers.filter(|(_, t)| !t.trim().is_empty()) {
            match digest.of(Some(identifier)) {
                Some(person) => {
                    self.persons.insert(person);
                }
                None => {
                    count += 1;
                    first_line = if count == 1 { line } else { first_line };
                }
            }
        }
        if count > 0 { Err(RegisterError { count, first_line }) } else { Ok(()) }
    }

    /// Adds a person.
    pub(crate) fn add(&mut self, person: u128) {
        self.persons.insert(person);
    }

    /// Adds the persons of another set.
    pub(crate) fn merge(&mut self, other: Self) {
        self.persons.extend(other.persons);
    }

    /// The persons, ascending.
    pub(crate) fn sorted(&self) -> Vec<u128> {
        let mut persons: Vec<u128> = self.persons.iter().copied().collect();
        persons.sort_unstable();
        persons
    }

    /// Whether a person is left out.
    #[must_use]
    #[inline]
    pub fn contains(&self, person: u128) -> bool {
        !self.persons.is_empty() && self.persons.contains(&person)
    }

    /// Number of persons.
    #[must_use]
    pub fn len(&self) -> usize {
        self.persons.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::keys::{Domain, MasterKey};

    fn key() -> SubjectKey {
        let domain = Domain { epoch: "e", recipient: "r", dataset: "d", identifier: "nir" };
        MasterKey::from_bytes(std::array::from_fn(|i| i as u8)).unwrap().subject_key(&domain)
    }

    #[test]
    fn spaces_and_case_do_not_make_another_person() {
        let key = key();
        let digest = SubjectDigest { kind: SubjectKind::Nir, key: &key };
        let plain = digest.of(Some("284052A32102552"));
        assert!(plain.is_some());
        assert_eq!(plain, digest.of(Some(" 2 84 05 2a 321 025 52 ")));
        assert_ne!(plain, digest.of(Some("284052B32102579")));
    }

    #[test]
    fn an_unreadable_objection_stops_the_run() {
        let mut excluded = Excluded::default();
        let register = [(1, "284058832102532"), (2, ""), (3, "28405"), (4, "x")];
        let error = excluded.add_register(register.into_iter(), SubjectKind::Nir, &key()).unwrap_err();
        assert_eq!((error.count, error.first_line), (2, 3));
    }
}
