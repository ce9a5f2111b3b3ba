//! β-likeness: no sensitive value becomes much more likely in a class than in the whole table. Cao and Karras, *Publishing
//! microdata with a robust privacy guarantee*, PVLDB 5 (2012).

use super::{Model, ModelFault, Reference, nobody};
use crate::protect::persons::histogram::Class;

/// Basic (definition 2 there): (q − p) / p ≤ β for each value whose share grows. Enhanced (definition 3): ≤ min(β, −ln p).
#[derive(Debug, Clone, PartialEq)]
pub struct BetaLikeness {
    beta: f64,
    enhanced: bool,
    column: usize,
    reference: Reference,
}

impl BetaLikeness {
    /// `reference` has the persons of the whole table per sensitive value.
    ///
    /// # Errors
    /// [`ModelFault::Beta`] or [`ModelFault::Reference`].
    pub fn new(beta: f64, enhanced: bool, column: usize, reference: &[u64]) -> Result<Self, ModelFault> {
        if !(beta > 0.0 && beta.is_finite()) {
            return Err(ModelFault::Beta);
        }
        Ok(Self { beta, enhanced, column, reference: Reference::new(reference)? })
    }
}

impl Model for BetaLikeness {
    fn name(&self) -> String {
        format!("{} {}-likeness", if self.enhanced { "enhanced" } else { "basic" }, self.beta)
    }

    fn holds(&self, class: &Class) -> bool {
        let (values, counts) = class.values(self.column);
        let (total, all) = (i128::from(counts.iter().sum::<u64>()), i128::from(self.reference.total));
        let like = |(&value, &count): (&u32, &u64)| {
            // A value that the reference does not have cannot be judged, so it is not let through.
            let before = i128::from(self.reference.of(value));
            if before == 0 {
                return false;
            }
            // (q − p) / p as a fraction of integers, divided once, so that a class exactly at β holds.
            let gain = (i128::from(count) * all - before * total) as f64 / (before * total) as f64;
            let surprise = (all as f64 / before as f64).ln();
            gain <= if self.enhanced { self.beta.min(surprise) } else { self.beta }
        };
        nobody(class) || values.iter().zip(counts).all(like)
    }

    // Shares of a union lie between those of its parts, so that it joins. Records that join may all have one value.
    fn grows(&self) -> bool {
        false
    }

    fn sensitive(&self) -> bool {
        true
    }
}
