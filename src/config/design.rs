//! The checked form of `[sample]`: who is drawn, by which design, from which frame.

use super::limits::Rate;

/// The sample (`[sample]`).
#[derive(Debug, Clone)]
pub struct Sample {
    /// How units are drawn in each stratum.
    pub design: Design,
    /// What is drawn.
    pub unit: SampleUnit,
    /// Released columns that make the strata; every dataset has them. Empty: the frame is one stratum.
    pub strata: Vec<String>,
    /// Units of one group have one random number in all draws under one key; `None`: the name of the pipeline.
    pub coordination: Option<String>,
    /// Under which key the numbers are made.
    pub key: DrawKey,
    /// How records become units.
    pub frame: FramePolicy,
    /// Strata with values of their own.
    pub named: Vec<NamedStratum>,
    /// What the sizes of the sample may tell.
    pub disclosure: Disclosure,
    /// Margins that the weights are fitted to.
    pub calibration: Option<Calibration>,
}

/// How units are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Design {
    /// Every unit independently with the same probability (*tirage de Bernoulli*).
    Bernoulli {
        /// The probability.
        rate: Rate,
    },
    /// Without replacement in each stratum (*sondage stratifié*).
    Stratified {
        /// Size in each stratum.
        size: SampleSize,
        /// At least so many units in each stratum; all, where it has fewer.
        at_least: u64,
    },
    /// Without replacement in each stratum, of a total size that a rule divides among the strata.
    Allocated {
        /// Size of the whole sample.
        size: u64,
        /// The rule.
        rule: AllocationRule,
        /// At least so many units in each stratum; all, where it has fewer.
        at_least: u64,
    },
    /// Without replacement in each stratum, among numbers that are shifted from campaign to campaign (*panel rotatif*).
    Panel {
        /// Size in each stratum.
        size: SampleSize,
        /// The number of the campaign, from 0.
        campaign: u64,
        /// By which part of all numbers a campaign is shifted.
        rotation: Rate,
    },
    /// Every so-many-th unit of an order (*tirage systématique*).
    Systematic {
        /// Size in each stratum.
        size: SampleSize,
        /// Columns that make the order.
        order: Vec<String>,
    },
    /// With probabilities proportional to a size (*probabilités inégales*).
    Unequal {
        /// The method.
        method: UnequalMethod,
        /// Size in each stratum; expected, under Poisson.
        size: SampleSize,
        /// Column with the size of a unit.
        proportional_to: String,
        /// Columns that make the order of a systematic draw.
        order: Vec<String>,
    },
    /// Such that the sample estimates known totals exactly or nearly (*tirage équilibré*, the cube method).
    Balanced {
        /// Size in each stratum.
        size: SampleSize,
        /// Columns whose totals are balanced: numbers as they are, other columns by each of their values.
        balance: Vec<String>,
        /// Column with the size of a unit; `None`: equal probabilities.
        proportional_to: Option<String>,
    },
    /// Whole clusters (*sondage par grappes*), or units within drawn clusters (*sondage à deux degrés*).
    Clusters {
        /// Column that names the cluster.
        cluster: String,
        /// Clusters drawn in each stratum.
        clusters: SampleSize,
        /// Units drawn in each cluster; `None`: all.
        within: Option<SampleSize>,
    },
    /// A sample of a sample (*sondage en deux phases*).
    TwoPhase {
        /// First phase, in each stratum.
        first: SampleSize,
        /// Columns that make the strata of the second phase.
        second_strata: Vec<String>,
        /// Second phase, in each of its strata.
        second: SampleSize,
    },
}

/// How a total size is divided among strata.
#[derive(Debug, Clone, PartialEq)]
pub enum AllocationRule {
    /// The same in each.
    Equal,
    /// As the strata are large.
    Proportional,
    /// As they are large and spread (Neyman 1934).
    Neyman {
        /// Column whose spread counts; `None`: every stratum is named with its spread.
        of: Option<String>,
    },
    /// Neyman's, where units of some strata cost more.
    Optimal {
        /// Column whose spread counts; `None`: every stratum is named with its spread.
        of: Option<String>,
    },
    /// As a power of the size (Bankier 1988), so that small strata have good estimates too.
    Power {
        /// The power.
        power: Power,
        /// Column whose spread counts; `None`: every stratum is named with its spread.
        of: Option<String>,
    },
}

impl AllocationRule {
    /// The column whose spread counts.
    #[must_use]
    pub fn spread_of(&self) -> Option<&str> {
        match self {
            Self::Equal | Self::Proportional => None,
            Self::Neyman { of } | Self::Optimal { of } | Self::Power { of, .. } => of.as_deref(),
        }
    }

    /// Whether the spreads of the strata count.
    #[must_use]
    pub fn needs_spread(&self) -> bool {
        !matches!(self, Self::Equal | Self::Proportional)
    }

