//! `tamis explain`: what a code means, why it matters, what to do, and an example.

mod examples;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Shell;
use super::args::Format;
use crate::config::nearest;
use crate::schema::RemarkKind;
use crate::validate::FindingKind;
use crate::words::Words;

use examples::{EXITS, PROBLEMS};

/// Arguments of `tamis explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A problem of a pipeline (`tamis::pipeline::unknown_column` or `unknown_column`), a finding (`type-error`), a remark of a
    /// schema (`no-role`) or an exit code (`4`). Without it all codes are listed.
    pub code: Option<String>,
}

/// A kind of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipeline,
    Finding,
    Remark,
    Exit,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Pipeline, Self::Finding, Self::Remark, Self::Exit];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Finding => "finding",
            Self::Remark => "remark",
            Self::Exit => "exit",
        }
    }

    /// Its codes.
    fn codes(self) -> Vec<&'static str> {
        match self {
            Self::Pipeline => PROBLEMS.iter().map(|(code, _, _)| *code).collect(),
            Self::Finding => FindingKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            Self::Remark => RemarkKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            Self::Exit => EXITS.iter().map(|(code, _)| *code).collect(),
        }
    }
}

/// What is said of a code.
#[derive(Debug, PartialEq)]
struct Explained {
    kind: Kind,
    code: &'static str,
    cause: String,
    why: String,
    fix: String,
    example: &'static str,
}

/// Explains a code, or lists all.
pub(super) fn explain(shell: &Shell, args: &ExplainArgs) -> u8 {
    let words = Words::new(shell.lang);
    let Some(written) = &args.code else {
        return match shell.format {
            Format::Human => shell.print(&listed(&words)),
            Format::Json => {
                let all: Vec<Value> = all().map(|(kind, code)| to_json(&explained(kind, code, &words))).collect();
                shell.print_json(&json!({ "codes": all }))
            }
        };
    };
    let Some((kind, code)) = found(written) else {
        let near = near(written);
        let told = if near.is_empty() {
            words.tell("explain-unknown-far", &[("code", written.into())])
        } else {
            words.tell("explain-unknown", &[("code", written.into()), ("near", (&near.join(", ")).into())])
        };
        return shell.complain(2, &told);
    };
    let explained = explained(kind, code, &words);
    match shell.format {
        Format::Human => shell.print(&human(&explained, &words)),
        Format::Json => shell.print_json(&to_json(&explained)),
    }
}

fn all() -> impl Iterator<Item = (Kind, &'static str)> {
    Kind::ALL.into_iter().flat_map(|kind| kind.codes().into_iter().map(move |code| (kind, code)))
}

/// A code as people write it: with or without its path, with `_` or `-`.
fn plain(written: &str) -> String {
    let last = written.trim().rsplit("::").next().unwrap_or_default();
    let last = last.strip_prefix("exit").map_or(last, |rest| rest.trim_start_matches([' ', '-', '_']));
    last.to_lowercase().replace('_', "-")
}

fn found(written: &str) -> Option<(Kind, &'static str)> {
    let wanted = plain(written);
    all().find(|(_, code)| plain(code) == wanted)
}

/// The nearest codes of each kind; numbers are near to nothing.
fn near(written: &str) -> Vec<&'static str> {
    let wanted = plain(written);
    let of = |kind: Kind| {
        let codes = kind.codes();
        let names: Vec<String> = codes.iter().map(|code| plain(code)).collect();
        let name = nearest(&wanted, names.iter().map(String::as_str))?;
        codes.iter().zip(&names).find(|(_, n)| *n == name).map(|(code, _)| *code)
    };
    [Kind::Pipeline, Kind::Finding, Kind::Remark].into_iter().filter_map(of).collect()
}

fn explained(kind: Kind, code: &'static str, words: &Words) -> Explained {
    let key = format!("explain-{}-{code}", kind.as_str());
    let (cause, why, fix, example) = match kind {
        Kind::Pipeline => {
            let (_, reason, example) = PROBLEMS.iter().find(|(c, _, _)| *c == code).copied().unwrap_or_default();
            (words.say(&key), words.say(&format!("explain-why-{reason}")), words.part(&key, "fix"), example)
        }
        Kind::Finding => {
            let reason = examples::why_of_finding(code);
            let cause = format!("{}.", words.say(&format!("finding-{code}")));
            (cause, words.say(&format!("explain-why-{reason}")), words.say(&key), examples::of_finding(code))
        }
        Kind::Remark => {
            let (place, name, example) = examples::of_remark(code);
            let told =
                |what: &str| words.tell(&format!("{what}-{code}"), &[("place", place.into()), ("name", name.into())]);
            (format!("{}.", told("remark")), words.say(&key), format!("{}.", told("advice")), example)
        }
        Kind::Exit => {
            let example = EXITS.iter().find(|(c, _)| *c == code).map_or("", |(_, example)| example);
            (words.say(&key), words.part(&key, "why"), words.part(&key, "fix"), example)
        }
    };
    Explained { kind, code, cause, why, fix, example }
}

fn human(explained: &Explained, words: &Words) -> String {
    let kind = words.say(&format!("explain-kind-{}", explained.kind.as_str()));
    let mut out = format!("{} ({kind})\n", explained.code);
    let parts = [("cause", &explained.cause), ("matters", &explained.why), ("do", &explained.fix)];
    for (head, text) in parts {
        let _ = writeln!(out, "\n{}\n{}", words.say(&format!("explain-{head}")), wrapped(text));
    }
    let _ = writeln!(out, "\n{}", words.say("explain-example"));
    for line in explained.example.lines() {
        let _ = writeln!(out, "    {line}");
    }
    out
}

/// A sentence that begins with a capital letter, in lines of at most eighty characters. Commands and places stay as they are
/// typed.
fn wrapped(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let plain = first != "tamis" && first.chars().all(|c| c.is_alphabetic() || c == '\'');
    let mut letters = text.chars();
    let text: String = match letters.next() {
        Some(letter) if plain => letter.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    };
    let mut lines = vec![String::from("  ")];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 2 && line + 1 + word.chars().count() > 80 {
            lines.push(String::from("  "));
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > 2 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn listed(words: &Words) -> String {
    let mut out = String::new();
    for kind in Kind::ALL {
        let _ = writeln!(out, "{}", words.say(&format!("explain-list-{}", kind.as_str())));
        let codes = kind.codes();
        let width = codes.iter().map(|code| code.len()).max().unwrap_or(0);
        for code in codes {
            let cause = explained(kind, code, words).cause;
            let _ = writeln!(out, "  {code:width$}  {}", cause.trim_end_matches('.'));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", words.say("explain-list-more"));
    out
}

fn to_json(explained: &Explained) -> Value {
    let Explained { kind, code, cause, why, fix, example } = explained;
    json!({ "kind": kind.as_str(), "code": code, "cause": cause, "why": why, "fix": fix, "example": example })
}
