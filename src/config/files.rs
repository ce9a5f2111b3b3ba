//! A pipeline that only judges files.

use std::path::{Path, PathBuf};

use super::{
    Destroy, Encoding, Export, Limits, Linkage, MissingSubject, Pipeline, Share, Source, Subject, SubjectKind, When,
    inputs,
};
use crate::schema::TableSchema;

impl Pipeline {
    /// Reads the first source as FHIR resources of that type.
    ///
    /// # Errors
    /// In a sentence: no type of resources; fields of the schema without a path, or with one into another type.
    pub fn read_as_resources(&mut self, resource: &str) -> Result<(), String> {
        if !inputs::is_resource(resource) {
            return Err("write a type of FHIR resources, such as Patient or Observation".to_owned());
        }
        for source in self.sources.iter_mut().take(1) {
            source.schema.paths_into(resource)?;
            source.resource = Some(resource.to_owned());
        }
        Ok(())
    }

    /// A pipeline with one source and no output: files that are judged against a schema.
    #[must_use]
    pub fn for_validation(schema_path: &Path, schema: TableSchema, files: &[PathBuf]) -> Self {
        // A path that is named is meant as it stands, with any `*` or `[` in it.
        let literal = |p: &PathBuf| glob::Pattern::escape(&p.to_string_lossy());
        let source = Source {
            name: schema.name.clone(),
            schema_path: schema_path.to_path_buf(),
            schema,
            files: files.iter().map(literal).collect(),
            format: None,
            encoding: Encoding::Detect,
            delimiter: None,
            sheet: None,
            resource: None,
            subject: None,
            filter: None,
            query: None,
            release: None,
        };
        let limits = Limits { reject_above: Share::ALL, ..Limits::default() };
        Self {
            path: schema_path.to_path_buf(),
            digest: String::new(),
            name: "validate".to_owned(),
            legal_basis: String::new(),
            purpose: String::new(),
            policy: String::new(),
            limits,
            sender: None,
            recipients: Vec::new(),
            sources: vec![source],
            joins: Vec::new(),
            excludes: Vec::new(),
            subject: Subject {
                column: String::new(),
                kind: SubjectKind::Text,
                linkage: Linkage::None,
                missing: MissingSubject::Reject,
            },
            datasets: Vec::new(),
            sample: None,
            persons: Vec::new(),
            aggregates: Vec::new(),
            ledger: None,
            export: Export { to: PathBuf::new(), formats: Vec::new() },
            destroy: Destroy { when: When::Exported, sources_beneath: None },
        }
    }
}
