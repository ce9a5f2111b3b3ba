//! The normal form of a value, in which all its spellings are one: Unicode NFKD without marks, lower case, letters and digits
//! only.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// What a value looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub letters: u32,
    pub digits: u32,
    /// Words between blanks.
    pub words: u32,
    /// Bytes of the first word in the normal form.
    pub first_word: usize,
    /// Whether it holds an `@`.
    pub at: bool,
    /// Whether the first character is a digit.
    pub digit_first: bool,
    /// Whether it starts with `+`.
    pub plus: bool,
}

/// Unfolds a character: marks dropped, lower case. A blank of any width gives a space.
#[inline]
pub(super) fn fold(c: char, mut emit: impl FnMut(char)) {
    if c.is_ascii() {
        return emit(c.to_ascii_lowercase());
    }
    let mut text = |t: &str| t.chars().for_each(&mut emit);
    match c {
        // Letters that no decomposition takes apart
        'œ' | 'Œ' => text("oe"),
        'æ' | 'Æ' => text("ae"),
        'ß' | 'ẞ' => text("ss"),
        'ø' | 'Ø' => text("o"),
        'ł' | 'Ł' => text("l"),
        'đ' | 'Đ' | 'ð' | 'Ð' => text("d"),
        'ı' => text("i"),
        _ => decompose_compatible(c, |d| {
            if d.is_whitespace() {
                emit(' ');
            } else if !is_combining_mark(d) {
                d.to_lowercase().for_each(&mut emit);
            }
        }),
    }
}

/// Writes the normal form of a value, and says what it looked like.
#[inline]
pub(super) fn normalise(text: &str, out: &mut Vec<u8>) -> Shape {
    out.clear();
    let mut shape = Shape::default();
    let mut between = true;
    let mut see = |c: char| {
        let digit = c.is_ascii_digit();
        if digit || c.is_ascii_lowercase() || (!c.is_ascii() && c.is_alphanumeric()) {
            if between {
                between = false;
                shape.words += 1;
                if shape.words == 2 {
                    shape.first_word = out.len();
                }
            }
            shape.digit_first |= digit && out.is_empty();
            shape.digits += u32::from(digit);
            shape.letters += u32::from(!digit);
            push(out, c);
        } else if c == ' ' || c == '\t' {
            between = true;
        } else if c == '@' {
            shape.at = true;
        } else if c == '+' && out.is_empty() {
            shape.plus = true;
        }
    };
    if text.is_ascii() {
        text.bytes().for_each(|b| see(char::from(b.to_ascii_lowercase())));
    } else {
        text.chars().for_each(|c| fold(c, &mut see));
    }
    if shape.words < 2 {
        shape.first_word = out.len();
    }
    shape
}

/// Appends a character.
#[inline]
pub(super) fn push(out: &mut Vec<u8>, c: char) {
    if c.is_ascii() {
        out.push(c as u8);
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Bits that tell a normal form from others of its shape: log₂ of 10 a digit and of 26 a letter, rounded down, at most 63.
#[inline]
pub(super) fn bits(digits: u32, letters: u32) -> u8 {
    // log₂ 10 = 3.3219, log₂ 26 = 4.7004
    ((digits * 3322 + letters * 4700) / 1000).min(63) as u8
}

/// A telephone number as country code and number, from its digits: `0639980000`, `0033 6…`, `+33 (0)6…` are one.
/// `None` where it is none, or lacks a sign that it is one.
pub(super) fn telephone<'a>(digits: &[u8], plus: bool, out: &'a mut [u8; 17]) -> Option<&'a [u8]> {
    let (country, rest): (&[u8], &[u8]) = match digits {
        _ if plus => (b"", digits),
        [b'0', b'0', rest @ ..] => (b"", rest),
        [b'0', rest @ ..] if rest.len() == 9 => (b"33", rest),
        _ => return None,
    };
    // A nought in brackets behind the country code is not dialled from abroad.
    let rest = match rest {
        [b'3', b'3', b'0', number @ ..] if number.len() == 9 => return canonical(b"33", number, out),
        rest => rest,
    };
    canonical(country, rest, out)
}

/// Country code and number in one.
pub(super) fn canonical<'a>(country: &[u8], number: &[u8], out: &'a mut [u8; 17]) -> Option<&'a [u8]> {
    let length = country.len() + number.len();
    if !(9..=15).contains(&length) || number.first() == Some(&b'0') {
        return None;
    }
    out[..country.len()].copy_from_slice(country);
    out[country.len()..length].copy_from_slice(number);
    Some(&out[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        let mut out = Vec::new();
        normalise(text, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn every_spelling_of_a_name_is_one() {
        for text in ["de L'Épine", "DE L’EPINE", "De-l.Epine", "de\u{a0}l'e\u{301}pine", "ＤＥ ＬＥＰＩＮＥ"]
        {
            assert_eq!(normal(text), "delepine", "{text}");
        }
        assert_eq!(normal("Œuvrard-Ångström"), "oeuvrardangstrom");
        assert_eq!(normal("2 84 05 2A 321 025 52"), "284052a32102552");
    }

    #[test]
    fn the_shape_tells_words_digits_and_the_first_word() {
        let mut out = Vec::new();
        let shape = normalise("Noé-Luc  Enzo", &mut out);
        assert_eq!((shape.words, shape.letters, &out[..shape.first_word]), (2, 10, &b"noeluc"[..]));
        assert!(normalise("a.b@example.com", &mut out).at);
    }

    #[test]
    fn a_telephone_number_is_one_in_every_notation() {
        let read = |digits: &[u8], plus| telephone(digits, plus, &mut [0; 17]).map(<[u8]>::to_vec);
        let one = Some(b"33639986255".to_vec());
        assert_eq!(read(b"0639986255", false), one);
        assert_eq!(read(b"0033639986255", false), one);
        assert_eq!(read(b"33639986255", true), one);
        assert_eq!(read(b"330639986255", true), one);
        assert_eq!(read(b"639986255", false), None, "without a sign it is any number");
        assert_eq!(read(b"0039986255", false), None);
    }
}
