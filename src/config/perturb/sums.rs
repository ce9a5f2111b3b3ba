//! How sums of a column are changed: an entry of `sums` in `perturb = { … }`.

use std::ops::Range;

use serde_json::{Value, json};

use super::Decimal;
use super::raw::{RawPerturb, RawSum};
use super::reading::{ONE, decimal};
use crate::config::form::Entry;
use crate::config::problem::Problem;
use crate::config::raw::{At, Scalar};
use crate::config::read::Reader;
use crate::config::spanned::Spanned;

/// Units of 10⁻⁹ in one.
const BILLION: i128 = 1_000_000_000;
/// Largest base, floor and bound: their units fit 63 bits.
const LARGEST: i128 = 1_000_000_000 * BILLION;
/// Most contributors of a sum that are looked at.
const MOST_WEIGHTS: usize = 10;

/// How sums of one column are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumChange {
    /// Name of the column as it leaves.
    pub column: String,
    /// How.
    pub how: SumHow,
}

/// A way of changing sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SumHow {
    /// To a multiple of a base, in the way of the counts beside.
    Rounded {
        /// The base.
        base: Units,
        /// Within how many per cent nobody may know what one contributor adds.
        p: Decimal,
    },
    /// By the largest contributions times factors that follow from keys.
    Keyed {
        /// What the largest contributions are multiplied by, falling.
        weights: Vec<Decimal>,
        /// How far the factors spread around the weights, as a part of them.
        spread: Decimal,
        /// By how much more cells of few contributors are changed.
        small: Decimal,
        /// The largest contribution counts for no less.
        floor: Units,
        /// Published sums are multiples of it.
        unit: Units,
        /// Within how many per cent nobody may know what the largest contributor adds.
        p: Decimal,
    },
    /// By noise; what a record adds is brought between bounds and to a multiple of a unit.
    Bounded {
        /// The least.
        lowest: Units,
        /// The most.
        highest: Units,
        /// Published sums are multiples of it.
        unit: Units,
    },
}

/// A decimal number in whole units of 10⁻⁹, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Units {
    text: String,
    units: i128,
}

impl Units {
    /// In units of 10⁻⁹.
    #[must_use]
    pub fn get(&self) -> i128 {
        self.units
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl SumChange {
    /// What published sums are multiples of.
    #[must_use]
    pub fn step(&self) -> &Units {
        match &self.how {
            SumHow::Rounded { base, .. } => base,
            SumHow::Keyed { unit, .. } | SumHow::Bounded { unit, .. } => unit,
        }
    }

    /// Whether published sums are whole numbers where contributions are.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.step().get() % BILLION == 0
    }

    /// All that it says, which may be published.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let column = &self.column;
        match &self.how {
            SumHow::Rounded { base, p } => json!({ "column": column, "base": base.as_str(), "p": p.as_str() }),
            SumHow::Keyed { weights, spread, small, floor, unit, p } => json!({
                "column": column,
                "weights": weights.iter().map(Decimal::as_str).collect::<Vec<_>>(),
                "spread": spread.as_str(),
                "small": small.as_str(),
                "floor": floor.as_str(),
                "unit": unit.as_str(),
                "p": p.as_str(),
            }),
            SumHow::Bounded { lowest, highest, unit } => json!({
                "column": column, "lowest": lowest.as_str(), "highest": highest.as_str(), "unit": unit.as_str(),
            }),
        }
    }
}

/// The methods that change sums.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Of {
    Rounding,
    CellKey,
    Noise,
}

/// Reads all entries; `None` always comes with a problem.
pub(super) fn read(reader: &mut Reader<'_>, raw: &RawPerturb, of: Of) -> Option<Vec<SumChange>> {
    let Some(list) = &raw.sums else { return Some(Vec::new()) };
    let mut read: Vec<Option<SumChange>> = Vec::new();
    for written in list.get_ref() {
        let change = one(reader, written, of);
        if let Some(change) = &change
            && read.iter().flatten().any(|other| other.column == change.column)
        {
            let what = "column of `sums`";
            reader.report(written.span(), Problem::DuplicateName { what, name: change.column.clone() });
        }
        read.push(change);
    }
    read.into_iter().collect()
}

fn one(reader: &mut Reader<'_>, written: &Spanned<RawSum>, of: Of) -> Option<SumChange> {
    let (raw, place) = (written.get_ref(), Entry { raw: (), span: written.span() });
    stray(reader, raw, of);
    let why = "Name the column that is summed: column = \"montant\".";
    let column = reader.required_text(&raw.column, &place, ("sums", "column"), why);
    let how = match of {
        Of::Rounding => rounded(reader, raw, &place),
        Of::CellKey => keyed(reader, raw, &place),
        Of::Noise => bounded(reader, raw, &place),
    };
    Some(SumChange { column: column?.get_ref().clone(), how: how? })
}

