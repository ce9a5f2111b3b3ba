//! A method with its parameters checked, ready to change counts.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::amounts::mechanism_of_sums;
use super::error::PerturbError;
use crate::config::{self, CellKey, NoiseKind, Perturb, RoundTo, SumChange};
use crate::keys::PerturbationKey;
use crate::ledger::{self, ChangedBy};
use crate::protect::perturb::amount::Amount;
use crate::protect::perturb::budget::{Loss, rho_of_delta};
use crate::protect::perturb::noise::{Neighbours, Noise, Sensitivity};
use crate::protect::perturb::ptable::file::{self, Doubt};
use crate::protect::perturb::ptable::{PTable, Parameters, VarianceRule};
use crate::protect::perturb::rounding::Base;

/// How far an expected change may be from zero in a p-table that is read: files have seven digits or more.
const BIAS: f64 = 1e-5;
/// 2⁶⁴, the weight of certainty in a p-table.
const WHOLE: f64 = 18_446_744_073_709_551_616.0;

/// A way of changing counts.
pub(in crate::pipeline) enum Method {
    Rounding(Base, RoundTo),
    Controlled(u64),
    CellKey(PTable),
    Noise(config::Noise),
}

impl Method {
    /// Checks what only the method itself can judge.
    pub fn new(perturb: &Perturb) -> Result<Self, PerturbError> {
        Ok(match perturb {
            Perturb::Rounding { base, to, .. } => Self::Rounding(Base::new(*base)?, *to),
            Perturb::ControlledRounding { base } => Self::Controlled(*base),
            Perturb::CellKey { counts, .. } => Self::CellKey(ptable(counts)?),
            Perturb::Noise(noise) => {
                // Whether there is any noise for ε and δ.
                mechanism(noise, (1, 1))?;
                Self::Noise(noise.clone())
            }
        })
    }

    /// Whether another key gives other changes.
    pub fn is_drawn(&self) -> bool {
        !matches!(self, Self::Rounding(_, RoundTo::Nearest))
    }

    /// How the ledger says what it does: parameters as a hash, and one under the key of what is drawn.
    pub fn changed(&self, perturb: &Value, key: Option<&PerturbationKey>) -> ledger::Changed {
        let digest = |label: &[u8]| -> [u8; 32] {
            Sha256::new().chain_update(label).chain_update(perturb.to_string().as_bytes()).finalize().into()
        };
        let mut parameters = ledger::Hash::default();
        parameters.copy_from_slice(&digest(b"tamis ledger 1: parameters\n")[..16]);
        let drawn = key.map(|key| key.release(&digest(b"tamis ledger 1: draw\n")).to_be_bytes());
        let (by, size) = match self {
            Self::Rounding(base, RoundTo::Nearest) => (ChangedBy::Nearest, base.get()),
            Self::Rounding(base, RoundTo::Random) => (ChangedBy::Rounding, base.get()),
            Self::Controlled(base) => (ChangedBy::Controlled, *base),
            Self::CellKey(table) => (ChangedBy::CellKey, table.widest()),
            Self::Noise(_) => (ChangedBy::Noise, 0),
        };
        let absent = match self {
            Self::Controlled(base) => Some((0, base - 1)),
            _ => self.behind(0),
        };
        ledger::Changed { by, size, parameters, draw: drawn.unwrap_or(parameters), absent }
    }

    /// The largest change where there is one, and how far off a count is to be expected, in cells of so many shapes and layers.
    pub fn expected_error(&self, cells: (u32, u32)) -> Result<Value, PerturbError> {
        Ok(match self {
            Self::Rounding(base, RoundTo::Random) => {
                json!({ "largest": base.get() - 1, "standard_deviation_at_most": base.get() as f64 / 2.0 })
            }
            Self::Rounding(base, RoundTo::Nearest) => json!({ "largest": base.get() / 2 }),
            Self::Controlled(_) => json!({
                "note": "inner counts under the base become 0 or the base where a published count would be small; totals are added up anew, and change by what that leaves",
            }),
            Self::CellKey(table) => {
                let square = (0..=table.last()).map(|count| table.square(count)).max().unwrap_or(0);
                let deviation = libm::sqrt(square as f64 / WHOLE);
                json!({ "largest": table.widest(), "standard_deviation_at_most": deviation })
            }
            Self::Noise(noise) => {
                let mut all = spread(noise.kind, &mechanism(noise, cells)?, 1.0);
                let of_sum = |change: &SumChange| {
                    let unit = change.step().get() as f64 / 1e9;
                    let mut told = spread(noise.kind, &mechanism_of_sums(noise, cells, change)?, unit);
                    told["column"] = json!(change.column);
                    Ok(told)
                };
                if !noise.sums.is_empty() {
                    let sums = noise.sums.iter().map(of_sum).collect::<Result<Vec<_>, PerturbError>>()?;
                    all["sums"] = json!(sums);
                }
                all
            }
        })
    }

