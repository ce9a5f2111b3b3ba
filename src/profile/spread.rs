//! How numbers and dates spread: quantiles, rounded until at least so many records share what is told.

use chrono::{Datelike, Days, NaiveDate};
use hashbrown::HashMap;

use crate::schema::FieldType;

/// Different numbers that are counted each by itself.
const EXACT: usize = 65_536;
/// How far a number may be from its place among the others, where there are more: one part in so many.
const PARTS: f64 = 400.0;
/// The quantiles that are told, in percent.
const TOLD: [u8; 5] = [5, 25, 50, 75, 95];

/// A quantile.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantile {
    /// Share of the values that are not greater, in percent.
    pub percent: u8,
    /// What is told of it: a number, a day, a month, a year or a decade.
    pub text: String,
    /// Whether it was rounded.
    pub is_rounded: bool,
}

/// Numbers with how many there are of each. Too many different ones are counted by their logarithms (Masson, Rim & Lee 2019, DDSketch).
#[derive(Default)]
pub(super) struct Numbers {
    counts: HashMap<u64, u64>,
    is_coarse: bool,
}

impl Numbers {
    /// Takes a number that so many cells have.
    pub fn take(&mut self, number: f64, cells: u64) {
        let place = if self.is_coarse { coarse(number) } else { number };
        *self.counts.entry(place.to_bits()).or_default() += cells;
        self.limit();
    }

    pub fn merge(&mut self, other: Self) {
        if other.is_coarse && !self.is_coarse {
            self.coarsen();
        }
        let to_coarse = self.is_coarse && !other.is_coarse;
        for (bits, n) in other.counts {
            let number = f64::from_bits(bits);
            let place = if to_coarse { coarse(number) } else { number };
            *self.counts.entry(place.to_bits()).or_default() += n;
        }
        self.limit();
    }

    fn limit(&mut self) {
        if !self.is_coarse && self.counts.len() > EXACT {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.is_coarse = true;
        for (bits, n) in std::mem::take(&mut self.counts) {
            *self.counts.entry(coarse(f64::from_bits(bits)).to_bits()).or_default() += n;
        }
    }
}

/// The number that stands for all that are within one part in [`PARTS`] of each other. The same for itself.
fn coarse(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    let base = libm::log1p(1.0 / PARTS);
    let step = libm::round(libm::log(number.abs()) / base);
    libm::exp(step * base).copysign(number)
}

/// The quantiles of a type; none where there are too few values.
pub(super) fn quantiles(numbers: &Numbers, ty: &FieldType, shown: u64) -> Vec<Quantile> {
    let mut sorted: Vec<(f64, u64)> = numbers.counts.iter().map(|(bits, n)| (f64::from_bits(*bits), *n)).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let all: u64 = sorted.iter().map(|(_, n)| n).sum();
    let is_date = matches!(ty, FieldType::Date { .. });
    TOLD.into_iter()
        .filter_map(|percent| quantile(&sorted, all, (percent, is_date), numbers.is_coarse, shown))
        .collect()
}

fn quantile(
    sorted: &[(f64, u64)],
    all: u64,
    (percent, is_date): (u8, bool),
    is_coarse: bool,
    shown: u64,
) -> Option<Quantile> {
    // On either side there are as many as a count that is told has.
    let rank = (u128::from(all) * u128::from(percent)).div_ceil(100) as u64;
    if rank < shown || all - rank < shown {
        return None;
    }
    let mut below = 0;
    let number = sorted.iter().find(|(_, n)| {
        below += n;
        below >= rank
    })?;
    let rounds = if is_date { 4 } else { 7 };
    (0..rounds).find_map(|round| {
        let told = if is_date { of_date(number.0, round)? } else { of_number(number.0, round) };
        let sharing: u64 = sorted
            .iter()
            .filter(|(other, _)| {
                (if is_date { of_date(*other, round) } else { Some(of_number(*other, round)) }).as_ref() == Some(&told)
            })
            .map(|(_, n)| n)
            .sum();
        (sharing >= shown).then_some(Quantile { percent, text: told, is_rounded: is_coarse || round > 0 })
    })
}

/// A day, its month, its year, its decade.
fn of_date(days: f64, round: u32) -> Option<String> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let whole = days as i64;
    let date = match u64::try_from(whole) {
        Ok(after) => epoch.checked_add_days(Days::new(after))?,
        Err(_) => epoch.checked_sub_days(Days::new(whole.unsigned_abs()))?,
    };
    Some(match round {
        0 => date.format("%Y-%m-%d").to_string(),
        1 => date.format("%Y-%m").to_string(),
        2 => date.format("%Y").to_string(),
        _ => format!("{}0s", date.year().div_euclid(10)),
    })
}

/// A number as it is, then with six, five … one digits that matter.
fn of_number(number: f64, round: u32) -> String {
    if round == 0 || number == 0.0 {
        return format!("{number}");
    }
    let digits = 7 - round as i32;
    let place = libm::pow(10.0, f64::from(libm::floor(libm::log10(number.abs())) as i32 + 1 - digits));
    let rounded = libm::round(number / place) * place;
    // Without what binary fractions add behind the last digit.
    let decimals = (-libm::floor(libm::log10(place))).max(0.0) as usize;
    format!("{rounded:.decimals$}")
}
