//! `[[source]] release`: statistics are made of a release that was certified anonymised, and of nothing else (décret, art. 1, 6°).

use std::path::{Path, PathBuf};

use crate::config::spanned::Spanned;

use super::anonymise::{EvidenceLimits, read_evidence};
use super::form::{Document, Entry};
use super::model::{Linkage, MissingSubject, Pipeline, Subject, SubjectKind};
use super::problem::Problem;
use super::raw::{RawRelease, RawSource};
use super::read::Reader;
use super::{inputs, words};
use crate::keys::VerifierKey;
use crate::schema::{Role, TableSchema};

/// Name of the column with pseudonyms in a release.
const PSEUDONYM: &str = "pseudonyme";

/// A release that a source is (`release`).
#[derive(Debug, Clone)]
pub struct SourceRelease {
    /// Where it stands: a folder, or a pattern that one folder fits; absolute or relative to the working directory.
    pub from: String,
    /// Whose signature is believed.
    pub verifier: Verifier,
    /// The per-person output that is read.
    pub output: String,
    /// The purpose that the release was made for, word for word (R18).
    pub purpose: String,
    /// What its evidence has to show, beside what its maker asked.
    pub evidence: EvidenceLimits,
}

/// A public key, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verifier {
    /// The key itself.
    Key(Box<VerifierKey>),
    /// A file with it, read as the release is.
    File(PathBuf),
}

impl Pipeline {
    /// Names the folder of the release that a source is, in place of what the file says; characters mean themselves. `false`
    /// where there is no such source, or it is no release.
    #[must_use]
    pub fn take_release_from(&mut self, source: &str, folder: &Path) -> bool {
        let found = self.sources.iter_mut().find(|s| s.name == source).and_then(|s| s.release.as_mut());
        let Some(release) = found else { return false };
        release.from = glob::Pattern::escape(&folder.to_string_lossy());
        true
    }
}

/// Reads where the release is and what is asked of it. `None` where that was reported.
pub(super) fn release(reader: &mut Reader<'_>, entry: &Entry<RawSource>) -> Option<SourceRelease> {
    let raw = &entry.raw;
    let written = raw.release.as_ref()?;
    let why = "the release says which files it has, how they are written, and whose records they are.";
    let others =
        [("query", raw.query.as_ref().map(Spanned::span)), ("subject", raw.subject.as_ref().map(Spanned::span))];
    reader.conflicts(raw.of_files(), "release", why);
    reader.conflicts(others, "release", why);
    let place = Entry { raw: (), span: written.span() };
    let RawRelease { from, verifier, output, purpose, evidence } = written.get_ref();
    let why = "Name the folder of the release: from = \"../out/l1411-8-*/release\", or the `release` folder of what was opened.";
    let from = reader.required_text(from, &place, ("release", "from"), why);
    let why =
        "Name the public key under which it must be signed: a file (`….pub`), or the key itself, `name+hash+key`.";
    let verifier = reader.required_text(verifier, &place, ("release", "verifier"), why);
    let why = "Name the per-person output that is read, as the pipeline that made it names it.";
    let output = reader.required_text(output, &place, ("release", "output"), why);
    let why = "Write the purpose for which the release was made, word for word: data of another purpose are refused.";
    let purpose = reader.required_text(purpose, &place, ("release", "purpose"), why);
    let evidence = read_evidence(reader, evidence.as_ref().map(Spanned::get_ref));
    let output = output.and_then(|output| {
        let expected = "Write small letters without accents, digits, `-` or `_`, as outputs are named.";
        let plain = words::is_output_name(output.get_ref());
        if !plain {
            reader.report(output.span(), Problem::BadValue { key: "output", expected });
        }
        plain.then(|| output.get_ref().clone())
    });
    let from = from.and_then(|from| {
        let pattern = inputs::pattern(reader, from.get_ref());
        if pattern.is_none() {
            let expected = "Write a folder; `*` stands for any characters, `?` for one, [abc] for one of some.";
            reader.report(from.span(), Problem::BadValue { key: "from", expected });
        }
        pattern
    });
    let verifier = verifier.map(|key| match VerifierKey::new(key.get_ref()) {
        Ok(key) => Verifier::Key(Box::new(key)),
        Err(_) => Verifier::File(reader.path(key.get_ref())),
    });
    Some(SourceRelease {
        from: from?,
        verifier: verifier?,
        output: output?,
        purpose: purpose?.get_ref().trim().to_owned(),
        evidence,
    })
}

