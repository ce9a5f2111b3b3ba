//! Rules as models of the classes.

use super::read::Prepared;
use crate::config::{Anonymise, LossAggregate, LossMeasure, RuleDistance, RuleModel};
use crate::pipeline::people::count::{numeric_order, occurring};
use crate::pipeline::people::error::PersonsError;
use crate::protect::persons::loss::{Aggregate, Balance, LossSpec, Measure};
use crate::protect::persons::models::{
    AlphaK, BetaLikeness, DeltaPresence, Distance, DistinctDiversity, EntropyDiversity, KAnonymity, KMap, Model,
    ModelFault, RecursiveDiversity, TCloseness,
};

/// A rule, and the quasi-identifiers that are known together.
pub(super) struct Judge {
    pub columns: Vec<usize>,
    pub model: Box<dyn Model>,
}

/// All rules, in the order of the file.
pub(super) fn judges(spec: &Anonymise, prepared: &Prepared) -> Result<Vec<Judge>, PersonsError> {
    let judge = |rule: &crate::config::Rule| {
        Ok(Judge { columns: rule.columns.clone(), model: model(spec, prepared, &rule.model)? })
    };
    spec.rules.iter().map(judge).collect()
}

fn model(spec: &Anonymise, prepared: &Prepared, rule: &RuleModel) -> Result<Box<dyn Model>, PersonsError> {
    let reference = |column: usize| prepared.histogram.classes().reference(column);
    Ok(match rule {
        RuleModel::KAnonymity { k } => Box::new(KAnonymity::new(*k).map_err(fault)?),
        RuleModel::KMap { k } => Box::new(KMap::new(*k).map_err(fault)?),
        RuleModel::DistinctDiversity { l, sensitive } => {
            Box::new(DistinctDiversity::new(*l, *sensitive).map_err(fault)?)
        }
        RuleModel::EntropyDiversity { l, sensitive } => Box::new(EntropyDiversity::new(*l, *sensitive).map_err(fault)?),
        RuleModel::RecursiveDiversity { c, l, sensitive } => {
            Box::new(RecursiveDiversity::new(*c, *l, *sensitive).map_err(fault)?)
        }
        RuleModel::Closeness { t, distance, sensitive } => {
            let distance = between(spec, prepared, *distance, *sensitive)?;
            Box::new(TCloseness::new(*t, *sensitive, distance, &reference(*sensitive)).map_err(fault)?)
        }
        RuleModel::Presence { least, most } => Box::new(DeltaPresence::new(*least, *most).map_err(fault)?),
        RuleModel::Likeness { beta, enhanced, sensitive } => {
            Box::new(BetaLikeness::new(*beta, *enhanced, *sensitive, &reference(*sensitive)).map_err(fault)?)
        }
        RuleModel::AlphaK { alpha, k, sensitive, values } => {
            // A value that nobody has binds nothing.
            let all = &prepared.sensitive[*sensitive].values;
            let code = |value: &String| all.iter().position(|other| other == value).map(|code| code as u32);
            let named = (!values.is_empty()).then(|| values.iter().filter_map(code).collect());
            Box::new(AlphaK::new(*alpha, *k, *sensitive, named).map_err(fault)?)
        }
    })
}

fn fault(fault: ModelFault) -> PersonsError {
    PersonsError::Rules(fault.to_string())
}

fn between(
    spec: &Anonymise,
    prepared: &Prepared,
    distance: RuleDistance,
    sensitive: usize,
) -> Result<Distance, PersonsError> {
    let column = &prepared.sensitive[sensitive];
    match distance {
        RuleDistance::Equal => Ok(Distance::Equal),
        RuleDistance::Hierarchical => match &prepared.trees_of_sensitive[sensitive] {
            Some(tree) => Ok(Distance::Hierarchical(tree.hierarchy.clone())),
            None => Err(PersonsError::Rules(format!("column `{}`: there is no hierarchy of its values", column.name))),
        },
        RuleDistance::Ordered => order(spec, prepared, sensitive).map(Distance::Ordered).ok_or_else(|| {
            let why = "its values have no order: name them all from low to high, order = [\"…\"]";
            PersonsError::Rules(format!("column `{}`: {why}", column.name))
        }),
    }
}

/// The codes of a sensitive column from low to high: as the file says, or as numbers go.
pub(super) fn order(spec: &Anonymise, prepared: &Prepared, sensitive: usize) -> Option<Vec<u32>> {
    let column = &prepared.sensitive[sensitive];
    let named = &spec.sensitive[sensitive].order;
    if named.is_empty() {
        return numeric_order(column);
    }
    let (occurs, mut order) = (occurring(column), Vec::with_capacity(column.values.len()));
    for value in named {
        let code = column.values.iter().position(|other| other == value).filter(|&code| occurs[code]);
        order.extend(code.map(|code| code as u32));
    }
    let all = occurs.iter().filter(|occurs| **occurs).count();
    (order.len() == all).then_some(order)
}

/// What to make small.
pub(super) fn loss(spec: &Anonymise) -> Result<LossSpec, PersonsError> {
    let suppression = spec.loss.suppression;
    let measure = match spec.loss.measure {
        LossMeasure::Granularity => Measure::Granularity,
        LossMeasure::Entropy => Measure::Entropy { suppression },
        LossMeasure::Discernibility => Measure::Discernibility { suppression },
        LossMeasure::ClassSize => Measure::ClassSize,
        LossMeasure::Precision => Measure::Precision { suppression },
        LossMeasure::Ambiguity => Measure::Ambiguity,
    };
    let usual = LossSpec::of(measure);
    let aggregate = match spec.loss.aggregate {
        None => usual.aggregate,
        Some(LossAggregate::Sum) => Aggregate::Sum,
        Some(LossAggregate::Mean) => Aggregate::Mean,
        Some(LossAggregate::GeometricMean) => Aggregate::GeometricMean,
        Some(LossAggregate::Maximum) => Aggregate::Maximum,
    };
    let bad = PersonsError::Parameter { name: "balance", expected: "from 0 to 1" };
    let balance = Balance::new(spec.loss.balance).ok_or(bad)?;
    Ok(LossSpec { measure, weights: spec.quasi.iter().map(|quasi| quasi.weight).collect(), aggregate, balance })
}
