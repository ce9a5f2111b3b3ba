//! Integers and decimals, plain or with group and decimal characters and units around them.
//!
//! Departures from Table Schema, all on the side of refusing:
//! * `NaN`, `INF` and `-INF` are not numbers here: a sum over them means nothing;
//! * the group character must stand between whole groups (`1 234 567`, `12,34,567`): read loosely, `1,50` under
//!   `groupChar: ","` would be taken for 150;
//! * with `bareNumber: false`, a sign or bracket apart from the digits (`- 5 €`, `(5)`, `5-`) and a second number
//!   (`5-6`, `3 x 2`) are refused rather than guessed at.

/// How numbers of a field are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberForm {
    /// Decimal character.
    pub decimal: char,
    /// Character between groups of digits.
    pub group: Option<char>,
    /// False where units or symbols may stand around the digits.
    pub bare: bool,
}

/// Longest number with a group or decimal character of its own, in bytes: more than any `f64` needs.
const LONGEST: usize = 400;

impl NumberForm {
    /// An integer above `i64::MIN` (that one value stands for "missing" further on).
    #[inline]
    pub fn integer(&self, text: &str) -> Option<i64> {
        if self.bare && self.group.is_none() {
            return plain_integer(text.as_bytes());
        }
        let mut buffer = [0; LONGEST];
        let whole = self.plain(text, &mut buffer).and_then(|t| plain_integer(t.as_bytes()));
        if self.bare || whole.is_some() {
            return whole;
        }
        plain_integer(self.plain(self.strip(text, false)?, &mut buffer)?.as_bytes())
    }

    /// A finite number; −0 is given as 0, so that equal numbers look equal.
    #[inline]
    pub fn number(&self, text: &str) -> Option<f64> {
        if self.bare && self.group.is_none() && self.decimal == '.' {
            return plain_number(text);
        }
        let mut buffer = [0; LONGEST];
        let whole = self.plain(text, &mut buffer).and_then(plain_number);
        if self.bare || whole.is_some() {
            return whole;
        }
        plain_number(self.plain(self.strip(text, true)?, &mut buffer)?)
    }

    /// The number in a text with units around it.
    fn strip<'a>(&self, text: &'a str, real: bool) -> Option<&'a str> {
        let starts = |t: &str| {
            let t = t.strip_prefix(['+', '-']).unwrap_or(t);
            let t = if real { t.strip_prefix(self.decimal).unwrap_or(t) } else { t };
            t.starts_with(|c: char| c.is_ascii_digit())
        };
        let start = text.char_indices().map(|(i, _)| i).find(|&i| starts(&text[i..]))?;
        let (before, rest) = text.split_at(start);
        if before.contains(['-', '−', '(', '+']) {
            return None;
        }
        let after = &rest[self.run(rest, real)..];
        let mut previous = ' ';
        for c in after.chars() {
            // A digit belongs to a unit (`m2`) only behind a letter; elsewhere it is a second number.
            if c.is_ascii_digit() && !previous.is_alphanumeric() || c == ')' {
                return None;
            }
            previous = c;
        }
        // An exponent would be cut off, a sign behind the number is a minus in some accounts.
        let exponent = after.strip_prefix(['e', 'E']).map(|t| t.strip_prefix(['+', '-']).unwrap_or(t));
        if after.starts_with(['-', '−', '.', ','])
            || exponent.is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()))
        {
            return None;
        }
        Some(&rest[..rest.len() - after.len()])
    }

    /// Bytes of the number that a text starts with.
    fn run(&self, text: &str, real: bool) -> usize {
        let mut end = 0;
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let digit_next = chars.peek().is_some_and(|&(_, d)| d.is_ascii_digit());
            let belongs = c.is_ascii_digit()
                || (i == 0 && matches!(c, '+' | '-'))
                || (Some(c) == self.group && digit_next)
                || (real && c == self.decimal && digit_next);
            if !belongs {
                break;
            }
            end = i + c.len_utf8();
        }
        end
    }

    /// The number with `.` for its decimal character and without group characters.
    fn plain<'b>(&self, text: &str, buffer: &'b mut [u8; LONGEST]) -> Option<&'b str> {
        let mut length = 0;
        let mut push = |b: u8| {
            *buffer.get_mut(length)? = b;
            length += 1;
            Some(())
        };
        let mut digits = 0; // since the sign or the last group character
        let mut grouped = false;
        let mut fraction = false;
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits += 1;
                push(c as u8)?;
            } else if Some(c) == self.group && !fraction {
                let whole = if grouped { (2..=3).contains(&digits) } else { (1..=3).contains(&digits) };
                if !whole {
                    return None;
                }
                (grouped, digits) = (true, 0);
            } else {
                // Whatever follows, the whole part ends here (a sign in front has no digits yet).
                if grouped && !fraction && digits != 3 {
                    return None;
                }
                if c == self.decimal && !fraction {
                    fraction = true;
                    push(b'.')?;
                } else if matches!(c, '+' | '-') {
                    push(c as u8)?;
                } else if matches!(c, 'e' | 'E') {
                    fraction = true;
                    push(b'e')?;
                } else {
                    return None;
                }
            }
        }
        if grouped && !fraction && digits != 3 {
            return None;
        }
        // Only ASCII was pushed.
        std::str::from_utf8(&buffer[..length]).ok()
    }
}