/// Holds the sections against each other: a pipeline under art. 1, 6° reads releases only, one that reads a release is under
/// art. 1, 6°, and what would make more of a release than tables is refused. `false` where something was reported.
pub(super) fn judge(reader: &mut Reader<'_>, document: &Document) -> bool {
    let before = reader.count();
    let basis = document.pipeline.as_ref().and_then(|entry| entry.raw.legal_basis.as_ref());
    let statistics = basis.is_some_and(|basis| is_art_1_6(basis.get_ref()));
    let reads_releases = reads_releases(document);
    if statistics || reads_releases {
        for entry in document.sources.iter().filter(|entry| entry.raw.release.is_none()) {
            let span = entry.raw.files.as_ref().map_or(entry.span.clone(), Spanned::span);
            reader.report(span, Problem::RawInput);
        }
    }
    if !reads_releases {
        return reader.count() == before;
    }
    if let Some(basis) = basis.filter(|_| !statistics) {
        reader.report(basis.span(), Problem::NotStatistics);
    }
    let sections = [
        ("[[persons]]", document.persons.first().map(|e| e.span.clone()), TABLES),
        ("[sample]", document.sample.as_ref().map(|e| e.span.clone()), ALL_OF_IT),
        ("[[join]]", document.joins.first().map(|e| e.span.clone()), APART),
        ("[subject]", document.subject.as_ref().map(|e| e.span.clone()), WHOSE),
        ("a register", document.excludes.iter().find(|e| e.raw.register.is_some()).map(|e| e.span.clone()), OBJECTED),
        ("sources = true", document.destroy.as_ref().and_then(|e| e.raw.sources.as_ref()).map(Spanned::span), KEPT),
    ];
    for (what, span, instead) in sections.into_iter().filter_map(|(what, span, why)| Some((what, span?, why))) {
        reader.report(span, Problem::NotAvailable { what: format!("{what} beside a release"), instead });
    }
    reader.count() == before
}

const TABLES: &str = "Statistics are tables: take [[persons]] out. Rows of a release are released once, by its maker.";
const ALL_OF_IT: &str = "Take [sample] out: tables count everybody whose rows were released.";
const APART: &str = "Take [[join]] out: files of a release have pseudonyms of their own, so that nothing ties them.";
const WHOSE: &str =
    "Take [subject] out: the release says by its pseudonyms whose records are whose, or that nothing ties them.";
const OBJECTED: &str =
    "Take the register out: whoever objected was left out by the maker of the release, and nobody can be found in it.";
const KEPT: &str = "Take it out: a release is destroyed by whoever answers for it, with `tamis destroy`.";

/// Whether some source is a release.
pub(super) fn reads_releases(document: &Document) -> bool {
    document.sources.iter().any(|entry| entry.raw.release.is_some())
}

/// Whose records those of a release are: its pseudonyms tell, and nothing of them leaves.
pub(super) fn subject() -> Subject {
    Subject {
        column: PSEUDONYM.to_owned(),
        kind: SubjectKind::Text,
        linkage: Linkage::None,
        missing: MissingSubject::Reject,
    }
}

/// Where the pseudonym stands; `None` where each record is somebody else's for all that anybody knows.
pub(super) fn pseudonym(schema: &TableSchema) -> Option<usize> {
    schema.fields.iter().position(|field| field.role == Some(Role::SubjectIdentifier))
}

/// Whether a legal basis is art. 1, 6° of the décret, however it is written: `art. 1, 6°`, `6° de l'article 1er`.
fn is_art_1_6(text: &str) -> bool {
    let plain: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, '°' | 'º')).collect();
    let plain = plain.replace('º', "°").replace("article", "art").replace("1er", "1");
    let digit_at = |at: Option<char>| at.is_some_and(|c| c.is_ascii_digit());
    let reversed = |point: &str| {
        plain.match_indices(point).any(|(at, _)| {
            !digit_at(plain[..at].chars().next_back()) && !digit_at(plain[at + point.len()..].chars().next())
        })
    };
    plain.contains("art16°") || reversed("6°delart1") || reversed("6°art1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn art_1_6_is_known_however_it_is_written_and_nothing_else_is() {
        for text in [
            "décret, art. 1, 6°",
            "Décret n° 2000-1, article 1er, 6°",
            "6° de l'article 1er du décret",
            "6° de l’article 1 du décret",
            "décret art. 1er (6°)",
            "art. 1 – 6º",
        ] {
            assert!(is_art_1_6(text), "{text}");
        }
        for text in
            ["CSP L1411-8", "décret, art. 1, 5°", "art. 1, 16°", "16° de l'article 1er", "6° de l'article 12", ""]
        {
            assert!(!is_art_1_6(text), "{text}");
        }
    }
}
