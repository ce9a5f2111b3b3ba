//! ISO 8601 dates, times and durations, as Table Schema has them (XML Schema, part 2), and the loose forms of `any`.

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar that exists.
///
/// H. Hinnant, *chrono-compatible low-level date algorithms*, `days_from_civil`.
#[inline]
fn days(year: i32, month: u32, day: u32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (month as i32 + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day as i32 - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[inline]
fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, if there is such a day.
///
/// Where `incomplete`, an unknown day (`00`) counts as the 15th and an unknown month as 1 July, so that ages are right
/// to half a year.
#[inline]
pub(super) fn date_of(year: i32, month: u32, day: u32, incomplete: bool) -> Option<i32> {
    if incomplete && (month == 0 || day == 0) {
        return match (month, day) {
            (0, 0..=31) => Some(days(year, 7, 1)),
            (1..=12, 0) => Some(days(year, month, 15)),
            _ => None,
        };
    }
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then(|| days(year, month, day))
}

/// A number of exactly so many digits.
#[inline]
pub(super) fn fixed(text: &[u8]) -> Option<u32> {
    let mut n = 0;
    for &b in text {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n * 10 + u32::from(d);
    }
    Some(n)
}

/// `YYYY-MM-DD`.
#[inline]
pub(super) fn iso_date(text: &[u8], incomplete: bool) -> Option<i32> {
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = text else { return None };
    if y.len() != 4 {
        return None;
    }
    date_of(fixed(y)? as i32, fixed(&[*m1, *m2])?, fixed(&[*d1, *d2])?, incomplete)
}

/// The forms of [`iso_date`], `YYYY/MM/DD` and `YYYYMMDD`; and, day first as in France, `DD/MM/YYYY`, `DD-MM-YYYY` and
/// `DD.MM.YYYY`.
pub(super) fn any_date(text: &[u8], incomplete: bool) -> Option<i32> {
    let (y, m, d) = match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]
        | [y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2]
        | [y1, y2, y3, y4, m1, m2, d1, d2]
        | [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4]
        | [d1, d2, b'-', m1, m2, b'-', y1, y2, y3, y4]
        | [d1, d2, b'.', m1, m2, b'.', y1, y2, y3, y4] => {
            (fixed(&[*y1, *y2, *y3, *y4])?, fixed(&[*m1, *m2])?, fixed(&[*d1, *d2])?)
        }
        _ => return None,
    };
    date_of(y as i32, m, d, incomplete)
}

/// Microseconds since 1970-01-01T00:00:00Z of `YYYY-MM-DDThh:mm:ss`, with or without a fraction and `Z` or an offset.
pub(super) fn iso_datetime(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let [b'T', time @ ..] = rest else { return None };
    Some(i64::from(iso_date(date, false)?) * DAY + clock(time, false)?)
}

/// [`iso_datetime`], also with a blank for the `T` or without seconds, any form of [`any_date`], and a date alone
/// (midnight).
pub(super) fn any_datetime(text: &[u8]) -> Option<i64> {
    if let Some(day) = any_date(text, false) {
        return Some(i64::from(day) * DAY);
    }
    let cut = text.iter().position(|b| matches!(b, b'T' | b' '))?;
    Some(i64::from(any_date(&text[..cut], false)?) * DAY + clock(&text[cut + 1..], true)?)
}

/// Microseconds after midnight (of UTC, where the time has an offset) of `hh:mm:ss`, with or without a fraction and `Z`
/// or an offset.
pub(super) fn iso_time(text: &[u8]) -> Option<i64> {
    clock(text, false)
}

/// [`iso_time`], also without seconds.
pub(super) fn any_time(text: &[u8]) -> Option<i64> {
    clock(text, true)
}

/// Time of day and offset; digits behind the sixth of a fraction are cut off.
fn clock(text: &[u8], loose: bool) -> Option<i64> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (fixed(&[*h1, *h2])?, fixed(&[*m1, *m2])?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (fixed(&[*s1, *s2])?, rest),
        _ if loose => (0, rest),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, rest) = match rest {
        [b'.', rest @ ..] => {
            let n = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            if n == 0 {
                return None;
            }
            let kept = &rest[..n.min(6)];
            (fixed(kept)? * 10_u32.pow(6 - kept.len() as u32), &rest[n..])
        }
        _ => (0, rest),
    };
    let offset = match rest {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (h, m) = (fixed(&[*h1, *h2])?, fixed(&[*m1, *m2])?);
            if h > 14 || m > 59 || (h == 14 && m > 0) {
                return None;
            }
            let minutes = i64::from(h * 60 + m);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let seconds = i64::from(hour * 3600 + minute * 60 + second) - offset * 60;
    Some(seconds * 1_000_000 + i64::from(micros))
}

