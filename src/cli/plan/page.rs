//! Plain text in aligned columns.

use std::fmt::Display;

use crate::words::{Lang, Part, Words};

/// Widest line, in characters.
const WIDTH: usize = 100;
/// Width of the labels of pairs.
const LABEL: usize = 16;

/// Text that grows line by line, in one language.
pub(super) struct Page {
    text: String,
    words: Words,
}

impl Page {
    pub fn new(lang: Lang) -> Self {
        Self { text: String::new(), words: Words::new(lang) }
    }

    pub fn lang(&self) -> Lang {
        self.words.lang
    }

    /// A message without parts.
    pub fn say(&self, key: &str) -> String {
        self.words.say(&format!("plan-{key}"))
    }

    /// A message with its parts.
    pub fn tell(&self, key: &str, parts: &[(&str, &str)]) -> String {
        let parts: Vec<(&str, Part<'_>)> = parts.iter().map(|(name, part)| (*name, (*part).into())).collect();
        self.words.tell(&format!("plan-{key}"), &parts)
    }

    /// A message under the label before it.
    pub fn note(&mut self, key: &str, parts: &[(&str, &str)]) {
        let text = self.tell(key, parts);
        self.pair("", &text);
    }

    /// A message with a label of its own.
    pub fn labelled(&mut self, label: &str, key: &str, parts: &[(&str, &str)]) {
        let text = self.tell(key, parts);
        self.fact(label, &text);
    }

    /// A text as it is written, with a label.
    pub fn fact(&mut self, label: &str, text: &str) {
        let label = self.say(&format!("label-{label}"));
        self.pair(&label, text);
    }

    pub fn title(&mut self, key: &str, parts: &[(&str, &str)]) {
        let title = self.tell(key, parts);
        self.line(0, &title);
        self.line(0, &"═".repeat(title.chars().count().min(WIDTH)));
    }

    pub fn heading(&mut self, key: &str, parts: &[(&str, &str)]) {
        let heading = self.tell(key, parts);
        self.text.push('\n');
        self.line(0, &heading);
        self.line(0, &"─".repeat(heading.chars().count().min(WIDTH)));
    }

    pub fn paragraph(&mut self, key: &str) {
        for line in wrap(&self.say(key), WIDTH - 2) {
            self.line(2, &line);
        }
    }

    /// A label and its text; a long label has a line of its own, an empty one leaves its room free.
    pub fn pair(&mut self, label: &str, text: &str) {
        let mut label = label;
        if label.chars().count() > LABEL {
            self.line(2, label);
            label = "";
        }
        for line in wrap(text, WIDTH - LABEL - 4) {
            self.line(2, &format!("{label:LABEL$}  {line}"));
            label = "";
        }
    }

    /// A reason, and under it what it is the reason of.
    pub fn item(&mut self, reason: &str, text: &str) {
        self.line(2, reason);
        for line in wrap(text, WIDTH - 6) {
            self.line(6, &line);
        }
    }

    /// Rows under a header, each followed by its notes. Cells that are too wide continue on the next line.
    pub fn table<const N: usize>(&mut self, header: [&str; N], rows: &[[String; N]], notes: &[Vec<String>]) {
        const GAP: usize = 2;
        let widest = |c: usize| {
            let cells = rows.iter().map(|r| r[c].chars().count());
            cells.chain([header[c].chars().count()]).max().unwrap_or(0)
        };
        let mut widths: [usize; N] = std::array::from_fn(widest);
        // The widest column gives way until the row fits.
        let room = WIDTH - 2 - GAP * (N - 1);
        while widths.iter().sum::<usize>() > room {
            let widest = (0..N).max_by_key(|c| widths[*c]).unwrap_or(0);
            widths[widest] -= 1;
        }
        self.row(&header.map(str::to_owned), &widths);
        for (position, row) in rows.iter().enumerate() {
            self.row(row, &widths);
            for note in notes.get(position).into_iter().flatten() {
                for line in wrap(note, WIDTH - 6) {
                    self.line(6, &line);
                }
            }
        }
    }

    fn row<const N: usize>(&mut self, cells: &[String; N], widths: &[usize; N]) {
        let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(c, w)| wrap(c, *w)).collect();
        for number in 0..wrapped.iter().map(Vec::len).max().unwrap_or(0) {
            let cell = |(lines, width): (&Vec<String>, &usize)| {
                format!("{:width$}", lines.get(number).map_or("", String::as_str))
            };
            let line: Vec<String> = wrapped.iter().zip(widths).map(cell).collect();
            self.line(2, &line.join("  "));
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
    }

    pub fn finish(self) -> String {
        self.text
    }
}

/// Values between commas.
pub(super) fn list<T: Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The text in lines of at most `width` characters, cut between words (not at a non-breaking space); a longer word is
/// cut where it must be.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    // A leading blank of a cell is alignment, not a gap between words.
    let lead = text.len() - text.trim_start_matches(' ').len();
    for word in text.split([' ', '\n', '\t']).filter(|w| !w.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        let gap = usize::from(length > 0);
        if length > 0 && length + gap + word.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.iter().collect());
            word = rest;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        } else if lines.is_empty() {
            line.push_str(&" ".repeat(lead.min(width.saturating_sub(word.len()))));
            length = line.len();
        }
        length += word.len();
        line.extend(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_break_anyway() {
        assert_eq!(wrap("l'âge à la date du bilan", 10), ["l'âge à la", "date du", "bilan"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("  as", 9), ["  as"]);
    }
}
