//! French national identifiers and code lists: parse, normalise, check.
//!
//! [`check`] judges one cell as one kind of identifier. [`normalise_nir`] gives the one spelling of a NIR that
//! pseudonyms and joins are made of. [`geo`] leads from a commune to its department and region. Errors say what is
//! wrong with the form, never what the text was.

mod codes;
mod finess;
pub mod geo;
mod luhn;
mod nir;
mod rpps;

pub use finess::{finess_check_digit, finess_from_body};
pub use geo::{departement_codes, departement_of_commune, region_of, region_of_departement};
pub use nir::{Nir, Sex, nir_key, normalise_nir};
pub use rpps::rpps_check_digit;

use crate::schema::IdentifierKind;

/// Why a text is not the identifier that it should be. Holds no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum IdentifierError {
    /// Too short or too long.
    #[error("wrong number of characters")]
    Length,
    /// A character that cannot stand where it stands.
    #[error("a character that cannot stand at its place")]
    Character,
    /// NIR: the first digit is neither 1 nor 2, nor that of a provisional number.
    #[error("the digit for the sex is not 1 or 2")]
    Sex,
    /// NIR: the month is neither 01–12 nor 20–99.
    #[error("no such month of birth")]
    Month,
    /// NIR, commune, IRIS: no such department or collectivity.
    #[error("no such department")]
    Department,
    /// NIR: the key does not belong to the 13 characters before it.
    #[error("the key does not belong to the number")]
    Key,
    /// NIR: 13 well-formed characters, but the key is not there, so nothing tells a slip of the pen from the number.
    #[error("the number has no key")]
    MissingKey,
    /// A waiting number (NNP, NIA: starting with 7, 8, 3 or 4), which a definitive NIR will replace.
    #[error("a provisional number, not a definitive NIR")]
    Provisional,
    /// RPPS, FINESS, LOINC: the check digit does not belong to the digits before it.
    #[error("the check digit does not belong to the number")]
    Checksum,
}

impl IdentifierError {
    /// One word for counts and machine-readable findings.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Character => "character",
            Self::Sex => "sex",
            Self::Month => "month",
            Self::Department => "department",
            Self::Key => "key",
            Self::MissingKey => "missing-key",
            Self::Provisional => "provisional",
            Self::Checksum => "checksum",
        }
    }
}

/// Judges a text as an identifier of the given kind: its form and, where it has one, its check digit or key.
///
/// A NIR may hold spaces and lower case (see [`normalise_nir`]); every other kind must be written as in its
/// nomenclature. That a code exists (a commune, a diagnosis) is not looked up: lists change every year, forms do not.
///
/// # Errors
/// The first thing that is wrong, without any part of the text.
pub fn check(kind: IdentifierKind, text: &str) -> Result<(), IdentifierError> {
    match kind {
        IdentifierKind::Nir => normalise_nir(text, &mut [0; 15]),
        IdentifierKind::Rpps => rpps::check(text),
        IdentifierKind::Finess => finess::check(text),
        IdentifierKind::Commune => geo::check_commune(text),
        IdentifierKind::Iris => geo::check_iris(text),
        IdentifierKind::Postcode => codes::check_postcode(text),
        IdentifierKind::Cim10 => codes::check_cim10(text),
        IdentifierKind::Ccam => codes::check_ccam(text),
        IdentifierKind::Loinc => codes::check_loinc(text),
    }
}

/// Exactly `N` bytes, or [`IdentifierError::Length`].
fn exactly<const N: usize>(text: &str) -> Result<&[u8; N], IdentifierError> {
    if let Ok(bytes) = text.as_bytes().try_into() {
        return Ok(bytes);
    }
    // A letter of several bytes is a wrong character where the number of characters is right.
    Err(if text.chars().count() == N { IdentifierError::Character } else { IdentifierError::Length })
}

/// All digits, or [`IdentifierError::Character`].
fn digits(bytes: &[u8]) -> Result<(), IdentifierError> {
    if bytes.iter().all(u8::is_ascii_digit) { Ok(()) } else { Err(IdentifierError::Character) }
}
