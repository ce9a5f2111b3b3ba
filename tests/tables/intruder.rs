//! Somebody who holds all published tables and adds and subtracts: dense elimination over a prime field.

use std::collections::{BTreeMap, BTreeSet};

/// 2⁶¹ − 1.
const P: u128 = (1 << 61) - 1;

/// Column and value.
pub type Place = Vec<(String, String)>;

/// A published table: for each cell its place and status.
pub struct Seen {
    pub rows: Vec<(Place, String)>,
}

/// What a cell asks of a record; a code of `pcs` says its group as well.
pub fn constraint(place: &Place) -> Place {
    let pcs = place.iter().any(|(column, value)| column == "pcs" && value != "_T");
    let asked = place.iter().filter(|(column, value)| value != "_T" && !(pcs && column == "groupe"));
    let mut asked: Place = asked.cloned().collect();
    asked.sort();
    asked
}

pub struct Intruder {
    /// For each cell, the kinds of records in it.
    cells: BTreeMap<Place, Vec<usize>>,
    status: BTreeMap<Place, String>,
    kinds: usize,
}

impl Intruder {
    /// A kind of records is a pcs, a sex and a profession. Where a table does not have a cell, nobody is in it.
    pub fn new(tables: &[Seen], groups: &[&str]) -> Self {
        let values = |column: &str| -> Vec<String> {
            let all = tables.iter().flat_map(|t| &t.rows).flat_map(|(place, _)| place);
            let of = all.filter(|(c, v)| c == column && v != "_T").map(|(_, v)| v.clone());
            of.collect::<BTreeSet<String>>().into_iter().collect()
        };
        let mut kinds: Vec<BTreeMap<&str, String>> = Vec::new();
        for pcs in values("pcs") {
            let group = pcs.parse::<usize>().map_or("", |at| groups[at - 1]);
            for sex in values("sexe") {
                for profession in values("profession") {
                    kinds.push(BTreeMap::from([
                        ("pcs", pcs.clone()),
                        ("groupe", group.to_owned()),
                        ("sexe", sex.clone()),
                        ("profession", profession.clone()),
                    ]));
                }
            }
        }
        let lies = |kind: &BTreeMap<&str, String>, place: &Place| {
            place.iter().all(|(c, v)| v == "_T" || kind[c.as_str()] == *v)
        };
        let possible =
            |kind: &BTreeMap<&str, String>| tables.iter().all(|t| t.rows.iter().any(|(place, _)| lies(kind, place)));
        kinds.retain(possible);
        let (mut cells, mut status) = (BTreeMap::new(), BTreeMap::new());
        for (place, is) in tables.iter().flat_map(|t| &t.rows) {
            let inside = (0..kinds.len()).filter(|at| lies(&kinds[*at], place)).collect();
            cells.insert(constraint(place), inside);
            status.insert(constraint(place), is.clone());
        }
        Self { cells, status, kinds: kinds.len() }
    }

    /// The suppressed cells that are sums and differences of published ones, and how many are suppressed for their own sake.
    pub fn derivable(&self) -> (BTreeSet<Place>, usize) {
        let mut basis = Basis { rows: vec![None; self.kinds] };
        let is = |place: &Place, status: &str| self.status[place] == status;
        for (_, kinds) in self.cells.iter().filter(|(place, _)| is(place, "publie")) {
            basis.add(self.vector(kinds));
        }
        let unsafe_cells: Vec<_> = self.cells.iter().filter(|(place, _)| is(place, "supprime_seuil")).collect();
        let found = unsafe_cells.iter().filter(|(_, kinds)| basis.reduce(self.vector(kinds)).iter().all(|x| *x == 0));
        (found.map(|(place, _)| (*place).clone()).collect(), unsafe_cells.len())
    }

    fn vector(&self, kinds: &[usize]) -> Vec<u128> {
        let mut vector = vec![0; self.kinds];
        kinds.iter().for_each(|at| vector[*at] = 1);
        vector
    }
}

/// Vectors in echelon form, by the position of their first entry, which is 1.
struct Basis {
    rows: Vec<Option<Vec<u128>>>,
}

impl Basis {
    fn reduce(&self, mut vector: Vec<u128>) -> Vec<u128> {
        for at in 0..vector.len() {
            if let (Some(row), factor @ 1..) = (&self.rows[at], vector[at]) {
                for (x, y) in vector.iter_mut().zip(row) {
                    *x = (*x + (P - factor) * y) % P;
                }
            }
        }
        vector
    }

    fn add(&mut self, vector: Vec<u128>) {
        let vector = self.reduce(vector);
        if let Some(at) = vector.iter().position(|x| *x != 0) {
            let inverse = power(vector[at], P - 2);
            self.rows[at] = Some(vector.iter().map(|x| x * inverse % P).collect());
        }
    }
}

fn power(mut base: u128, mut exponent: u128) -> u128 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    result
}
