//! Make values coarser. Each distinct text is generalised once; dates and numbers are computed.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use hashbrown::HashMap;

use super::dictionary::Dictionary;
use super::rows::{Kind, MISSING_CODE, MISSING_INTEGER, Values};
use crate::config::{Generalise, Kept};
use crate::identifiers;
use crate::schema::Logical;
use crate::validate::{Texts, View};

/// Days from 0001-01-01 (day 1) to 1970-01-01, in chrono's count.
const EPOCH_FROM_CE: i64 = 719_163;
const DAY_MICROS: i64 = 86_400_000_000;
/// A distinct text that was not met yet.
const UNKNOWN: u32 = u32::MAX - 1;

/// One released column, ready to be computed.
pub(super) struct Generaliser {
    how: Generalise,
    /// For text that leaves.
    dictionary: Option<Arc<Dictionary>>,
    /// Codes of the bands' labels; the first is for values under the first bound.
    bands: Vec<u32>,
    /// Whether the input is a date-time, whose day counts.
    from_datetime: bool,
    at_datetime: bool,
}

/// What one thread remembers of one column.
#[derive(Default)]
pub(super) struct Memo {
    generation: u64,
    codes: Vec<u32>,
    months: HashMap<i64, u32>,
    /// Values that a hierarchy does not have; they leave as missing.
    pub not_in_hierarchy: u64,
}

/// The kind in which a released column is held.
pub(super) fn kind_of(logical: Logical) -> Kind {
    match logical {
        Logical::Text => Kind::Code,
        Logical::Number => Kind::Number,
        Logical::Integer | Logical::Boolean | Logical::Date | Logical::Datetime => Kind::Integer,
    }
}

impl Generaliser {
    /// Prepares a kept column. `from` and `at` are the kinds of the columns it is computed from.
    pub fn new(kept: &Kept, from: Logical, at: Option<Logical>, dictionary: &Arc<Dictionary>) -> Self {
        let bands = match &kept.generalise {
            Generalise::AgeBand { bounds, .. } => labels_of_integers(bounds),
            Generalise::Band { bounds } if from == Logical::Integer && bounds.iter().all(|b| b.fract() == 0.0) => {
                labels_of_integers(&bounds.iter().map(|b| *b as i64).collect::<Vec<_>>())
            }
            Generalise::Band { bounds } => labels_of_numbers(bounds),
            _ => Vec::new(),
        };
        Self {
            how: kept.generalise.clone(),
            bands: bands.iter().map(|label| dictionary.code(label)).collect(),
            dictionary: (kept.logical == Logical::Text).then(|| Arc::clone(dictionary)),
            from_datetime: from == Logical::Datetime,
            at_datetime: at == Some(Logical::Datetime),
        }
    }

