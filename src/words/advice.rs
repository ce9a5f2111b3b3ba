//! What `config` says of one key or value, in French: sentences that stand beside the check that they belong to, by their text.

use std::collections::HashMap;
use std::sync::OnceLock;

const FRENCH: &str = include_str!("advice.fr.po");

/// The French of a sentence that `config` says; `None` where it has none.
#[must_use]
pub fn in_french(english: &str) -> Option<&'static str> {
    static SENTENCES: OnceLock<HashMap<String, String>> = OnceLock::new();
    SENTENCES.get_or_init(|| parsed(FRENCH)).get(english).map(String::as_str)
}

/// Pairs of `msgid` and `msgstr`, each on one line, as gettext writes them.
fn parsed(text: &str) -> HashMap<String, String> {
    let quoted = |line: &str, word: &str| {
        let inner = line.strip_prefix(word)?.trim().strip_prefix('"')?.strip_suffix('"')?;
        Some(inner.replace("\\\"", "\"").replace("\\\\", "\\"))
    };
    let mut lines = text.lines();
    let mut pairs = HashMap::new();
    while let Some(line) = lines.next() {
        if let Some(id) = quoted(line, "msgid ")
            && let Some(told) = lines.next().and_then(|line| quoted(line, "msgstr "))
        {
            pairs.insert(id, told);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;

    /// Sentences in `config` that no French reader meets: of an engine's own words, of defaults, of methods that documents name.
    const NEVER_SHOWN: [&str; 3] = ["src/config/estimator.rs", "src/config/editor.rs", "src/config/effective.rs"];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_sentence_of_config_has_its_french() {
        let mut files = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        sources(&root.join("src/config"), &mut files);
        let (comment, literal) =
            (Regex::new(r"(?m)^\s*//.*$").unwrap(), Regex::new(r#""((?:[^"\\]|\\.|\\\n)*)""#).unwrap());
        let continued = Regex::new(r"\\\n\s*").unwrap();
        let mut missing = Vec::new();
        let mut seen = 0;
        for file in files {
            let place = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            // A problem's own words are in `cli::french`, variant by variant.
            if place.contains("tests")
                || place.ends_with("problem.rs")
                || place.ends_with("known.rs")
                || place.ends_with("error.rs")
                || NEVER_SHOWN.contains(&place.as_str())
            {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = comment.replace_all(code, "");
            for found in literal.captures_iter(&code) {
                let sentence = continued.replace_all(&found[1], "").replace("\\\"", "\"");
                // A sentence: several words, and its full stop.
                if sentence.split(' ').count() > 2 && sentence.ends_with('.') && !sentence.contains('{') {
                    seen += 1;
                    if in_french(&sentence).is_none() {
                        missing.push(format!("{place}: {sentence}"));
                    }
                }
            }
        }
        assert!(seen > 150, "the sentences are not found any more: {seen}");
        assert!(missing.is_empty(), "without French:\n{}", missing.join("\n"));
    }

    #[test]
    fn marks_within_a_sentence_come_back() {
        assert_eq!(parsed("msgid \"a \\\"b\\\"\"\nmsgstr \"c \\\\ d\"\n")["a \"b\""], "c \\ d");
        assert_eq!(in_french("Name the new column."), Some("Nommez la nouvelle colonne."));
        assert_eq!(in_french("nothing"), None);
    }
}
