//! What can be wrong with a pipeline file: every problem has its place, a stable code and what to do about it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use super::problem::Problem;

/// Everything that is wrong with a pipeline: all problems found, in order of the file.
#[derive(Debug, thiserror::Error)]
#[error("the pipeline `{}` cannot be used: {}", .path.display(), Count(.errors.len()))]
pub struct ConfigErrors {
    path: PathBuf,
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    pub(super) fn new(path: &Path, mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by_key(|e| e.span().map_or(0, |s| s.start));
        Self { path: path.to_owned(), errors }
    }

    /// The problems, in order of the file; never empty.
    #[must_use]
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }

    /// The pipeline file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Diagnostic for ConfigErrors {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("tamis::pipeline"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("No data was read. Correct the places shown; `tamis explain CODE` says why."))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.errors.iter().map(|e| e as &dyn Diagnostic)))
    }
}

/// `1 problem`, `3 problems`.
struct Count(usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problem{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// The text of a file that messages quote: a pipeline, a schema or a code list. These hold no personal data.
#[derive(Debug, Clone)]
pub(super) struct Text {
    name: String,
    content: Arc<str>,
}

impl Text {
    pub fn new(path: &Path, content: &str) -> Self {
        Self { name: path.display().to_string(), content: content.into() }
    }
}

/// One problem, with the place in the file.
#[derive(Debug)]
pub struct ConfigError {
    problem: Problem,
    source: Option<NamedSource<Arc<str>>>,
    span: Option<Range<usize>>,
    /// A second place that explains the first.
    also: Option<(Range<usize>, &'static str)>,
}

impl ConfigError {
    pub(super) fn without_place(problem: Problem) -> Self {
        Self { problem, source: None, span: None, also: None }
    }

    pub(super) fn at(text: &Text, span: Range<usize>, problem: Problem) -> Self {
        let source = NamedSource::new(&text.name, Arc::clone(&text.content));
        Self { problem, source: Some(source), span: Some(span), also: None }
    }

    pub(super) fn with_also(mut self, span: Range<usize>, label: &'static str) -> Self {
        self.also = Some((span, label));
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The stable code, such as `tamis::pipeline::unknown_column`.
    #[must_use]
    pub fn code(&self) -> String {
        self.problem.code().map(|c| c.to_string()).unwrap_or_default()
    }

    /// Bytes of the pipeline file that the problem is about; `None` where the file itself cannot be read.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        self.problem.help().map(|h| h.to_string()).unwrap_or_default()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for ConfigError {}

impl Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = SourceSpan::from(self.span.clone()?);
        let here = LabeledSpan::new_primary_with_span(Some("here".to_owned()), span);
        let also = self.also.clone().map(|(s, label)| LabeledSpan::new_with_span(Some(label.to_owned()), s));
        Some(Box::new(std::iter::once(here).chain(also)))
    }
}
