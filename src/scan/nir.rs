//! Numbers that have the form of a NIR, found in bytes without any knowledge of the input.
//!
//! Fifteen characters, alone or in the groups in which the number is written (`2 84 05 88 321 025 32`: a separator stands
//! only behind the 1st, 3rd, 5th, 7th, 10th or 13th character), with no letter or digit next to them. Hashes and pseudonyms
//! are longer runs of letters and digits, so that the key (right by chance once in 97 times) is asked of few numbers.

use std::ops::Range;

use crate::identifiers::Nir;

/// Longest spelling, in bytes: 15 characters, 6 separators of up to three bytes; in UTF-16, two bytes each; and a neighbour.
pub(super) const LONGEST: usize = 64;

/// How characters lie in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// ASCII, UTF-8, Windows-1252.
    One,
    /// UTF-16, low byte first.
    Two,
}

/// A number that has the form of a NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// First byte behind it.
    pub end: usize,
    /// Whether its key is right.
    pub key_is_right: bool,
}

/// Looks for numbers that start within `starts`, and gives each.
pub(super) fn find(bytes: &[u8], starts: Range<usize>, width: Width, mut found: impl FnMut(Number)) {
    let mut from = starts.start;
    while from < starts.end {
        let Some(at) = memchr::memchr2(b'1', b'2', &bytes[from..starts.end]).map(|i| from + i) else { return };
        from = at + 1;
        if !joined_before(bytes, at, width)
            && let Some(number) = number_at(bytes, at, width)
        {
            from = number.end.max(from);
            found(number);
        }
    }
}

/// The character at a place: a byte, `None` at the end; 0xff for what is none of ours.
fn character(bytes: &[u8], at: usize, width: Width) -> Option<u8> {
    let byte = *bytes.get(at)?;
    match width {
        Width::One => Some(byte),
        Width::Two => Some(if bytes.get(at + 1) == Some(&0) { byte } else { 0xff }),
    }
}

fn step(width: Width) -> usize {
    match width {
        Width::One => 1,
        Width::Two => 2,
    }
}

fn joined_before(bytes: &[u8], at: usize, width: Width) -> bool {
    at.checked_sub(step(width))
        .and_then(|before| character(bytes, before, width))
        .is_some_and(|c| c.is_ascii_alphanumeric())
}

fn number_at(bytes: &[u8], start: usize, width: Width) -> Option<Number> {
    let mut number = [0u8; 15];
    let mut at = start;
    for (place, slot) in number.iter_mut().enumerate() {
        if matches!(place, 1 | 3 | 5 | 7 | 10 | 13) {
            at += separator(bytes, at, width);
        }
        let c = character(bytes, at, width)?.to_ascii_uppercase();
        if !(c.is_ascii_digit() || place == 6 && matches!(c, b'A' | b'B')) {
            return None;
        }
        *slot = c;
        at += step(width);
    }
    if character(bytes, at, width).is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let body = number.first_chunk::<13>()?;
    let nir = Nir::from_body(body).ok()?;
    Some(Number { end: at, key_is_right: nir.as_bytes() == &number })
}

/// Bytes of the separator at a place, 0 where there is none.
fn separator(bytes: &[u8], at: usize, width: Width) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    match width {
        Width::One => match rest {
            [b' ' | b'.' | b'-' | b'\t' | 0xa0, ..] => 1,
            [0xc2, 0xa0, ..] => 2,
            [0xe2, 0x80, 0xaf | 0x89, ..] => 3,
            _ => 0,
        },
        Width::Two => match rest {
            [b' ' | b'.' | b'-' | b'\t' | 0xa0, 0, ..] | [0x2f | 0x09, 0x20, ..] => 2,
            _ => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<bool> {
        let mut seen = Vec::new();
        find(text.as_bytes(), 0..text.len(), Width::One, |n| seen.push(n.key_is_right));
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut wide = Vec::new();
        find(&utf16, 0..utf16.len(), Width::Two, |n| wide.push(n.key_is_right));
        assert_eq!(seen, wide, "{text}");
        seen
    }

    #[test]
    fn a_number_is_found_in_every_usual_spelling() {
        for text in [
            "284058832102532",
            "vu ce jour (284058832102532).",
            "nir:2 84 05 88 321 025 32, suite",
            "2\u{a0}84\u{a0}05\u{202f}88 321 025 32",
            "2.84.05.2a.321.025.52",
            "284-05-2B-321-025-79",
            "2840588321025 32",
            "284052A32102552",
        ] {
            assert_eq!(found(text), [true], "{text}");
        }
        assert_eq!(found("284058832102532 255081416802538"), [true, true]);
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "2840588321025321",
            "9284058832102532",
            "a284058832102532",
            "284058832102532f",
            "284 058 832 102 532",
            "2026-03-01T12:00:00.000Z",
            "28405883210253",
            "2,84,05,88,321,025,32",
        ] {
            assert_eq!(found(text), [] as [bool; 0], "{text}");
        }
        assert_eq!(found("255081416802500"), [false], "the form without the key");
    }
}
