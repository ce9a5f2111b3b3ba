//! A page of the documentation, taken apart into its fenced blocks.

use std::ops::Range;

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// Line of the fence, from 1.
    pub line: usize,
    /// First word after the fence: `console`, `toml`…
    pub language: String,
    /// The words behind it: `norun`, `file=pipeline.toml`…
    pub words: Vec<String>,
    /// The lines between the fences, by their number from 0 in the page.
    pub lines: Range<usize>,
}

impl Block {
    /// Whether it bears a word.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// The file that it writes or changes.
    pub fn file(&self) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix("file="))
    }
}

/// A command of a `console` block, with what should come of it.
#[derive(Debug)]
pub struct Step {
    /// Line of the command, from 1.
    pub line: usize,
    /// What is typed, continuation lines included.
    pub command: String,
    /// `? 3` beneath the command; 0 where nothing is written.
    pub code: i32,
    /// Lines of the expected output, by their number from 0 in the page.
    pub output: Range<usize>,
}

/// The blocks of a page.
///
/// # Panics
/// Where a fence is not closed.
pub fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in lines.iter().enumerate() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        match open.take() {
            None => open = Some((number, info.trim().to_owned())),
            Some((start, words)) => {
                assert!(info.trim().is_empty(), "line {}: a fence inside a block", number + 1);
                let mut words = words.split([',', ' ']).map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let lines = start + 1..number;
                found.push(Block { line: start + 1, language, words: words.collect(), lines });
            }
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    found
}

/// The commands of a `console` block: lines that begin with `$ `, each with `> ` lines that go on with it.
///
/// # Panics
/// Where the block begins with something else.
pub fn steps(lines: &[&str], block: &Block) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    let mut number = block.lines.start;
    while number < block.lines.end {
        let first = lines[number].strip_prefix("$ ");
        let first = first.unwrap_or_else(|| panic!("line {}: no command before this output", number + 1));
        let (line, mut command) = (number + 1, first.to_owned());
        number += 1;
        while number < block.lines.end && (lines[number] == ">" || lines[number].starts_with("> ")) {
            command.push('\n');
            command.push_str(lines[number][1..].strip_prefix(' ').unwrap_or_default());
            number += 1;
        }
        let mut code = 0;
        if let Some(written) = lines[number..block.lines.end].first().and_then(|l| l.strip_prefix("? ")) {
            code = written.parse().expect("an exit code");
            number += 1;
        }
        let start = number;
        while number < block.lines.end && !lines[number].starts_with("$ ") {
            number += 1;
        }
        found.push(Step { line, command, code, output: start..number });
    }
    found
}

/// Whether an output is as the page shows it: `...` on a line of its own stands for any lines, `[..]` for any text of a line.
pub fn agrees(shown: &[&str], output: &[&str]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((&"...", rest)) => (0..=output.len()).any(|skipped| agrees(rest, &output[skipped..])),
        Some((first, rest)) => {
            output.split_first().is_some_and(|(line, left)| line_agrees(first, line.trim_end()) && agrees(rest, left))
        }
    }
}

fn line_agrees(shown: &str, line: &str) -> bool {
    let mut parts = shown.trim_end().split("[..]");
    let first = parts.next().unwrap_or_default();
    let Some(mut left) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return left.is_empty() };
    for part in middle {
        let Some(place) = left.find(part) else { return false };
        left = &left[place + part.len()..];
    }
    left.ends_with(last)
}

#[test]
fn outputs_agree_up_to_what_is_elided_and_no_further() {
    let output = ["one 17 two", "three", "four"];
    for shown in [&["one 17 two", "three", "four"][..], &["one [..] two", "..."], &["...", "four"], &["..."]] {
        assert!(agrees(shown, &output), "{shown:?}");
    }
    for shown in
        [&["one 18 two", "three", "four"][..], &["one 17 two", "three"], &["...", "three"], &["[..]x", "..."], &[]]
    {
        assert!(!agrees(shown, &output), "{shown:?}");
    }
}