/// `YYYY`, with `-` in front for years before 1. Longer years are slips in records of people.
#[inline]
pub(super) fn year(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.len() != 4 {
        return None;
    }
    let year = i64::from(fixed(digits)?);
    Some(if negative { -year } else { year })
}

/// Months since year 0 of `YYYY-MM`.
pub(super) fn yearmonth(text: &[u8]) -> Option<i64> {
    let [y @ .., b'-', m1, m2] = text else { return None };
    let month = fixed(&[*m1, *m2])?;
    (1..=12).contains(&month).then_some(())?;
    Some(year(y)? * 12 + i64::from(month) - 1)
}

/// Microseconds in a year and a month of mean Gregorian length (365.2425 days), to put durations in order.
const YEAR: i64 = 31_556_952_000_000;
const MONTH: i64 = YEAR / 12;

/// Length of an ISO 8601 duration (`P1Y2M3DT4H5M6.7S`, `P2W`, with or without `-`) in microseconds, years and months
/// taken at their mean length.
pub(super) fn duration(text: &[u8]) -> Option<i64> {
    let (negative, rest) = match text {
        [b'-', b'P', rest @ ..] => (true, rest),
        [b'P', rest @ ..] => (false, rest),
        _ => return None,
    };
    let days: [(u8, i64); 4] = [(b'Y', YEAR), (b'M', MONTH), (b'W', 7 * DAY), (b'D', DAY)];
    let clock: [(u8, i64); 3] = [(b'H', DAY / 24), (b'M', DAY / 1440), (b'S', 1_000_000)];
    let cut = rest.iter().position(|&b| b == b'T');
    let (date, time) = cut.map_or((rest, None), |i| (&rest[..i], Some(&rest[i + 1..])));
    if date.is_empty() && time.is_none() || time.is_some_and(<[u8]>::is_empty) {
        return None;
    }
    let total = components(date, &days)?.checked_add(time.map_or(Some(0), |t| components(t, &clock))?)?;
    Some(if negative { -total } else { total })
}

