//! The keys of a run, derived from one root that exists in memory only.

use crate::config::{Pipeline, SubjectKind};
use crate::keys::{Domain, KeyError, MasterKey, PseudonymKey, SamplingKey, ShuffleKey, SubjectKey};

/// Keys of one run. No `Debug`. Dropping them wipes them.
pub(super) struct RunKeys {
    master: MasterKey,
    dataset: String,
    kind: &'static str,
    subject: SubjectKey,
    sampling: SamplingKey,
    records: ShuffleKey,
    tie: [u8; 16],
}

/// Pseudonyms of one run are good for that run only, so one epoch and no recipient is named until keys are kept.
fn domain<'a>(dataset: &'a str, kind: &'a str) -> Domain<'a> {
    Domain { epoch: "run", recipient: "", dataset, identifier: kind }
}

impl RunKeys {
    /// Keys under `master`, or under a fresh root from the operating system.
    pub fn new(pipeline: &Pipeline, master: Option<MasterKey>) -> Result<Self, KeyError> {
        let master = match master {
            Some(master) => master,
            None => MasterKey::random()?,
        };
        let kind = match pipeline.subject.kind {
            SubjectKind::Nir => "nir",
            SubjectKind::Text => "text",
        };
        let dataset = pipeline.name.clone();
        let domain = domain(&dataset, kind);
        let records = master.shuffle_key(&domain, "records");
        Ok(Self {
            subject: master.subject_key(&domain),
            sampling: master.sampling_key(&domain),
            // A digest of records settles ties and orders; it never leaves, and one output of the record key keys it.
            tie: master.shuffle_key(&domain, "ties").order(0, 0).to_be_bytes(),
            records,
            master,
            kind,
            dataset,
        })
    }

    /// Number of derived keys, for the certificate.
    pub const COUNT: usize = 5;

    pub fn subject(&self) -> &SubjectKey {
        &self.subject
    }

    pub fn sampling(&self) -> &SamplingKey {
        &self.sampling
    }

    pub fn tie_key(&self) -> &[u8; 16] {
        &self.tie
    }

    /// The unit that a record is, where records are drawn.
    pub fn record_order(&self, person: u128, digest: u64) -> u128 {
        self.records.order(person, digest)
    }

    pub fn pseudonyms(&self, resource: &str) -> PseudonymKey {
        self.master.pseudonym_key(&domain(&self.dataset, self.kind), resource)
    }

    /// Orders the rows of a resource. The prefix keeps resources apart from the names used above.
    pub fn shuffle(&self, resource: &str) -> ShuffleKey {
        self.master.shuffle_key(&domain(&self.dataset, self.kind), &format!("resource/{resource}"))
    }
}

impl Drop for RunKeys {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.tie.zeroize();
    }
}