    /// The values of the rows at `rows`. `None` if the columns are not of the kinds that were announced: a bug.
    pub fn apply(&self, from: &View<'_>, at: Option<&View<'_>>, rows: &[u32], memo: &mut Memo) -> Option<Values> {
        Some(match (&self.how, from) {
            (Generalise::Keep, View::Integer(v)) => Values::Integer(rows.iter().map(|&r| v[r as usize]).collect()),
            (Generalise::Keep, View::Number(v)) => Values::Number(rows.iter().map(|&r| v[r as usize]).collect()),
            (Generalise::Age { .. }, View::Integer(v)) => Values::Integer(self.ages(v, at?, rows)?),
            (Generalise::AgeBand { bounds, .. }, View::Integer(v)) => {
                let ages = self.ages(v, at?, rows)?;
                let band = |age: i64| self.bands[bounds.partition_point(|b| *b <= age)];
                Values::Code(
                    ages.into_iter().map(|a| if a == MISSING_INTEGER { MISSING_CODE } else { band(a) }).collect(),
                )
            }
            (Generalise::Band { bounds }, View::Integer(v)) => {
                let value = |r: &u32| v[*r as usize];
                let band = |x: i64| self.bands[bounds.partition_point(|b| *b <= x as f64)];
                let codes = rows.iter().map(value).map(|x| if x == MISSING_INTEGER { MISSING_CODE } else { band(x) });
                Values::Code(codes.collect())
            }
            (Generalise::Band { bounds }, View::Number(v)) => {
                let value = |r: &u32| v[*r as usize];
                let band = |x: f64| self.bands[bounds.partition_point(|b| *b <= x)];
                Values::Code(rows.iter().map(value).map(|x| if x.is_nan() { MISSING_CODE } else { band(x) }).collect())
            }
            (Generalise::Year, View::Integer(v)) => Values::Integer(
                rows.iter()
                    .map(|&r| self.day(v[r as usize]).map_or(MISSING_INTEGER, |d| i64::from(d.year())))
                    .collect(),
            ),
            (Generalise::Month | Generalise::Quarter, View::Integer(v)) => {
                Values::Code(rows.iter().map(|&r| self.period(v[r as usize], memo)).collect())
            }
            (Generalise::Clamp { bottom, top }, View::Integer(v)) => {
                let low = bottom.map_or(i64::MIN + 1, |b| b.ceil() as i64);
                let high = top.map_or(i64::MAX, |t| t.floor() as i64);
                let clamp = |x: i64| if x == MISSING_INTEGER { x } else { x.max(low).min(high) };
                Values::Integer(rows.iter().map(|&r| clamp(v[r as usize])).collect())
            }
            (Generalise::Clamp { bottom, top }, View::Number(v)) => {
                let (low, high) = (bottom.unwrap_or(f64::NEG_INFINITY), top.unwrap_or(f64::INFINITY));
                let clamp = |x: f64| if x.is_nan() { x } else { x.max(low).min(high) };
                Values::Number(rows.iter().map(|&r| clamp(v[r as usize])).collect())
            }
            (Generalise::Hierarchy { map, .. }, View::Integer(v)) => {
                let dictionary = self.dictionary.as_ref()?;
                let mut codes = Vec::with_capacity(rows.len());
                for &r in rows {
                    codes.push(match v[r as usize] {
                        MISSING_INTEGER => MISSING_CODE,
                        x => match map.get(&x.to_string()) {
                            Some(text) => dictionary.code(text),
                            None => {
                                memo.not_in_hierarchy += 1;
                                MISSING_CODE
                            }
                        },
                    });
                }
                Values::Code(codes)
            }
            (_, View::Text(codes, texts)) => self.texts(codes, *texts, rows, memo)?,
            _ => return None,
        })
    }

    /// Whole years from birth to event, as on a birthday: 29 February counts from 1 March in common years.
    fn ages(&self, births: &[i64], at: &View<'_>, rows: &[u32]) -> Option<Vec<i64>> {
        let View::Integer(events) = at else { return None };
        let age = |&row: &u32| {
            let event = events[row as usize];
            let event = if self.at_datetime && event != MISSING_INTEGER { event.div_euclid(DAY_MICROS) } else { event };
            let (Some(birth), Some(event)) = (self.day(births[row as usize]), date(event)) else {
                return MISSING_INTEGER;
            };
            let birthday_to_come = (event.month(), event.day()) < (birth.month(), birth.day());
            let years = event.year() - birth.year() - i32::from(birthday_to_come);
            if years < 0 { MISSING_INTEGER } else { i64::from(years) }
        };
        Some(rows.iter().map(age).collect())
    }

    fn day(&self, value: i64) -> Option<NaiveDate> {
        if value == MISSING_INTEGER {
            return None;
        }
        date(if self.from_datetime { value.div_euclid(DAY_MICROS) } else { value })
    }

    fn period(&self, value: i64, memo: &mut Memo) -> u32 {
        let (Some(day), Some(dictionary)) = (self.day(value), self.dictionary.as_ref()) else { return MISSING_CODE };
        let month = i64::from(day.year()) * 12 + i64::from(day.month0());
        *memo.months.entry(month).or_insert_with(|| {
            let year = day.year();
            dictionary.code(&match self.how {
                Generalise::Quarter => format!("{year:04}-T{}", day.month0() / 3 + 1),
                _ => format!("{year:04}-{:02}", day.month()),
            })
        })
    }