/// Refuses keys of other methods.
fn stray(reader: &mut Reader<'_>, raw: &RawSum, of: Of) {
    fn at(value: &At<Scalar>) -> Option<Range<usize>> {
        value.as_ref().map(Spanned::span)
    }
    let keys = [
        ("base", at(&raw.base), of == Of::Rounding),
        ("p", at(&raw.p), of != Of::Noise),
        ("weights", raw.weights.as_ref().map(Spanned::span), of == Of::CellKey),
        ("spread", at(&raw.spread), of == Of::CellKey),
        ("small", at(&raw.small), of == Of::CellKey),
        ("floor", at(&raw.floor), of == Of::CellKey),
        ("unit", at(&raw.unit), of != Of::Rounding),
        ("lowest", at(&raw.lowest), of == Of::Noise),
        ("highest", at(&raw.highest), of == Of::Noise),
    ];
    let to = match of {
        Of::Rounding => "sums of rounding",
        Of::CellKey => "sums of cell_key",
        Of::Noise => "sums of noise",
    };
    for (key, span, _) in keys.into_iter().filter(|(_, _, means)| !means) {
        if let Some(span) = span {
            reader.report(span, Problem::StrayOption { key, to });
        }
    }
}

fn rounded(reader: &mut Reader<'_>, raw: &RawSum, place: &Entry<()>) -> Option<SumHow> {
    let expected =
        "Write the base of rounding, above 0 and at most a thousand million, in quotation marks: base = \"1000\".";
    let base = reader.required(&raw.base, place, ("sums", "base"), expected);
    let base = base.and_then(|base| units(reader, base, ("base", expected), 1));
    let p = per_cent(reader, &raw.p);
    Some(SumHow::Rounded { base: base?, p: p? })
}

const WEIGHTS: &str = "Write by what part of the largest contributions a sum is changed, falling, at most ten: weights = [\"0.5\", \"0.3\"].";
const SPREAD: &str =
    "Write how far the change may be from the weight, as a part of it, above 0 and under 1: spread = \"0.8\".";
const SMALL: &str = "Write by how much more sums of few contributors are changed, from 1 to 10: small = \"1.1\".";
const FLOOR: &str = "Write what the largest contribution of a sum counts for at least, so that small ones and zeros are changed too: floor = \"100\".";
const UNIT: &str = "Write what published sums are multiples of: unit = \"1\".";

fn keyed(reader: &mut Reader<'_>, raw: &RawSum, place: &Entry<()>) -> Option<SumHow> {
    let list = reader.required(&raw.weights, place, ("sums", "weights"), WEIGHTS);
    let weights = list.and_then(|list| {
        let all = list.get_ref();
        let read = |weight: &Spanned<Scalar>| decimal(reader, weight, "weights", (ONE, WEIGHTS));
        let weights: Vec<Decimal> = all.iter().map(read).collect::<Option<_>>()?;
        let falls = weights.windows(2).all(|two| two[0].units() >= two[1].units());
        if weights.is_empty() || weights.len() > MOST_WEIGHTS || !falls {
            reader.report(list.span(), Problem::BadValue { key: "weights", expected: WEIGHTS });
            return None;
        }
        Some((weights, list.span()))
    });
    let spread = reader.required(&raw.spread, place, ("sums", "spread"), SPREAD);
    let spread = spread.and_then(|spread| decimal(reader, spread, "spread", (ONE - 1, SPREAD)));
    let small = match &raw.small {
        None => Some(Decimal { text: "1".to_owned(), units: ONE }),
        Some(small) => {
            let read = decimal(reader, small, "small", (10 * ONE, SMALL));
            let large = read.filter(|small| small.units() >= ONE);
            if large.is_none() {
                reader.report(small.span(), Problem::BadValue { key: "small", expected: SMALL });
            }
            large
        }
    };
    let floor = reader.required(&raw.floor, place, ("sums", "floor"), FLOOR);
    let floor = floor.and_then(|floor| units(reader, floor, ("floor", FLOOR), 1));
    let unit = unit(reader, &raw.unit);
    let p = per_cent(reader, &raw.p);
    let ((weights, at), spread, small, p) = (weights?, spread?, small?, p?);
    hides(reader, (&weights, at), [&spread, &small, &p])?;
    Some(SumHow::Keyed { weights, spread, small, floor: floor?, unit: unit?, p })
}

