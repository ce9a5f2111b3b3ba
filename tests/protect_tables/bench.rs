//! Small tables, written and protected, and somebody who adds and subtracts what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::common;
use crate::plain::Table;

/// A folder with a file of tables to protect.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What the program said and did.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub folder: PathBuf,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn write(&self, name: &str, content: &str) -> &Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Protects what `spec` says, into the folder `out`.
    pub fn protect_into(&self, spec: &str, out: &str, more: &[&str]) -> Done {
        self.write("spec.toml", spec);
        let folder = self.path(out);
        let mut command = common::tamis();
        command.args(more).arg("protect").arg("tables").arg(self.path("spec.toml")).arg("--out").arg(&folder);
        let done = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr), folder }
    }

    pub fn protect(&self, spec: &str) -> Done {
        self.protect_into(spec, "out", &[])
    }

    /// The statuses of the cells of a table of one column, where it can be protected.
    pub fn statuses(&self, cells: &str, spec: &str) -> BTreeMap<String, String> {
        self.write("t.csv", cells);
        let out = format!("out{}", fs::read_dir(self.folder.path()).unwrap().count());
        let done = self.protect_into(spec, &out, &[]);
        assert_eq!(done.code, 0, "{}", done.err);
        let table = done.table("t");
        let (code, status) = (table.column("a"), table.column("statut"));
        code.into_iter().map(str::to_owned).zip(status.into_iter().map(str::to_owned)).collect()
    }
}

impl Done {
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    pub fn table(&self, name: &str) -> Table {
        Table::read(&self.folder.join(format!("{name}.csv")))
    }

    pub fn report(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.folder.join("rapport.json")).unwrap()).unwrap()
    }

    /// `tamis attack` on tables of the folder: the exit code and what it found.
    pub fn attack(&self, names: &[&str], by: &str, value: &str) -> (i32, serde_json::Value) {
        let files: Vec<PathBuf> = names.iter().map(|name| self.folder.join(format!("{name}.csv"))).collect();
        let mut command = common::tamis();
        command.args(["--format", "json", "attack", "--by", by, "--value", value]).args(files);
        let done = command.output().unwrap();
        (done.status.code().unwrap(), serde_json::from_slice(&done.stdout).unwrap())
    }
}

/// 2⁶¹ − 1.
const P: u128 = (1 << 61) - 1;

/// The suppressed cells that are sums and differences of published ones. `finest` are the finest cells, each by the codes of all
/// columns; a row of a table is the sum of those that agree with it.
pub fn derivable(tables: &[(&Table, &[&str])], finest: &BTreeSet<BTreeMap<String, String>>) -> BTreeSet<Vec<String>> {
    let vector = |table: &Table, by: &[&str], row: &[String]| -> Vec<u128> {
        let inside = |kind: &BTreeMap<String, String>| {
            by.iter().all(|column| {
                let code = &row[table.at(column)];
                code == "_T" || *code == kind[*column]
            })
        };
        finest.iter().map(|kind| u128::from(inside(kind))).collect()
    };
    let mut basis: Vec<Option<Vec<u128>>> = vec![None; finest.len()];
    let reduce = |basis: &[Option<Vec<u128>>], mut vector: Vec<u128>| {
        for at in 0..vector.len() {
            if let (Some(row), factor @ 1..) = (&basis[at], vector[at]) {
                vector.iter_mut().zip(row).for_each(|(x, y)| *x = (*x + (P - factor) * y) % P);
            }
        }
        vector
    };
    for (table, by) in tables {
        for row in table.rows.iter().filter(|row| row[table.at("statut")] == "publie") {
            let vector = reduce(&basis, vector(table, by, row));
            if let Some(at) = vector.iter().position(|x| *x != 0) {
                let inverse = power(vector[at], P - 2);
                basis[at] = Some(vector.iter().map(|x| x * inverse % P).collect());
            }
        }
    }
    let mut found = BTreeSet::new();
    for (table, by) in tables {
        for row in table.rows.iter().filter(|row| row[table.at("statut")] != "publie") {
            if reduce(&basis, vector(table, by, row)).iter().all(|x| *x == 0) {
                found.insert(row.clone());
            }
        }
    }
    found
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

/// A contribution: region, department, sector, contributor, holding, amount.
pub struct Contribution {
    pub place: [String; 3],
    pub who: String,
    pub house: String,
    pub amount: u64,
}

/// Contributions that are the same at every run: few in some cells, and of very different sizes.
pub fn contributions(rows: u64, seed: u64) -> Vec<Contribution> {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let one = |at: u64| {
        let department = draw(8);
        let sector = draw(2) + draw(3) + draw(2);
        let size = 1 + draw(4) * draw(4);
        Contribution {
            place: [format!("R{}", department / 3), format!("D{department}"), format!("S{sector}")],
            who: format!("E{at}"),
            house: format!("H{}", at / 2),
            amount: size * size * (10 + draw(90)),
        }
    };
    (0..rows).map(one).collect()
}

pub fn microdata(contributions: &[Contribution]) -> String {
    let mut text = "region,departement,secteur,entreprise,groupe,montant\n".to_owned();
    for Contribution { place: [region, department, sector], who, house, amount } in contributions {
        text += &format!("{region},{department},{sector},{who},{house},{amount}\n");
    }
    text
}

/// The cells of contributions by region, department and sector with all totals, counted here.
pub fn cells(contributions: &[Contribution]) -> String {
    let mut all: BTreeMap<[String; 3], Vec<u64>> = BTreeMap::new();
    for Contribution { place: [region, department, sector], amount, .. } in contributions {
        let total = || "_T".to_owned();
        for sector in [sector.clone(), total()] {
            for place in [[region.clone(), department.clone()], [region.clone(), total()], [total(), total()]] {
                let [region, department] = place;
                all.entry([region, department, sector.clone()]).or_default().push(*amount);
            }
        }
    }
    let mut text = "region,departement,secteur,montant,n,x1,x2\n".to_owned();
    for (place, mut amounts) in all {
        amounts.sort_unstable_by(|a, b| b.cmp(a));
        let largest = |at: usize| amounts.get(at).map_or_else(String::new, u64::to_string);
        let sum: u64 = amounts.iter().sum();
        text += &format!("{},{sum},{},{},{}\n", place.join(","), amounts.len(), largest(0), largest(1));
    }
    text
}

/// The rows of a file in another order.
pub fn reversed(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    lines.join("\n") + "\n"
}

/// All bytes of the files of a folder.
pub fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    common::files(folder)
}