    fn texts(&self, codes: &[u32], texts: &dyn Texts, rows: &[u32], memo: &mut Memo) -> Option<Values> {
        let dictionary = self.dictionary.as_ref()?;
        if memo.generation != texts.generation() {
            memo.generation = texts.generation();
            memo.codes.clear();
        }
        let mut out = Vec::with_capacity(rows.len());
        for &row in rows {
            let code = codes[row as usize];
            if code == MISSING_CODE {
                out.push(MISSING_CODE);
                continue;
            }
            if memo.codes.len() <= code as usize {
                memo.codes.resize(code as usize + 1, UNKNOWN);
            }
            let known = memo.codes[code as usize];
            let released = if known == UNKNOWN { self.released(texts.text(code), dictionary) } else { known };
            memo.codes[code as usize] = released;
            memo.not_in_hierarchy +=
                u64::from(released == MISSING_CODE && matches!(self.how, Generalise::Hierarchy { .. }));
            out.push(released);
        }
        Some(Values::Code(out))
    }

    /// The code of what a text becomes.
    fn released(&self, text: &str, dictionary: &Dictionary) -> u32 {
        let released = match &self.how {
            Generalise::Keep => Some(text),
            Generalise::Departement => identifiers::departement_of_commune(text),
            Generalise::Region => identifiers::region_of(text),
            Generalise::Hierarchy { map, .. } => map.get(text).map(String::as_str),
            _ => None,
        };
        released.map_or(MISSING_CODE, |text| dictionary.code(text))
    }
}

fn date(days: i64) -> Option<NaiveDate> {
    let from_ce = i32::try_from(days.checked_add(EPOCH_FROM_CE)?).ok()?;
    NaiveDate::from_num_days_from_ce_opt(from_ce)
}

/// `<18`, `18-25`, …, `70+`; a band of one value is that value.
pub(super) fn labels_of_integers(bounds: &[i64]) -> Vec<String> {
    let mut labels = vec![bounds.first().map_or_else(|| "tous".to_owned(), |b| format!("<{b}"))];
    for (i, low) in bounds.iter().enumerate() {
        labels.push(match bounds.get(i + 1) {
            Some(next) if next - low == 1 => format!("{low}"),
            Some(next) => format!("{low}-{}", next - 1),
            None => format!("{low}+"),
        });
    }
    labels
}

