//! Small tables over trees of codes, alone or linked.

use std::collections::BTreeMap;

use crate::protect::tables::system::System;

/// Children of each node; node 0 is the total, and children come after their parents.
pub type Tree = Vec<Vec<u32>>;

/// A total and its parts.
pub fn flat(parts: u32) -> Tree {
    let mut tree = vec![(1..=parts).collect()];
    tree.resize(parts as usize + 1, Vec::new());
    tree
}

/// A total, groups, and the parts of each.
pub fn grouped(groups: &[u32]) -> Tree {
    let mut tree: Tree = vec![(1..=groups.len() as u32).collect()];
    let mut next = groups.len() as u32 + 1;
    for parts in groups {
        tree.push((next..next + parts).collect());
        next += parts;
    }
    tree.resize(next as usize, Vec::new());
    tree
}

/// Tables under construction. Cells are known by name; equal names are one cell.
#[derive(Debug, Default, Clone)]
pub struct Tables {
    pub names: BTreeMap<Vec<u32>, u32>,
    pub relations: Vec<(u32, Vec<u32>)>,
}

impl Tables {
    /// Adds the table with all margins over the trees; `name` tells its cells from those of other tables.
    pub fn add(&mut self, trees: &[&Tree], name: impl Fn(&[u32]) -> Vec<u32>) {
        let mut points = vec![Vec::new()];
        for tree in trees {
            let longer = |point: &Vec<u32>| {
                let point = point.clone();
                (0..tree.len() as u32).map(move |node| [point.clone(), vec![node]].concat()).collect::<Vec<_>>()
            };
            points = points.iter().flat_map(longer).collect();
        }
        for point in &points {
            self.cell(name(point));
        }
        for point in &points {
            for axis in 0..trees.len() {
                let part = |child: &u32| {
                    let mut point = point.clone();
                    point[axis] = *child;
                    self.names[&name(&point)]
                };
                let parts: Vec<u32> = trees[axis][point[axis] as usize].iter().map(part).collect();
                if !parts.is_empty() {
                    self.relations.push((self.names[&name(point)], parts));
                }
            }
        }
    }

    fn cell(&mut self, name: Vec<u32>) {
        let next = self.names.len() as u32;
        self.names.entry(name).or_insert(next);
    }

    /// The number of a cell.
    pub fn at(&self, name: &[u32]) -> u32 {
        self.names[name]
    }

    /// The system.
    pub fn system(&self) -> System {
        System::new(self.names.len(), self.relations.iter().cloned()).expect("sound tables")
    }
}

/// One table whose cells are named by their coordinates.
pub fn table(trees: &[&Tree]) -> Tables {
    let mut tables = Tables::default();
    tables.add(trees, |point| point.to_vec());
    tables
}
