//! What a source reads: files and where in them its table is.

use std::ops::Range;

use glob::Pattern;

use super::form::{Document, Entry};
use super::model::{FileFormat, Source};
use super::problem::Problem;
use super::raw::{At, RawSource};
use super::read::Reader;
use super::spanned::Spanned;
use crate::schema::TableSchema;

impl RawSource {
    /// Where it says which files it reads, and how they are written.
    pub(super) fn of_files(&self) -> [(&'static str, Option<Range<usize>>); 6] {
        [
            ("files", self.files.as_ref().map(Spanned::span)),
            ("format", self.format.as_ref().map(Spanned::span)),
            ("encoding", self.encoding.as_ref().map(Spanned::span)),
            ("delimiter", self.delimiter.as_ref().map(Spanned::span)),
            ("sheet", self.sheet.as_ref().map(Spanned::span)),
            ("resource", self.resource.as_ref().map(Spanned::span)),
        ]
    }
}

/// `format`: `None` where it is found out.
pub(super) fn format(reader: &mut Reader<'_>, written: &At<String>) -> Option<FileFormat> {
    let words = [
        ("csv", Some(FileFormat::Csv)),
        ("parquet", Some(FileFormat::Parquet)),
        ("arrow", Some(FileFormat::Arrow)),
        ("xlsx", Some(FileFormat::Sheet)),
        ("ods", Some(FileFormat::Sheet)),
        ("ndjson", Some(FileFormat::Lines)),
        ("fhir", Some(FileFormat::Fhir)),
    ];
    reader.word(written, "format", None, &words)
}

/// `resource`, which FHIR resources have and nothing else. `schema`: where it was written, and what it holds.
pub(super) fn resource(
    reader: &mut Reader<'_>,
    entry: &Entry<RawSource>,
    format: Option<FileFormat>,
    (written_schema, schema): (&Spanned<String>, &TableSchema),
) -> Option<String> {
    let Some(written) = &entry.raw.resource else {
        if let (Some(FileFormat::Fhir), Some(format)) = (format, &entry.raw.format) {
            let why = "Name the type of its resources: resource = \"Patient\".";
            reader.report(format.span(), Problem::MissingKey { section: "[[source]]", key: "resource", why });
        }
        return None;
    };
    let resource = written.get_ref();
    if !is_resource(resource) {
        let expected = "Write a type of FHIR resources, such as \"Patient\" or \"Observation\".";
        reader.report(written.span(), Problem::BadValue { key: "resource", expected });
    }
    if format.is_some_and(|format| !matches!(format, FileFormat::Fhir | FileFormat::Lines)) {
        let why = "FHIR resources come one a line (NDJSON): write format = \"fhir\".";
        reader.report(written.span(), Problem::Conflict { key: "resource", other: "format", why });
    }
    let texts = [
        ("encoding", entry.raw.encoding.as_ref().map(Spanned::span)),
        ("delimiter", entry.raw.delimiter.as_ref().map(Spanned::span)),
        ("sheet", entry.raw.sheet.as_ref().map(Spanned::span)),
    ];
    reader.conflicts(texts, "resource", "FHIR resources have none.");
    if let Err(message) = schema.paths_into(resource) {
        reader.report(written_schema.span(), Problem::Schema { message });
    }
    Some(resource.clone())
}

/// Whether it could be the name of a type of resources.
pub(super) fn is_resource(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphabetic())
}

/// `sheet`, which only a workbook has.
pub(super) fn sheet(reader: &mut Reader<'_>, entry: &Entry<RawSource>, format: Option<FileFormat>) -> Option<String> {
    let written = entry.raw.sheet.as_ref()?;
    if written.get_ref().is_empty() {
        reader.report(written.span(), Problem::Blank { key: "sheet" });
    }
    if format.is_some_and(|format| format != FileFormat::Sheet) {
        let why = "only a workbook (XLSX, ODS) has sheets.";
        reader.report(written.span(), Problem::Conflict { key: "sheet", other: "format", why });
    }
    Some(written.get_ref().clone())
}

/// The glob patterns, joined with the pipeline's folder; characters of the folder mean themselves.
pub(super) fn files(reader: &mut Reader<'_>, entry: &Entry<RawSource>) -> Vec<String> {
    let why = "Name the files, such as files = [\"../data/consultations-*.csv\"].";
    let Some(list) = reader.required(&entry.raw.files, entry, ("[[source]]", "files"), why) else {
        return Vec::new();
    };
    if list.get_ref().is_empty() {
        reader.report(list.span(), Problem::BadValue { key: "files", expected: why });
    }
    let mut patterns = Vec::new();
    for file in list.get_ref() {
        match pattern(reader, file.get_ref()) {
            Some(pattern) => patterns.push(pattern),
            None => {
                let expected = "Write a path; `*` stands for any characters, `?` for one, [abc] for one of some.";
                reader.report(file.span(), Problem::BadValue { key: "files", expected });
            }
        }
    }
    patterns
}

/// A pattern joined with the pipeline's folder, whose characters mean themselves; `None` where it is none.
pub(super) fn pattern(reader: &Reader<'_>, written: &str) -> Option<String> {
    let folder = reader.folder();
    if written.trim().is_empty() || Pattern::new(written).is_err() {
        return None;
    }
    if std::path::Path::new(written).is_absolute() || folder.as_os_str().is_empty() {
        return Some(written.to_owned());
    }
    let folder = Pattern::escape(&folder.to_string_lossy());
    Some(format!("{}/{written}", folder.trim_end_matches('/')))
}

/// No pattern is read by two sources: two tables over the same persons could be subtracted from each other. Two sheets of a workbook
/// are two tables; but a workbook that is destroyed goes once, as the file of one source.
pub(super) fn files_once(reader: &mut Reader<'_>, document: &Document, sources: &[Source]) {
    for (position, source) in sources.iter().enumerate() {
        let earlier = &sources[..position];
        let raw = &document.sources[position].raw;
        let released = |s: &Source| s.release.as_ref().map(|r| (r.from.clone(), r.output.clone()));
        let asked = |s: &Source| s.query.as_ref().map(|q| (q.sql.clone(), q.credential.clone()));
        let again = released(source).is_some_and(|own| earlier.iter().any(|s| released(s).as_ref() == Some(&own)));
        if let (true, Some(release)) = (again, &raw.release) {
            reader.report(release.span(), Problem::FilesTwice);
        }
        let again = asked(source).is_some_and(|own| earlier.iter().any(|s| asked(s).as_ref() == Some(&own)));
        if let (true, Some(query)) = (again, &raw.query) {
            reader.report(query.span(), Problem::FilesTwice);
        }
        let destroyed = document.destroy.as_ref().and_then(|d| d.raw.sources.as_ref()).is_some_and(|s| *s.get_ref());
        let other_sheet =
            |s: &Source| !destroyed && s.sheet.is_some() && source.sheet.is_some() && s.sheet != source.sheet;
        let both = source.files.iter().position(|f| earlier.iter().any(|s| s.files.contains(f) && !other_sheet(s)));
        if let (Some(at), Some(list)) = (both, &raw.files) {
            let span = list.get_ref().get(at).map_or(list.span(), Spanned::span);
            reader.report(span, Problem::FilesTwice);
        }
    }
}
