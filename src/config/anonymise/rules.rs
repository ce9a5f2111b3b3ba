//! `[[rule]]`: what has to hold for each class.

use crate::config::spanned::Spanned;

use super::raw::RawRule;
use super::reading::{at_least_one, place, within};
use super::{Quasi, Rule, RuleDistance, RuleModel, Sensitive};
use crate::config::form::{AnonymiseDocument, Entry};
use crate::config::problem::Problem;
use crate::config::raw::At;
use crate::config::read::Reader;

#[derive(Clone, Copy, PartialEq)]
enum Word {
    KAnonymity,
    KMap,
    LDiversity,
    TCloseness,
    DeltaPresence,
    BetaLikeness,
    AlphaK,
}

const WORDS: [(&str, Word); 7] = [
    ("k_anonymity", Word::KAnonymity),
    ("k_map", Word::KMap),
    ("l_diversity", Word::LDiversity),
    ("t_closeness", Word::TCloseness),
    ("delta_presence", Word::DeltaPresence),
    ("beta_likeness", Word::BetaLikeness),
    ("alpha_k", Word::AlphaK),
];

impl Word {
    /// The word, and the keys that mean something for it.
    fn keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::KAnonymity => ("k_anonymity", &["k"]),
            Self::KMap => ("k_map", &["k"]),
            Self::LDiversity => ("l_diversity", &["l", "c", "kind", "sensitive"]),
            Self::TCloseness => ("t_closeness", &["t", "distance", "sensitive"]),
            Self::DeltaPresence => ("delta_presence", &["delta"]),
            Self::BetaLikeness => ("beta_likeness", &["beta", "kind", "sensitive"]),
            Self::AlphaK => ("alpha_k", &["alpha", "k", "values", "sensitive"]),
        }
    }
}

/// Reads all rules. `None` always comes with a problem.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    document: &AnonymiseDocument,
    columns: (&[Quasi], &[Sensitive]),
) -> Option<Vec<Rule>> {
    if document.rules.is_empty() {
        let why = "Say what has to hold: [[rule]] with rule = \"k_anonymity\" and k = 11, for example.";
        let span = reader.end();
        reader.report(span, Problem::MissingSection { section: "rule", why });
        return None;
    }
    let found: Vec<Option<Rule>> =
        document.rules.iter().map(|entry| rule(reader, &entry.raw, entry.span.clone(), columns)).collect();
    found.into_iter().collect()
}

/// A rule as it is written, and where.
struct Said<'r> {
    raw: &'r RawRule,
    place: Entry<()>,
}

/// Reads one rule. `None` always comes with a problem.
pub(super) fn rule(
    reader: &mut Reader<'_>,
    raw: &RawRule,
    span: std::ops::Range<usize>,
    columns: (&[Quasi], &[Sensitive]),
) -> Option<Rule> {
    let said = &Said { raw, place: Entry { raw: (), span } };
    let why = "Name the rule: rule = \"k_anonymity\".";
    reader.required(&raw.rule, &said.place, ("[[rule]]", "rule"), why)?;
    let before = reader.count();
    let word = reader.word(&raw.rule, "rule", Word::KAnonymity, &WORDS);
    if reader.count() > before {
        return None;
    }
    stray(reader, raw, word);
    let known = columns.0.iter().map(|quasi| quasi.column.as_str());
    let mut chosen: Vec<usize> = Vec::new();
    for name in raw.columns.iter().flat_map(|list| list.get_ref()) {
        let at = place(reader, name, known.clone(), "[[quasi]]")?;
        if chosen.contains(&at) {
            reader.report(name.span(), Problem::ColumnTwice { column: name.get_ref().clone() });
        }
        chosen.push(at);
    }
    if chosen.is_empty() {
        chosen = (0..columns.0.len()).collect();
    }
    Some(Rule { model: model(reader, said, word, columns.1)?, columns: chosen })
}

/// Keys that belong to other rules.
fn stray(reader: &mut Reader<'_>, raw: &RawRule, word: Word) {
    fn span<T>(value: Option<&Spanned<T>>) -> Option<std::ops::Range<usize>> {
        value.map(Spanned::span)
    }
    let written = [
        ("sensitive", span(raw.sensitive.as_ref())),
        ("k", span(raw.k.as_ref())),
        ("l", span(raw.l.as_ref())),
        ("c", span(raw.c.as_ref())),
        ("t", span(raw.t.as_ref())),
        ("alpha", span(raw.alpha.as_ref())),
        ("beta", span(raw.beta.as_ref())),
        ("delta", span(raw.delta.as_ref())),
        ("kind", span(raw.kind.as_ref())),
        ("distance", span(raw.distance.as_ref())),
        ("values", span(raw.values.as_ref())),
    ];
    let (to, keys) = word.keys();
    for (key, span) in written.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        if !keys.contains(&key) {
            reader.report(span, Problem::StrayOption { key, to });
        }
    }
}

