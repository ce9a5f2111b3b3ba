//! The order in which a pipeline file is read and judged.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::config::spanned::Spanned;
use sha2::{Digest, Sha256};

use super::error::{ConfigError, ConfigErrors, Text};
use super::form::{self, Document, Entry};
use super::model::Pipeline;
use super::problem::{Known, Problem};
use super::raw::At;
use crate::disk;
use crate::keys::KeySource;

use super::{keep, ledger, outputs, recipients, release, sample, settings, sources};

/// Longest pipeline file, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

impl Pipeline {
    /// Reads and checks a pipeline file, its schemas and its code lists. Registers and data files are not opened.
    /// Paths in the file are relative to its folder.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and what to do.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        Self::read_with(path, None)
    }

    /// As [`Pipeline::read`], with the schema `new` wherever the file names the schema `old`.
    ///
    /// # Errors
    /// Everything that would be wrong with it then.
    pub fn read_instead(path: &Path, old: &Path, new: &Path) -> Result<Self, ConfigErrors> {
        Self::read_with(path, Some((old, new)))
    }

    /// Whether a source has this schema.
    #[must_use]
    pub fn has_schema(&self, path: &Path) -> bool {
        self.sources.iter().any(|s| same_file(&s.schema_path, path))
    }

    fn read_with(path: &Path, instead: Option<(&Path, &Path)>) -> Result<Self, ConfigErrors> {
        let Opened { content, text, digest } = open(path)?;
        let document = form::document(&text, &content).map_err(|problems| ConfigErrors::new(path, problems))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut reader = Reader { instead, ..Reader::new(&text, folder, content.len()) };
        let pipeline = reader.pipeline(&document, path, digest);
        match pipeline {
            Some(pipeline) if reader.problems.is_empty() => Ok(pipeline),
            _ => Err(ConfigErrors::new(path, reader.problems)),
        }
    }
}

/// A file of the form of a pipeline, before it is judged.
pub(super) struct Opened {
    pub content: String,
    pub text: Text,
    /// SHA-256 of its bytes, hexadecimal.
    pub digest: String,
}

/// Reads a file of the form of a pipeline. One that is none, or holds a secret, is refused without being quoted.
pub(super) fn open(path: &Path) -> Result<Opened, ConfigErrors> {
    open_as(path, form::has_a_section, || Problem::NotAPipeline)
}

/// Reads a file of tables to protect, as [`open`] reads a pipeline.
pub(super) fn open_tables(path: &Path) -> Result<Opened, ConfigErrors> {
    open_as(path, form::has_a_table, || Problem::NotTables)
}

/// Reads a file of persons to anonymise, as [`open`] reads a pipeline.
pub(super) fn open_anonymise(path: &Path) -> Result<Opened, ConfigErrors> {
    open_as(path, form::has_persons, || Problem::NotAnonymise)
}

fn open_as(path: &Path, is_one: fn(&str) -> bool, not_one: fn() -> Problem) -> Result<Opened, ConfigErrors> {
    let alone = |problem| ConfigErrors::new(path, vec![ConfigError::without_place(problem)]);
    // Whoever names a file of records for a pipeline waits for no judgement of it, and is shown none of its lines.
    if disk::metadata(path).is_ok_and(|file| file.len() > LONGEST) {
        return Err(alone(not_one()));
    }
    let bytes = disk::read(path).map_err(|e| alone(Problem::Unreadable { path: path.to_owned(), kind: e.kind() }))?;
    let digest = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    let content = String::from_utf8(bytes).map_err(|_| alone(Problem::NotUtf8 { path: path.to_owned() }))?;
    if !is_one(&content) {
        return Err(alone(not_one()));
    }
    let (covered, secrets) = super::secrets::cover(&content);
    let text = Text::new(path, &covered);
    if !secrets.is_empty() {
        // Judged no further: another message could quote what stands there.
        let problem = |span| ConfigError::at(&text, span, Problem::Secret);
        return Err(ConfigErrors::new(path, secrets.into_iter().map(problem).collect()));
    }
    Ok(Opened { content, text, digest })
}

/// Gathers problems while the document is turned into checked values. `None` always comes with a problem.
pub(super) struct Reader<'a> {
    text: &'a Text,
    folder: &'a Path,
    end: usize,
    problems: Vec<ConfigError>,
    /// A schema, and the one that is read in its place.
    instead: Option<(&'a Path, &'a Path)>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a Text, folder: &'a Path, end: usize) -> Self {
        Self { text, folder, end, problems: Vec::new(), instead: None }
    }

    /// What was found wrong.
    pub fn into_problems(self) -> Vec<ConfigError> {
        self.problems
    }
}

/// Whether two names lead to one file.
fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((disk::canonical(a), disk::canonical(b)), (Ok(a), Ok(b)) if a == b)
}

