//! Dates and times written after an strptime pattern.
//!
//! Patterns of `%Y`, `%m`, `%d` and plain characters (`%d/%m/%Y`) are read by hand: quickly, with `00` for an unknown
//! month or day where the field takes it, and with four digits for the year as in Python's strptime (a year `26` would
//! be the year 26 and no one's error). All others are read by `chrono`.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{Datelike, Timelike};

use super::super::error::Fault;
use super::temporal::{DAY, date_of, fixed};

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct DatePattern {
    items: Vec<Item<'static>>,
    /// The pattern in pieces, where it has only year, month, day and plain characters.
    pieces: Option<Vec<Piece>>,
    /// Whether the pattern asks for a year of four digits.
    full_year: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Year,
    Month,
    Day,
    Plain(u8),
}

impl DatePattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`Fault::BadDatePattern`] for a directive that does not exist.
    pub fn new(pattern: &str) -> Result<Self, Fault> {
        let spelt = pattern.replace("%F", "%Y-%m-%d");
        let items = StrftimeItems::new(&spelt)
            .parse_to_owned()
            .map_err(|_| Fault::BadDatePattern { found: pattern.to_owned() })?;
        Ok(Self { items, pieces: pieces(&spelt), full_year: spelt.contains("%Y") })
    }

    /// Days since 1970-01-01. As in Python, what the pattern lacks is taken from 1900-01-01.
    pub fn date(&self, text: &str, incomplete: bool) -> Option<i32> {
        if let Some(pieces) = &self.pieces {
            return by_hand(pieces, text.as_bytes(), incomplete);
        }
        let date = self.day(&self.parsed(text)?)?;
        date_of(date.year(), date.month(), date.day(), false)
    }

    /// Microseconds since 1970-01-01T00:00:00Z; midnight where the pattern has no time, UTC where it has no offset.
    pub fn datetime(&self, text: &str) -> Option<i64> {
        if let Some(pieces) = &self.pieces {
            return by_hand(pieces, text.as_bytes(), false).map(|d| i64::from(d) * DAY);
        }
        let mut parsed = self.parsed(text)?;
        if parsed.timestamp().is_some() {
            return Some(parsed.to_naive_datetime_with_offset(0).ok()?.and_utc().timestamp_micros());
        }
        let date = self.day(&parsed)?;
        let time = clock(&mut parsed)?;
        let offset = i64::from(parsed.offset().unwrap_or(0));
        Some(date.and_time(time).and_utc().timestamp_micros() - offset * 1_000_000)
    }

    /// Microseconds after midnight.
    pub fn time(&self, text: &str) -> Option<i64> {
        let mut parsed = self.parsed(text)?;
        let time = clock(&mut parsed)?;
        Some(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(time.nanosecond() / 1000))
    }

    fn parsed(&self, text: &str) -> Option<Parsed> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        Some(parsed)
    }

    fn day(&self, parsed: &Parsed) -> Option<chrono::NaiveDate> {
        let date = parsed.to_naive_date().ok().or_else(|| {
            let mut filled = parsed.clone();
            if filled.year().is_none() && filled.year_mod_100().is_none() && filled.year_div_100().is_none() {
                filled.set_year(1900).ok()?;
            }
            if filled.month().is_none() {
                filled.set_month(1).ok()?;
            }
            if filled.day().is_none() {
                filled.set_day(1).ok()?;
            }
            filled.to_naive_date().ok()
        })?;
        (!self.full_year || (1000..=9999).contains(&date.year())).then_some(date)
    }
}

/// The time of day; midnight, or the full hour, where the pattern says no more.
fn clock(parsed: &mut Parsed) -> Option<chrono::NaiveTime> {
    if parsed.hour_mod_12().is_none() && parsed.hour_div_12().is_none() {
        parsed.set_hour(0).ok()?;
    }
    if parsed.minute().is_none() {
        parsed.set_minute(0).ok()?;
    }
    parsed.to_naive_time().ok()
}

fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut bytes = pattern.bytes();
    while let Some(b) = bytes.next() {
        let piece = if b == b'%' {
            match bytes.next()? {
                b'Y' => Piece::Year,
                b'm' => Piece::Month,
                b'd' => Piece::Day,
                b'%' => Piece::Plain(b'%'),
                _ => return None,
            }
        } else {
            Piece::Plain(b)
        };
        pieces.push(piece);
    }
    let once = |p: Piece| pieces.iter().filter(|&&q| q == p).count() == 1;
    (once(Piece::Year) && once(Piece::Month) && once(Piece::Day)).then_some(pieces)
}

