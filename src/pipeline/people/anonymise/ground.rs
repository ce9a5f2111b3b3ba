//! What a search knows of a table: classes, hierarchies, sensitive values. No records.

use crate::config::Sensitive;
use crate::pipeline::people::count::{numeric_order, occurring};
use crate::pipeline::people::table::Column;
use crate::protect::persons::hierarchy::{Hierarchy, Labelled};
use crate::protect::persons::histogram::Histogram;

/// Everything that is known before the search.
pub(in crate::pipeline) struct Ground {
    /// Names of the quasi-identifiers.
    pub names: Vec<String>,
    /// Per quasi-identifier.
    pub trees: Vec<Labelled>,
    /// The same without names, as the search takes them.
    pub hierarchies: Vec<Hierarchy>,
    pub sensitive: Vec<SensitiveValues>,
    /// Quasi-identifiers that are known of the population too, where there is one.
    pub outside: Vec<usize>,
    pub histogram: Histogram,
}

/// A sensitive column.
pub(in crate::pipeline) struct SensitiveValues {
    pub name: String,
    /// The value of each code.
    pub values: Vec<String>,
    /// The codes that occur from low to high, where they have an order.
    pub order: Option<Vec<u32>>,
    /// A hierarchy of the codes.
    pub tree: Option<Labelled>,
}

impl SensitiveValues {
    /// A column as it is declared: values are ordered as named there, else as numbers go.
    pub fn of(wanted: &Sensitive, column: &Column, tree: Option<Labelled>) -> Self {
        let (name, values) = (column.name.clone(), column.values.clone());
        Self { name, values, order: order(&wanted.order, column), tree }
    }
}

/// `None` where a value that occurs is neither named nor, if nothing is, a number.
fn order(named: &[String], column: &Column) -> Option<Vec<u32>> {
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
