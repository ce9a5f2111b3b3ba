//! Texts that speak of persons: names that many have, addresses, telephone numbers.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

static FORENAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let women = include_str!("../../data/forenames_f.txt").lines();
    women.chain(include_str!("../../data/forenames_m.txt").lines()).map(plain).collect()
});

static SURNAMES: LazyLock<HashSet<String>> =
    LazyLock::new(|| include_str!("../../data/surnames.txt").lines().map(plain).collect());

/// Kinds of streets, as addresses write them, without accents.
const STREETS: &[&str] = &[
    "rue",
    "avenue",
    "av",
    "boulevard",
    "bd",
    "bld",
    "chemin",
    "che",
    "impasse",
    "imp",
    "place",
    "pl",
    "allee",
    "allees",
    "route",
    "rte",
    "quai",
    "cours",
    "square",
    "sq",
    "passage",
    "faubourg",
    "fg",
    "lotissement",
    "lot",
    "residence",
    "res",
    "hameau",
    "lieudit",
    "montee",
    "sentier",
    "voie",
    "villa",
    "cite",
    "esplanade",
    "promenade",
    "rond",
];

/// Small letters without accents; signs become blanks.
fn plain(text: &str) -> String {
    let letters =
        text.nfd().filter(|c| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '-' | '\'' | '’' | '.'));
    let letters = letters.map(|c| if c.is_alphanumeric() { c } else { ' ' });
    letters.flat_map(char::to_lowercase).collect::<String>().trim().to_owned()
}

fn may_be_a_name(text: &str) -> bool {
    (2..=40).contains(&text.len()) && text.chars().any(char::is_alphabetic) && !text.bytes().any(|b| b.is_ascii_digit())
}

/// A forename of the list, or several of which the first is.
pub fn is_forename(text: &str) -> bool {
    may_be_a_name(text) && {
        let plain = plain(text);
        FORENAMES.contains(&plain) || plain.split([' ', ',']).next().is_some_and(|first| FORENAMES.contains(first))
    }
}

/// A surname of the list.
pub fn is_surname(text: &str) -> bool {
    may_be_a_name(text) && SURNAMES.contains(&plain(text))
}

/// A number and a kind of street among the first words.
pub fn is_address(text: &str) -> bool {
    if text.len() < 6 || !text.bytes().any(|b| b == b' ') {
        return false;
    }
    let plain = plain(text);
    let mut words = plain.split_whitespace().take(4);
    let number = words.next().is_some_and(|w| w.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    number && words.any(|w| STREETS.contains(&w))
}

/// A French telephone number: ten digits from 01 to 09, in pairs or not, or with `+33` before nine.
pub fn is_telephone(text: &str) -> bool {
    if !(10..=20).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit() || b" .-+()".contains(&b)) {
        return false;
    }
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    match digits.as_slice() {
        [b'0', b'1'..=b'9', rest @ ..] => rest.len() == 8,
        [b'3', b'3', b'0', b'1'..=b'9', rest @ ..] if text.starts_with('+') => rest.len() == 8,
        [b'3', b'3', b'1'..=b'9', rest @ ..] if text.starts_with('+') => rest.len() == 8,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_with_or_without_accents() {
        for name in ["Marie", "MARIE", "marie, jeanne"] {
            assert!(is_forename(name), "{name}");
        }
        assert!(!is_forename("Xqz") && !is_forename("2") && !is_surname("12 rue"));
    }

    #[test]
    fn addresses_and_telephone_numbers_have_their_form() {
        assert!(is_address("3 AVENUE JEAN JAURES") && is_address("12 bis allée des Pins"));
        assert!(!is_address("rue des Lilas") && !is_address("12 kilos") && !is_address("2026-02-25"));
        for good in ["0478001122", "06.39.98.00.00", "+33 6 39 98 00 00", "+33(0)639980000"] {
            assert!(is_telephone(good), "{good}");
        }
        for bad in ["0078001122", "047800112", "1234567890", "33639980000", "2026-02-25"] {
            assert!(!is_telephone(bad), "{bad}");
        }
    }
}
