//! A design and a frame without a pipeline: `[sample]` of a file, over the columns of another.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::error::{ConfigError, ConfigErrors, Text};
use super::form::{self, Document};
use super::model::{
    ColumnRef, Dataset, Encoding, Generalise, Kept, Limits, Linkage, MissingSubject, Pipeline, Sample, Share, Source,
    Subject, SubjectKind,
};
use super::problem::Problem;
use super::read::Reader;
use super::sources::Ground;
use crate::schema::{Logical, Role, TableSchema};

/// A `[sample]`, read and not yet held against a frame.
pub struct FrameDesign {
    path: PathBuf,
    text: Text,
    end: usize,
    digest: String,
    document: Document,
    sample: Sample,
}

impl FrameDesign {
    /// Reads the `[sample]` of a file: of a pipeline, or of a file that holds nothing else.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place and what to do.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let super::read::Opened { content, text, digest } = super::read::open(path)?;
        let document = form::document(&text, &content).map_err(|problems| ConfigErrors::new(path, problems))?;
        let end = content.len();
        let mut reader = Reader::new(&text, path.parent().unwrap_or(Path::new("")), end);
        let sample = super::sample::sample(&mut reader, document.sample.as_ref());
        if document.sample.is_none() {
            let why = "Write the design: [sample] with design = \"stratified\", a size and strata.";
            let span = reader.end();
            reader.report(span, Problem::MissingSection { section: "sample", why });
        }
        match (sample, reader.into_problems()) {
            (Some(sample), problems) if problems.is_empty() => {
                Ok(Self { path: path.to_owned(), text, end, digest, document, sample })
            }
            (_, problems) => Err(ConfigErrors::new(path, problems)),
        }
    }

    /// The sample.
    #[must_use]
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// The columns of the frame that it looks at.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.sample.columns()
    }

    /// The pipeline that draws this sample from a frame and releases nothing. `columns` are those of the frame that the
    /// design looks at, with the kind of their values; `id` tells units apart.
    ///
    /// # Errors
    /// Where the design names a column that the frame does not have, or one that does not hold what it should.
    pub fn over(
        self,
        (frame, sheet): (&Path, Option<&str>),
        id: &str,
        columns: &[(String, Logical)],
    ) -> Result<Pipeline, ConfigErrors> {
        let Self { path, text, end, digest, document, sample } = self;
        let refused = |problem| ConfigErrors::new(&path, vec![ConfigError::without_place(problem)]);
        let mut fields = vec![json!({ "name": id, "type": "string", "tamis:role": Role::SubjectIdentifier.as_str() })];
        // A column may both tell units apart and serve the design; it is read once under each role.
        let kind = |logical| if logical == Logical::Text { "string" } else { "number" };
        let field = |(name, logical): &(String, Logical)| {
            let kind = if *logical == Logical::Integer { "integer" } else { kind(*logical) };
            json!({ "name": name, "type": kind, "tamis:role": Role::Other.as_str() })
        };
        fields.extend(columns.iter().filter(|(name, _)| name != id).map(field));
        let schema = json!({ "name": "frame", "fieldsMatch": "subset", "missingValues": [""], "fields": fields });
        let schema = TableSchema::parse(&schema.to_string(), "frame").map_err(|problems| {
            let message = problems.first().map(ToString::to_string).unwrap_or_default();
            refused(Problem::Schema { message })
        })?;
        let position = |name: &str| schema.position(name);
        let kept: Vec<Kept> = columns
            .iter()
            .filter_map(|(name, logical)| {
                Some(Kept {
                    name: name.clone(),
                    from: ColumnRef::Own(position(name).filter(|at| *at > 0)?),
                    from_name: name.clone(),
                    generalise: Generalise::Keep,
                    role: Role::Other,
                    logical: *logical,
                    why: None,
                    reinforced: false,
                })
            })
            .collect();
        let dataset = Dataset {
            source: 0,
            join: None,
            subject: Some(ColumnRef::Own(0)),
            derived: Vec::new(),
            kept,
            dropped: Vec::new(),
        };
        let mut pipeline = Pipeline::for_validation(&path, schema, &[frame.to_path_buf()]);
        let source = Source {
            name: "frame".to_owned(),
            encoding: Encoding::Detect,
            sheet: sheet.map(str::to_owned),
            subject: Some(0),
            ..pipeline.sources.remove(0)
        };
        let subject = Subject {
            column: id.to_owned(),
            kind: SubjectKind::Text,
            linkage: Linkage::None,
            missing: MissingSubject::Reject,
        };
        let ground = Ground {
            sources: vec![source],
            joins: Vec::new(),
            excludes: Vec::new(),
            subject,
            datasets: vec![dataset],
            event_dates: vec![None],
            refused: Vec::new(),
        };
        let mut reader = Reader::new(&text, path.parent().unwrap_or(Path::new("")), end);
        super::sample::judge(&mut reader, document.sample.as_ref(), &sample, &ground);
        let problems = reader.into_problems();
        if !problems.is_empty() {
            return Err(ConfigErrors::new(&path, problems));
        }
        let Ground { sources, subject, datasets, .. } = ground;
        let limits = Limits { reject_above: Share::ALL, ..Limits::default() };
        let name = "sample".to_owned();
        Ok(Pipeline { name, digest, limits, sources, subject, datasets, sample: Some(sample), ..pipeline })
    }
}
