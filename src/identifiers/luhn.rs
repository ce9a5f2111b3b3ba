//! The mod-10 check of H. P. Luhn (US patent 2,950,048; ISO/IEC 7812-1, annex B), used by RPPS, FINESS and LOINC.

/// The sum of the digits from the right, every second one doubled with its own digits added; `doubled_first` says
/// whether the rightmost is doubled. Bytes must be ASCII digits.
fn sum(digits: &[u8], doubled_first: bool) -> u32 {
    let mut doubled = doubled_first;
    let mut total = 0;
    for &byte in digits.iter().rev() {
        let digit = u32::from(byte - b'0');
        total += match (doubled, digit) {
            (false, d) => d,
            (true, d) if d > 4 => 2 * d - 9,
            (true, d) => 2 * d,
        };
        doubled = !doubled;
    }
    total
}

/// Whether the last digit is the check digit of those before it. Bytes must be ASCII digits.
pub(super) fn holds(digits: &[u8]) -> bool {
    sum(digits, false).is_multiple_of(10)
}

/// The check digit (0–9) to set behind these digits. Bytes must be ASCII digits.
pub(super) fn check_digit(digits: &[u8]) -> u8 {
    // Below 10, so it fits.
    ((10 - sum(digits, true) % 10) % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_has_check_digit_3() {
        assert_eq!(check_digit(b"7992739871"), 3);
        assert!(holds(b"79927398713"));
    }

    #[test]
    fn every_single_wrong_digit_is_seen() {
        let right = *b"79927398713";
        for place in 0..right.len() {
            for digit in b'0'..=b'9' {
                let mut wrong = right;
                wrong[place] = digit;
                assert_eq!(holds(&wrong), digit == right[place]);
            }
        }
    }
}
