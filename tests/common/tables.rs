//! Naive readers of tables for tests that count or search on their own, without a line of the program's code.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};

/// A table of text.
#[derive(Clone, Default)]
pub struct Table {
    pub labels: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a CSV file with commas, quotes as RFC 4180 has them.
    pub fn read(path: &Path) -> Self {
        Self::parse(&String::from_utf8(fs::read(path).unwrap()).unwrap())
    }

    pub fn parse(text: &str) -> Self {
        let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
        let (mut quoted, mut chars) = (false, text.chars().peekable());
        while let Some(c) = chars.next() {
            let cell = rows.last_mut().unwrap().last_mut().unwrap();
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => rows.last_mut().unwrap().push(String::new()),
                '\n' if !quoted => rows.push(vec![String::new()]),
                '\r' if !quoted => {}
                c => cell.push(c),
            }
        }
        if rows.last().is_some_and(|r| r.len() == 1 && r[0].is_empty()) {
            rows.pop();
        }
        let labels = rows.remove(0);
        Self { labels, rows }
    }

    /// Reads a Parquet file; missing values are empty texts.
    pub fn read_parquet(path: &Path) -> Self {
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        let labels = schema.columns().iter().map(|c| c.name().to_owned()).collect();
        let row = |row: parquet::record::Row| {
            row.get_column_iter()
                .map(|(_, field)| match field {
                    parquet::record::Field::Str(text) => text.clone(),
                    parquet::record::Field::Null => String::new(),
                    other => other.to_string(),
                })
                .collect()
        };
        let rows = reader.get_row_iter(None).unwrap().map(|r| row(r.unwrap())).collect();
        Self { labels, rows }
    }

    /// Position of a column.
    pub fn at(&self, label: &str) -> usize {
        self.labels.iter().position(|l| l == label).unwrap_or_else(|| panic!("no column {label}"))
    }

    /// The cells of one column.
    pub fn column(&self, label: &str) -> Vec<&str> {
        let at = self.at(label);
        self.rows.iter().map(|r| r[at].as_str()).collect()
    }

    /// The table as CSV, every cell in quotes.
    pub fn to_csv(&self) -> String {
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            cells.join(",") + "\n"
        };
        line(&self.labels) + &self.rows.iter().map(line).collect::<String>()
    }

    pub fn write(&self, path: &Path) {
        fs::write(path, self.to_csv()).unwrap();
    }
}
