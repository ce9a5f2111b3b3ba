//! Days since 1970-01-01 and the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    pub(super) year: i32,
    pub(super) month: u8,
    pub(super) day: u8,
}

impl Date {
    pub(super) const fn new(year: i32, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// Days since 1970-01-01.
    pub(super) const fn days(self) -> i32 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (self.month as i32 + 9) % 12;
        let of_year = (153 * month + 2) / 5 + self.day as i32 - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    pub(super) const fn of_days(days: i32) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + if month <= 2 { 1 } else { 0 };
        Self { year, month: month as u8, day: day as u8 }
    }

    /// Full years lived on `other` by somebody born on this day.
    pub(super) const fn age_on(self, other: Self) -> i32 {
        let before = other.month < self.month || (other.month == self.month && other.day < self.day);
        other.year - self.year - before as i32
    }

    /// The first day (since 1970-01-01) on which somebody born on this day is `age`: 1 March for 29 February.
    pub(super) const fn birthday(self, age: i32) -> i32 {
        let year = self.year + age;
        if self.day > month_length(year, self.month) {
            Self::new(year, self.month + 1, 1).days()
        } else {
            Self::new(year, self.month, self.day).days()
        }
    }
}

pub(super) const fn month_length(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day itself, or the Monday after it where it is a Sunday.
pub(super) const fn not_sunday(days: i32) -> i32 {
    // 1970-01-01 was a Thursday, so Sundays leave 3.
    if days.rem_euclid(7) == 3 { days + 1 } else { days }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_from_1900_to_2100_follows_the_one_before() {
        let (mut date, mut days) = (Date::new(1900, 1, 1), -25_567);
        while date.year < 2101 {
            assert_eq!((date.days(), Date::of_days(days)), (days, date));
            days += 1;
            date = match date {
                Date { year, month: 12, day: 31 } => Date::new(year + 1, 1, 1),
                Date { year, month, day } if day == month_length(year, month) => Date::new(year, month + 1, 1),
                Date { year, month, day } => Date::new(year, month, day + 1),
            };
        }
    }

    #[test]
    fn a_leap_day_child_is_a_year_older_on_the_first_of_march() {
        let birth = Date::new(2004, 2, 29);
        assert_eq!(birth.birthday(18), Date::new(2022, 3, 1).days());
        assert_eq!(birth.birthday(20), Date::new(2024, 2, 29).days());
        assert_eq!(birth.age_on(Date::new(2022, 2, 28)), 17);
        assert_eq!(birth.age_on(Date::new(2022, 3, 1)), 18);
    }

    #[test]
    fn sundays_move_to_monday() {
        let sunday = Date::new(2025, 6, 15).days();
        assert_eq!(Date::of_days(not_sunday(sunday)), Date::new(2025, 6, 16));
        assert_eq!(not_sunday(sunday + 1), sunday + 1);
    }
}
