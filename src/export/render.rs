//! Values as text: numbers, dates, datetimes.

use std::io::Write;

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// Decimal digits of an integer.
pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// The shortest text that is read back as the same number; `NaN`, `INF` and `-INF` as in Table Schema.
pub(super) fn number(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    // Writing into a vector cannot fail.
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"INF" } else { b"-INF" });
    } else if value.fract() == 0.0 && magnitude < 1e15 && (value != 0.0 || value.is_sign_positive()) {
        integer(out, value as i64);
    } else if value == 0.0 || (1e-5..1e17).contains(&magnitude) {
        let _ = write!(out, "{value}");
    } else {
        let _ = write!(out, "{value:e}");
    }
}

/// `YYYY-MM-DD` of days since 1970-01-01; years past 9999 or before 0 with a sign, as ISO 8601 has it.
pub(super) fn date(out: &mut Vec<u8>, days: i32) {
    let (year, month, day) = civil(i64::from(days));
    if let Ok(year @ 0..=9999) = u16::try_from(year) {
        two(out, year / 100);
        two(out, year % 100);
    } else {
        let _ = write!(out, "{year:+05}");
    }
    out.push(b'-');
    two(out, month);
    out.push(b'-');
    two(out, day);
}

/// `YYYY-MM-DDThh:mm:ssZ` of microseconds since 1970-01-01T00:00:00Z, with six decimals where they are not zero.
pub(super) fn datetime(out: &mut Vec<u8>, microseconds: i64) {
    let (days, rest) = (microseconds.div_euclid(DAY), microseconds.rem_euclid(DAY));
    // `i64::MAX` microseconds are some 107 million days.
    date(out, days as i32);
    out.push(b'T');
    let seconds = rest / 1_000_000;
    two(out, (seconds / 3600) as u16);
    out.push(b':');
    two(out, (seconds / 60 % 60) as u16);
    out.push(b':');
    two(out, (seconds % 60) as u16);
    if rest % 1_000_000 != 0 {
        let _ = write!(out, ".{:06}", rest % 1_000_000);
    }
    out.push(b'Z');
}

fn two(out: &mut Vec<u8>, value: u16) {
    out.push(b'0' + (value / 10) as u8);
    out.push(b'0' + (value % 10) as u8);
}

/// Year, month and day of the proleptic Gregorian calendar, from days since 1970-01-01.
///
/// H. Hinnant, *chrono-compatible low-level date algorithms*, `civil_from_days`: years begin in March, so that the
/// leap day is the last of its year; 146 097 days are 400 years.
fn civil(days: i64) -> (i64, u16, u16) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u16, day as u16)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    fn text(render: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        render(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn every_number_is_read_back_to_the_bit(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let written = text(|out| number(out, value));
            prop_assert_eq!(written.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(written.len() <= 25, "{}", written);
        }

        #[test]
        fn every_integer_is_written_as_the_standard_library_does(value: i64) {
            prop_assert_eq!(text(|out| integer(out, value)), value.to_string());
        }

        #[test]
        fn dates_agree_with_the_calendar_of_chrono(days in -719_528_i32..2_932_897) {
            let expected = NaiveDate::from_epoch_days(days).unwrap().to_string();
            prop_assert_eq!(text(|out| date(out, days)), expected);
        }

        #[test]
        fn datetimes_are_read_back_to_the_microsecond(value in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let written = text(|out| datetime(out, value));
            prop_assert_eq!(DateTime::parse_from_rfc3339(&written).unwrap().timestamp_micros(), value);
        }
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let written = |value| text(|out| number(out, value));
        assert_eq!(written(1.0), "1");
        assert_eq!(written(0.1), "0.1");
        assert_eq!(written(-0.0), "-0");
        assert_eq!(written(1e300), "1e300");
        assert_eq!(written(5e-324), "5e-324");
        assert_eq!(written(123_456.5), "123456.5");
        assert_eq!(written(f64::NEG_INFINITY), "-INF");
    }

    #[test]
    fn extreme_integers_dates_and_datetimes_do_not_panic() {
        assert_eq!(text(|out| integer(out, i64::MIN)), "-9223372036854775808");
        assert_eq!(text(|out| date(out, i32::MAX)), "+5881580-07-11");
        assert_eq!(text(|out| date(out, -719_529)), "-0001-12-31");
        assert_eq!(text(|out| datetime(out, i64::MIN)), "-290308-12-21T19:59:05.224192Z");
    }

    #[test]
    fn the_leap_day_of_2000_exists_and_that_of_1900_does_not() {
        assert_eq!(text(|out| date(out, 11_016)), "2000-02-29");
        assert_eq!(text(|out| date(out, -25_508)), "1900-03-01");
        assert_eq!(text(|out| date(out, -25_509)), "1900-02-28");
    }
}
