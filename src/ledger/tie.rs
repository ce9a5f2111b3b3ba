//! How an earlier system of tables is tied to a new one: which cells are the same by definition, and which sums hold among the earlier
//! ones.
//!
//! A cell carries its codes in every column that follows from its own: a department its region. Cells of a shape are therefore sums
//! of the cells of any shape whose codes tell theirs, whichever release had the two. Shapes of the new tables that earlier cells add
//! up to are made for the earlier release as well: an earlier table by department and sex gives what a later one by department shows.

use std::collections::{BTreeSet, HashMap};

use super::model::{Hash, Shape, Tables};

/// An earlier system in terms of a new one. Earlier cells are numbered from 0: those of the ledger first, in its order, then those that
/// they add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tied {
    /// For each earlier cell, the new one with the same definition.
    pub same: Vec<Option<u32>>,
    /// Sums among earlier cells: total and parts, by their numbers, parts ascending.
    pub relations: Vec<(u32, Vec<u32>)>,
    /// For each new cell, whether the earlier release says by its absence that nobody was in it.
    pub absent: Vec<bool>,
    /// Earlier cells that are parts of a new sum by their codes, and that no new cell is the same as: the position of the sum, and
    /// the cell.
    pub gone: Vec<(u32, u32)>,
    /// Earlier cells that are sums of others, perhaps also of these: what they belong to is not known any more, as nobody is in
    /// them now.
    pub loose: Vec<(u32, Vec<u32>)>,
}

/// Stands for a code that is not known.
const UNKNOWN: u32 = u32::MAX;

/// Numbers for hashes, so that the same column or code has the same number on both sides.
#[derive(Default)]
struct Numbers(HashMap<Hash, u32>);

impl Numbers {
    fn of(&mut self, hash: Hash) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(hash).or_insert(next)
    }
}

/// Some cells of one shape, with common numbers for columns and codes.
#[derive(Default)]
struct Layer {
    /// Columns that define the cells, ascending.
    finest: BTreeSet<u32>,
    /// Columns whose codes are told.
    path: Vec<u32>,
    /// Numbers of the cells, and their codes by the path.
    cells: Vec<(u32, Vec<u32>)>,
}

impl Layer {
    fn new(shape: &Shape, columns: &[u32]) -> Self {
        let number = |column: &u32| columns[*column as usize];
        Self {
            finest: shape.finest.iter().map(number).collect(),
            path: shape.path.iter().map(number).collect(),
            cells: Vec::new(),
        }
    }

    /// Whether cells of this layer are sums of cells of the other, or the same.
    fn is_coarser(&self, other: &Self) -> bool {
        self.finest.iter().all(|column| other.path.contains(column))
    }

    fn is_strictly_coarser(&self, other: &Self) -> bool {
        self.is_coarser(other) && !other.is_coarser(self)
    }

    /// For each of its cells the codes in some columns, ascending: where these define cells, what tells them apart.
    fn keys(&self, columns: &BTreeSet<u32>) -> Vec<(u32, Vec<u32>)> {
        let places: Vec<usize> = columns.iter().filter_map(|c| self.path.iter().position(|p| p == c)).collect();
        let key = |(cell, codes): &(u32, Vec<u32>)| (*cell, places.iter().map(|at| codes[*at]).collect());
        self.cells.iter().map(key).collect()
    }

    /// Its cells by what tells them apart.
    fn index(&self) -> HashMap<Vec<u32>, u32> {
        self.keys(&self.finest).into_iter().map(|(cell, key)| (key, cell)).collect()
    }
}

fn layers(tables: &Tables, columns: &mut Numbers, codes: &mut Numbers) -> Vec<Layer> {
    let columns: Vec<u32> = tables.columns.iter().map(|hash| columns.of(*hash)).collect();
    let codes: Vec<u32> = tables.codes.iter().map(|hash| codes.of(*hash)).collect();
    let mut layers: Vec<Layer> = tables.shapes.iter().map(|shape| Layer::new(shape, &columns)).collect();
    for (number, cell) in (0_u32..).zip(&tables.cells) {
        let codes = cell.codes.iter().map(|code| codes[*code as usize]).collect();
        layers[cell.shape as usize].cells.push((number, codes));
    }
    layers
}

/// Ties an earlier system to a new one, of which `relations` are the sums and `nested` the columns that are levels of one, by their
/// positions, coarse to fine; `None` where they do not count the same dataset.
#[must_use]
pub fn tie(new: &Tables, nested: &[Vec<u32>], relations: &[(u32, Vec<u32>)], earlier: &Tables) -> Option<Tied> {
    if new.dataset != earlier.dataset {
        return None;
    }
    let (mut columns, mut codes) = (Numbers::default(), Numbers::default());
    let ours = layers(new, &mut columns, &mut codes);
    let mut theirs = layers(earlier, &mut columns, &mut codes);
    for levels in nested {
        let levels: Vec<u32> = levels.iter().map(|column| columns.of(new.columns[*column as usize])).collect();
        for (at, fine) in levels.iter().enumerate() {
            levels[..at].iter().for_each(|coarse| lengthen(&ours, (*fine, *coarse), &mut theirs));
        }
    }
    let (all, loose) = add_up(&ours, &mut theirs, earlier.cells.len() as u32);
    let mut tied = Tied {
        loose,
        same: vec![None; all as usize],
        relations: sums(&theirs),
        absent: vec![false; new.cells.len()],
        gone: Vec::new(),
    };
    for layer in &ours {
        let Some(there) = theirs.iter().find(|there| there.finest == layer.finest) else { continue };
        let there = there.index();
        for (cell, key) in layer.keys(&layer.finest) {
            match there.get(&key) {
                Some(earlier) => tied.same[*earlier as usize] = Some(cell),
                None => tied.absent[cell as usize] = true,
            }
        }
    }
    tied.gone = gone(new, relations, (&ours, &theirs), &tied.same);
    Some(tied)
}

