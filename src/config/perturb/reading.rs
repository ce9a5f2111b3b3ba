//! Reads `perturb = { … }`.

use std::ops::Range;

use crate::config::spanned::Spanned;

use super::raw::{RawBudget, RawPerturb};
use super::sums::{self, Of};
use super::{CellKey, Decimal, Noise, NoiseKind, Perturb, PrivacyBudget, Probability, RoundTo};
use crate::config::form::Entry;
use crate::config::problem::Problem;
use crate::config::raw::{At, Scalar};
use crate::config::read::Reader;
use crate::config::words;
use crate::disk;

/// Largest base.
const MOST_BASE: u64 = 1000;
/// Largest change of the cell-key method.
const MOST_CHANGE: u64 = 30;
/// Steps of a decimal in one.
pub(super) const ONE: u64 = 1_000_000_000_000;
/// Largest probability with which a count is to stay as it is.
const MOST_STAY: u64 = ONE / 10 * 9;
/// Largest ε: what is beyond protects nobody.
const MOST_EPSILON: u64 = 100 * ONE;
/// Largest δ.
const MOST_DELTA: f64 = 0.001;

const METHOD: &str = "Write \"rounding\", \"controlled_rounding\", \"cell_key\" or \"noise\".";
const EPSILON: &str = "Write a number above 0 and at most 100 in quotation marks, such as epsilon = \"1\".";
const DELTA: &str = "Write a probability above 0 and at most 0.001 in quotation marks, such as delta = \"1e-6\": far \
                     under one over the number of persons.";

/// Where `perturb` stands: it says which keys mean something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Setting {
    /// `[[aggregate]]` of a pipeline, whose run has keys and whose columns have lists of values.
    Pipeline,
    /// A table made elsewhere.
    Ready,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Rounding,
    Controlled,
    CellKey,
    Noise,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Self::Rounding => "rounding",
            Self::Controlled => "controlled_rounding",
            Self::CellKey => "cell_key",
            Self::Noise => "noise",
        }
    }
}

/// Reads how a table is perturbed. `None` always comes with a problem.
pub(in crate::config) fn perturb(
    reader: &mut Reader<'_>,
    written: &Spanned<RawPerturb>,
    setting: Setting,
) -> Option<Perturb> {
    let (raw, place) = (written.get_ref(), Entry { raw: (), span: written.span() });
    reader.required(&raw.method, &place, ("perturb", "method"), METHOD)?;
    let words = [Word::Rounding, Word::Controlled, Word::CellKey, Word::Noise].map(|word| (word.text(), Some(word)));
    let word = reader.word(&raw.method, "method", None, &words)?;
    stray(reader, raw, word, setting);
    match word {
        Word::Rounding => {
            let to = [("random", RoundTo::Random), ("nearest", RoundTo::Nearest)];
            let to = reader.word(&raw.to, "to", RoundTo::Random, &to);
            let sums = sums::read(reader, raw, Of::Rounding);
            Some(Perturb::Rounding { base: base(reader, raw, &place)?, to, sums: sums? })
        }
        Word::Controlled => {
            if let Some(sums) = &raw.sums {
                let why = "it changes small counts, and would leave sums exact. Write method = \"rounding\", \"cell_key\" or \"noise\".";
                reader.report(sums.span(), Problem::Conflict { key: "sums", other: "controlled_rounding", why });
            }
            Some(Perturb::ControlledRounding { base: base(reader, raw, &place)? })
        }
        Word::CellKey => {
            let sums = sums::read(reader, raw, Of::CellKey);
            Some(Perturb::CellKey { counts: cell_key(reader, raw, &place)?, sums: sums? })
        }
        Word::Noise => noise(reader, raw, &place).map(Perturb::Noise),
    }
}

/// Refuses keys of other methods, and of other places.
fn stray(reader: &mut Reader<'_>, raw: &RawPerturb, word: Word, setting: Setting) {
    fn at<T>(value: &At<T>) -> Option<Range<usize>> {
        value.as_ref().map(Spanned::span)
    }
    use Word::{CellKey, Controlled, Noise, Rounding};
    let ready = setting == Setting::Ready;
    let keys = [
        ("base", at(&raw.base), matches!(word, Rounding | Controlled)),
        ("to", at(&raw.to), word == Rounding),
        ("max", at(&raw.max), word == CellKey),
        ("variance", at(&raw.variance), word == CellKey),
        ("exact_variance", at(&raw.exact_variance), word == CellKey),
        ("blocked", at(&raw.blocked), word == CellKey),
        ("stay", at(&raw.stay), word == CellKey),
        ("monotone", at(&raw.monotone), word == CellKey),
        ("ptable", at(&raw.ptable), word == CellKey),
        ("kind", at(&raw.kind), word == Noise),
        ("epsilon", at(&raw.epsilon), word == Noise),
        ("delta", at(&raw.delta), word == Noise),
        ("release", at(&raw.release), word == Noise),
        ("budget", at(&raw.budget), word == Noise),
        ("cells", at(&raw.cells), word == Noise || !ready),
    ];
    for (key, span, _) in keys.into_iter().filter(|(_, _, means)| !means) {
        if let Some(span) = span {
            reader.report(span, Problem::StrayOption { key, to: word.text() });
        }
    }
    let why = "a pipeline's run has keys of its own, and its columns lists of their values.";
    for (key, span) in [("key", at(&raw.key)), ("cells", at(&raw.cells))] {
        if let (Some(span), false) = (span, ready) {
            reader.report(span, Problem::Conflict { key, other: "[[aggregate]]", why });
        }
    }
}

