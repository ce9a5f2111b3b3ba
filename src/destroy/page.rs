//! Plain text of a width that prints: headings, wrapped paragraphs, a table.

use std::fmt::Write;

/// Characters in a line.
const WIDTH: usize = 78;
/// Blanks before a paragraph.
const INDENT: usize = 3;
/// A space at which no line is broken.
pub(super) const NBSP: char = '\u{a0}';

/// A page under construction.
#[derive(Default)]
pub(super) struct Page {
    text: String,
    articles: usize,
}

/// One row of the table: what it is, how many, how long, how far destroyed; and a sentence beneath.
pub(super) struct Row<'a> {
    pub what: &'a str,
    pub count: Option<u64>,
    pub bytes: Option<u64>,
    pub end: &'a str,
    pub how: &'a str,
}

impl Page {
    /// A centred line.
    pub fn title(&mut self, text: &str) {
        let blank = (WIDTH.saturating_sub(text.chars().count())) / 2;
        self.line(&format!("{}{text}", " ".repeat(blank)));
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading with the next number.
    pub fn article(&mut self, heading: &str) {
        self.articles += 1;
        self.gap();
        self.line(&format!("Article{NBSP}{} — {heading}", self.articles));
        self.gap();
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.wrapped(text, INDENT, INDENT);
    }

    /// A point of a list.
    pub fn point(&mut self, text: &str) {
        self.wrapped(&format!("–{NBSP}{text}"), INDENT, INDENT + 2);
    }

    /// A line as it is, indented.
    pub fn verbatim(&mut self, text: &str) {
        self.line(&format!("{}{text}", " ".repeat(INDENT)));
    }

    /// A table with numbered rows.
    pub fn table(&mut self, rows: &[Row<'_>]) {
        let rule = "─".repeat(WIDTH - INDENT);
        self.verbatim(&cells("N°", "Élément", "Nombre", "Octets", "Sort"));
        for (at, row) in rows.iter().enumerate() {
            self.verbatim(&rule);
            let number = |value: Option<u64>| value.map_or_else(|| "—".to_owned(), grouped);
            let (count, bytes) = (number(row.count), number(row.bytes));
            self.verbatim(cells(&(at + 1).to_string(), row.what, &count, &bytes, row.end).trim_end());
            self.wrapped(row.how, INDENT + 4, INDENT + 4);
        }
        self.verbatim(&rule);
    }

    /// A line to fill in by hand.
    pub fn blank(&mut self, label: &str) {
        let dots = WIDTH.saturating_sub(INDENT + label.chars().count() + 1);
        self.verbatim(&format!("{label} {}", "_".repeat(dots)));
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end_matches(' '));
        self.text.push('\n');
    }

    /// Breaks at blanks, never at unbreakable ones; a word longer than a line stays whole.
    fn wrapped(&mut self, text: &str, first: usize, others: usize) {
        let mut line = " ".repeat(first);
        let mut empty = true;
        for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = " ".repeat(others);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(&line);
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text
    }
}

fn cells(number: &str, what: &str, count: &str, bytes: &str, end: &str) -> String {
    format!("{number:<4}{what:<30}{count:>8}{bytes:>13}  {end}")
}

/// `1 234 567`, grouped by narrow unbreakable spaces.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 fichier`, `12 fichiers`; zero takes the singular in French.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    let mut text = grouped(count);
    // A String takes everything that is written to it.
    let _ = write!(text, "{NBSP}{}", if count < 2 { one } else { many });
    text
}

/// `a`, `a et b`, `a, b et c`.
pub(super) fn enumerated(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} et {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three_and_zero_is_singular() {
        assert_eq!(counted(0, "clé", "clés"), "0\u{a0}clé");
        assert_eq!(counted(2, "clé", "clés"), "2\u{a0}clés");
        assert_eq!(counted(1_234_567, "octet", "octets"), "1\u{202f}234\u{202f}567\u{a0}octets");
    }

    #[test]
    fn lines_break_at_blanks_only_and_hold_within_the_width() {
        let mut page = Page::default();
        page.point(&"mot «\u{a0}lié\u{a0}» ".repeat(20));
        let text = page.finish();
        assert!(text.lines().count() > 2);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line.starts_with("   "), "{line}");
            assert!(!line.ends_with('«') && !line.trim_start().starts_with('»'), "{line}");
        }
    }
}