    /// The keyword in pipeline files and documents.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Proportional => "proportional",
            Self::Neyman { .. } => "neyman",
            Self::Optimal { .. } => "optimal",
            Self::Power { .. } => "power",
        }
    }
}

/// A power from 0 to 1 that every machine computes alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// 0: the same precision in each stratum.
    Zero,
    /// ¼.
    Quarter,
    /// ½.
    Half,
    /// ¾.
    ThreeQuarters,
    /// 1.
    One,
}

/// A method of drawing with unequal probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnequalMethod {
    /// Every unit on its own.
    Poisson,
    /// Ohlsson 1998.
    SequentialPoisson,
    /// Rosén 1997.
    Pareto,
    /// Every so-many-th part of the summed sizes.
    Systematic,
    /// Of largest entropy: a Poisson sample of the right size.
    ConditionalPoisson,
    /// Sampford 1967.
    Sampford,
    /// Deville and Tillé 1998.
    Pivotal,
}

impl UnequalMethod {
    /// The keyword in pipeline files and documents.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::SequentialPoisson => "sequential-poisson",
            Self::Pareto => "pareto",
            Self::Systematic => "systematic-pps",
            Self::ConditionalPoisson => "conditional-poisson",
            Self::Sampford => "sampford",
            Self::Pivotal => "pivotal",
        }
    }
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleUnit {
    /// A person, with all records.
    Person,
    /// A record.
    Record,
}

/// How large the sample of a stratum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleSize {
    /// A rate; rounded up.
    Rate(Rate),
    /// A number of units.
    Size(u64),
}

/// The key behind the permanent random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawKey {
    /// Drawn for the run: nobody can repeat the draw.
    Run,
    /// Derived from a kept root key: the draw can be repeated and coordinated with others.
    Kept,
}

/// How the records of a person become one unit of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FramePolicy {
    /// Several records.
    pub on_duplicate: OnDuplicate,
    /// Records that disagree about the stratum.
    pub on_stratum_conflict: OnStratumConflict,
    /// No value in a column of the strata.
    pub on_missing_stratum: OnMissingStratum,
    /// Fewer units than are to be drawn.
    pub on_short_stratum: OnShortStratum,
    /// A named stratum without any unit.
    pub on_empty_stratum: OnEmptyStratum,
}

/// A person with several records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnDuplicate {
    /// Is an error.
    Error,
    /// Is one unit where the records say the same of it; they may disagree about the stratum only, for which there is a policy
    /// of its own.
    CollapseIdentical,
    /// Is what its latest record says, by this released column.
    Latest(String),
}

/// A person whose records disagree about the stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnStratumConflict {
    /// Is an error.
    Error,
    /// Belongs to the first of its strata, in the order of their values.
    First,
    /// Is no unit of the frame.
    Exclude,
}

/// A unit without value in a column of the strata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMissingStratum {
    /// Is an error.
    Error,
    /// Belongs to a stratum of those that have none.
    OwnStratum,
    /// Is no unit of the frame.
    Exclude,
}

/// A stratum with fewer units than are to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnShortStratum {
    /// Is an error.
    Error,
    /// Is taken whole.
    TakeAll,
    /// Is taken whole, and the others give what it lacks, in proportion to what is drawn of them.
    Redistribute,
}

/// A named stratum without units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEmptyStratum {
    /// Is an error.
    Error,
    /// Is told with size 0.
    ReportZero,
}

/// A stratum with values of its own (`[[sample.stratum]]`).
#[derive(Debug, Clone, PartialEq)]
pub struct NamedStratum {
    /// One value for each column of the strata, in their order, as it is written in the release; `None`: no value.
    pub values: Vec<Option<String>>,
    /// Its size, instead of the common one.
    pub size: Option<SampleSize>,
    /// Its spread, a standard deviation.
    pub spread: Option<f64>,
    /// Its mean, for a power allocation: the spread counts in relation to it.
    pub mean: Option<f64>,
    /// What one of its units costs; 1 where it is not said.
    pub cost: Option<f64>,
    /// How much it matters, under power allocation; its size where it is not said.
    pub importance: Option<f64>,
    /// Fewest units.
    pub at_least: Option<u64>,
    /// Most units.
    pub at_most: Option<u64>,
}

/// What a recipient may conclude from the sizes of the sample (`disclosure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disclosure {
    /// Largest part of a stratum that is drawn.
    pub max_fraction: Option<Rate>,
    /// Fewest units of the frame in a stratum that is drawn from.
    pub min_stratum: Option<u64>,
    /// Whether a stratum beyond the limits stops the run, instead of being told.
    pub refuse: bool,
}

/// Margins that the weights are fitted to (`[sample.calibrate]`, *calage sur marges*).
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The method.
    pub method: CalibrationMethod,
    /// The margins.
    pub margins: Vec<Margin>,
}