fn base(reader: &mut Reader<'_>, raw: &RawPerturb, place: &Entry<()>) -> Option<u64> {
    let expected = "Write the base of rounding, from 3 to 1000: base = 5 hides counts from 1 to 4.";
    let base = reader.required(&raw.base, place, ("perturb", "base"), expected)?;
    if !(3..=MOST_BASE).contains(base.get_ref()) {
        reader.report(base.span(), Problem::BadValue { key: "base", expected });
        return None;
    }
    Some(*base.get_ref())
}

fn cell_key(reader: &mut Reader<'_>, raw: &RawPerturb, place: &Entry<()>) -> Option<CellKey> {
    if let Some(file) = &raw.ptable {
        let beside = [
            ("max", raw.max.as_ref().map(Spanned::span)),
            ("variance", raw.variance.as_ref().map(Spanned::span)),
            ("exact_variance", raw.exact_variance.as_ref().map(Spanned::span)),
            ("blocked", raw.blocked.as_ref().map(Spanned::span)),
            ("stay", raw.stay.as_ref().map(Spanned::span)),
            ("monotone", raw.monotone.as_ref().map(Spanned::span)),
        ];
        for (key, span) in beside {
            if let Some(span) = span {
                let why = "the file holds the whole p-table.";
                reader.report(span, Problem::Conflict { key, other: "ptable", why });
            }
        }
        return of_file(reader, file);
    }
    let expected = "Write the largest change, from 1 to 30 and above `blocked`: max = 5. Or name a p-table: ptable = \"file.csv\".";
    let max = reader.required(&raw.max, place, ("perturb", "max"), expected);
    let max_ = max.and_then(|max| u32::try_from(*max.get_ref()).ok().filter(|m| (1..=MOST_CHANGE as u32).contains(m)));
    let blocked = raw.blocked.as_ref().map_or(0, |blocked| *blocked.get_ref());
    let blocked = u32::try_from(blocked).ok().filter(|blocked| max_.is_none_or(|max| *blocked < max));
    if let Some(max) = max.filter(|_| max_.is_none() || blocked.is_none()) {
        reader.report(max.span(), Problem::BadValue { key: "max", expected });
    }
    let expected = "Write the variance of the change, above 0, in quotation marks: variance = \"2\".";
    let variance = reader.required(&raw.variance, place, ("perturb", "variance"), expected);
    let variance = variance.and_then(|variance| decimal(reader, variance, "variance", (1000 * ONE, expected)));
    let expected = "Write a probability above 0 and at most 0.9 in quotation marks: stay = \"0.5\". What hardly ever changes hides nobody.";
    let stay = match &raw.stay {
        Some(stay) => Some(decimal(reader, stay, "stay", (MOST_STAY, expected))?),
        None => None,
    };
    let flag = |value: &At<bool>| value.as_ref().is_some_and(|value| *value.get_ref());
    let (exactly, monotone) = (flag(&raw.exact_variance), flag(&raw.monotone));
    Some(CellKey::Made { max: max_?, variance: variance?, exactly, blocked: blocked?, stay, monotone })
}

fn of_file(reader: &mut Reader<'_>, file: &Spanned<String>) -> Option<CellKey> {
    let path = reader.path(file.get_ref());
    let problem = match disk::read(&path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Some(CellKey::File { path, text }),
            Err(_) => Problem::NotUtf8 { path },
        },
        Err(error) => Problem::Unreadable { path, kind: error.kind() },
    };
    reader.report(file.span(), problem);
    None
}

