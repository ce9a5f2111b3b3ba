//! Names that stay where they belong, on every system.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::SealError;

/// Name of the descriptor in a release.
pub const DESCRIPTOR: &str = "datapackage.json";
/// Name of the signed statement about all other files of a release. The descriptor, about which it speaks too, cannot name it.
pub const STATEMENT: &str = "statement.note";
/// Name of the manifest in a package.
pub(super) const MANIFEST: &str = "manifest";
/// What ends the name of an encrypted entry.
const SEALED: &str = ".age";
/// What ends the name of a package.
pub const PACKAGE_ENDING: &str = ".tamis";
/// Longest file name of an entry before `.age`: with it, 100 bytes, what a ustar header holds.
const LONGEST: usize = 96;

/// Path of a file in a release: `datapackage.json`, `statement.note`, or a file of `data/` or `tables/`. Nothing else has this type, so that
/// no name can leave its folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName(String);

impl EntryName {
    /// Checks a path; `None` for absolute paths, `..`, other folders, and characters that are not plain everywhere.
    #[must_use]
    pub fn new(path: &str) -> Option<Self> {
        let known = match path.split_once('/') {
            None => path == DESCRIPTOR || path == STATEMENT,
            Some((folder, file)) => matches!(folder, "data" | "tables") && is_plain(file, LONGEST),
        };
        known.then(|| Self(path.to_owned()))
    }

    /// The name of an encrypted entry, back in its form in the release.
    pub(super) fn of_sealed(name: &[u8]) -> Option<Self> {
        std::str::from_utf8(name).ok()?.strip_suffix(SEALED).and_then(Self::new)
    }

    /// The path in the release.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the package.
    #[must_use]
    pub fn sealed(&self) -> String {
        format!("{}{SEALED}", self.0)
    }

    /// What the file is: `persons`, `table`, `descriptor` or `statement`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.0.split_once('/') {
            Some(("data", _)) => "persons",
            Some(_) => "table",
            None if self.0 == STATEMENT => "statement",
            None => "descriptor",
        }
    }
}

/// In the manifest the name is that of the file in the package, so that other programs find what it speaks of.
impl Serialize for EntryName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sealed())
    }
}

impl<'de> Deserialize<'de> for EntryName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::of_sealed(name.as_bytes()).ok_or_else(|| serde::de::Error::custom("not the name of an entry"))
    }
}

/// The file name of a package: `<pipeline>-<run>-<recipient>.tamis`.
///
/// # Errors
/// [`SealError::Name`] where a part is not a plain name.
pub fn package_name(pipeline: &str, run: &str, recipient: &str) -> Result<String, SealError> {
    for part in [pipeline, run, recipient] {
        if !is_plain(part, 100) {
            return Err(SealError::Name { name: part.to_owned() });
        }
    }
    Ok(format!("{pipeline}-{run}-{recipient}{PACKAGE_ENDING}"))
}

/// Letters without accents, digits, `-`, `_` and `.`, begun by a letter or digit.
pub(super) fn is_plain(name: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.len() <= longest && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) && name.bytes().all(plain)
}
