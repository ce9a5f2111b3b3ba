//! l-diversity: Machanavajjhala, Gehrke, Kifer and Venkitasubramaniam, *l-diversity: privacy beyond k-anonymity*, ACM TKDD
//! 1 (2007).

use super::{Model, ModelFault, nobody};
use crate::protect::persons::histogram::Class;

/// At least l different sensitive values per class (§ 3.3 there).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistinctDiversity {
    l: usize,
    column: usize,
}

impl DistinctDiversity {
    /// # Errors
    /// [`ModelFault::L`] for 0.
    pub fn new(l: usize, column: usize) -> Result<Self, ModelFault> {
        if l == 0 { Err(ModelFault::L) } else { Ok(Self { l, column }) }
    }
}

impl Model for DistinctDiversity {
    fn name(&self) -> String {
        format!("distinct {}-diversity", self.l)
    }

    fn holds(&self, class: &Class) -> bool {
        nobody(class) || class.values(self.column).0.len() >= self.l
    }

    // Values that are there stay there.
    fn grows(&self) -> bool {
        true
    }

    fn sensitive(&self) -> bool {
        true
    }
}

/// The entropy of the sensitive values of each class is at least log l (definition 4.1 there). Shannon's plug-in estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntropyDiversity {
    l: f64,
    column: usize,
}

/// How far a floating-point entropy may stay below log l: a class of exactly l equally frequent values holds.
const ROUNDING: f64 = 1e-12;

impl EntropyDiversity {
    /// # Errors
    /// [`ModelFault::L`] if l is below 1 or not finite.
    pub fn new(l: f64, column: usize) -> Result<Self, ModelFault> {
        if l >= 1.0 && l.is_finite() { Ok(Self { l, column }) } else { Err(ModelFault::L) }
    }
}

impl Model for EntropyDiversity {
    fn name(&self) -> String {
        format!("entropy {}-diversity", self.l)
    }

    fn holds(&self, class: &Class) -> bool {
        let (values, counts) = class.values(self.column);
        if nobody(class) {
            return true;
        }
        // A distribution over fewer than l values has an entropy below log l.
        if (values.len() as f64) < self.l {
            return false;
        }
        // H = log n − Σ c log c / n
        let total = counts.iter().sum::<u64>() as f64;
        let sum: f64 = counts.iter().map(|&count| count as f64 * (count as f64).ln()).sum();
        total.ln() - sum / total >= self.l.ln() - ROUNDING
    }

    // Records that join may all have one value. Entropy is concave, so that a union of two classes that hold holds.
    fn grows(&self) -> bool {
        false
    }

    fn sensitive(&self) -> bool {
        true
    }
}

/// Recursive (c,l)-diversity: r₁ < c·(r_l + … + r_m) for the frequencies r₁ ≥ r₂ ≥ … of a class (definition 4.2 there).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecursiveDiversity {
    c: f64,
    l: usize,
    column: usize,
}

impl RecursiveDiversity {
    /// # Errors
    /// [`ModelFault::C`] or [`ModelFault::L`].
    pub fn new(c: f64, l: usize, column: usize) -> Result<Self, ModelFault> {
        if !(c > 0.0 && c.is_finite()) {
            return Err(ModelFault::C);
        }
        if l == 0 { Err(ModelFault::L) } else { Ok(Self { c, l, column }) }
    }
}

impl Model for RecursiveDiversity {
    fn name(&self) -> String {
        format!("recursive ({}, {})-diversity", self.c, self.l)
    }

    fn holds(&self, class: &Class) -> bool {
        let (_, counts) = class.values(self.column);
        if nobody(class) {
            return true;
        }
        let mut sorted = counts.to_vec();
        sorted.sort_unstable_by(|one, two| two.cmp(one));
        let tail: u64 = sorted.iter().skip(self.l - 1).sum();
        sorted.first().is_some_and(|&most| (most as f64) < self.c * tail as f64)
    }

    // The tail of a union is at least the sum of the tails (it is the least that l − 1 values leave), its most frequent
    // value at most the sum of both, so that it joins. Records that join may all have one value.
    fn grows(&self) -> bool {
        false
    }

    fn sensitive(&self) -> bool {
        true
    }
}
