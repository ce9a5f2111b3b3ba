//! Small populations of which every number is known, and pipelines over them.

use std::fs;
use std::path::{Path, PathBuf};

use tamis::config::Pipeline;
use tamis::pipeline::RunSummary;

use crate::common;
use crate::plain::Table;

/// A person with one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: String,
    /// dept, sexe, groupe
    pub place: [String; 3],
    pub tabac: &'static str,
    pub cout: u64,
}

pub const COLUMNS: [&str; 3] = ["dept", "sexe", "groupe"];

/// Numbers that look like chance, and are the same each time.
pub struct Chance(pub u64);

impl Chance {
    pub fn under(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// People of whom small groups are rarer than large ones.
pub fn people(count: usize, seed: u64) -> Vec<Person> {
    let mut chance = Chance(seed * 7_919 + 12_345);
    (0..count)
        .map(|at| {
            let dept = chance.under(6).min(chance.under(6)) + 1;
            let groupe = ["a", "b", "c", "d"][chance.under(4).min(chance.under(4)) as usize];
            let sexe = ["F", "M"][chance.under(2) as usize];
            let tabac = ["0", "1", "2"][chance.under(3) as usize];
            Person {
                id: format!("p{at:05}"),
                place: [format!("{dept:02}"), sexe.to_owned(), groupe.to_owned()],
                tabac,
                cout: 10 + chance.under(90),
            }
        })
        .collect()
}

/// The table of all columns, with every total.
pub const FINE: &str = r#"
[[aggregate]]
name    = "fine"
by      = ["dept", "sexe", "groupe"]
margins = true
measure = [{ count = "persons" }, { count = "records" }]
"#;

pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        let field = |name: &str, kind: &str, role: &str| {
            format!("{{\"name\": \"{name}\", \"type\": \"{kind}\", \"tamis:role\": \"{role}\"}}")
        };
        let fields = [
            field("id", "string", "subject-identifier"),
            field("dept", "string", "quasi-identifier"),
            field("sexe", "string", "quasi-identifier"),
            field("groupe", "string", "quasi-identifier"),
            field("tabac", "string", "sensitive"),
            field("cout", "integer", "other"),
        ];
        let schema = format!("{{\"name\": \"actes\", \"missingValues\": [\"\"], \"fields\": [{}]}}", fields.join(","));
        fs::write(bench.path("actes.json"), schema).unwrap();
        begin(&bench.path("ledger"));
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, people: &[Person]) {
        let mut text = "id,dept,sexe,groupe,tabac,cout\n".to_owned();
        for Person { id, place, tabac, cout } in people {
            text += &format!("{id},{},{tabac},{cout}\n", place.join(","));
        }
        fs::write(self.path(name), text).unwrap();
    }

    /// The text of a pipeline over a file; `more` comes before `[export]`.
    pub fn text(&self, file: &str, tables: &str, more: &str) -> String {
        let columns = ["dept", "sexe", "groupe", "tabac", "cout"];
        let keep: String = columns.map(|c| format!("[[keep]]\ncolumn = \"{c}\"\nwhy = \"essai\"\n")).concat();
        format!(
            "[pipeline]\nname = \"essai\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"essai\"\npolicy = \"1\"\n\
             [limits]\nbuckets = 4\n\
             [[source]]\nname = \"actes\"\nschema = \"actes.json\"\nfiles = [\"{file}\"]\n\
             [subject]\ncolumn = \"id\"\nkind = \"text\"\nlinkage = \"none\"\n{keep}{tables}\n{more}\n\
             [export]\nto = \"out\"\nformats = [\"csv\"]\n"
        )
    }

    pub fn pipeline(&self, file: &str, tables: &str, more: &str) -> Pipeline {
        let path = self.path("pipeline.toml");
        fs::write(&path, self.text(file, tables, more)).unwrap();
        Pipeline::read(&path).unwrap_or_else(|errors| panic!("{errors:?}"))
    }

    /// Releases tables over some people.
    pub fn release(&self, out: &str, people: &[Person], tables: &str, more: &str) -> RunSummary {
        self.write("actes.csv", people);
        let pipeline = self.pipeline("actes.csv", tables, more);
        common::run(&pipeline, &self.path(out), 2, common::key(3)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`release`](Self::release), with a ledger.
    pub fn noted(&self, out: &str, people: &[Person], tables: &str) -> RunSummary {
        self.release(out, people, tables, LEDGER)
    }
}

/// Begins a ledger.
pub fn begin(file: &Path) {
    let clock = tamis::clock::FixedClock("2026-01-01T00:00:00Z".parse().unwrap());
    drop(tamis::ledger::Ledger::create(file, std::sync::Arc::new(clock)).unwrap());
}

pub const LEDGER: &str = "[ledger]\nfile = \"ledger\"\nuniverse = \"essai-2026\"\n";

/// A released table.
pub fn table(release: &Path, name: &str) -> Table {
    Table::read(&release.join("tables").join(format!("{name}.csv")))
}
