//! All problems of a pipeline file as a report with the places in it.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use super::problems;
use crate::config::ConfigErrors;
use crate::words::advice::in_french;

/// As [`ConfigErrors`], in French.
#[derive(Debug)]
pub(in crate::cli) struct InFrench {
    errors: Arc<ConfigErrors>,
    problems: Vec<OneInFrench>,
}

/// One problem.
#[derive(Debug)]
pub(in crate::cli) struct OneInFrench {
    errors: Arc<ConfigErrors>,
    at: usize,
    pub message: String,
    pub help: String,
}

impl InFrench {
    pub fn new(errors: ConfigErrors) -> Self {
        let errors = Arc::new(errors);
        let one = |(at, error): (usize, &crate::config::ConfigError)| {
            let (message, help) = problems::of(error.problem());
            OneInFrench { errors: Arc::clone(&errors), at, message, help }
        };
        let problems = errors.errors().iter().enumerate().map(one).collect();
        Self { errors, problems }
    }

    /// The problems, in the order of the file.
    pub fn problems(&self) -> &[OneInFrench] {
        &self.problems
    }

    /// As a reader sees it: the few words that the layout adds are English ones.
    pub fn shown(self) -> String {
        let report = format!("{:?}", miette::Report::new(self));
        let lines = report.lines().map(|line| {
            let plain = |from: &str, to: &str| line.replacen(from, to, 1);
            if line.contains("  help: ") && !line.contains('│') {
                plain("  help: ", " aide : ")
            } else if line.contains("Error: ") && !line.contains('│') {
                plain("Error: ", "Erreur : ")
            } else {
                line.to_owned()
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for InFrench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = match self.problems.len() {
            1 => "1 problème".to_owned(),
            n => format!("{n} problèmes"),
        };
        write!(f, "le pipeline {} est inutilisable : {problems}", self.errors.path().display())
    }
}

impl std::error::Error for InFrench {}

impl Diagnostic for InFrench {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.errors.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("Aucune donnée n'a été lue. Corrigez les endroits montrés ; `tamis explain CODE` dit pourquoi."))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

impl fmt::Display for OneInFrench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OneInFrench {}

impl Diagnostic for OneInFrench {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::code(&self.errors.errors()[self.at])
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.errors.errors()[self.at].source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.errors.errors()[self.at].labels()?;
        let french = |label: LabeledSpan| {
            let word = label.label().map(|word| match word {
                "here" => "ici".to_owned(),
                word => in_french(word).unwrap_or("voir aussi").to_owned(),
            });
            let span = *label.inner();
            if label.primary() {
                LabeledSpan::new_primary_with_span(word, span)
            } else {
                LabeledSpan::new_with_span(word, span)
            }
        };
        Some(Box::new(labels.map(french)))
    }
}
