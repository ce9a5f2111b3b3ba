//! Where the foreign keys of schemas are looked up.

use std::path::Path;

use super::{Pipeline, Source};
use crate::schema::{FieldsMatch, ForeignKey, TableSchema};

/// A foreign key between two sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Position of the source whose values are looked up.
    pub from: usize,
    /// Position of the source in which they are looked up.
    pub to: usize,
    /// Position of the key among the foreign keys of the first source's schema.
    pub key: usize,
    /// Positions of the fields in both schemas.
    pub fields: Vec<(usize, usize)>,
}

impl Pipeline {
    /// Every foreign key of the sources' schemas, with the source it is looked up in: the one of that name, else the one
    /// whose schema has it. `Err` holds the position of the source and the key where there is none, or where it lacks a
    /// field: such a key is not checked.
    #[must_use]
    pub fn references(&self) -> Vec<Result<Reference, (usize, ForeignKey)>> {
        let keys = self.sources.iter().enumerate();
        let keys = keys.flat_map(|(from, s)| s.schema.foreign_keys.iter().enumerate().map(move |(i, k)| (from, i, k)));
        keys.map(|(from, i, key)| self.reference(from, i, key).ok_or_else(|| (from, key.clone()))).collect()
    }

    fn reference(&self, from: usize, number: usize, key: &ForeignKey) -> Option<Reference> {
        let to = match key.resource.as_str() {
            "" => from,
            name => self.source_named(name)?,
        };
        let position = |source: usize, name: &String| self.sources[source].schema.position(name);
        let pairs = key.fields.iter().zip(&key.reference);
        let fields = pairs.map(|(a, b)| Some((position(from, a)?, position(to, b)?))).collect::<Option<_>>()?;
        Some(Reference { from, to, key: number, fields })
    }

    fn source_named(&self, name: &str) -> Option<usize> {
        let by_schema = || self.sources.iter().position(|s| s.schema.name == name);
        self.sources.iter().position(|s| s.name == name).or_else(by_schema)
    }

    /// Adds a file in which foreign keys of the first source are looked up under that name. Its columns are read as the
    /// fields that refer to them are. `false` where no foreign key has this name.
    pub fn add_reference(&mut self, name: &str, path: &Path) -> bool {
        let Some(first) = self.sources.first().cloned() else { return false };
        let mut fields: Vec<_> = Vec::new();
        for key in first.schema.foreign_keys.iter().filter(|k| k.resource == name) {
            for (field, reference) in key.fields.iter().zip(&key.reference) {
                let Some(field) = first.schema.field(field) else { continue };
                if !fields.iter().any(|f: &crate::schema::Field| f.name == *reference) {
                    let constraints = Default::default();
                    fields.push(crate::schema::Field { name: reference.clone(), constraints, ..field.clone() });
                }
            }
        }
        if fields.is_empty() {
            return false;
        }
        let schema = TableSchema {
            name: name.to_owned(),
            title: None,
            description: None,
            fields,
            missing_values: first.schema.missing_values.clone(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            fields_match: FieldsMatch::Subset,
            rules: Vec::new(),
        };
        let files = vec![glob::Pattern::escape(&path.to_string_lossy())];
        self.sources.push(Source {
            name: name.to_owned(),
            schema,
            files,
            sheet: None,
            resource: None,
            query: None,
            ..first
        });
        true
    }
}