/// Whether the largest contributor is hidden within *p* %, whatever else is known. What of the factor 1 ± *m*(1 + *w*(*a* + *v*)/2) is
/// the contributor's own, *a*, is the same in all cells, so that it is not averaged away: who knew all else would be left with the
/// quotient of the ends of 1 + *m*(1 ± *w*/2).
fn hides(
    reader: &mut Reader<'_>,
    (weights, at): (&[Decimal], Range<usize>),
    [spread, small, p]: [&Decimal; 3],
) -> Option<()> {
    let part = |decimal: &Decimal| decimal.units() as f64 / ONE as f64;
    let (m, w, p) = (weights.first().map_or(0.0, part), part(spread), part(p) / 100.0);
    if m * part(small) * (1.0 + w) >= 1.0 {
        let expected = "The first weight times `small` times 1 + `spread` is under 1, or a sum could change its sign: take a smaller weight, `small` or `spread`.";
        reader.report(at, Problem::BadValue { key: "weights", expected });
        return None;
    }
    let hidden = (1.0 + m * (1.0 + w / 2.0)) / (1.0 + m * (1.0 - w / 2.0)) > (1.0 + p) / (1.0 - p);
    if !hidden {
        let expected = "These changes do not hide what one contributor adds within `p` per cent: take a larger first weight or `spread`, such as weights = [\"0.5\", \"0.3\"] and spread = \"0.8\" for p = \"10\".";
        reader.report(at, Problem::BadValue { key: "weights", expected });
    }
    hidden.then_some(())
}

fn bounded(reader: &mut Reader<'_>, raw: &RawSum, place: &Entry<()>) -> Option<SumHow> {
    let why = "Say what a record adds at least, whatever the data: lowest = \"0\". What is less is brought there.";
    let lowest = reader.required(&raw.lowest, place, ("sums", "lowest"), why);
    let lowest = lowest.and_then(|value| units(reader, value, ("lowest", why), -LARGEST));
    let why = "Say what a record adds at most, above `lowest`, whatever the data: highest = \"300\". What is more is brought there.";
    let highest = reader.required(&raw.highest, place, ("sums", "highest"), why);
    let highest = highest.and_then(|value| Some((value.span(), units(reader, value, ("highest", why), -LARGEST)?)));
    let unit = unit(reader, &raw.unit);
    let (lowest, (at, highest), unit) = (lowest?, highest?, unit?);
    if lowest.get() >= highest.get() {
        reader.report(at, Problem::BadValue { key: "highest", expected: why });
        return None;
    }
    if lowest.get() % unit.get() != 0 || highest.get() % unit.get() != 0 {
        let expected = "Write a unit of which `lowest` and `highest` are multiples.";
        reader.report(at, Problem::BadValue { key: "unit", expected });
        return None;
    }
    Some(SumHow::Bounded { lowest, highest, unit })
}

fn unit(reader: &mut Reader<'_>, written: &At<Scalar>) -> Option<Units> {
    match written {
        None => Some(Units { text: "1".to_owned(), units: BILLION }),
        Some(unit) => units(reader, unit, ("unit", UNIT), 1),
    }
}

fn per_cent(reader: &mut Reader<'_>, written: &At<Scalar>) -> Option<Decimal> {
    let expected = "Write a percentage above 0 and at most 50 in quotation marks: p = \"10\".";
    match written {
        None => Some(Decimal { text: "10".to_owned(), units: 10 * ONE }),
        Some(p) => decimal(reader, p, "p", (50 * ONE, expected)),
    }
}

/// A decimal number of at most nine digits after the point, from `least` units on.
fn units(
    reader: &mut Reader<'_>,
    written: &Spanned<Scalar>,
    (key, expected): (&'static str, &'static str),
    least: i128,
) -> Option<Units> {
    let text = written.get_ref().to_string().trim().to_owned();
    let read = parse(&text).filter(|units| (least..=LARGEST).contains(units));
    if read.is_none() {
        reader.report(written.span(), Problem::BadValue { key, expected });
    }
    read.map(|units| Units { text, units })
}

fn parse(text: &str) -> Option<i128> {
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let (whole, fraction) = size.split_once('.').unwrap_or((size, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    let sound = digits(whole) && whole.len() <= 12 && (fraction.is_empty() || digits(fraction)) && fraction.len() <= 9;
    sound.then_some(())?;
    Some(sign * (whole.parse::<i128>().ok()? * BILLION + format!("{fraction:0<9}").parse::<i128>().ok()?))
}
