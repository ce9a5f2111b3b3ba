//! The sections that stand on their own: `[pipeline]`, `[limits]`, `[export]`, `[destroy]`.

use super::form::{Document, Entry};
use super::limits::MOST_BUCKETS;
use super::model::{Destroy, Encoding, Export, ExportFormat, Limits, When};
use super::problem::{Known, Problem};
use super::raw::{At, RawLimits};
use super::read::Reader;
use super::words;

/// Most places kept: findings have to fit in memory.
const MOST_PLACES: u64 = 10_000;

/// Name, legal basis, purpose and policy: without them a pipeline is refused (R03).
pub(super) fn head(reader: &mut Reader<'_>, document: &Document) -> Option<(String, String, String, String)> {
    let Some(entry) = &document.pipeline else {
        let why = "Start with [pipeline]: name, legal_basis, purpose and policy. A release without them is not lawful.";
        reader.report(reader.end(), Problem::MissingSection { section: "pipeline", why });
        return None;
    };
    let raw = &entry.raw;
    let why = "It names the run directory.";
    let name = reader.required_text(&raw.name, entry, ("[pipeline]", "name"), why);
    let name = name.and_then(|name| {
        if words::is_pipeline_name(name.get_ref()) {
            return Some(name.get_ref().clone());
        }
        let expected = "Write a letter or digit first, then letters without accents, digits, `-`, `_` or `.`.";
        reader.report(name.span(), Problem::BadValue { key: "name", expected });
        None
    });
    let why = "Name the law or the arrêté that allows the processing, such as \"CSP L1411-8\".";
    let legal_basis = reader.required_text(&raw.legal_basis, entry, ("[pipeline]", "legal_basis"), why).cloned();
    let why = "Say what the data are sent for, such as \"suivi statistique et épidémiologique\".";
    let purpose = reader.required_text(&raw.purpose, entry, ("[pipeline]", "purpose"), why).cloned();
    let why = "Give the version of the policy that this file carries out, such as \"2026-01\".";
    let policy = reader.required_text(&raw.policy, entry, ("[pipeline]", "policy"), why).cloned();
    Some((name?, legal_basis?.into_inner(), purpose?.into_inner(), policy?.into_inner()))
}

/// Resources and tolerance; all have defaults.
pub(super) fn limits(reader: &mut Reader<'_>, entry: Option<&Entry<RawLimits>>) -> Limits {
    let mut limits = Limits::default();
    let Some(Entry { raw, .. }) = entry else { return limits };
    if let Some(value) = &raw.reject_above {
        match words::share(value.get_ref()) {
            Some(share) => limits.reject_above = share,
            None => {
                let expected = "Write a share from 0 to 1, such as \"5%\" or 0.05.";
                reader.report(value.span(), Problem::BadValue { key: "reject_above", expected });
            }
        }
    }
    if let Some(value) = &raw.memory {
        match words::bytes(value.get_ref()) {
            Some(bytes) => limits.memory = bytes,
            None => {
                let expected = "Write a size, such as \"256 MiB\", \"1 GiB\" or \"64 MB\".";
                reader.report(value.span(), Problem::BadValue { key: "memory", expected });
            }
        }
    }
    if let Some(value) = &raw.buckets {
        if value.get_ref().is_power_of_two() && *value.get_ref() <= MOST_BUCKETS {
            limits.buckets = Some(*value.get_ref() as usize);
        } else {
            let expected = "Write a power of two from 1 to 4096, such as 64.";
            reader.report(value.span(), Problem::BadValue { key: "buckets", expected });
        }
    }
    if let Some(value) = &raw.places {
        if *value.get_ref() <= MOST_PLACES {
            limits.places = *value.get_ref() as usize;
        } else {
            reader.report(value.span(), Problem::BadValue { key: "places", expected: "Write at most 10000." });
        }
    }
    limits.spill = raw.spill.as_ref().map(|value| reader.path(value.get_ref()));
    limits
}