/// Tells earlier cells of a fine column their code in a coarser one that their release did not have, as the new cells know it.
fn lengthen(ours: &[Layer], (fine, coarse): (u32, u32), theirs: &mut [Layer]) {
    let place = |layer: &Layer, column: u32| layer.path.iter().position(|at| *at == column);
    let mut above: HashMap<u32, u32> = HashMap::new();
    for layer in ours {
        if let (Some(fine), Some(coarse)) = (place(layer, fine), place(layer, coarse)) {
            above.extend(layer.cells.iter().map(|(_, codes)| (codes[fine], codes[coarse])));
        }
    }
    for layer in theirs {
        let (Some(fine), None) = (place(layer, fine), place(layer, coarse)) else { continue };
        layer.path.push(coarse);
        for (_, codes) in &mut layer.cells {
            let code = above.get(&codes[fine]).copied().unwrap_or(UNKNOWN);
            codes.push(code);
        }
    }
}

/// Adds the new shapes that earlier cells add up to; the number of earlier cells then, and those of which it is not known whether
/// they belong to a sum.
fn add_up(ours: &[Layer], theirs: &mut Vec<Layer>, mut cells: u32) -> (u32, Vec<(u32, Vec<u32>)>) {
    let stored = theirs.len();
    let mut loose = Vec::new();
    for layer in ours {
        if theirs.iter().any(|there| there.finest == layer.finest) {
            continue;
        }
        let finer = theirs[..stored].iter().filter(|there| layer.is_coarser(there));
        let Some(parts) = finer.min_by_key(|there| there.cells.len()) else { continue };
        let path: Vec<u32> = layer.path.iter().copied().filter(|column| parts.path.contains(column)).collect();
        let places: Vec<usize> = path.iter().filter_map(|c| parts.path.iter().position(|p| p == c)).collect();
        let mut made = Layer { finest: layer.finest.clone(), path, cells: Vec::new() };
        let mut known: BTreeSet<Vec<u32>> = BTreeSet::new();
        let mut unsure: Vec<(u32, Vec<u32>)> = Vec::new();
        for (part, codes) in &parts.cells {
            let codes: Vec<u32> = places.iter().map(|at| codes[*at]).collect();
            if codes.contains(&UNKNOWN) {
                unsure.push((*part, codes));
            } else if known.insert(codes.clone()) {
                made.cells.push((cells, codes));
                cells += 1;
            }
        }
        for (total, codes) in made.cells.iter().filter(|_| !unsure.is_empty()) {
            let may_be = |of: &[u32]| of.iter().zip(codes).all(|(of, code)| *of == UNKNOWN || of == code);
            let perhaps: Vec<u32> = unsure.iter().filter(|(_, of)| may_be(of)).map(|(part, _)| *part).collect();
            if !perhaps.is_empty() {
                loose.push((*total, perhaps));
            }
        }
        theirs.push(made);
    }
    (cells, loose)
}

/// The sums between layers with none between them: all others follow.
fn sums(layers: &[Layer]) -> Vec<(u32, Vec<u32>)> {
    let mut relations = Vec::new();
    for coarse in layers {
        let finer = layers.iter().filter(|fine| coarse.is_strictly_coarser(fine));
        let next = finer.filter(|fine| {
            !layers.iter().any(|between| coarse.is_strictly_coarser(between) && between.is_strictly_coarser(fine))
        });
        let totals = coarse.index();
        for fine in next {
            let mut parts: HashMap<u32, Vec<u32>> = HashMap::new();
            for (cell, key) in fine.keys(&coarse.finest) {
                if let Some(total) = totals.get(&key) {
                    parts.entry(*total).or_default().push(cell);
                }
            }
            let mut step: Vec<(u32, Vec<u32>)> = parts.into_iter().collect();
            step.iter_mut().for_each(|(_, parts)| parts.sort_unstable());
            step.sort_unstable();
            relations.extend(step);
        }
    }
    relations
}

/// Earlier cells that belong to new sums, and that are no new cells.
fn gone(
    new: &Tables,
    relations: &[(u32, Vec<u32>)],
    (ours, theirs): (&[Layer], &[Layer]),
    same: &[Option<u32>],
) -> Vec<(u32, u32)> {
    // Sums go by the shapes of total and parts, then by the total.
    let mut steps: HashMap<(u32, u32), HashMap<u32, u32>> = HashMap::new();
    for (at, (total, parts)) in (0_u32..).zip(relations) {
        let shape = |cell: u32| new.cells[cell as usize].shape;
        if let Some(part) = parts.first() {
            steps.entry((shape(*total), shape(*part))).or_default().insert(*total, at);
        }
    }
    let mut found = Vec::new();
    for ((coarse, fine), sums) in &steps {
        let (coarse, fine) = (&ours[*coarse as usize], &ours[*fine as usize]);
        let Some(there) = theirs.iter().find(|there| there.finest == fine.finest) else { continue };
        if !coarse.is_coarser(there) {
            continue;
        }
        let totals = coarse.index();
        for (cell, key) in there.keys(&coarse.finest) {
            let sum = totals.get(&key).and_then(|total| sums.get(total));
            if let (None, Some(sum)) = (same[cell as usize], sum) {
                found.push((*sum, cell));
            }
        }
    }
    found.sort_unstable();
    found
}