impl Reader<'_> {
    /// The schema that is read where this one is named.
    pub fn schema_at<'p>(&'p self, path: &'p Path) -> &'p Path {
        match self.instead {
            Some((old, new)) if same_file(path, old) => new,
            _ => path,
        }
    }

    fn pipeline(&mut self, document: &Document, path: &Path, digest: String) -> Option<Pipeline> {
        let head = settings::head(self, document);
        let limits = settings::limits(self, document.limits.as_ref());
        let export = settings::export(self, document);
        let ledger = ledger::ledger(self, document);
        let sender = recipients::sender(self, document);
        let recipients = recipients::recipients(self, document);
        let destroy = settings::destroy(self, document);
        let sample = sample::sample(self, document.sample.as_ref());
        // What is judged beside raw files or releases that do not belong there would only bring further messages.
        let sound = release::judge(self, document);
        let ground = if sound { sources::ground(self, document) } else { None };

        // What leaves can only be judged where it is known what comes in.
        let mut ground = ground?;
        keep::keep(self, &document.keeps, &mut ground);
        if let Some(sample) = &sample {
            sample::judge(self, document.sample.as_ref(), sample, &ground);
        }
        let persons = outputs::persons(self, &document.persons, &ground, &recipients);
        let aggregates = super::aggregates::aggregates(self, &document.aggregates, &ground, &recipients);
        outputs::judge(self, document, &persons, &aggregates, (sample.as_ref(), &ground));
        outputs::reinforced(self, document, &ground, sample.as_ref());

        let (name, legal_basis, purpose, policy) = head?;
        Some(Pipeline {
            path: path.to_owned(),
            digest,
            name,
            legal_basis,
            purpose,
            policy,
            limits,
            sender,
            recipients,
            sources: ground.sources,
            joins: ground.joins,
            excludes: ground.excludes,
            subject: ground.subject,
            datasets: ground.datasets,
            sample,
            persons: persons.into_iter().map(|(p, _)| p).collect(),
            aggregates: aggregates.into_iter().map(|(a, _)| a).collect(),
            ledger,
            export: export?,
            destroy,
        })
    }

    /// Notes a problem. The same one at the same place is noted once: an entry may be about several datasets.
    pub fn report(&mut self, span: Range<usize>, problem: Problem) {
        let error = ConfigError::at(self.text, span, problem);
        let same = |e: &ConfigError| e.span() == error.span() && e.to_string() == error.to_string();
        if !self.problems.iter().any(same) {
            self.problems.push(error);
        }
    }

    /// Notes those of these keys that are written: beside `other` they mean nothing, for the reason `why`.
    pub fn conflicts(
        &mut self,
        keys: impl IntoIterator<Item = (&'static str, Option<Range<usize>>)>,
        other: &'static str,
        why: &'static str,
    ) {
        for (key, span) in keys.into_iter().filter_map(|(key, span)| Some((key, span?))) {
            self.report(span, Problem::Conflict { key, other, why });
        }
    }

    /// Notes a problem that a second place explains.
    pub fn report_with(&mut self, span: Range<usize>, problem: Problem, also: Range<usize>, label: &'static str) {
        self.problems.push(ConfigError::at(self.text, span, problem).with_also(also, label));
    }

    /// Number of problems so far: tells whether a step found any.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// The place for what is missing from the file as a whole.
    pub fn end(&self) -> Range<usize> {
        self.end.saturating_sub(1)..self.end
    }

    /// A path of the file, relative to its folder.
    pub fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }

    /// The folder of the pipeline file.
    pub fn folder(&self) -> &Path {
        self.folder
    }

    /// A required value.
    pub fn required<'v, T, E>(
        &mut self,
        value: &'v At<T>,
        entry: &Entry<E>,
        names: (&'static str, &'static str),
        why: &'static str,
    ) -> Option<&'v Spanned<T>> {
        if value.is_none() {
            let (section, key) = names;
            self.report(entry.span.clone(), Problem::MissingKey { section, key, why });
        }
        value.as_ref()
    }

    /// A required text that says something.
    pub fn required_text<'v, E>(
        &mut self,
        value: &'v At<String>,
        entry: &Entry<E>,
        names: (&'static str, &'static str),
        why: &'static str,
    ) -> Option<&'v Spanned<String>> {
        let value = self.required(value, entry, names, why)?;
        if value.get_ref().trim().is_empty() {
            self.report(value.span(), Problem::Blank { key: names.1 });
            return None;
        }
        Some(value)
    }

    /// Where a key is found; a file's path counts from the folder of what is read.
    pub fn key(&mut self, written: &At<String>) -> Option<KeySource> {
        let written = written.as_ref()?;
        match written.get_ref().parse() {
            Ok(KeySource::File(path)) => Some(KeySource::File(self.folder().join(path))),
            Ok(source) => Some(source),
            Err(_) => {
                let expected =
                    "Name the key by its file, by `credential:NAME` or by `fd:N`; the key itself stands nowhere.";
                self.report(written.span(), Problem::BadValue { key: "key", expected });
                None
            }
        }
    }

    /// One of a few words, or the default where it is absent. An unknown word is reported and taken for the default.
    pub fn word<T: Copy>(&mut self, value: &At<String>, key: &'static str, default: T, words: &[(&str, T)]) -> T {
        let Some(value) = value else { return default };
        let word = value.get_ref();
        match words.iter().find(|(w, _)| w == word) {
            Some((_, meaning)) => *meaning,
            None => {
                let known = Known::new(word, words.iter().map(|(w, _)| *w));
                self.report(value.span(), Problem::UnknownWord { key, word: word.clone(), known });
                default
            }
        }
    }
}