/// A parameter that the rule cannot do without.
fn needed(
    reader: &mut Reader<'_>,
    said: &Said<'_>,
    (key, value): (&'static str, &At<f64>),
    expected: &'static str,
    sound: impl Fn(f64) -> bool,
) -> Option<f64> {
    reader.required(value, &said.place, ("[[rule]]", key), expected)?;
    within(reader, value, key, expected, sound)
}

fn k(reader: &mut Reader<'_>, said: &Said<'_>) -> Option<u64> {
    let why = "Write the fewest persons of a class: k = 11.";
    reader.required(&said.raw.k, &said.place, ("[[rule]]", "k"), why)?;
    at_least_one(reader, &said.raw.k, "k")
}

/// The sensitive column: the one that is named, or the only one.
fn column(reader: &mut Reader<'_>, said: &Said<'_>, sensitive: &[Sensitive]) -> Option<usize> {
    match &said.raw.sensitive {
        Some(name) => place(reader, name, sensitive.iter().map(|s| s.column.as_str()), "[[sensitive]]"),
        None if sensitive.len() == 1 => Some(0),
        None => {
            let why = "Name the sensitive column that the rule is about, one of [[sensitive]].";
            let problem = Problem::MissingKey { section: "[[rule]]", key: "sensitive", why };
            reader.report(said.place.span.clone(), problem);
            None
        }
    }
}

fn model(reader: &mut Reader<'_>, said: &Said<'_>, word: Word, sensitive: &[Sensitive]) -> Option<RuleModel> {
    let raw = said.raw;
    Some(match word {
        Word::KAnonymity => RuleModel::KAnonymity { k: k(reader, said)? },
        Word::KMap => RuleModel::KMap { k: k(reader, said)? },
        Word::LDiversity => {
            let sensitive = column(reader, said, sensitive);
            return diversity(reader, said, sensitive);
        }
        Word::TCloseness => {
            let sensitive_at = column(reader, said, sensitive);
            let expected = "Write a distance from 0 to 1: t = 0.2.";
            let t = needed(reader, said, ("t", &raw.t), expected, super::reading::share);
            let words = [
                ("equal", RuleDistance::Equal),
                ("ordered", RuleDistance::Ordered),
                ("hierarchical", RuleDistance::Hierarchical),
            ];
            let distance = reader.word(&raw.distance, "distance", RuleDistance::Equal, &words);
            let sensitive_at = sensitive_at?;
            if distance == RuleDistance::Hierarchical && sensitive[sensitive_at].hierarchy.is_none() {
                let why = "The distance is that in a hierarchy of the sensitive values: hierarchy = \"file.csv\".";
                let problem = Problem::MissingKey { section: "[[sensitive]]", key: "hierarchy", why };
                reader.report(said.place.span.clone(), problem);
            }
            RuleModel::Closeness { t: t?, distance, sensitive: sensitive_at }
        }
        Word::DeltaPresence => return presence(reader, said),
        Word::BetaLikeness => {
            let sensitive = column(reader, said, sensitive);
            let expected = "Write a number above 0: beta = 1.";
            let beta = needed(reader, said, ("beta", &raw.beta), expected, |beta| beta > 0.0);
            let enhanced = reader.word(&raw.kind, "kind", false, &[("basic", false), ("enhanced", true)]);
            RuleModel::Likeness { beta: beta?, enhanced, sensitive: sensitive? }
        }
        Word::AlphaK => {
            let sensitive = column(reader, said, sensitive);
            let expected = "Write a share above 0 and at most 1: alpha = 0.5.";
            let alpha = needed(reader, said, ("alpha", &raw.alpha), expected, |alpha| alpha > 0.0 && alpha <= 1.0);
            let values = raw.values.iter().flat_map(|list| list.get_ref()).map(|value| value.get_ref().clone());
            let values = values.collect();
            RuleModel::AlphaK { alpha: alpha?, k: k(reader, said)?, sensitive: sensitive?, values }
        }
    })
}

fn presence(reader: &mut Reader<'_>, said: &Said<'_>) -> Option<RuleModel> {
    let expected = "Write two shares from 0 to 1, the smaller first: delta = [0.0, 0.5].";
    let delta = reader.required(&said.raw.delta, &said.place, ("[[rule]]", "delta"), expected)?;
    let numbers: Vec<f64> = delta.get_ref().iter().map(|number| *number.get_ref()).collect();
    match numbers.as_slice() {
        [least, most] if 0.0 <= *least && least <= most && *most <= 1.0 => {
            Some(RuleModel::Presence { least: *least, most: *most })
        }
        _ => {
            reader.report(delta.span(), Problem::BadValue { key: "delta", expected });
            None
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Distinct,
    Entropy,
    Recursive,
}

fn diversity(reader: &mut Reader<'_>, said: &Said<'_>, sensitive: Option<usize>) -> Option<RuleModel> {
    let raw = said.raw;
    let words = [("distinct", Kind::Distinct), ("entropy", Kind::Entropy), ("recursive", Kind::Recursive)];
    let kind = reader.word(&raw.kind, "kind", Kind::Distinct, &words);
    if let (Kind::Distinct | Kind::Entropy, Some(c)) = (kind, &raw.c) {
        reader.report(c.span(), Problem::StrayOption { key: "c", to: "a diversity that is not recursive" });
    }
    let whole = "Write a whole number from 1 on: l = 3.";
    let l = match kind {
        Kind::Entropy => needed(reader, said, ("l", &raw.l), "Write a number from 1 on: l = 2.5.", |l| l >= 1.0),
        _ => needed(reader, said, ("l", &raw.l), whole, |l| l >= 1.0 && l.fract() == 0.0 && l < 1e9),
    };
    let c = match kind {
        Kind::Recursive => Some(needed(reader, said, ("c", &raw.c), "Write a number above 0: c = 3.", |c| c > 0.0)?),
        _ => None,
    };
    let (l, sensitive) = (l?, sensitive?);
    Some(match (kind, c) {
        (Kind::Recursive, Some(c)) => RuleModel::RecursiveDiversity { c, l: l as usize, sensitive },
        (Kind::Entropy, _) => RuleModel::EntropyDiversity { l, sensitive },
        _ => RuleModel::DistinctDiversity { l: l as usize, sensitive },
    })
}
