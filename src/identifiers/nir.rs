//! NIR (*numéro d'inscription au répertoire*), also the INS number: sex, year, month, department, commune, order, key.
//!
//! Key = 97 − (n mod 97) over the first 13 characters read as a number, 2A counting as 19 and 2B as 18 (Insee; INS
//! reference, Agence du numérique en santé). A key of 97 exists and is valid.

use std::fmt;

use super::IdentifierError;

/// The sex that a NIR states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// First digit 1.
    Male,
    /// First digit 2.
    Female,
}

/// A checked, normalised NIR with its key. `Debug` shows none of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nir([u8; 15]);

impl fmt::Debug for Nir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nir(…)")
    }
}

impl Nir {
    /// Reads a NIR in any spelling that [`normalise_nir`] takes.
    ///
    /// # Errors
    /// As [`normalise_nir`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let mut normal = [0; 15];
        normalise_nir(text, &mut normal)?;
        Ok(Self(normal))
    }

    /// The NIR of these 13 characters, its key computed.
    ///
    /// # Errors
    /// As [`normalise_nir`], for the form of the 13 characters.
    pub fn from_body(body: &[u8; 13]) -> Result<Self, IdentifierError> {
        let mut number = [0; 15];
        number[..13].copy_from_slice(body);
        let key = nir_key(body).ok_or(IdentifierError::Character)?;
        number[13] = b'0' + key / 10;
        number[14] = b'0' + key % 10;
        judge(&number)?;
        Ok(Self(number))
    }

    /// The 15 characters.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 15] {
        &self.0
    }

    /// The 15 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The sex stated by the first digit.
    #[must_use]
    pub fn sex(&self) -> Sex {
        if self.0[0] == b'1' { Sex::Male } else { Sex::Female }
    }

    /// The last two digits of the year of birth, 0–99; the century is not in the number.
    #[must_use]
    pub fn year(&self) -> u8 {
        two(self.0[1], self.0[2])
    }

    /// The month of birth, 1–12; `None` where it is unknown or was replaced (20–99).
    #[must_use]
    pub fn month(&self) -> Option<u8> {
        let month = two(self.0[3], self.0[4]);
        (month <= 12).then_some(month)
    }

    /// The department of birth, two characters: `2A`, `2B`, `20` for Corsica before 1976, `97` and `98` overseas
    /// (their third digit is the first of the commune), `99` abroad.
    #[must_use]
    pub fn department(&self) -> &str {
        text(&self.0[5..7])
    }

    /// The three characters after the department: the commune, overseas the rest of department and commune, or
    /// the country of those born abroad.
    #[must_use]
    pub fn commune(&self) -> &str {
        text(&self.0[7..10])
    }

    /// Department and commune of birth together: a five-character COG code as [`super::geo`] reads it, or `99` and
    /// the country.
    #[must_use]
    pub fn birthplace(&self) -> &str {
        text(&self.0[5..10])
    }

    /// The key, 1–97.
    #[must_use]
    pub fn key(&self) -> u8 {
        two(self.0[13], self.0[14])
    }
}

