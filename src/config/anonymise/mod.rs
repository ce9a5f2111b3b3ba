//! A file of persons that is to be anonymised: the file of `tamis anonymise`.

mod changes;
mod output;
pub(super) mod raw;
mod reading;
mod rules;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(super) use output::{Leaving, of_output};
pub(super) use reading::evidence as read_evidence;

use super::error::ConfigErrors;
use super::form;
use super::read::Reader;
use crate::keys::KeySource;

/// What is anonymised, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Anonymise {
    /// The file that is read.
    pub file: PathBuf,
    /// Its sheet, where it is a workbook of several.
    pub sheet: Option<String>,
    /// The file that is written.
    pub output: PathBuf,
    /// Column that tells persons apart; without it every record is somebody else.
    pub person: Option<String>,
    /// Columns that leave although they are neither quasi-identifiers nor sensitive.
    pub keep: Vec<String>,
    /// Column of sampling weights, for the report; it leaves only if it is among the others.
    pub weights: Option<String>,
    /// What has to hold of what leaves.
    pub protection: Protection,
    /// The root key of what is drawn; `None` where it is drawn afresh and forgotten.
    pub key: Option<KeySource>,
}

/// What has to hold of records that leave, and what to make small in bringing it about.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// Quasi-identifiers, at least one.
    pub quasi: Vec<Quasi>,
    /// Sensitive columns.
    pub sensitive: Vec<Sensitive>,
    /// What has to hold, at least one rule.
    pub rules: Vec<Rule>,
    /// Share of the records that may be left out, from 0 to 1.
    pub suppress: f64,
    /// What to make small.
    pub loss: LossChoice,
    /// How the generalisation is searched for.
    pub search: Search,
    /// Fewest persons of a class that is not small, for the report.
    pub threshold: u64,
    /// What the evidence has to show before the file is written.
    pub evidence: EvidenceLimits,
    /// Figures of risk that classes alone do not give.
    pub risk: RiskWanted,
    /// Who may be in the data.
    pub population: Option<Population>,
    /// Whether protection may differ from class to class.
    pub local: Local,
    /// Methods that change values, in the order in which they are applied, before anything is counted.
    pub changes: Vec<Change>,
}

/// Who may be in the data, as outsiders see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Population {
    /// A file, one row per person, with the quasi-identifiers as they are before they become coarser.
    File(PathBuf),
    /// Everybody whom the sample of a pipeline may draw.
    Frame,
}

impl Protection {
    /// The file of the population, where there is one.
    #[must_use]
    pub fn population_file(&self) -> Option<&Path> {
        match &self.population {
            Some(Population::File(path)) => Some(path),
            Some(Population::Frame) | None => None,
        }
    }
}

impl RuleModel {
    /// Whether classes are compared with a population.
    #[must_use]
    pub fn compares(&self) -> bool {
        matches!(self, Self::KMap { .. } | Self::Presence { .. })
    }
}

/// A quasi-identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Quasi {
    /// The column.
    pub column: String,
    /// What its values may become.
    pub levels: Levels,
    /// Importance: of what is lost in this column, and of a single value that is left out.
    pub weight: f64,
    /// The level at which single values are left out; 0 is the value itself.
    pub level: usize,
}

/// What the values of a column may become, fine to coarse, after the values themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Levels {
    /// Nothing else: the column stays as it is.
    Same,
    /// Nothing but everything at once.
    All,
    /// What a file says.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its text.
        text: String,
    },
    /// Bands of numbers of these widths, beginning at multiples of them.
    Bands(Vec<u32>),
    /// So many first characters.
    Prefixes {
        /// How many, falling.
        lengths: Vec<usize>,
        /// Whether two characters become three for codes that begin with 97 or 98.
        overseas: bool,
    },
    /// Parts of dates, fine to coarse.
    Dates(Vec<DatePart>),
}

/// What a date becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatePart {
    /// `2024-03`
    Month,
    /// `2024`
    Year,
    /// `2020-2029`
    Decade,
}

/// A sensitive column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensitive {
    /// The column.
    pub column: String,
    /// Its values from low to high, where they have an order that is not that of numbers.
    pub order: Vec<String>,
    /// A hierarchy of its values: where it is, and its text.
    pub hierarchy: Option<(PathBuf, String)>,
}

/// A rule for classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What has to hold.
    pub model: RuleModel,
    /// Positions of the quasi-identifiers that are known together.
    pub columns: Vec<usize>,
}

/// What has to hold for each class. Sensitive columns are positions in [`Protection::sensitive`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names are those of the literature; `protect::persons::models` says what they mean
pub enum RuleModel {
    KAnonymity { k: u64 },
    KMap { k: u64 },
    DistinctDiversity { l: usize, sensitive: usize },
    EntropyDiversity { l: f64, sensitive: usize },
    RecursiveDiversity { c: f64, l: usize, sensitive: usize },
    Closeness { t: f64, distance: RuleDistance, sensitive: usize },
    Presence { least: f64, most: f64 },
    Likeness { beta: f64, enhanced: bool, sensitive: usize },
    AlphaK { alpha: f64, k: u64, sensitive: usize, values: Vec<String> },
}

/// How far apart two sensitive values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleDistance {
    /// 1.
    Equal,
    /// Steps between them.
    Ordered,
    /// Height of what they have in common.
    Hierarchical,
}

