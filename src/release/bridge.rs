//! Which earlier pseudonym and which present one are the same person's: a file for one recipient, made without any identifier.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;

use super::people::chunk_of;
use super::{PSEUDONYM, PSEUDONYM_COLUMN, ReleaseChunk, ReleaseError, ReleaseField, ReleaseResource, ResourceKind};
use crate::config::{Persons, Pipeline};
use crate::keys::PseudonymKey;
use crate::schema::{Logical, Role};
use crate::sieve::{Kind, Rows, Values};
use crate::vault::People;

/// Name of the column with the pseudonyms of the earlier epoch.
pub const EARLIER_COLUMN: &str = "pseudonyme_ancien";

/// The correspondence of one per-person output.
pub struct BridgeRelease {
    index: usize,
    resource: ReleaseResource,
    dataset: usize,
    earlier: PseudonymKey,
    present: PseudonymKey,
}

impl BridgeRelease {
    /// The correspondence of the output `persons`, at position `index` among the resources of the release.
    #[must_use]
    pub fn new(
        pipeline: &Pipeline,
        index: usize,
        persons: &Persons,
        earlier: PseudonymKey,
        present: PseudonymKey,
    ) -> Self {
        let field = |name: &str, title: &str, description: &str| ReleaseField {
            name: name.to_owned(),
            logical: Logical::Text,
            title: Some(title.to_owned()),
            description: Some(description.to_owned()),
            role: Some(Role::SubjectIdentifier),
            origin: Some(pipeline.subject.column.clone()),
            generalised: PSEUDONYM,
            why: Some("prolonge le suivi d'une personne au-delà d'un changement d'époque".to_owned()),
        };
        let resource = ReleaseResource {
            name: Self::name_of(persons),
            kind: ResourceKind::Persons,
            title: Some(format!("Correspondance des pseudonymes de {}", persons.name)),
            fields: vec![
                field(EARLIER_COLUMN, "Ancien pseudonyme", "Numéro de la personne à l'époque précédente"),
                field(PSEUDONYM_COLUMN, "Pseudonyme", "Numéro de la personne dans la présente transmission"),
            ],
            protection: serde_json::json!({ "model": "none", "rows": "one for each person released in the named resource",
                "resource": persons.name }),
        };
        Self { index, resource, dataset: persons.dataset, earlier, present }
    }

    /// The name of the resource that leads to an output.
    #[must_use]
    pub fn name_of(persons: &Persons) -> String {
        format!("{}-correspondance", persons.name)
    }

    /// The description of the resource.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// Kinds of the columns that [`BridgeRelease::select`] gives: both halves of the earlier pseudonym.
    #[must_use]
    pub fn kinds() -> Vec<Kind> {
        vec![Kind::Word; 2]
    }

    /// The persons of a bucket of whom a row leaves, each once, under their present pseudonym. `leaves` tells for each row
    /// of the dataset whether it does.
    #[must_use]
    pub fn select(&self, people: &People<'_>, leaves: &[bool]) -> Rows {
        let rows = people.of_dataset(self.dataset);
        // All rows of a person lie in one bucket.
        let mut persons: Vec<u128> =
            rows.key.iter().zip(leaves).filter(|(_, leaves)| **leaves).map(|(p, _)| *p).collect();
        persons.sort_unstable();
        persons.dedup();
        let earlier = || persons.iter().map(|person| self.earlier.pseudonym(*person));
        let high = earlier().map(|pseudonym| (pseudonym >> 64) as u64).collect();
        let low = earlier().map(|pseudonym| pseudonym as u64).collect();
        let key = persons.iter().map(|person| self.present.pseudonym(*person)).collect();
        Rows { key, columns: vec![Values::Word(high), Values::Word(low)] }
    }

    /// Rows in the order of the present pseudonyms.
    ///
    /// # Errors
    /// Where rows do not fit the description of the resource: a bug.
    pub fn chunk(&self, rows: &Rows) -> Result<ReleaseChunk, ReleaseError> {
        let (high, low) = (rows.words(0), rows.words(1));
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by_key(|&row| rows.key[row]);
        let texts = |of: &dyn Fn(usize) -> u128| -> ArrayRef {
            let mut texts = StringBuilder::with_capacity(order.len(), order.len() * 32);
            order.iter().for_each(|&row| texts.append_value(format!("{:032x}", of(row))));
            Arc::new(texts.finish())
        };
        let earlier = texts(&|row| (u128::from(high[row]) << 64) | u128::from(low[row]));
        let present = texts(&|row| rows.key[row]);
        chunk_of(self.index, &self.resource, vec![earlier, present])
    }
}