/// The text of checked characters.
fn text(bytes: &[u8]) -> &str {
    // A `Nir` is ASCII: `judge` lets nothing else through.
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn two(tens: u8, units: u8) -> u8 {
    (tens - b'0') * 10 + (units - b'0')
}

/// The key (1–97) of the first 13 characters of a NIR; `None` where one of them is neither a digit nor the letter
/// of a Corsican department.
#[must_use]
pub fn nir_key(body: &[u8; 13]) -> Option<u8> {
    key_of(body).ok()
}

fn key_of(body: &[u8; 13]) -> Result<u8, IdentifierError> {
    let mut digits = *body;
    match (body[5], body[6]) {
        (b'2', b'A') => (digits[5], digits[6]) = (b'1', b'9'),
        (b'2', b'B') => (digits[5], digits[6]) = (b'1', b'8'),
        _ => {}
    }
    let mut number = 0u64;
    let mut foreign = false;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        foreign |= digit > 9;
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    if foreign {
        return Err(IdentifierError::Character);
    }
    // 1..=97
    Ok((97 - number % 97) as u8)
}

/// Form and key of 15 normalised characters.
fn judge(number: &[u8; 15]) -> Result<(), IdentifierError> {
    let (body, key) = number.split_first_chunk::<13>().ok_or(IdentifierError::Length)?;
    let expected = judge_body(body)?;
    let (tens, units) = (key[0].wrapping_sub(b'0'), key[1].wrapping_sub(b'0'));
    if tens > 9 || units > 9 {
        return Err(IdentifierError::Character);
    }
    if tens * 10 + units == expected { Ok(()) } else { Err(IdentifierError::Key) }
}

/// Form of the first 13 characters; gives the key that belongs to them.
fn judge_body(body: &[u8; 13]) -> Result<u8, IdentifierError> {
    let key = match body[0] {
        b'1' | b'2' => key_of(body)?,
        // NIA 3 and 4, NNP 7 and 8: waiting for a definitive number
        b'3' | b'4' | b'7' | b'8' => return Err(IdentifierError::Provisional),
        b'0'..=b'9' => return Err(IdentifierError::Sex),
        _ => return Err(IdentifierError::Character),
    };
    if matches!(two(body[3], body[4]), 0 | 13..=19) {
        return Err(IdentifierError::Month);
    }
    // 01–99 with 20 (Corsica before 1976) and the letters that `key_of` let through; only 00 is nowhere.
    if body[5] == b'0' && body[6] == b'0' {
        return Err(IdentifierError::Department);
    }
    Ok(key)
}

/// Writes the one spelling of a NIR, 15 upper-case characters without spaces, after checking form and key.
///
/// Spaces of any width and tabs are dropped, letters made upper-case. On an error `out` holds nothing of use. Order:
/// length, provisional or wrong first digit, characters, month, department, key. Does not allocate.
///
/// # Errors
/// [`IdentifierError::MissingKey`] for 13 well-formed characters; [`IdentifierError::Provisional`] for numbers
/// starting with 3, 4, 7 or 8 whatever follows; otherwise what is wrong first.
pub fn normalise_nir(text: &str, out: &mut [u8; 15]) -> Result<(), IdentifierError> {
    // Nearly all numbers are already normal.
    if let Ok(number) = <&[u8; 15]>::try_from(text.as_bytes())
        && judge(number).is_ok()
    {
        *out = *number;
        return Ok(());
    }
    let mut length = 0;
    for character in text.chars() {
        if matches!(character, ' ' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}') {
            continue;
        }
        if length == out.len() {
            return Err(IdentifierError::Length);
        }
        // A character beyond ASCII becomes a byte that no NIR holds.
        out[length] = u8::try_from(character).unwrap_or(b'?').to_ascii_uppercase();
        length += 1;
    }
    match length {
        15 => judge(out),
        13 => {
            let body = out.first_chunk::<13>().ok_or(IdentifierError::Length)?;
            judge_body(body).and(Err(IdentifierError::MissingKey))
        }
        _ => Err(IdentifierError::Length),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const VALID: [&str; 7] = [
        "284058832102532",
        "255081416802538",
        "284052A32102552",
        "284052B32102579",
        "284202B32102528",
        "284992B32102531",
        "279035121518989",
    ];

    fn judged(text: &str) -> Result<(), IdentifierError> {
        normalise_nir(text, &mut [0; 15])
    }

    #[test]
    fn the_published_numbers_pass_and_stay_as_they_are() {
        for number in VALID {
            let mut out = [0; 15];
            assert_eq!(normalise_nir(number, &mut out), Ok(()), "{number}");
            assert_eq!(out, number.as_bytes());
        }
    }

    #[test]
    fn the_published_wrong_keys_are_wrong_keys() {
        for number in ["255081416802500", "194052203228988", "170017510112313"] {
            assert_eq!(judged(number), Err(IdentifierError::Key), "{number}");
        }
    }

    #[test]
    fn the_published_keys_are_found() {
        assert_eq!(nir_key(b"1531245007231"), Some(60));
        assert_eq!(nir_key(b"2940375120005"), Some(91));
        assert_eq!(nir_key(b"294037512000\xe9"), None);
    }

    #[test]
    fn spaces_of_every_width_and_lower_case_are_one_number() {
        let mut out = [0; 15];
        for text in [
            "2 84 05 2a 321 025 52",
            " 284052a32102552 ",
            "2\u{a0}84\u{202f}05\u{2009}2A 321 025 52",
            "\t284052a32102552",
        ] {
            assert_eq!(normalise_nir(text, &mut out), Ok(()));
            assert_eq!(&out, b"284052A32102552");
        }
    }

    #[test]
    fn a_key_of_97_is_valid_and_00_is_not() {
        let body = (0..200u32)
            .map(|order| format!("1850575001{order:03}"))
            .find(|body| nir_key(body.as_bytes().try_into().unwrap()) == Some(97))
            .unwrap();
        assert_eq!(judged(&format!("{body}97")), Ok(()));
        assert_eq!(judged(&format!("{body}00")), Err(IdentifierError::Key));
    }

    #[test]
    fn thirteen_characters_lack_a_key_which_is_another_error_than_a_wrong_length() {
        assert_eq!(judged("2840588321025"), Err(IdentifierError::MissingKey));
        assert_eq!(judged("2 84 05 2a 321 025"), Err(IdentifierError::MissingKey));
        assert_eq!(judged("2841388321025"), Err(IdentifierError::Month));
        for text in ["", " ", "28405883210253", "2840588321025321", "284058832102"] {
            assert_eq!(judged(text), Err(IdentifierError::Length), "{text:?}");
        }
    }

    #[test]
    fn waiting_numbers_are_provisional_and_other_first_digits_are_no_sex() {
        for first in ["3", "4", "7", "8"] {
            assert_eq!(judged(&format!("{first}84058832102532")), Err(IdentifierError::Provisional));
            assert_eq!(judged(&format!("{first}840588321025")), Err(IdentifierError::Provisional));
        }
        for first in ["0", "5", "6", "9"] {
            assert_eq!(judged(&format!("{first}84058832102532")), Err(IdentifierError::Sex));
        }
    }

    #[test]
    fn months_are_1_to_12_or_20_to_99() {
        for month in 0..=99u8 {
            let body = format!("284{month:02}88321025");
            let key = nir_key(body.as_bytes().try_into().unwrap()).unwrap();
            let right = (1..=12).contains(&month) || month >= 20;
            let expected = if right { Ok(()) } else { Err(IdentifierError::Month) };
            assert_eq!(judged(&format!("{body}{key:02}")), expected, "month {month}");
        }
    }

    #[test]
    fn a_letter_stands_only_for_corsica() {
        assert_eq!(judged("284052C32102552"), Err(IdentifierError::Character));
        assert_eq!(judged("284053A32102552"), Err(IdentifierError::Character));
        assert_eq!(judged("2840A8832102532"), Err(IdentifierError::Character));
        assert_eq!(judged("28405883210253A"), Err(IdentifierError::Character));
        assert_eq!(judged("28405883210253é"), Err(IdentifierError::Character));
        assert_eq!(judged("284-05-88-321-0"), Err(IdentifierError::Character));
    }

    #[test]
    fn corsica_before_1976_is_department_20_and_00_is_none() {
        assert!(Nir::from_body(b"1550720004001").is_ok());
        assert_eq!(Nir::from_body(b"1550700004001"), Err(IdentifierError::Department));
    }

    #[test]
    fn every_single_wrong_digit_is_seen() {
        let right = *b"284058832102532";
        for place in 0..15 {
            for digit in b'0'..=b'9' {
                let mut wrong = right;
                wrong[place] = digit;
                let accepted = judged(std::str::from_utf8(&wrong).unwrap()).is_ok();
                assert_eq!(accepted, digit == right[place], "place {place}");
            }
        }
    }

    #[test]
    fn the_parts_are_read_and_debug_shows_nothing() {
        let nir = Nir::parse("2 84 05 2a 321 025 52").unwrap();
        assert_eq!((nir.sex(), nir.year(), nir.month()), (Sex::Female, 84, Some(5)));
        assert_eq!((nir.department(), nir.commune(), nir.birthplace(), nir.key()), ("2A", "321", "2A321", 52));
        assert_eq!(nir.as_str(), "284052A32102552");
        assert_eq!(Nir::parse("284202B32102528").unwrap().month(), None);
        assert!(!format!("{nir:?}").contains(|c: char| c.is_ascii_digit()));
    }
}
