//! The normal form of a value, in which all its spellings are one: Unicode NFKD without marks, lower case, letters and digits
//! only.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// What a value looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Letters, in bytes.
    pub letters: u32,
    pub digits: u32,
    /// Words between blanks.
    pub words: u32,
    /// Bytes of the first word in the normal form.
    pub first_word: usize,
    /// Bytes of the normal form before the first comma.
    pub comma: usize,
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

/// What becomes of a byte: the letter or digit that stays, or one of the signs below.
const BYTES: [u8; 256] = bytes();
/// The byte is dropped.
const DROP: u8 = 0;
/// A blank: dropped, and ends a word.
const BLANK: u8 = 1;
/// A sign that tells what the value is: `@`, `+`, `,`.
const SIGN: u8 = 2;
/// The byte is part of a character beyond ASCII.
const BEYOND: u8 = 3;

const fn bytes() -> [u8; 256] {
    let mut table = [BEYOND; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = match b {
            b'0'..=b'9' | b'a'..=b'z' => b,
            b'A'..=b'Z' => b.to_ascii_lowercase(),
            b' ' | b'\t' => BLANK,
            b'@' | b'+' | b',' => SIGN,
            _ => DROP,
        };
        byte += 1;
    }
    table
}

/// The letters U+00C0 to U+00FF without marks, where one ASCII letter is left: nearly all that French writes.
const LATIN: &[u8; 64] = b"aaaaaa\0ceeeeiiii\0nooooo\0\0uuuuy\0\0aaaaaa\0ceeeeiiii\0nooooo\0\0uuuuy\0y";

/// A value being normalised.
struct Writer<'o> {
    /// Room for the normal form, of which `end` bytes are written.
    out: &'o mut Vec<u8>,
    end: usize,
    shape: Shape,
    /// No letter or digit since the last blank.
    between: bool,
    comma: Option<usize>,
}

impl Writer<'_> {
    /// Keeps the letters and digits up to the first blank, sign, or character beyond ASCII; how many bytes that were.
    #[inline(always)]
    fn run(&mut self, bytes: &[u8]) -> usize {
        let room = &mut self.out[self.end..];
        let (mut kept, mut digits, mut read) = (0, 0, 0);
        // Every byte is written, and the next one over it where it is dropped: nothing for the processor to guess.
        for (byte, _) in bytes.iter().zip(0..room.len()) {
            let becomes = BYTES[usize::from(*byte)];
            if matches!(becomes, BLANK | SIGN | BEYOND) {
                break;
            }
            room[kept] = becomes;
            kept += usize::from(becomes != DROP);
            digits += u32::from(becomes.wrapping_sub(b'0') < 10);
            read += 1;
        }
        if kept > 0 {
            self.start_word();
        }
        self.end += kept;
        self.shape.digits += digits;
        read
    }

    /// A letter stays.
    #[inline(always)]
    fn keep(&mut self, byte: u8) {
        self.start_word();
        self.shape.digits += u32::from(byte.is_ascii_digit());
        self.put(&[byte]);
    }

    /// To be called before what may be the first letter of a word.
    #[inline(always)]
    fn start_word(&mut self) {
        if std::mem::take(&mut self.between) {
            self.shape.words += 1;
            if self.shape.words == 2 {
                self.shape.first_word = self.end;
            }
        }
    }

    /// Writes bytes, of which there may be more than the value had.
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.end + bytes.len();
        if self.out.len() < end {
            self.out.resize(end, 0);
        }
        self.out[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// A character that ASCII or Latin-1 do not explain.
    #[cold]
    fn other(&mut self, c: char, rest: usize) {
        fold(c, |c| match BYTES.get(c as usize) {
            Some(&BLANK) => self.between = true,
            Some(&SIGN) => self.sign(c as u8),
            Some(&byte) if byte > BEYOND => self.keep(byte),
            Some(&DROP) => {}
            _ if c.is_alphanumeric() => {
                self.start_word();
                self.put(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => {}
        });
        // Some characters become several.
        if self.out.len() < self.end + rest {
            self.out.resize(self.end + rest, 0);
        }
    }

    fn sign(&mut self, byte: u8) {
        match byte {
            b'@' => self.shape.at = true,
            b'+' => self.shape.plus |= self.end == 0,
            _ => self.comma = self.comma.or(Some(self.end)),
        }
    }
}

/// Writes the normal form of a value, and says what it looked like.
pub(super) fn normalise(text: &str, out: &mut Vec<u8>) -> Shape {
    let bytes = text.as_bytes();
    if out.len() < bytes.len() {
        out.resize(bytes.len(), 0);
    }
    let mut writer = Writer { out, end: 0, shape: Shape::default(), between: true, comma: None };
    let mut at = 0;
    loop {
        at += writer.run(&bytes[at..]);
        let Some(&byte) = bytes.get(at) else { break };
        at += 1;
        match BYTES[usize::from(byte)] {
            BLANK => writer.between = true,
            SIGN => writer.sign(byte),
            _ => {
                let latin = bytes.get(at).filter(|_| byte == 0xc3).map_or(0, |b| LATIN[usize::from(b & 0x3f)]);
                if latin != 0 {
                    writer.keep(latin);
                    at += 1;
                } else if let Some(c) = text.get(at - 1..).and_then(|rest| rest.chars().next()) {
                    at += c.len_utf8() - 1;
                    writer.other(c, bytes.len() - at);
                }
            }
        }
    }
    let Writer { mut shape, comma, end, .. } = writer;
    out.truncate(end);
    if shape.words < 2 {
        shape.first_word = end;
    }
    shape.digit_first = out.first().is_some_and(u8::is_ascii_digit);
    shape.letters = end as u32 - shape.digits;
    shape.comma = comma.unwrap_or(end);
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
    #![allow(clippy::unwrap_used)]
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
    fn the_quick_table_of_letters_says_what_unicode_says() {
        for code in 0xc0..=0xff {
            let c = char::from_u32(code).unwrap();
            let mut folded = String::new();
            fold(c, |f| folded.push(f));
            let plain = folded.len() == 1 && folded.is_ascii() && folded.chars().all(char::is_alphanumeric);
            let expected = if plain { folded.as_bytes()[0] } else { 0 };
            assert!([0, expected].contains(&LATIN[(code & 0x3f) as usize]), "{c}");
            assert_eq!(normal(&c.to_string()), folded.replace(|f: char| !f.is_alphanumeric(), ""), "{c}");
        }
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