    /// Between which limits a count lies that is published as this one; `None` where nothing is certain of it.
    pub fn behind(&self, published: u64) -> Option<(u64, u64)> {
        match self {
            Self::Rounding(base, RoundTo::Random) => {
                let by = base.get() - 1;
                Some((published.saturating_sub(by), published.saturating_add(by)))
            }
            // Half-way counts go up.
            Self::Rounding(base, RoundTo::Nearest) => {
                let base = base.get();
                Some((published.saturating_sub(base / 2), published.saturating_add((base - 1) / 2)))
            }
            Self::CellKey(table) => Some(table.behind(published)),
            Self::Controlled(_) | Self::Noise(_) => None,
        }
    }
}

/// Scale and standard deviation of noise, in the unit of what is shown.
fn spread(kind: NoiseKind, mechanism: &Noise, unit: f64) -> Value {
    let (numerator, denominator) = mechanism.scale();
    let scale = numerator as f64 / denominator as f64;
    let deviation = match kind {
        // The variance of P(x) ∝ q^|x| is 2q/(1 − q)².
        NoiseKind::Laplace => {
            let q = libm::exp(-1.0 / scale);
            libm::sqrt(2.0 * q) / (1.0 - q)
        }
        // That of the discrete Gaussian is at most σ² (Canonne, Kamath and Steinke 2020, corollary 9).
        NoiseKind::Gaussian => scale,
    };
    json!({ "scale": scale * unit, "standard_deviation": deviation * unit })
}

/// The noise of counts in tables in which a person is in at most so many cells, one of each shape, where the bound on all losses goes
/// in equal parts to so many layers (counts, and sums of each column).
pub(in crate::pipeline) fn mechanism(
    noise: &config::Noise,
    (shapes, layers): (u32, u32),
) -> Result<Noise, PerturbError> {
    parts(noise, layers, Sensitivity::of_counts(shapes, Neighbours::AddOrRemove)?)
}

/// The noise of one of so many layers.
pub(super) fn parts(noise: &config::Noise, layers: u32, sensitivity: Sensitivity) -> Result<Noise, PerturbError> {
    let part = |whole: Amount| Amount::from_units(whole.units() / u64::from(layers.max(1)));
    Ok(match loss(noise)? {
        Loss::Rho(rho) => Noise::gaussian(part(rho), sensitivity)?,
        Loss::Epsilon(epsilon) => Noise::laplace(part(epsilon), sensitivity)?,
    })
}

/// What all layers together lose.
pub(in crate::pipeline) fn loss(noise: &config::Noise) -> Result<Loss, PerturbError> {
    let epsilon = Amount::from_units(noise.epsilon.units());
    match (noise.kind, &noise.delta) {
        (NoiseKind::Gaussian, Some(delta)) => {
            Ok(Loss::Rho(rho_of_delta(epsilon, delta.value()).ok_or(PerturbError::NoLoss)?))
        }
        _ => Ok(Loss::Epsilon(epsilon)),
    }
}

/// A loss in words.
pub(in crate::pipeline) fn loss_json(loss: Loss) -> Value {
    match loss {
        Loss::Epsilon(epsilon) => json!({ "measure": "pure", "epsilon": epsilon.to_string() }),
        Loss::Rho(rho) => json!({ "measure": "zero-concentrated", "rho": rho.to_string() }),
    }
}

fn ptable(how: &CellKey) -> Result<PTable, PerturbError> {
    let table = made_or_read(how)?;
    match table.weak() {
        Some(count) => Err(PerturbError::Weak { count }),
        None => Ok(table),
    }
}

fn made_or_read(how: &CellKey) -> Result<PTable, PerturbError> {
    match how {
        CellKey::Made { max, variance, exactly, blocked, stay, monotone } => {
            let number = |units: u64| Amount::from_units(units).to_f64();
            let parameters = Parameters {
                deviation: *max,
                variance: number(variance.units()),
                rule: if *exactly { VarianceRule::Exactly } else { VarianceRule::AtMost },
                blocked: *blocked,
                stay: stay.as_ref().map(|stay| number(stay.units())),
                monotone: *monotone,
            };
            Ok(PTable::of_largest_entropy(&parameters)?)
        }
        CellKey::File { text, .. } => {
            let (table, doubts) = file::read(text, BIAS)?;
            // A last row that is not symmetric may be meant; a drift may not.
            let biased = doubts.iter().find_map(|doubt| match doubt {
                Doubt::Biased { count } => Some(*count),
                Doubt::NotSymmetric { .. } => None,
            });
            match biased {
                Some(count) => Err(PerturbError::Biased { count }),
                None => Ok(table),
            }
        }
    }
}

#[cfg(test)]
mod tests;
