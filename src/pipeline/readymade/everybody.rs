//! Lines of counts that tell about everybody in them.

use super::decimal::ONE;
use super::group::Group;
use super::judge::rules_error;
use crate::pipeline::error::RunError;
use crate::protect::tables::Relation;
use crate::protect::tables::rules::{GroupPart, GroupRule, Primary, RuleName, Sensitive};

/// For each cell, whether with its line it tells that everybody there is alike, all but few are, or, where zeros are unsafe, that
/// nobody is.
pub(super) fn told(group: &Group<'_>) -> Result<Vec<Option<Primary>>, RunError> {
    let mut found: Vec<Option<Primary>> = vec![None; group.values.len()];
    let rules = || group.tables.iter().map(|table| &table.rules);
    let columns: Vec<usize> = rules()
        .flat_map(|rules| &rules.group)
        .filter_map(|column| group.by.iter().position(|by| by == column))
        .collect();
    if columns.is_empty() {
        return Ok(found);
    }
    // As many as are suppressed anyway; one at least.
    let few = rules().filter_map(|rules| rules.threshold).max().map_or(1, |least| least.saturating_sub(1).max(1));
    let none = rules().any(|rules| rules.zeros).then_some(few);
    let rule = GroupRule::new(Sensitive::Every, Some(few), none).map_err(rules_error)?;
    let finest = |cell: u32| &group.tied.finest[cell as usize];
    let count = |cell: u32| u64::try_from(group.values[cell as usize] / ONE).unwrap_or(0);
    for line in 0..group.tied.system.relations() as u32 {
        let Relation { total, parts } = group.tied.system.relation(line);
        let Some(first) = parts.first() else { continue };
        // The columns that tell the parts apart.
        let apart = (0..group.by.len()).filter(|at| finest(*first)[*at].is_some() && finest(total)[*at].is_none());
        if !apart.into_iter().any(|at| columns.contains(&at)) {
            continue;
        }
        let counts: Vec<u64> = parts.iter().map(|part| count(*part)).collect();
        for told in rule.line(&GroupPart::of_line(count(total), &counts).map_err(rules_error)?) {
            let primary = Primary::new(RuleName::Group, told.protection);
            let known = &mut found[parts[told.part] as usize];
            *known = Some(known.map_or(primary, |before| before.join(primary)));
        }
    }
    Ok(found)
}
