//! Files to anonymise, written, anonymised by the program, and read again without it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common;

/// A folder with a file of records, hierarchies and a spec.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What the program said.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A table read without the program: no field of these tests is quoted.
#[derive(Debug, Clone, PartialEq)]
pub struct Plain {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) -> &Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    /// The first so many rows of Adult, and all of its hierarchies; `None` where the data are absent.
    pub fn adult(rows: usize) -> Option<Self> {
        let folder = common::shared_data("arx")?;
        let bench = Self::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, bench.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        let text = fs::read_to_string(folder.join("adult.csv")).unwrap();
        let some: Vec<&str> = text.lines().take(rows + 1).collect();
        bench.write("in.csv", &format!("{}\n", some.join("\n")));
        Some(bench)
    }

    /// Runs the program on a spec.
    pub fn run(&self, spec: &str, more: &[&str]) -> Done {
        self.write("spec.toml", spec);
        let done = common::tamis().arg("anonymise").arg(self.path("spec.toml")).args(more).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
    }

    /// Anonymises into a fresh `out.csv`, and reads it and the report.
    pub fn anonymise(&self, spec: &str) -> (Plain, Value) {
        self.clear();
        let done = self.run(spec, &[]);
        assert_eq!(done.code, 0, "{spec}\n{}", done.err);
        (Plain::read(&self.path("out.csv"), ','), self.report())
    }

    pub fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("out.rapport.json")).unwrap()).unwrap()
    }

    /// Nothing was written.
    pub fn nothing(&self) -> bool {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.into_iter().all(|name| !name.contains("out."))
    }

    pub fn clear(&self) {
        ["out.csv", "out.rapport.json"].iter().for_each(|name| _ = fs::remove_file(self.path(name)));
    }

    pub fn input(&self) -> Plain {
        Plain::read(&self.path("in.csv"), ';')
    }

    /// A hierarchy of Adult: from the value to what it becomes at each level.
    pub fn hierarchy(&self, column: &str) -> BTreeMap<String, Vec<String>> {
        let table = fs::read_to_string(self.path(&format!("adult_hierarchy_{column}.csv"))).unwrap();
        let cells = table.lines().map(|line| line.split(';').map(str::to_owned).collect::<Vec<_>>());
        cells.map(|cells| (cells[0].clone(), cells)).collect()
    }
}

impl Plain {
    pub fn read(path: &Path, separator: char) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines().map(|line| line.split(separator).map(str::to_owned).collect::<Vec<_>>());
        Self { header: lines.next().unwrap(), rows: lines.collect() }
    }

    pub fn at(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap()
    }

    /// The cells of some columns, row by row.
    pub fn cells(&self, columns: &[&str]) -> Vec<Vec<String>> {
        let places: Vec<usize> = columns.iter().map(|column| self.at(column)).collect();
        self.rows.iter().map(|row| places.iter().map(|&at| row[at].clone()).collect()).collect()
    }

    /// Rows by the values of some columns.
    pub fn classes(&self, columns: &[&str]) -> BTreeMap<Vec<String>, Vec<&Vec<String>>> {
        let mut classes: BTreeMap<Vec<String>, Vec<&Vec<String>>> = BTreeMap::new();
        for (key, row) in self.cells(columns).into_iter().zip(&self.rows) {
            classes.entry(key).or_default().push(row);
        }
        classes
    }

    /// How often each value of a column stands in some rows.
    pub fn shares(&self, rows: &[&Vec<String>], column: &str) -> BTreeMap<String, f64> {
        let at = self.at(column);
        let mut shares = BTreeMap::new();
        rows.iter().for_each(|row| *shares.entry(row[at].clone()).or_insert(0.0) += 1.0 / rows.len() as f64);
        shares
    }
}

/// `[anonymise]` of `in.csv` into `out.csv`, with the hierarchies of Adult.
pub fn spec(head: &str, quasi: &[&str], rest: &str) -> String {
    let mut text = format!("[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\n{head}\n");
    for column in quasi {
        text.push_str(&format!("[[quasi]]\ncolumn = \"{column}\"\nhierarchy = \"adult_hierarchy_{column}.csv\"\n"));
    }
    text + rest
}