/// The sum of `<digits><letter>` components, letters in the given order, each at most once; seconds may have a fraction.
fn components(mut text: &[u8], units: &[(u8, i64)]) -> Option<i64> {
    let mut units = units.iter();
    let mut total = 0_i64;
    while !text.is_empty() {
        let n = text.iter().take_while(|b| b.is_ascii_digit()).count();
        let amount = std::str::from_utf8(&text[..n]).ok()?.parse::<i64>().ok()?;
        let (mut micros, mut rest) = (0, &text[n..]);
        if let [b'.', tail @ ..] = rest {
            let m = tail.iter().take_while(|b| b.is_ascii_digit()).count();
            let kept = &tail[..m.min(6)];
            if m == 0 || tail.get(m) != Some(&b'S') {
                return None;
            }
            micros = i64::from(fixed(kept)? * 10_u32.pow(6 - kept.len() as u32));
            rest = &tail[m..];
        }
        let (letter, after) = rest.split_first()?;
        let (_, unit) = units.by_ref().find(|(l, _)| l == letter)?;
        total = total.checked_add(amount.checked_mul(*unit)?)?.checked_add(micros)?;
        text = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::{Datelike, NaiveDate};

    #[test]
    fn every_day_of_eight_centuries_agrees_with_chrono() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let mut day = NaiveDate::from_ymd_opt(1600, 1, 1).unwrap();
        while day.year() < 2400 {
            let expected = i32::try_from((day - epoch).num_days()).unwrap();
            assert_eq!(iso_date(day.to_string().as_bytes(), false), Some(expected), "{day}");
            day = day.succ_opt().unwrap();
        }
    }

    #[test]
    fn days_that_do_not_exist_and_other_spellings_are_no_dates() {
        for bad in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "2024-04-31",
            "24-01-01",
            "2024-1-1",
            "2024/01/01",
            "20240101",
            "2024-01-01 ",
            "2024-01-01T00:00:00",
            "",
            "-024-01-01",
            "12024-01-01",
        ] {
            assert_eq!(iso_date(bad.as_bytes(), false), None, "{bad}");
        }
        assert!(iso_date(b"2000-02-29", false).is_some());
    }

    #[test]
    fn an_unknown_day_is_the_15th_and_an_unknown_month_the_1st_of_july_where_the_field_says_so() {
        assert_eq!(iso_date(b"1947-05-00", true), iso_date(b"1947-05-15", false));
        assert_eq!(iso_date(b"1947-00-00", true), iso_date(b"1947-07-01", false));
        assert_eq!(iso_date(b"1947-00-12", true), iso_date(b"1947-07-01", false));
        assert_eq!(iso_date(b"1947-05-12", true), iso_date(b"1947-05-12", false));
        assert_eq!(iso_date(b"1947-00-32", true), None);
        assert_eq!(iso_date(b"1947-13-00", true), None);
    }

    #[test]
    fn any_date_reads_the_day_first_where_the_year_is_last() {
        let third_of_april = iso_date(b"2024-04-03", false);
        for text in ["03/04/2024", "03-04-2024", "03.04.2024", "2024/04/03", "20240403", "2024-04-03"] {
            assert_eq!(any_date(text.as_bytes(), false), third_of_april, "{text}");
        }
        assert_eq!(any_date(b"04/13/2024", false), None);
        assert_eq!(any_date(b"03/04/24", false), None);
    }

    #[test]
    fn datetimes_are_instants_and_offsets_are_taken_off() {
        let noon = Some(12 * 3_600_000_000);
        for text in
            ["1970-01-01T12:00:00", "1970-01-01T12:00:00Z", "1970-01-01T14:00:00+02:00", "1970-01-01T06:30:00-05:30"]
        {
            assert_eq!(iso_datetime(text.as_bytes()), noon, "{text}");
        }
        assert_eq!(iso_datetime(b"1970-01-01T00:00:00.5"), Some(500_000));
        assert_eq!(iso_datetime(b"1970-01-01T00:00:00.123456789Z"), Some(123_456));
        assert_eq!(iso_datetime(b"1969-12-31T23:59:59.999999"), Some(-1));
        for bad in [
            "1970-01-01",
            "1970-01-01 12:00:00",
            "1970-01-01T12:00",
            "1970-01-01T24:00:00",
            "1970-01-01T12:00:60",
            "1970-01-01T12:00:00.",
            "1970-01-01T12:00:00+2",
            "1970-01-01T12:00:00+15:00",
            "1970-02-30T12:00:00",
            "é",
        ] {
            assert_eq!(iso_datetime(bad.as_bytes()), None, "{bad}");
        }
        for text in ["1970-01-01 12:00", "01/01/1970 12:00:00", "1970-01-01T12:00"] {
            assert_eq!(any_datetime(text.as_bytes()), noon, "{text}");
        }
        assert_eq!(any_datetime(b"02/01/1970"), Some(DAY));
    }

    #[test]
    fn durations_are_put_in_order_by_their_mean_length() {
        let micros = |t: &str| duration(t.as_bytes());
        assert_eq!(micros("P1Y"), micros("P12M"));
        assert_eq!(micros("P1W"), micros("P7D"));
        assert_eq!(micros("PT1H30M1.5S"), Some(5_401_500_000));
        assert_eq!(micros("-PT1S"), Some(-1_000_000));
        assert!(micros("P1M") > micros("P30D"));
        for bad in
            ["", "P", "PT", "P1", "1Y", "P1H", "PT1D", "P1M1Y", "P1.5D", "P1YT", "PT1.S", "P-1Y", "P99999999999Y"]
        {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn years_have_four_digits_and_months_twelve_numbers() {
        assert_eq!(year(b"2024"), Some(2024));
        assert_eq!(year(b"-0044"), Some(-44));
        for bad in ["24", "02024", "20 4", "+2024", ""] {
            assert_eq!(year(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(yearmonth(b"2024-03"), Some(2024 * 12 + 2));
        for bad in ["2024-13", "2024-00", "2024-3", "202403", "24-03"] {
            assert_eq!(yearmonth(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn times_have_seconds_unless_any_form_is_taken() {
        assert_eq!(iso_time(b"00:00:01"), Some(1_000_000));
        assert_eq!(iso_time(b"01:00:00+01:00"), Some(0));
        assert_eq!(iso_time(b"12:30"), None);
        assert_eq!(any_time(b"12:30"), Some(45_000_000_000));
        assert_eq!(any_time(b"25:00"), None);
    }
}
