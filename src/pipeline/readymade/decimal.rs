//! Decimal numbers of files, exact in whole units of 10⁻⁹.

/// Units in 1.
pub(in crate::pipeline) const ONE: i128 = 1_000_000_000;

/// Most digits before the point: sums of 2³⁰ such numbers fit.
const DIGITS: usize = 18;

/// A decimal number in units of 10⁻⁹; one with more decimals, or an exponent, is rounded to the nearest. `None` for what is no
/// number, or too large.
pub(in crate::pipeline) fn units(text: &str) -> Option<i128> {
    let text = text.trim();
    exact(text).or_else(|| {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
        exact(&format!("{number:.9}"))
    })
}

fn exact(text: &str) -> Option<i128> {
    let (minus, size) = match text.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = size.split_once('.').unwrap_or((size, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let sound = digits(whole) && digits(decimals) && !(whole.is_empty() && decimals.is_empty());
    let whole = whole.trim_start_matches('0');
    if !sound || whole.len() > DIGITS || decimals.len() > 9 {
        return None;
    }
    let units: i128 = format!("{whole}{decimals:0<9}").parse().ok()?;
    Some(if minus { -units } else { units })
}

/// A whole number that is not negative.
pub(in crate::pipeline) fn whole(text: &str) -> Option<u64> {
    let units = units(text)?;
    if units % ONE == 0 { u64::try_from(units / ONE).ok() } else { None }
}

/// As it is written: no more decimals than it has.
pub(in crate::pipeline) fn shown(units: i128) -> String {
    let (sign, size, one) = (if units < 0 { "-" } else { "" }, units.unsigned_abs(), ONE.unsigned_abs());
    let (whole, decimals) = (size / one, size % one);
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{decimals:09}").trim_end_matches('0'))
}

/// The nearest floating-point number.
pub(in crate::pipeline) fn float(units: i128) -> f64 {
    // Reading decimals rounds once.
    shown(units).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_written_exactly() {
        for (text, read, written) in [
            ("0.1", Some(100_000_000), "0.1"),
            ("-12.50", Some(-12_500_000_000), "-12.5"),
            ("007", Some(7 * ONE), "7"),
            (" 1e3 ", Some(1000 * ONE), "1000"),
            ("0.30000000000000004", Some(300_000_000), "0.3"),
            ("123456789012345678.123456789", Some(123_456_789_012_345_678_123_456_789), "123456789012345678.123456789"),
            ("-0", Some(0), "0"),
        ] {
            assert_eq!(units(text), read, "{text}");
            assert_eq!(shown(units(text).unwrap_or_default()), written);
        }
        for text in ["", ".", "-", "1,5", "x", "inf", "NaN", "1 000", "1e40"] {
            assert_eq!(units(text), None, "{text}");
        }
        assert_eq!((whole("3.0"), whole("3.5"), whole("-3")), (Some(3), None, None));
    }
}