fn noise(reader: &mut Reader<'_>, raw: &RawPerturb, place: &Entry<()>) -> Option<Noise> {
    let why = "Write \"laplace\" (pure ε), or \"gaussian\" (ε and δ).";
    reader.required(&raw.kind, place, ("perturb", "kind"), why);
    let words = [("laplace", Some(NoiseKind::Laplace)), ("gaussian", Some(NoiseKind::Gaussian))];
    let kind = reader.word(&raw.kind, "kind", None, &words);
    let epsilon = reader.required(&raw.epsilon, place, ("perturb", "epsilon"), EPSILON);
    let epsilon = epsilon.and_then(|epsilon| decimal(reader, epsilon, "epsilon", (MOST_EPSILON, EPSILON)));
    let delta = raw.delta.as_ref().map(|delta| (delta.span(), probability(reader, delta)));
    let release = release(reader, raw, place);
    let why = "Say what all releases together may lose: budget = { file = \"budget.json\", epsilon = \"3\" }.";
    let budget = reader.required(&raw.budget, place, ("perturb", "budget"), why);
    let budget = budget.and_then(|budget| self::budget(reader, budget));
    let sums = sums::read(reader, raw, Of::Noise);
    let kind = kind?;
    match (kind, &delta) {
        (NoiseKind::Laplace, Some((span, _))) => {
            let why = "Laplace noise has a pure ε and no δ.";
            reader.report(span.clone(), Problem::Conflict { key: "delta", other: "kind", why });
        }
        (NoiseKind::Gaussian, None) => {
            reader.report(place.span.clone(), Problem::MissingKey { section: "perturb", key: "delta", why: DELTA });
            return None;
        }
        _ => {}
    }
    if let (NoiseKind::Gaussian, Some(PrivacyBudget { delta: None, .. }), Some(at)) = (kind, &budget, &raw.budget) {
        let why = "Gaussian noise has no pure ε: a budget that pays for it has a δ too.";
        reader.report(at.span(), Problem::MissingKey { section: "budget", key: "delta", why });
        return None;
    }
    let delta = match delta {
        Some((_, delta)) => Some(delta?),
        None => None,
    };
    Some(Noise { kind, epsilon: epsilon?, delta, release: release?, budget: budget?, sums: sums? })
}

/// The name of the release, which is paid once under it.
fn release(reader: &mut Reader<'_>, raw: &RawPerturb, place: &Entry<()>) -> Option<String> {
    let why = "Name the release, such as release = \"2026-S1\": each name is paid once and has noise of its own. A later release of the same counts has another name, or its noise would tell that nothing changed.";
    let release = reader.required_text(&raw.release, place, ("perturb", "release"), why)?;
    if !words::is_pipeline_name(release.get_ref()) {
        let expected = "Write a letter or digit first, then letters without accents, digits, `-`, `_` or `.`.";
        reader.report(release.span(), Problem::BadValue { key: "release", expected });
        return None;
    }
    Some(release.get_ref().clone())
}

fn budget(reader: &mut Reader<'_>, written: &Spanned<RawBudget>) -> Option<PrivacyBudget> {
    let (raw, place) = (written.get_ref(), Entry { raw: (), span: written.span() });
    let why = "Name the file that remembers what was spent; it is made at the first release.";
    let file = reader.required_text(&raw.file, &place, ("budget", "file"), why);
    let epsilon = reader.required(&raw.epsilon, &place, ("budget", "epsilon"), EPSILON);
    let epsilon = epsilon.and_then(|epsilon| decimal(reader, epsilon, "epsilon", (MOST_EPSILON, EPSILON)));
    let delta = match &raw.delta {
        Some(delta) => Some(probability(reader, delta)?),
        None => None,
    };
    Some(PrivacyBudget { file: reader.path(file?.get_ref()), epsilon: epsilon?, delta })
}

/// A decimal above zero with at most 12 digits after the point.
pub(super) fn decimal(
    reader: &mut Reader<'_>,
    written: &Spanned<Scalar>,
    key: &'static str,
    (most, expected): (u64, &'static str),
) -> Option<Decimal> {
    let text = written.get_ref().to_string().trim().to_owned();
    let units = units(&text).filter(|units| (1..=most).contains(units));
    if units.is_none() {
        reader.report(written.span(), Problem::BadValue { key, expected });
    }
    units.map(|units| Decimal { text, units })
}

fn units(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    (digits(whole) && (fraction.is_empty() || digits(fraction)) && fraction.len() <= 12).then_some(())?;
    whole.parse::<u64>().ok()?.checked_mul(ONE)?.checked_add(format!("{fraction:0<12}").parse().ok()?)
}

fn probability(reader: &mut Reader<'_>, written: &Spanned<Scalar>) -> Option<Probability> {
    let text = written.get_ref().to_string().trim().to_owned();
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-'));
    let value: Option<f64> = text.parse().ok().filter(|value| number && *value > 0.0 && *value <= MOST_DELTA);
    if value.is_none() {
        reader.report(written.span(), Problem::BadValue { key: "delta", expected: DELTA });
    }
    value.map(|_| Probability(text))
}
