//! δ-presence: how surely an outsider can tell that somebody of the population is in the data. Nergiz, Atzori and Clifton,
//! *Hiding the presence of individuals from shared databases*, SIGMOD 2007, definition 3.

use super::{Model, ModelFault};
use crate::protect::persons::histogram::Class;

/// δ_min ≤ persons of the data / persons of the population ≤ δ_max for every class of the *population*.
///
/// With δ_min above 0 absence is protected too, and leaving records out makes it more visible, not less: then no class may
/// fail, those that only the population has included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaPresence {
    least: f64,
    most: f64,
}

impl DeltaPresence {
    /// # Errors
    /// [`ModelFault::Delta`].
    pub fn new(least: f64, most: f64) -> Result<Self, ModelFault> {
        if 0.0 <= least && least <= most && most <= 1.0 { Ok(Self { least, most }) } else { Err(ModelFault::Delta) }
    }
}

impl Model for DeltaPresence {
    fn name(&self) -> String {
        format!("({}, {})-presence", self.least, self.most)
    }

    fn holds(&self, class: &Class) -> bool {
        match class.population() {
            None => false,
            // Nobody of the population is there to be found; persons outside of it are an error of the table, not let by.
            Some(0) => class.persons() == 0,
            Some(population) => {
                let share = class.persons() as f64 / population as f64;
                self.least <= share && share <= self.most
            }
        }
    }

    // The share of a union lies between those of its parts, so that it joins; persons of the data alone may join.
    fn grows(&self) -> bool {
        false
    }

    fn curable(&self) -> bool {
        self.least == 0.0
    }

    fn population(&self) -> bool {
        true
    }
}
