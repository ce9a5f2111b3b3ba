//! Rules as models of the classes.

use super::ground::Ground;
use crate::config::{LossAggregate, LossMeasure, Protection, RuleDistance, RuleModel};
use crate::pipeline::people::error::PersonsError;
use crate::protect::persons::loss::{Aggregate, Balance, LossSpec, Measure};
use crate::protect::persons::models::{
    AlphaK, BetaLikeness, DeltaPresence, Distance, DistinctDiversity, EntropyDiversity, KAnonymity, KMap, Model,
    ModelFault, RecursiveDiversity, TCloseness,
};

/// A rule, and the quasi-identifiers that are known together.
pub(in crate::pipeline) struct Judge {
    pub columns: Vec<usize>,
    pub model: Box<dyn Model>,
}

/// All rules, in the order of the file.
pub(in crate::pipeline) fn judges(spec: &Protection, ground: &Ground) -> Result<Vec<Judge>, PersonsError> {
    let judge =
        |rule: &crate::config::Rule| Ok(Judge { columns: rule.columns.clone(), model: model(ground, &rule.model)? });
    spec.rules.iter().map(judge).collect()
}

fn model(ground: &Ground, rule: &RuleModel) -> Result<Box<dyn Model>, PersonsError> {
    let reference = |column: usize| ground.histogram.classes().reference(column);
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
            let distance = between(ground, *distance, *sensitive)?;
            Box::new(TCloseness::new(*t, *sensitive, distance, &reference(*sensitive)).map_err(fault)?)
        }
        RuleModel::Presence { least, most } => Box::new(DeltaPresence::new(*least, *most).map_err(fault)?),
        RuleModel::Likeness { beta, enhanced, sensitive } => {
            Box::new(BetaLikeness::new(*beta, *enhanced, *sensitive, &reference(*sensitive)).map_err(fault)?)
        }
        RuleModel::AlphaK { alpha, k, sensitive, values } => {
            // A value that nobody has binds nothing.
            let all = &ground.sensitive[*sensitive].values;
            let code = |value: &String| all.iter().position(|other| other == value).map(|code| code as u32);
            let named = (!values.is_empty()).then(|| values.iter().filter_map(code).collect());
            Box::new(AlphaK::new(*alpha, *k, *sensitive, named).map_err(fault)?)
        }
    })
}

fn fault(fault: ModelFault) -> PersonsError {
    PersonsError::Rules(fault.to_string())
}

fn between(ground: &Ground, distance: RuleDistance, sensitive: usize) -> Result<Distance, PersonsError> {
    let column = &ground.sensitive[sensitive];
    match distance {
        RuleDistance::Equal => Ok(Distance::Equal),
        RuleDistance::Hierarchical => match &column.tree {
            Some(tree) => Ok(Distance::Hierarchical(tree.hierarchy.clone())),
            None => Err(PersonsError::Rules(format!("column `{}`: there is no hierarchy of its values", column.name))),
        },
        RuleDistance::Ordered => column.order.clone().map(Distance::Ordered).ok_or_else(|| {
            let why = "its values have no order: name them all from low to high, order = [\"…\"]";
            PersonsError::Rules(format!("column `{}`: {why}", column.name))
        }),
    }
}

/// What to make small.
pub(super) fn loss(spec: &Protection) -> Result<LossSpec, PersonsError> {
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
