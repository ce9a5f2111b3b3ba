//! Codes with a form and no register behind them here: postcode, CIM-10, CCAM, LOINC.

use super::{IdentifierError, digits, exactly, luhn};

/// Five digits. Nothing is read out of a postcode here: it is not the department (20xxx in Corsica; 42620 in Allier).
pub(super) fn check_postcode(text: &str) -> Result<(), IdentifierError> {
    digits(exactly::<5>(text)?)
}

/// CIM-10, `[A-Z]\d{2}(\.?\d{1,3})?`: the dot is optional, as in hospital files.
pub(super) fn check_cim10(text: &str) -> Result<(), IdentifierError> {
    let bytes = text.as_bytes();
    let Some((head, tail)) = bytes.split_at_checked(3) else {
        return Err(IdentifierError::Length);
    };
    if !head[0].is_ascii_uppercase() {
        return Err(IdentifierError::Character);
    }
    digits(&head[1..])?;
    if tail.is_empty() {
        return Ok(());
    }
    let subdivision = tail.strip_prefix(b".").unwrap_or(tail);
    if !(1..=3).contains(&subdivision.len()) {
        return Err(IdentifierError::Length);
    }
    digits(subdivision)
}

/// CCAM, `[A-Z]{4}\d{3}`.
pub(super) fn check_ccam(text: &str) -> Result<(), IdentifierError> {
    let bytes: &[u8; 7] = exactly(text)?;
    if !bytes[..4].iter().all(u8::is_ascii_uppercase) {
        return Err(IdentifierError::Character);
    }
    digits(&bytes[4..])
}

/// LOINC: one to seven digits, a hyphen, and the mod-10 check digit (LOINC Users' Guide, appendix C).
pub(super) fn check_loinc(text: &str) -> Result<(), IdentifierError> {
    let bytes = text.as_bytes();
    if !(3..=9).contains(&bytes.len()) {
        return Err(IdentifierError::Length);
    }
    let [body @ .., b'-', given] = bytes else {
        return Err(IdentifierError::Character);
    };
    digits(body)?;
    digits(&[*given])?;
    if luhn::check_digit(body) == given - b'0' { Ok(()) } else { Err(IdentifierError::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnoses_pass_with_and_without_dot_and_up_to_three_further_digits() {
        for code in ["C50", "C509", "C50.9", "C18.71", "Z12123", "Z12.123"] {
            assert_eq!(check_cim10(code), Ok(()), "{code}");
        }
        for code in ["c50", "550", "C5A", "C50.A", "C50 9"] {
            assert_eq!(check_cim10(code), Err(IdentifierError::Character), "{code}");
        }
        for code in ["", "C5", "C50.", "C50.1234", "C501234"] {
            assert_eq!(check_cim10(code), Err(IdentifierError::Length), "{code}");
        }
    }

    #[test]
    fn the_procedures_of_the_three_screening_programmes_pass() {
        for code in ["QEQK004", "JKHD001", "HHQE002", "HHQE005"] {
            assert_eq!(check_ccam(code), Ok(()));
        }
        assert_eq!(check_ccam("QEQK04A"), Err(IdentifierError::Character));
        assert_eq!(check_ccam("QEQ4004"), Err(IdentifierError::Character));
        assert_eq!(check_ccam("QEQK0041"), Err(IdentifierError::Length));
    }

    #[test]
    fn the_stool_test_has_its_check_digit() {
        assert_eq!(check_loinc("29771-3"), Ok(()));
        // Body weight, haemoglobin
        assert_eq!(check_loinc("29463-7"), Ok(()));
        assert_eq!(check_loinc("718-7"), Ok(()));
        assert_eq!(check_loinc("29771-4"), Err(IdentifierError::Checksum));
        assert_eq!(check_loinc("297713"), Err(IdentifierError::Character));
        assert_eq!(check_loinc("-3"), Err(IdentifierError::Length));
        assert_eq!(check_loinc("2977a-3"), Err(IdentifierError::Character));
        assert_eq!(check_loinc("29771-é"), Err(IdentifierError::Character));
    }

    #[test]
    fn a_postcode_is_five_digits_and_never_has_the_letter_of_corsica() {
        assert_eq!(check_postcode("20090"), Ok(()));
        assert_eq!(check_postcode("2A004"), Err(IdentifierError::Character));
        assert_eq!(check_postcode("1000"), Err(IdentifierError::Length));
    }
}