/// `[+-]?[0-9]+`, above `i64::MIN`.
#[inline]
fn plain_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut n: i64 = 0;
    for &b in digits {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(i64::from(d))?;
    }
    Some(if negative { -n } else { n })
}

/// Powers of ten that an `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// `[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`, finite.
///
/// Up to 15 digits and 22 decimals, mantissa and power of ten are exact and one division rounds correctly
/// (W. D. Clinger, *How to read floating point numbers accurately*, PLDI 1990, fast path).
#[inline]
fn plain_number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let (negative, body) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let (mut mantissa, mut digits, mut decimals, mut point) = (0_u64, 0_usize, 0_usize, false);
    let mut i = 0;
    while let Some(&b) = body.get(i) {
        match b {
            b'0'..=b'9' => {
                // Beyond 19 digits this wraps; the value is then not used.
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(b - b'0'));
                digits += 1;
                decimals += usize::from(point);
            }
            b'.' if !point => point = true,
            _ => break,
        }
        i += 1;
    }
    if digits == 0 {
        return None;
    }
    let value = if i == body.len() && digits <= 15 && decimals < POWERS.len() {
        let v = mantissa as f64 / POWERS[decimals];
        if negative { -v } else { v }
    } else {
        if i < body.len() {
            exponent(&body[i..])?;
        }
        // The text has the form of a decimal by now: no `inf`, no `nan`.
        text.parse().ok()?
    };
    value.is_finite().then_some(value + 0.0)
}

/// `[eE][+-]?[0-9]+`.
fn exponent(text: &[u8]) -> Option<()> {
    let [b'e' | b'E', rest @ ..] = text else { return None };
    let digits = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"+")).unwrap_or(rest);
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PLAIN: NumberForm = NumberForm { decimal: '.', group: None, bare: true };
    const FRENCH: NumberForm = NumberForm { decimal: ',', group: Some('\u{202f}'), bare: true };
    const ENGLISH: NumberForm = NumberForm { decimal: '.', group: Some(','), bare: true };
    const UNITS: NumberForm = NumberForm { decimal: '.', group: None, bare: false };

    #[test]
    fn integers_reach_both_ends_but_not_the_value_that_stands_for_missing() {
        assert_eq!(PLAIN.integer("9223372036854775807"), Some(i64::MAX));
        assert_eq!(PLAIN.integer("-9223372036854775807"), Some(i64::MIN + 1));
        assert_eq!(PLAIN.integer("-9223372036854775808"), None);
        assert_eq!(PLAIN.integer("9223372036854775808"), None);
        assert_eq!(PLAIN.integer("007"), Some(7));
        for bad in ["", "-", "+", "1.0", "1e3", " 1", "1 ", "١", "--1", "0x1"] {
            assert_eq!(PLAIN.integer(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_agree_with_the_standard_library_to_the_last_bit() {
        for text in [
            "0.1",
            "168.5",
            "-12.30",
            "123456789012345",
            "0.000000000000001",
            "1234567890123456.5",
            "1e22",
            "1E-7",
            "3.",
            ".5",
            "+2",
            "4.9406564584124654e-324",
            "179769313486231570000",
            "0.1234567890123456789012",
        ] {
            assert_eq!(PLAIN.number(text).unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn numbers_are_finite_and_zero_has_no_sign() {
        for bad in ["NaN", "INF", "-INF", "inf", "infinity", "1e999", "", ".", "-", "e5", "1e", "1e+", "1,5", "1.2.3"] {
            assert_eq!(PLAIN.number(bad), None, "{bad}");
        }
        assert_eq!(PLAIN.number("-0.0").unwrap().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_group_character_stands_between_whole_groups_only() {
        assert_eq!(ENGLISH.number("1,234,567.5"), Some(1_234_567.5));
        assert_eq!(ENGLISH.number("12,34,567"), Some(1_234_567.0));
        assert_eq!(ENGLISH.integer("-1,000"), Some(-1000));
        assert_eq!(FRENCH.number("1\u{202f}234,5"), Some(1234.5));
        assert_eq!(FRENCH.number("1234,5"), Some(1234.5));
        for bad in ["1,50", "1,2345", "1,,000", ",100", "1,000,", "1234,567", "1.000,5", "1,00.5"] {
            assert_eq!(ENGLISH.number(bad), None, "{bad}");
        }
        assert_eq!(FRENCH.number("1.5"), None);
    }

    #[test]
    fn units_may_stand_around_a_number_that_is_not_bare() {
        for (text, value) in [
            ("95 %", 95.0),
            ("€ 12.5", 12.5),
            ("-3 °C", -3.0),
            ("12 kg/m2", 12.0),
            ("5", 5.0),
            ("EUR 1", 1.0),
            ("1e5", 1e5),
        ] {
            assert_eq!(UNITS.number(text), Some(value), "{text}");
        }
        assert_eq!(UNITS.integer("70 kg"), Some(70));
        assert_eq!(PLAIN.number("95 %"), None);
    }

    #[test]
    fn a_sign_apart_from_its_digits_or_a_second_number_is_refused_rather_than_guessed() {
        for bad in ["-€5", "- 5", "(5)", "5-", "5-6", "3 x 2", "1 000", "abc", "", "− 4", "12.5.2025", "1e5 kg"] {
            assert_eq!(UNITS.number(bad), None, "{bad}");
        }
        assert_eq!(UNITS.integer("5.2 kg"), None);
    }
}
