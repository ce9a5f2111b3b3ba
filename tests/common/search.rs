//! The search for values of records in whatever the program said, wrote or left.

#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::common;
use crate::tables::Table;

/// Shortest value that is searched for inside of other text: shorter ones turn up by chance.
const SHORTEST: usize = 8;

/// Looks for many values in bytes, whatever the case and the blanks between their characters.
pub struct Searcher {
    needles: Vec<Vec<u8>>,
    by_head: HashMap<[u8; SHORTEST], Vec<usize>>,
    /// A first guess at `by_head`, since almost no window is a head.
    maybe: Vec<bool>,
    /// Short values that may not be a whole cell or word.
    exact: HashSet<String>,
}

/// Lower case, without blanks.
fn normal(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect::<String>().into_bytes()
}

fn guess(head: [u8; SHORTEST]) -> usize {
    (u64::from_le_bytes(head).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44) as usize
}

impl Searcher {
    pub fn new(needles: impl IntoIterator<Item = String>, exact: HashSet<String>) -> Self {
        let needles: HashSet<Vec<u8>> = needles.into_iter().map(|n| normal(n.as_bytes())).collect();
        let needles: Vec<Vec<u8>> = needles.into_iter().filter(|n| n.len() >= SHORTEST).collect();
        let mut by_head: HashMap<_, Vec<usize>> = HashMap::new();
        let mut maybe = vec![false; 1 << 20];
        for (i, needle) in needles.iter().enumerate() {
            let head: [u8; SHORTEST] = needle[..SHORTEST].try_into().unwrap();
            by_head.entry(head).or_default().push(i);
            maybe[guess(head)] = true;
        }
        Self { needles, by_head, maybe, exact }
    }

    /// The values that the bytes hold.
    pub fn found(&self, bytes: &[u8]) -> Vec<String> {
        let hay = normal(bytes);
        let mut found = Vec::new();
        for (at, window) in hay.windows(SHORTEST).enumerate() {
            let head: [u8; SHORTEST] = window.try_into().unwrap();
            if self.maybe[guess(head)] {
                let candidates = self.by_head.get(&head).into_iter().flatten();
                let held = candidates.filter(|&&i| hay[at..].starts_with(&self.needles[i]));
                found.extend(held.map(|&i| String::from_utf8_lossy(&self.needles[i]).into_owned()));
            }
        }
        found
    }

    /// Exact values that are a cell of a table.
    fn cells(&self, table: &Table) -> Vec<String> {
        table.rows.iter().flatten().filter(|c| self.exact.contains(c.as_str())).cloned().collect()
    }

    /// Exact values that are a word of a text.
    fn words(&self, text: &str) -> Vec<String> {
        let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | ',');
        let words = text.split(|c: char| !inside(c)).map(|w| w.trim_matches(|c| matches!(c, '-' | '.' | ',')));
        words.filter(|w| self.exact.contains(*w)).map(str::to_owned).collect()
    }

    /// Exact values that are a word of a text in a JSON document. Numbers are counts and sizes.
    fn strings(&self, value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => self.words(text),
            Value::Array(values) => values.iter().flat_map(|v| self.strings(v)).collect(),
            Value::Object(values) => {
                values.iter().flat_map(|(k, v)| [self.words(k), self.strings(v)].concat()).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
        }
    }

    /// Everything found in the entries of a package, by their own names: its manifest is JSON, whose numbers are sizes.
    fn entries(&self, package: &[u8]) -> Vec<String> {
        let mut archive = tar::Archive::new(package);
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            found.extend(self.stream(&name, &bytes));
        }
        found
    }

    /// Everything found in one stream or file, by its name.
    pub fn stream(&self, name: &str, bytes: &[u8]) -> Vec<String> {
        let mut found = self.found(bytes);
        let text = String::from_utf8_lossy(bytes);
        let lines: Option<Vec<Value>> = text.lines().map(|line| serde_json::from_str(line).ok()).collect();
        match (serde_json::from_slice::<Value>(bytes), lines) {
            (Ok(value), _) => found.extend(self.strings(&value)),
            (Err(_), Some(values)) => found.extend(values.iter().flat_map(|v| self.strings(v))),
            (Err(_), None) if name.ends_with(".csv") => found.extend(self.cells(&Table::parse(&text))),
            (Err(_), None) if name.ends_with(".parquet") => {}
            (Err(_), None) if name.ends_with(".tamis") => found.extend(self.entries(bytes)),
            // A signed note: a document, an empty line, signatures. Numbers of the document are sizes, as elsewhere.
            (Err(_), None) => match text.rsplit_once("\n\n").map(|(body, _)| serde_json::from_str::<Value>(body)) {
                Some(Ok(body)) => found.extend(self.strings(&body)),
                _ => found.extend(self.words(&text)),
            },
        }
        found.into_iter().map(|what| format!("{name}: {what}")).collect()
    }

    /// Everything found in a folder: in names, in bytes, and in Parquet files read back.
    pub fn folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for (name, bytes) in common::files(folder) {
            let path = folder.join(&name);
            let name = name.to_str().unwrap().to_owned();
            found.extend(self.stream("a file name", name.as_bytes()));
            found.extend(self.stream(&name, &bytes));
            if name.ends_with(".parquet") && bytes.starts_with(b"PAR1") {
                let table = Table::read_parquet(&path);
                let hits = [self.found(table.to_csv().as_bytes()), self.cells(&table)].concat();
                found.extend(hits.into_iter().map(|what| format!("{name}, read back: {what}")));
            }
        }
        found
    }
}