/// A method of Deville and Särndal 1992.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CalibrationMethod {
    /// Post-stratification over one column.
    PostStratification,
    /// Raking ratio.
    Raking,
    /// Linear.
    Linear,
    /// Linear, with ratios of weights held between bounds.
    Truncated(f64, f64),
    /// Logit, with ratios of weights between bounds.
    Logit(f64, f64),
}

impl CalibrationMethod {
    /// The keyword in pipeline files and documents.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::PostStratification => "post-stratification",
            Self::Raking => "raking",
            Self::Linear => "linear",
            Self::Truncated(..) => "truncated",
            Self::Logit(..) => "logit",
        }
    }
}

/// A known total.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The released column.
    pub column: String,
    /// What is known of it.
    pub known: KnownTotals,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownTotals {
    /// The sum of a number over the frame.
    Total(f64),
    /// How many units have each of its values.
    Counts(Vec<(String, f64)>),
    /// As the frame says: sum of a number, counts of the values of any other column.
    Frame,
}

impl Sample {
    /// A design with nothing else said.
    #[must_use]
    pub fn of(design: Design) -> Self {
        Self {
            design,
            unit: SampleUnit::Person,
            strata: Vec::new(),
            coordination: None,
            key: DrawKey::Run,
            frame: FramePolicy::default(),
            named: Vec::new(),
            disclosure: Disclosure { max_fraction: None, min_stratum: None, refuse: false },
            calibration: None,
        }
    }

    /// Every released column that the draw looks at, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.strata.iter().map(String::as_str).collect();
        match &self.design {
            Design::Bernoulli { .. } | Design::Stratified { .. } | Design::Panel { .. } => {}
            Design::Allocated { rule, .. } => all.extend(rule.spread_of()),
            Design::Systematic { order, .. } => all.extend(order.iter().map(String::as_str)),
            Design::Unequal { proportional_to, order, .. } => {
                all.push(proportional_to);
                all.extend(order.iter().map(String::as_str));
            }
            Design::Balanced { balance, proportional_to, .. } => {
                all.extend(balance.iter().map(String::as_str));
                all.extend(proportional_to.as_deref());
            }
            Design::Clusters { cluster, .. } => all.push(cluster),
            Design::TwoPhase { second_strata, .. } => all.extend(second_strata.iter().map(String::as_str)),
        }
        if let OnDuplicate::Latest(column) = &self.frame.on_duplicate {
            all.push(column);
        }
        all.extend(self.calibration.iter().flat_map(|c| &c.margins).map(|m| m.column.as_str()));
        let mut seen = std::collections::HashSet::new();
        all.retain(|column| seen.insert(*column));
        all
    }
}

impl Default for FramePolicy {
    /// Whatever would change who can be drawn is an error.
    fn default() -> Self {
        Self {
            on_duplicate: OnDuplicate::CollapseIdentical,
            on_stratum_conflict: OnStratumConflict::Error,
            on_missing_stratum: OnMissingStratum::Error,
            on_short_stratum: OnShortStratum::Error,
            on_empty_stratum: OnEmptyStratum::Error,
        }
    }
}

impl Design {
    /// Whether everyone is drawn for sure, whatever the data.
    #[must_use]
    pub fn is_census(&self) -> bool {
        let whole = |rate: &Rate| rate.numerator() == rate.denominator();
        match self {
            Self::Bernoulli { rate } | Self::Stratified { size: SampleSize::Rate(rate), .. } => whole(rate),
            Self::Panel { size: SampleSize::Rate(rate), .. }
            | Self::Systematic { size: SampleSize::Rate(rate), .. } => whole(rate),
            Self::Clusters { clusters: SampleSize::Rate(rate), within, .. } => {
                whole(rate) && within.is_none_or(|w| matches!(w, SampleSize::Rate(r) if whole(&r)))
            }
            Self::TwoPhase { first: SampleSize::Rate(first), second: SampleSize::Rate(second), .. } => {
                whole(first) && whole(second)
            }
            _ => false,
        }
    }

    /// Whether every unit of the frame is held in memory for the draw.
    #[must_use]
    pub fn holds_frame(&self) -> bool {
        !matches!(self, Self::Bernoulli { .. } | Self::Stratified { .. } | Self::Allocated { .. } | Self::Panel { .. })
    }

    /// The keyword in pipeline files and documents.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Bernoulli { .. } => "bernoulli",
            Self::Stratified { .. } | Self::Allocated { .. } => "stratified",
            Self::Panel { .. } => "panel",
            Self::Systematic { .. } => "systematic",
            Self::Unequal { method, .. } => method.keyword(),
            Self::Balanced { .. } => "cube",
            Self::Clusters { within: None, .. } => "clusters",
            Self::Clusters { within: Some(_), .. } => "two-stage",
            Self::TwoPhase { .. } => "two-phase",
        }
    }
}
