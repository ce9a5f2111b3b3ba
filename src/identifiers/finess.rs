//! FINESS: the number of a health establishment, 9 characters: department, running number, Luhn digit.

use super::{IdentifierError, digits, exactly, luhn};

/// Form and check digit.
///
/// Numbers of the two Corsican departments hold a letter (`2A…`, `2B…`). How the letter enters the sum is not laid
/// down in a source that could be cited, so their form is checked and their last digit is not: better a wrong
/// number taken than a true record lost.
pub(super) fn check(text: &str) -> Result<(), IdentifierError> {
    let bytes: &[u8; 9] = exactly(text)?;
    if matches!(bytes, [b'2', b'A' | b'B', ..]) {
        return digits(&bytes[2..]);
    }
    digits(bytes)?;
    if luhn::holds(bytes) { Ok(()) } else { Err(IdentifierError::Checksum) }
}

/// The check digit (0–9) of the first eight digits of a FINESS number; `None` where one of them is not a digit (so
/// also for Corsican numbers, which hold a letter).
#[must_use]
pub fn finess_check_digit(body: &[u8; 8]) -> Option<u8> {
    digits(body).is_ok().then(|| luhn::check_digit(body))
}

/// The whole number for a body of eight digits; `None` where one of them is not a digit.
#[must_use]
pub fn finess_from_body(body: &[u8; 8]) -> Option<[u8; 9]> {
    let digit = finess_check_digit(body)?;
    let mut number = [b'0' + digit; 9];
    number[..8].copy_from_slice(body);
    Some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_number_made_from_its_body_passes_and_its_neighbours_do_not() {
        let number = finess_from_body(b"75071218").unwrap();
        let text = std::str::from_utf8(&number).unwrap();
        // AP-HP, legal entity
        assert_eq!(text, "750712184");
        assert_eq!(check(text), Ok(()));
        assert_eq!(check("750712185"), Err(IdentifierError::Checksum));
    }

    #[test]
    fn a_corsican_number_may_hold_its_letter_and_no_other_may() {
        assert_eq!(check("2A0000014"), Ok(()));
        assert_eq!(check("2B0000020"), Ok(()));
        assert_eq!(check("2C0000014"), Err(IdentifierError::Character));
        assert_eq!(check("3A0000014"), Err(IdentifierError::Character));
        assert_eq!(check("2A00000B4"), Err(IdentifierError::Character));
        assert_eq!(finess_from_body(b"2A000001"), None);
    }

    #[test]
    fn a_siren_sized_text_with_a_space_is_a_wrong_character_and_ten_digits_a_wrong_length() {
        assert_eq!(check("75071 184"), Err(IdentifierError::Character));
        assert_eq!(check("7507121844"), Err(IdentifierError::Length));
    }
}