/// Where the release goes.
pub(super) fn export(reader: &mut Reader<'_>, document: &Document) -> Option<Export> {
    let Some(entry) = &document.export else {
        let why = "Add [export] with to = \"../out\": the folder under which the run directory is made.";
        reader.report(reader.end(), Problem::MissingSection { section: "export", why });
        return None;
    };
    let why = "Name the folder under which the run directory is made.";
    let to = reader.required_text(&entry.raw.to, entry, ("[export]", "to"), why);
    let mut formats = Vec::new();
    if let Some(list) = &entry.raw.formats {
        const WORDS: [(&str, ExportFormat); 2] = [("csv", ExportFormat::Csv), ("parquet", ExportFormat::Parquet)];
        for value in list.get_ref() {
            let word = value.get_ref();
            match WORDS.iter().find(|(w, _)| w == word) {
                Some((_, format)) if formats.contains(format) => {
                    reader.report(value.span(), Problem::ColumnTwice { column: word.clone() });
                }
                Some((_, format)) => formats.push(*format),
                None => {
                    let known = Known::new(word, WORDS.iter().map(|(w, _)| *w));
                    reader.report(value.span(), Problem::UnknownWord { key: "formats", word: word.clone(), known });
                }
            }
        }
        if list.get_ref().is_empty() {
            let expected = "Name \"csv\", \"parquet\" or both, or leave the key out for both.";
            reader.report(list.span(), Problem::BadValue { key: "formats", expected });
        }
    } else {
        formats = vec![ExportFormat::Csv, ExportFormat::Parquet];
    }
    Some(Export { to: reader.path(to?.get_ref()), formats })
}

/// What is destroyed and when; working data as soon as the release is read back, unless told.
pub(super) fn destroy(reader: &mut Reader<'_>, document: &Document) -> Destroy {
    let Some(Entry { raw, span }) = &document.destroy else {
        return Destroy { when: When::Exported, sources_beneath: None };
    };
    let words = [("exported", When::Exported), ("acknowledged", When::Acknowledged)];
    let when = reader.word(&raw.when, "when", When::Exported, &words);
    if let (When::Acknowledged, Some(value)) = (when, &raw.when)
        && (document.recipients.is_empty() || document.recipients.iter().any(|r| r.raw.key.is_none()))
    {
        reader.report(value.span(), Problem::NobodyAcknowledges);
    }
    let asked = raw.sources.as_ref().is_some_and(|s| *s.get_ref());
    let sources_beneath = match (&raw.root, asked) {
        (Some(root), true) if root.get_ref().trim().is_empty() => {
            reader.report(root.span(), Problem::Blank { key: "root" });
            None
        }
        (Some(root), true) => Some(reader.path(root.get_ref())),
        (None, true) => {
            let why = "Name the folder beneath which source files may be destroyed: root = \"../inbox\". Nothing outside of it is touched.";
            reader.report(span.clone(), Problem::MissingKey { section: "[destroy]", key: "root", why });
            None
        }
        (Some(root), false) => {
            reader.report(root.span(), Problem::StrayOption { key: "root", to: "a run that keeps its source files" });
            None
        }
        (None, false) => None,
    };
    Destroy { when, sources_beneath }
}

/// `encoding`, as sources and registers have it.
pub(super) fn encoding(reader: &mut Reader<'_>, value: &At<String>) -> Encoding {
    let words = [("detect", Encoding::Detect), ("utf-8", Encoding::Utf8), ("windows-1252", Encoding::Windows1252)];
    reader.word(value, "encoding", Encoding::Detect, &words)
}

/// `delimiter`, as sources and registers have it.
pub(super) fn delimiter(reader: &mut Reader<'_>, value: &At<String>) -> Option<u8> {
    let words = [(",", Some(b',')), (";", Some(b';')), ("\t", Some(b'\t')), ("|", Some(b'|'))];
    reader.word(value, "delimiter", None, &words)
}
