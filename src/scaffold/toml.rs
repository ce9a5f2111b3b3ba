//! The text of a pipeline, piece by piece.

use std::fmt::Write;

/// A text as TOML writes it. Nothing of it can end a line or a comment.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of texts.
pub(super) fn list<S: AsRef<str>>(texts: &[S]) -> String {
    format!("[{}]", texts.iter().map(|t| quoted(t.as_ref())).collect::<Vec<_>>().join(", "))
}

/// Lines of a file.
#[derive(Default)]
pub(super) struct Lines(pub String);

impl Lines {
    /// A remark, broken into lines.
    pub fn remark(&mut self, text: &str) -> &mut Self {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            if line.chars().count() + word.chars().count() > 110 {
                let _ = writeln!(self.0, "{line}");
                line = String::from("#");
            }
            let _ = write!(line, " {word}");
        }
        let _ = writeln!(self.0, "{line}");
        self
    }

    /// A line as it is.
    pub fn line(&mut self, text: &str) -> &mut Self {
        let _ = writeln!(self.0, "{text}");
        self
    }

    /// A section with its keys, as they stand in TOML; with `off` all of it is a remark.
    pub fn section(&mut self, header: &str, keys: &[(&str, String)], off: bool) -> &mut Self {
        let mark = if off { "# " } else { "" };
        let _ = writeln!(self.0, "{mark}{header}");
        let width = keys.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        for (key, value) in keys {
            let _ = writeln!(self.0, "{mark}{key:width$} = {value}");
        }
        self.0.push('\n');
        self
    }
}