fn by_hand(pieces: &[Piece], mut text: &[u8], incomplete: bool) -> Option<i32> {
    let (mut year, mut month, mut day) = (0, 0, 0);
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Plain(b) => text = text.strip_prefix(&[*b])?,
            Piece::Year => (year, text) = take(text, 4)?,
            Piece::Month | Piece::Day => {
                // One digit is enough where something plain ends the number; `%d%m` could be cut in two ways.
                let next_is_number = matches!(pieces.get(i + 1), Some(p) if !matches!(p, Piece::Plain(_)));
                let one = !next_is_number && !text.get(1).is_some_and(u8::is_ascii_digit);
                let (n, rest) = take(text, if one { 1 } else { 2 })?;
                *(if *piece == Piece::Month { &mut month } else { &mut day }) = n;
                text = rest;
            }
        }
    }
    if !text.is_empty() {
        return None;
    }
    date_of(year as i32, month, day, incomplete)
}

fn take(text: &[u8], digits: usize) -> Option<(u32, &[u8])> {
    let (head, rest) = text.split_at_checked(digits)?;
    Some((fixed(head)?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::temporal::{iso_date, iso_datetime};
    use super::*;

    fn date(pattern: &str, text: &str) -> Option<i32> {
        DatePattern::new(pattern).unwrap().date(text, false)
    }

    #[test]
    fn french_dates_are_read_after_their_pattern() {
        let expected = iso_date(b"1979-03-04", false);
        for (pattern, text) in [
            ("%d/%m/%Y", "04/03/1979"),
            ("%d/%m/%Y", "4/3/1979"),
            ("%d%m%Y", "04031979"),
            ("%Y%m%d", "19790304"),
            ("%F", "1979-03-04"),
            ("%d %b %Y", "04 Mar 1979"),
            ("%d/%m/%y", "04/03/79"),
            ("%Y-%j", "1979-063"),
            ("le %d.%m.%Y", "le 04.03.1979"),
            ("%d/%m/%Y %H:%M", "04/03/1979 10:15"),
        ] {
            assert_eq!(date(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_not_taken_for_one_of_four() {
        assert_eq!(date("%d/%m/%Y", "04/03/79"), None);
        assert_eq!(date("%d %b %Y", "04 Mar 79"), None);
        assert_eq!(date("%d/%m/%Y", "31/02/1979"), None);
        assert_eq!(date("%d/%m/%Y", "04/03/1979 "), None);
        assert_eq!(date("%d/%m/%Y", "04-03-1979"), None);
    }

    #[test]
    fn unknown_months_and_days_are_taken_in_french_order_too() {
        let pattern = DatePattern::new("%d/%m/%Y").unwrap();
        assert_eq!(pattern.date("00/05/1947", true), iso_date(b"1947-05-15", false));
        assert_eq!(pattern.date("00/00/1947", true), iso_date(b"1947-07-01", false));
        assert_eq!(pattern.date("00/05/1947", false), None);
    }

    #[test]
    fn what_a_pattern_lacks_comes_from_1900_as_in_python() {
        assert_eq!(date("%m", "05"), iso_date(b"1900-05-01", false));
        assert_eq!(date("%Y", "2024"), iso_date(b"2024-01-01", false));
        assert_eq!(date("%m", "13"), None);
    }

    #[test]
    fn datetimes_and_times_follow_their_pattern() {
        let datetime = |p: &str, t: &str| DatePattern::new(p).unwrap().datetime(t);
        assert_eq!(datetime("%d/%m/%Y %H:%M", "02/01/1970 10:15"), iso_datetime(b"1970-01-02T10:15:00"));
        assert_eq!(datetime("%Y-%m-%dT%H:%M:%S%z", "1970-01-02T10:15:00+0200"), iso_datetime(b"1970-01-02T08:15:00"));
        assert_eq!(datetime("%d/%m/%Y", "02/01/1970"), iso_datetime(b"1970-01-02T00:00:00"));
        assert_eq!(datetime("%s", "86400"), iso_datetime(b"1970-01-02T00:00:00"));
        assert_eq!(datetime("%d/%m/%Y %H:%M", "02/01/70 10:15"), None);
        let time = |p: &str, t: &str| DatePattern::new(p).unwrap().time(t);
        assert_eq!(time("%Hh%M", "10h15"), Some(36_900_000_000));
        assert_eq!(time("%Hh", "10h"), Some(36_000_000_000));
        assert_eq!(time("%Hh%M", "24h15"), None);
    }

    #[test]
    fn an_unknown_directive_is_a_fault_of_the_schema() {
        assert_eq!(DatePattern::new("%d/%Q").unwrap_err(), Fault::BadDatePattern { found: "%d/%Q".into() });
    }
}
