//! UCI Adult with the hierarchies of ARX, for tests of known answers.

use std::path::Path;

use crate::protect::persons::hierarchy::{Hierarchy, Labelled, read};
use crate::protect::persons::histogram::{Builder, Histogram, Record};

/// The columns, in the order of the file.
pub const COLUMNS: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

/// The table as codes.
pub struct Adult {
    pub rows: Vec<Vec<u32>>,
    pub trees: Vec<Labelled>,
}

impl Adult {
    /// `None`, with a line that says so, where the data are not there.
    pub fn load() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/arx");
        let Ok(text) = std::fs::read_to_string(folder.join("adult.csv")) else {
            eprintln!("skipped: optional test data `../shared/data/arx` is absent");
            return None;
        };
        let tree = |column: &&str| {
            let text = std::fs::read_to_string(folder.join(format!("adult_hierarchy_{column}.csv"))).unwrap();
            read(&text, ';').unwrap()
        };
        let trees: Vec<Labelled> = COLUMNS.iter().map(tree).collect();
        let code = |line: &str| line.split(';').zip(&trees).map(|(field, tree)| tree.code(field).unwrap()).collect();
        Some(Self { rows: text.lines().skip(1).map(code).collect(), trees })
    }

    /// The histogram over some columns, with others as sensitive ones.
    pub fn histogram(&self, quasi: &[usize], sensitive: &[usize]) -> Histogram {
        let mut builder = Builder::new(quasi.len(), sensitive.len());
        for row in &self.rows {
            let pick = |columns: &[usize]| columns.iter().map(|&column| row[column]).collect::<Vec<u32>>();
            builder.person(&[Record { key: &pick(quasi), sensitive: &pick(sensitive), weight: 0 }]).unwrap();
        }
        builder.finish()
    }

    /// The hierarchies of some columns.
    pub fn hierarchies(&self, quasi: &[usize]) -> Vec<Hierarchy> {
        quasi.iter().map(|&column| self.trees[column].hierarchy.clone()).collect()
    }
}

/// All nine columns.
pub const ALL: [usize; 9] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/// All but occupation, which is sensitive in ARX's tests.
pub const EIGHT: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 8];
