//! Models about the size of classes.

use super::{Model, ModelFault, nobody};
use crate::protect::persons::histogram::Class;

/// k-anonymity: at least k persons per class. Samarati and Sweeney (1998); Sweeney, *k-anonymity: a model for protecting
/// privacy*, IJUFKS 10 (2002), definition 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KAnonymity {
    k: u64,
}

impl KAnonymity {
    /// # Errors
    /// [`ModelFault::K`] for 0.
    pub fn new(k: u64) -> Result<Self, ModelFault> {
        if k == 0 { Err(ModelFault::K) } else { Ok(Self { k }) }
    }
}

impl Model for KAnonymity {
    fn name(&self) -> String {
        format!("{}-anonymity", self.k)
    }

    fn holds(&self, class: &Class) -> bool {
        nobody(class) || class.persons() >= self.k
    }

    // More records, no fewer persons.
    fn grows(&self) -> bool {
        true
    }
}

/// k-map: at least k persons of the *population* share the key of each class of the data. Sweeney, *Computational
/// disclosure control* (2001), § 4; El Emam and Dankar, JAMIA 15 (2008). Without a population nothing holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KMap {
    k: u64,
}

impl KMap {
    /// # Errors
    /// [`ModelFault::K`] for 0.
    pub fn new(k: u64) -> Result<Self, ModelFault> {
        if k == 0 { Err(ModelFault::K) } else { Ok(Self { k }) }
    }
}

impl Model for KMap {
    fn name(&self) -> String {
        format!("{}-map", self.k)
    }

    fn holds(&self, class: &Class) -> bool {
        nobody(class) || class.population().is_some_and(|population| population >= self.k)
    }

    // More records, no smaller population.
    fn grows(&self) -> bool {
        true
    }

    fn population(&self) -> bool {
        true
    }
}

/// (α,k)-anonymity: at least k persons, and no sensitive value has more than a share α of a class. Wong, Li, Fu and Wang,
/// *(α,k)-anonymity*, KDD 2006, definitions 3 and 4 (one value), § 5 (all values).
#[derive(Debug, Clone, PartialEq)]
pub struct AlphaK {
    alpha: f64,
    k: u64,
    column: usize,
    values: Option<Vec<u32>>,
}

impl AlphaK {
    /// For all values of a sensitive column, or for those named.
    ///
    /// # Errors
    /// [`ModelFault::Alpha`] or [`ModelFault::K`].
    pub fn new(alpha: f64, k: u64, column: usize, values: Option<Vec<u32>>) -> Result<Self, ModelFault> {
        if !(alpha > 0.0 && alpha <= 1.0) {
            return Err(ModelFault::Alpha);
        }
        if k == 0 {
            return Err(ModelFault::K);
        }
        Ok(Self { alpha, k, column, values })
    }
}

impl Model for AlphaK {
    fn name(&self) -> String {
        format!("({}, {})-anonymity", self.alpha, self.k)
    }

    fn holds(&self, class: &Class) -> bool {
        let (values, persons) = class.values(self.column);
        let total: u64 = persons.iter().sum();
        let named = |value: &u32| self.values.as_ref().is_none_or(|named| named.contains(value));
        let few = |(_, &count): (&u32, &u64)| count as f64 / total as f64 <= self.alpha;
        nobody(class)
            || class.persons() >= self.k && values.iter().zip(persons).filter(|(value, _)| named(value)).all(few)
    }

    // Records that join may all have one value. Shares of a union lie between those of its parts, so that it joins.
    fn grows(&self) -> bool {
        false
    }

    fn sensitive(&self) -> bool {
        true
    }
}
