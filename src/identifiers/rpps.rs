//! RPPS: the number of a health professional, 11 digits of which the last is a Luhn digit.

use super::{IdentifierError, digits, exactly, luhn};

/// Form and check digit.
pub(super) fn check(text: &str) -> Result<(), IdentifierError> {
    let bytes: &[u8; 11] = exactly(text)?;
    digits(bytes)?;
    if luhn::holds(bytes) { Ok(()) } else { Err(IdentifierError::Checksum) }
}

/// The check digit (0–9) of the first ten digits of an RPPS number; `None` where one of them is not a digit.
#[must_use]
pub fn rpps_check_digit(body: &[u8; 10]) -> Option<u8> {
    digits(body).is_ok().then(|| luhn::check_digit(body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_published_test_number_passes() {
        assert_eq!(check("99700218896"), Ok(()));
        assert_eq!(rpps_check_digit(b"9970021889"), Some(6));
    }

    #[test]
    fn a_wrong_digit_a_letter_and_a_missing_digit_are_told_apart() {
        assert_eq!(check("99700218897"), Err(IdentifierError::Checksum));
        assert_eq!(check("9970021889A"), Err(IdentifierError::Character));
        assert_eq!(check("9970021889"), Err(IdentifierError::Length));
        assert_eq!(check(""), Err(IdentifierError::Length));
    }
}
