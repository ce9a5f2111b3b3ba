//! Rules as a pipeline or a file of tables writes them.

use super::{Dominance, PPercent, PQ, Percent, Rule, RuleError, Unit};
use crate::config::{Concentration, Percentage};

/// A percentage as a parameter.
///
/// # Errors
/// [`RuleError::Parameter`] for one that no rule takes.
pub fn percent(written: &Percentage) -> Result<Percent, RuleError> {
    written.as_str().parse().map_err(|_| RuleError::Parameter)
}

/// Rules on concentration, applied to persons or to holdings.
///
/// # Errors
/// [`RuleError::Parameter`] where a parameter is out of range.
pub fn concentration(written: &Concentration, unit: Unit) -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for (n, k) in &written.dominance {
        rules.push(Rule::Dominance(unit, Dominance::new(*n, percent(k)?)?));
    }
    if let Some(p) = &written.p_percent {
        rules.push(Rule::PPercent(unit, PPercent::new(percent(p)?, 1)?));
    }
    if let Some((p, q)) = &written.p_q {
        rules.push(Rule::PQ(unit, PQ::new(percent(p)?, percent(q)?)?));
    }
    Ok(rules)
}
