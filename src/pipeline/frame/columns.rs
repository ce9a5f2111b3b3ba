//! Which released columns the draw looks at, and what for.

use std::ops::Range;

use crate::config::{AllocationRule, Design, OnDuplicate, Pipeline};
use crate::schema::Logical;

/// The columns of the frame, in one order: a unit has one word for each. Strata come first.
pub(in super::super) struct Columns {
    /// For each dataset, the positions among its released columns.
    pub of: Vec<Vec<usize>>,
    /// Their kinds.
    pub logical: Vec<Logical>,
    /// Columns that make the strata.
    pub strata: usize,
    /// Columns that make the strata of a second phase.
    pub second: Range<usize>,
    /// Columns that make an order.
    pub order: Range<usize>,
    /// Columns that are balanced.
    pub balance: Range<usize>,
    /// Columns with known margins.
    pub margins: Range<usize>,
    /// The size of a unit.
    pub size: Option<usize>,
    /// The cluster.
    pub cluster: Option<usize>,
    /// The column whose spread counts.
    pub spread: Option<usize>,
    /// The column that tells the latest record.
    pub latest: Option<usize>,
    /// Whether a unit may lie in several clusters.
    pub shares_clusters: bool,
}

/// Names in the order of the frame.
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    fn all(&mut self, names: impl IntoIterator<Item = &'a str>) -> Range<usize> {
        let start = self.0.len();
        self.0.extend(names);
        start..self.0.len()
    }

    fn one(&mut self, name: Option<&'a str>) -> Option<usize> {
        self.0.push(name?);
        Some(self.0.len() - 1)
    }
}

impl Columns {
    pub fn of(pipeline: &Pipeline) -> Self {
        let sample = pipeline.sample.as_ref();
        let design = sample.map(|sample| &sample.design);
        let mut names = Names(Vec::new());
        let strata = names.all(sample.iter().flat_map(|s| &s.strata).map(String::as_str)).len();
        let (mut second_strata, mut ordered, mut balanced): (&[String], &[String], &[String]) = (&[], &[], &[]);
        match design {
            Some(Design::TwoPhase { second_strata: columns, .. }) => second_strata = columns,
            Some(Design::Systematic { order, .. } | Design::Unequal { order, .. }) => ordered = order,
            Some(Design::Balanced { balance, .. }) => balanced = balance,
            _ => {}
        }
        let second = names.all(second_strata.iter().map(String::as_str));
        let order = names.all(ordered.iter().map(String::as_str));
        let balance = names.all(balanced.iter().map(String::as_str));
        let known = sample.and_then(|sample| sample.calibration.as_ref()).into_iter().flat_map(|c| &c.margins);
        let margins = names.all(known.map(|margin| margin.column.as_str()));
        let size = names.one(match design {
            Some(Design::Unequal { proportional_to, .. }) => Some(proportional_to),
            Some(Design::Balanced { proportional_to, .. }) => proportional_to.as_deref(),
            _ => None,
        });
        let cluster = names.one(match design {
            Some(Design::Clusters { cluster, .. }) => Some(cluster),
            _ => None,
        });
        let spread = names.one(match design {
            Some(Design::Allocated { rule, .. }) => AllocationRule::spread_of(rule),
            _ => None,
        });
        let latest = names.one(match sample.map(|sample| &sample.frame.on_duplicate) {
            Some(OnDuplicate::Latest(column)) => Some(column),
            _ => None,
        });
        let position =
            |dataset: usize, name: &&str| pipeline.datasets[dataset].kept.iter().position(|kept| kept.name == **name);
        let of: Vec<Vec<usize>> = (0..pipeline.datasets.len())
            .map(|dataset| names.0.iter().filter_map(|name| position(dataset, name)).collect())
            .collect();
        let logical = pipeline.datasets.first().zip(of.first());
        let logical =
            logical.map(|(dataset, columns)| columns.iter().map(|column| dataset.kept[*column].logical).collect());
        Self {
            of,
            logical: logical.unwrap_or_default(),
            strata,
            second,
            order,
            balance,
            margins,
            size,
            cluster,
            spread,
            latest,
            shares_clusters: matches!(design, Some(Design::Clusters { within: None, .. })) && latest.is_none(),
        }
    }

    /// Words of a unit.
    pub fn width(&self) -> usize {
        self.logical.len()
    }

    /// Whether a column holds numbers.
    pub fn is_number(&self, column: usize) -> bool {
        matches!(self.logical.get(column), Some(Logical::Integer | Logical::Number))
    }
}

/// Positions of the strata columns among the released columns of a dataset.
pub(in super::super) fn strata_columns(pipeline: &Pipeline, dataset: usize) -> Vec<usize> {
    let Some(sample) = &pipeline.sample else { return Vec::new() };
    let kept = &pipeline.datasets[dataset].kept;
    sample.strata.iter().filter_map(|name| kept.iter().position(|k| k.name == *name)).collect()
}