/// `<18.5`, `[18.5;25[`, …, `30+`.
pub(super) fn labels_of_numbers(bounds: &[f64]) -> Vec<String> {
    let mut labels = vec![bounds.first().map_or_else(|| "tous".to_owned(), |b| format!("<{b}"))];
    for (i, low) in bounds.iter().enumerate() {
        labels.push(match bounds.get(i + 1) {
            Some(next) => format!("[{low};{next}["),
            None => format!("{low}+"),
        });
    }
    labels
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::ColumnRef;
    use crate::schema::Role;

    fn days(text: &str) -> i64 {
        i64::from(text.parse::<NaiveDate>().unwrap().num_days_from_ce()) - EPOCH_FROM_CE
    }

    fn column(generalise: Generalise, from: Logical, logical: Logical) -> (Generaliser, Arc<Dictionary>) {
        let kept = Kept {
            name: "x".into(),
            from: ColumnRef::Own(0),
            from_name: "x".into(),
            generalise,
            role: Role::QuasiIdentifier,
            logical,
            why: None,
            reinforced: false,
        };
        let dictionary = Arc::new(Dictionary::default());
        (Generaliser::new(&kept, from, Some(Logical::Date), &dictionary), dictionary)
    }

    fn texts(values: Values, dictionary: &Dictionary) -> Vec<Option<String>> {
        let frozen = dictionary.freeze();
        let Values::Code(codes) = values else { panic!("codes") };
        codes.iter().map(|&c| frozen.of_rank(frozen.rank(c)).map(str::to_owned)).collect()
    }

    #[test]
    fn an_age_changes_on_the_birthday_and_leap_days_count_from_march() {
        let (g, _) = column(Generalise::Age { at: ColumnRef::Own(1) }, Logical::Date, Logical::Integer);
        let births = ["1984-05-10", "1984-05-10", "2000-02-29", "2000-02-29", "2000-02-29", "2020-01-01"].map(days);
        let events = ["2024-05-09", "2024-05-10", "2023-02-28", "2023-03-01", "2024-02-29", "2019-01-01"].map(days);
        let ages =
            g.apply(&View::Integer(&births), Some(&View::Integer(&events)), &[0, 1, 2, 3, 4, 5], &mut Memo::default());
        let Some(Values::Integer(ages)) = ages else { panic!("integers") };
        assert_eq!(ages, [39, 40, 22, 23, 24, MISSING_INTEGER]);
    }

    #[test]
    fn bands_hold_their_lower_bound_and_not_the_next() {
        let (g, d) = column(Generalise::Band { bounds: vec![18.0, 26.0, 45.0] }, Logical::Integer, Logical::Text);
        let values = [17, 18, 25, 26, 44, 45, 90, MISSING_INTEGER];
        let out = g.apply(&View::Integer(&values), None, &[0, 1, 2, 3, 4, 5, 6, 7], &mut Memo::default()).unwrap();
        let labels: Vec<_> = texts(out, &d).into_iter().map(|t| t.unwrap_or_default()).collect();
        assert_eq!(labels, ["<18", "18-25", "18-25", "26-44", "26-44", "45+", "45+", ""]);
        let (g, d) = column(Generalise::Band { bounds: vec![18.5, 25.0] }, Logical::Number, Logical::Text);
        let out =
            g.apply(&View::Number(&[18.4, 18.5, 25.0, f64::NAN]), None, &[0, 1, 2, 3], &mut Memo::default()).unwrap();
        let labels: Vec<_> = texts(out, &d).into_iter().map(|t| t.unwrap_or_default()).collect();
        assert_eq!(labels, ["<18.5", "[18.5;25[", "25+", ""]);
    }

    #[test]
    fn periods_of_a_date() {
        let values = ["2026-01-31", "2026-12-01", "1969-12-31"].map(days);
        for (how, expected) in [
            (Generalise::Month, ["2026-01", "2026-12", "1969-12"]),
            (Generalise::Quarter, ["2026-T1", "2026-T4", "1969-T4"]),
        ] {
            let (g, d) = column(how, Logical::Date, Logical::Text);
            let out = g.apply(&View::Integer(&values), None, &[0, 1, 2], &mut Memo::default()).unwrap();
            assert_eq!(texts(out, &d), expected.map(|e| Some(e.to_owned())));
        }
        let (g, _) = column(Generalise::Year, Logical::Date, Logical::Integer);
        let out = g.apply(&View::Integer(&values), None, &[0, 2], &mut Memo::default());
        assert!(matches!(out, Some(Values::Integer(v)) if v == [2026, 1969]));
    }

    #[test]
    fn extremes_are_coded_to_the_bounds() {
        let (g, _) =
            column(Generalise::Clamp { bottom: Some(40.0), top: Some(150.0) }, Logical::Number, Logical::Number);
        let out = g.apply(&View::Number(&[12.0, 151.5, 70.5, f64::NAN]), None, &[0, 1, 2, 3], &mut Memo::default());
        let Some(Values::Number(v)) = out else { panic!("numbers") };
        assert_eq!(v[..3], [40.0, 150.0, 70.5]);
        assert!(v[3].is_nan());
    }

    #[test]
    fn a_value_that_a_hierarchy_lacks_is_missing_and_counted() {
        let map = [("1".to_owned(), "0-4".to_owned())].into_iter().collect();
        let how = Generalise::Hierarchy { map, path: "h.csv".into(), level: 1 };
        let (g, d) = column(how, Logical::Integer, Logical::Text);
        let mut memo = Memo::default();
        let out = g.apply(&View::Integer(&[1, 99, MISSING_INTEGER]), None, &[0, 1, 2], &mut memo).unwrap();
        assert_eq!(texts(out, &d), [Some("0-4".to_owned()), None, None]);
        assert_eq!(memo.not_in_hierarchy, 1);
    }
}