/// What to make small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossChoice {
    /// The measure.
    pub measure: LossMeasure,
    /// Whether records that are left out cost extra, where the measure knows both.
    pub suppression: bool,
    /// How columns become one; `None` for the measure's own way.
    pub aggregate: Option<LossAggregate>,
    /// Generalising (towards 0) against leaving out (towards 1).
    pub balance: f64,
}

/// A measure of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // `protect::persons::loss` says what they mean
pub enum LossMeasure {
    Granularity,
    Entropy,
    Discernibility,
    ClassSize,
    Precision,
    Ambiguity,
}

/// How the losses of columns become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LossAggregate {
    Sum,
    Mean,
    GeometricMean,
    Maximum,
}

/// How the generalisation is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// `None` for the whole lattice where it is small enough.
    pub whole: Option<bool>,
    /// Generalisations that are counted where not the whole lattice is searched.
    pub checks: u64,
}

/// Whether protection may differ from class to class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// One level per column for all records.
    Global,
    /// Records that one generalisation leaves out get a coarser one.
    Recode,
    /// Single values are left out, at fixed levels.
    Suppress {
        /// Whether a value that is left out counts as any value, or as one of its own.
        any: bool,
    },
}

impl Local {
    /// The word of the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Global => "none",
            Self::Recode => "recode",
            Self::Suppress { .. } => "suppress",
        }
    }
}

/// A method that changes values.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Columns: all together for microaggregation, else each by itself.
    pub columns: Vec<String>,
    /// The method.
    pub method: ChangeMethod,
}

/// What becomes of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChangeMethod {
    /// Top and bottom coding.
    Cap {
        /// Lowest value that stays.
        bottom: Option<f64>,
        /// Highest value that stays.
        top: Option<f64>,
        /// Instead of limits: so many records at least stand at each end.
        at_least: Option<u64>,
        /// Whether values beyond become their mean, in place of the limit.
        mean: bool,
    },
    /// Rounding to multiples.
    Round {
        /// Of this.
        base: f64,
        /// Whether up or down is drawn.
        random: bool,
    },
    /// Microaggregation in groups of at least k.
    Microaggregate {
        /// Fewest records of a group.
        k: u64,
    },
    /// Rank swapping.
    Swap {
        /// Largest distance in ranks, as a share of the records.
        share: f64,
    },
    /// Post-randomisation.
    Pram {
        /// Probability that a value stays.
        stay: f64,
        /// Whether frequencies are kept in expectation.
        invariant: bool,
    },
    /// Additive noise.
    Noise {
        /// Its standard deviation over the column's.
        share: f64,
    },
}

impl ChangeMethod {
    /// Numbers that values are compared with, or become.
    pub fn numbers(self) -> impl Iterator<Item = f64> {
        let pair = match self {
            Self::Cap { bottom, top, .. } => [bottom, top],
            Self::Round { base, .. } => [Some(base), None],
            Self::Microaggregate { .. } | Self::Swap { .. } | Self::Pram { .. } | Self::Noise { .. } => [None, None],
        };
        pair.into_iter().flatten()
    }

    /// The word of the method.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cap { .. } => "cap",
            Self::Round { .. } => "round",
            Self::Microaggregate { .. } => "microaggregate",
            Self::Swap { .. } => "swap",
            Self::Pram { .. } => "pram",
            Self::Noise { .. } => "noise",
        }
    }
}

/// Figures of risk that classes alone do not give.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RiskWanted {
    /// Share of the population that the records are of, for estimates of its uniques; above 0 and at most 1.
    pub fraction: Option<f64>,
    /// Largest sets of columns of the search for special uniques (SUDA2).
    pub suda: Option<usize>,
    /// Column of households or other groups of persons.
    pub group: Option<String>,
}

/// How many sets of up to `largest` of `width` columns a search for special uniques looks at; `None` where they are too many
/// for it: more than 65,536, or more than 30 columns, or sets of none.
#[must_use]
pub fn special_sets(width: usize, largest: usize) -> Option<u64> {
    const MOST_COLUMNS: usize = 30;
    const MOST_SETS: u64 = 1 << 16;
    if largest == 0 || width > MOST_COLUMNS {
        return None;
    }
    let width = width as u64;
    let (mut sets, mut of_size) = (0_u64, 1_u64);
    for size in 1..=(largest as u64).min(width.saturating_sub(1)).max(1) {
        // C(n, s) from C(n, s − 1): always whole.
        of_size = of_size * (width + 1 - size) / size;
        sets += of_size;
    }
    (sets <= MOST_SETS).then_some(sets)
}

/// What the evidence has to show. `None` where nothing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EvidenceLimits {
    /// Fewest persons of the smallest class.
    pub smallest: Option<u64>,
    /// Largest expected share of persons linked.
    pub linkable: Option<f64>,
    /// Largest advantage of inference of a sensitive column.
    pub advantage: Option<f64>,
}

impl Anonymise {
    /// Reads and checks the file and its hierarchies. The records are not opened. Paths are relative to its folder.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and what to do.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let super::read::Opened { content, text, .. } = super::read::open_anonymise(path)?;
        let document = form::anonymise(&text, &content).map_err(|problems| ConfigErrors::new(path, problems))?;
        let mut reader = Reader::new(&text, path.parent().unwrap_or(Path::new("")), content.len());
        let found = reading::whole(&mut reader, &document);
        match (found, reader.into_problems()) {
            (Some(found), problems) if problems.is_empty() => Ok(found),
            (_, problems) => Err(ConfigErrors::new(path, problems)),
        }
    }
}
