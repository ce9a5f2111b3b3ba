//! How counts of tables are changed before they leave, in place of suppressing cells: what `perturb = { … }` says.

mod apart;
mod judge;
pub(super) mod raw;
mod reading;
mod sums;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::schema::{Field, Logical};

use super::model::{ColumnRef, Generalise, Kept, Pipeline};

pub(super) use judge::judge;
pub(super) use reading::{Setting, perturb};
pub use sums::{SumChange, SumHow, Units};

/// A way of changing counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Perturb {
    /// Each count to a multiple of a base.
    Rounding {
        /// The base, 3 or more.
        base: u64,
        /// To which of the multiples around it.
        to: RoundTo,
        /// How sums are changed.
        sums: Vec<SumChange>,
    },
    /// Small inner counts to 0 or the base, and all totals added up anew.
    ControlledRounding {
        /// The base, 3 to 1000.
        base: u64,
    },
    /// The cell-key method.
    CellKey {
        /// Of counts.
        counts: CellKey,
        /// How sums are changed.
        sums: Vec<SumChange>,
    },
    /// Noise under a privacy budget.
    Noise(Noise),
}

/// To which multiple a count is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundTo {
    /// Up or down by chance, so that the expected value is the count.
    Random,
    /// The nearest one; half-way, up.
    Nearest,
}

/// Where the p-table of the cell-key method comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellKey {
    /// The distribution of largest entropy.
    Made {
        /// Largest change, 1 to 30.
        max: u32,
        /// Variance of the change.
        variance: Decimal,
        /// Whether small counts have that variance too, not only at most.
        exactly: bool,
        /// Counts from 1 to this are never published.
        blocked: u32,
        /// Least probability of no change.
        stay: Option<Decimal>,
        /// Whether larger changes downwards are not more probable than smaller ones.
        monotone: bool,
    },
    /// A file, as the R package `ptable` writes it.
    File {
        /// The file.
        path: PathBuf,
        /// What stands in it.
        text: String,
    },
}

/// Noise, and what pays for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// Its distribution.
    pub kind: NoiseKind,
    /// ε of all tables of a system together.
    pub epsilon: Decimal,
    /// δ; of Gaussian noise alone.
    pub delta: Option<Probability>,
    /// The name of the release: letters, digits, `-`, `_`, `.`. Each is paid and drawn for itself.
    pub release: String,
    /// From where it is paid.
    pub budget: PrivacyBudget,
    /// Bounds of what is summed.
    pub sums: Vec<SumChange>,
}

/// A distribution of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseKind {
    /// Discrete Laplace (two-sided geometric).
    Laplace,
    /// Discrete Gaussian.
    Gaussian,
}

/// What all releases together may lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivacyBudget {
    /// The file that remembers what was spent.
    pub file: PathBuf,
    /// ε in all.
    pub epsilon: Decimal,
    /// δ; with it losses add up as zero-concentrated ones, without it as pure ones.
    pub delta: Option<Probability>,
}

/// A decimal above zero, as written, in steps of 10⁻¹².
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    text: String,
    units: u64,
}

impl Decimal {
    /// In steps of 10⁻¹².
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A probability above 0 and under 1, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probability(String);

impl Probability {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest binary fraction.
    #[must_use]
    pub fn value(&self) -> f64 {
        // Only texts that are numbers get in.
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl Perturb {
    /// The word of the method.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Rounding { .. } => "rounding",
            Self::ControlledRounding { .. } => "controlled_rounding",
            Self::CellKey { .. } => "cell_key",
            Self::Noise(_) => "noise",
        }
    }

    /// The status of all cells of a table that is changed so.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Rounding { .. } | Self::ControlledRounding { .. } => "arrondi",
            Self::CellKey { .. } | Self::Noise(_) => "perturbe",
        }
    }

    /// Whether each person counts by one record of theirs alone: sums are to add up, or what a person adds is to be bounded.
    #[must_use]
    pub fn counts_once(&self) -> bool {
        matches!(self, Self::ControlledRounding { .. } | Self::Noise(_))
    }

    /// How sums are changed, column by column; of a column that is not among them no sum can leave.
    #[must_use]
    pub fn sums(&self) -> &[SumChange] {
        match self {
            Self::Rounding { sums, .. } | Self::CellKey { sums, .. } => sums,
            Self::Noise(noise) => &noise.sums,
            Self::ControlledRounding { .. } => &[],
        }
    }

    /// How sums of a column are changed.
    #[must_use]
    pub fn sum_of(&self, column: &str) -> Option<&SumChange> {
        self.sums().iter().find(|sum| sum.column == column)
    }

    /// Whether it draws by a key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        !matches!(self, Self::Rounding { to: RoundTo::Nearest, .. })
    }

    /// Method and parameters, all of which may be published.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut all = match self {
            Self::Rounding { base, to, .. } => json!({
                "base": base,
                "to": match to { RoundTo::Random => "random", RoundTo::Nearest => "nearest" },
            }),
            Self::ControlledRounding { base } => json!({ "base": base }),
            Self::CellKey { counts: CellKey::Made { max, variance, exactly, blocked, stay, monotone }, .. } => json!({
                "max": max,
                "variance": variance.as_str(),
                "exact_variance": exactly,
                "blocked": blocked,
                "stay": stay.as_ref().map(Decimal::as_str),
                "monotone": monotone,
            }),
            Self::CellKey { counts: CellKey::File { .. }, .. } => json!({ "ptable": "file" }),
            Self::Noise(Noise { kind, epsilon, delta, release, .. }) => json!({
                "kind": match kind { NoiseKind::Laplace => "laplace", NoiseKind::Gaussian => "gaussian" },
                "epsilon": epsilon.as_str(),
                "delta": delta.as_ref().map(Probability::as_str),
                "release": release,
            }),
        };
        if let Some(fields) = all.as_object_mut() {
            fields.shift_insert(0, "method".to_owned(), json!(self.keyword()));
            if !self.sums().is_empty() {
                let sums: Vec<Value> = self.sums().iter().map(SumChange::to_json).collect();
                fields.insert("sums".to_owned(), json!(sums));
            }
        }
        all
    }
}

impl Kept {
    /// Whether pipeline and schema list every value of the column, whatever the records hold. `field` is the one that it is
    /// made of.
    #[must_use]
    pub fn is_declared(&self, field: Option<&Field>) -> bool {
        match self.generalise {
            Generalise::Band { .. }
            | Generalise::AgeBand { .. }
            | Generalise::Departement
            | Generalise::Region
            | Generalise::Hierarchy { .. } => true,
            Generalise::Keep if self.logical == Logical::Boolean => true,
            Generalise::Keep => {
                matches!(self.logical, Logical::Text | Logical::Integer)
                    && field.is_some_and(|field| field.constraints.allowed.is_some())
            }
            _ => false,
        }
    }
}

impl Pipeline {
    /// The field of a schema that a released column is made of; `None` where it is computed.
    #[must_use]
    pub fn field_behind(&self, dataset: usize, kept: &Kept) -> Option<&Field> {
        let data = &self.datasets[dataset];
        match kept.from {
            ColumnRef::Own(field) => self.sources[data.source].schema.fields.get(field),
            ColumnRef::Joined(field) => {
                data.join.and_then(|join| self.sources[self.joins[join].right].schema.fields.get(field))
            }
            ColumnRef::Derived(_) => None,
        }
    }
}
