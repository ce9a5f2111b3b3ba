//! Witness tables: verified proofs that an unknown cell can take a value.

use super::model::Model;

/// What a row sum or bound may miss, in units of the programme (a demanded width is about 1). With whole numbers a
/// witness that rounds to whole numbers is held to exactly nothing.
const RESIDUAL: f64 = 1e-7;

/// The lowest and the highest deviation of each variable in any verified witness; inner bounds of the interval.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reached {
    /// Lowest deviation reached, −∞ if a verified ray goes there.
    pub low: Vec<f64>,
    /// Highest deviation reached.
    pub high: Vec<f64>,
}

/// One verified witness: variables with their deviations.
pub(crate) type Witness = Vec<(u32, f64)>;

impl Reached {
    /// With the base point as the only witness.
    pub(crate) fn new(model: &Model) -> Self {
        Self { low: vec![0.0; model.variables()], high: vec![0.0; model.variables()] }
    }

    /// Takes note of a witness. The result does not depend on the order of witnesses.
    pub(crate) fn note(&mut self, witness: &Witness) {
        for (var, deviation) in witness {
            let at = *var as usize;
            self.low[at] = self.low[at].min(*deviation);
            self.high[at] = self.high[at].max(*deviation);
        }
    }

    /// Takes note of ranges of verified witnesses.
    pub(crate) fn note_all(&mut self, vars: &[u32], ranges: &[(f64, f64)]) {
        for (var, (low, high)) in vars.iter().zip(ranges) {
            let at = *var as usize;
            self.low[at] = self.low[at].min(*low);
            self.high[at] = self.high[at].max(*high);
        }
    }
}

/// Sums over rows, as long as the model, used again and again.
#[derive(Debug)]
pub(crate) struct Checker {
    sums: Vec<f64>,
}

impl Checker {
    pub(crate) fn new(model: &Model) -> Self {
        Self { sums: vec![0.0; model.rows()] }
    }

    /// The witness as it stands after verification, or `None` where it is not a table the intruder must reckon with.
    ///
    /// Needs an anchored model: variables not named stay at the base point. Whole-number models are tried with rounded
    /// deviations first, exactly; otherwise each bound and each row may be missed by `RESIDUAL · unit`.
    pub(crate) fn verify(&mut self, model: &Model, vars: &[u32], deviations: &[f64], unit: f64) -> Option<Witness> {
        if !vars.iter().all(|var| model.is_anchored(*var)) || deviations.iter().any(|deviation| !deviation.is_finite())
        {
            return None;
        }
        let near = deviations.iter().all(|deviation| (deviation - deviation.round()).abs() < 1e-6);
        if model.integral && near {
            let whole: Witness = vars.iter().copied().zip(deviations.iter().map(|d| d.round())).collect();
            if self.holds(model, &whole, 0.0) {
                return Some(whole);
            }
        }
        let clamped = vars.iter().zip(deviations).map(|(var, deviation)| {
            let (low, high) = (model.low[*var as usize], model.high[*var as usize]);
            (*var, if (low..=high).contains(deviation) { *deviation } else { deviation.max(low).min(high) })
        });
        let clamped: Witness = clamped.collect();
        let close = RESIDUAL * unit;
        let near = clamped.iter().zip(deviations).all(|((_, now), was)| (now - was).abs() <= close);
        (near && self.holds(model, &clamped, close)).then_some(clamped)
    }

    fn holds(&mut self, model: &Model, witness: &Witness, close: f64) -> bool {
        for (var, deviation) in witness {
            for row in model.column(*var) {
                self.sums[row.at as usize] += row.sign() * deviation;
            }
        }
        let mut holds = true;
        for (var, deviation) in witness {
            holds &= (model.low[*var as usize]..=model.high[*var as usize]).contains(deviation);
            for row in model.column(*var) {
                let (at, sum) = (row.at as usize, self.sums[row.at as usize]);
                holds &= model.row_low[at] - close <= sum && sum <= model.row_high[at] + close;
            }
        }
        for (var, _) in witness {
            for row in model.column(*var) {
                self.sums[row.at as usize] = 0.0;
            }
        }
        holds
    }
}
