//! The keys of a run: derived from a root that exists in memory only, or from a kept one and an epoch of its ledger.

use super::frame::group_of;
use crate::config::{DrawKey, Linkage, Persons, Pipeline, Source, SubjectKind};
use crate::keys::{
    self, Credential, Domain, EpochChoice, KeyError, Locked, MasterKey, PassageKey, PerturbationKey, PseudonymKey, RUN,
    SamplingKey, ShuffleKey, SubjectKey,
};

/// Keys of one run. No `Debug`. Dropping them wipes them.
pub(super) struct RunKeys {
    master: MasterKey,
    /// `None` where the key is the run's own.
    epoch: Option<EpochChoice>,
    dataset: String,
    kind: &'static str,
    subject: SubjectKey,
    sampling: SamplingKey,
    records: ShuffleKey,
    perturbation: PerturbationKey,
    tie: Locked<[u8; 16]>,
    /// Per source: the address of its database.
    credentials: Vec<Option<Credential>>,
}

/// What a purpose is derived for. The epoch separates periods, the recipient those who receive (R18).
struct Ground<'a> {
    epoch: &'a str,
    dataset: &'a str,
    kind: &'a str,
}

impl<'a> Ground<'a> {
    fn domain(&self, recipient: &'a str) -> Domain<'a>
    where
        Self: 'a,
    {
        Domain { epoch: self.epoch, recipient, dataset: self.dataset, identifier: self.kind }
    }
}

impl RunKeys {
    /// Number of derived keys, for the certificate.
    pub const COUNT: usize = 6;

    /// The keys of a run. Where pseudonyms last, `master` is the kept key and `epoch` one of its ledger; else there is no epoch,
    /// and `master` is drawn from the operating system unless it is given. `draw` is the kept key behind the sample, where
    /// pseudonyms do not last and the draw can be repeated.
    pub fn new(
        pipeline: &Pipeline,
        master: Option<MasterKey>,
        epoch: Option<EpochChoice>,
        draw: Option<MasterKey>,
    ) -> Result<Self, KeyError> {
        let kept = pipeline.sample.as_ref().is_some_and(|sample| sample.key == DrawKey::Kept);
        if kept && draw.is_none() && pipeline.subject.linkage != Linkage::Longitudinal {
            return Err(KeyError::DrawKeyNeeded);
        }
        let mut keys = Self::without_draw(pipeline, master, epoch)?;
        if kept {
            keys.keep_draw(pipeline, draw.as_ref());
        }
        Ok(keys)
    }

    fn without_draw(
        pipeline: &Pipeline,
        master: Option<MasterKey>,
        epoch: Option<EpochChoice>,
    ) -> Result<Self, KeyError> {
        match (pipeline.subject.linkage, master, epoch) {
            (Linkage::Longitudinal, None, _) => Err(KeyError::KeyNeeded),
            (Linkage::Longitudinal, Some(_), None) => Err(KeyError::EpochNeeded),
            (Linkage::Longitudinal, Some(master), Some(epoch)) if epoch.belongs_to(&master) => {
                Self::derive(pipeline, master, Some(epoch))
            }
            (Linkage::Longitudinal, Some(_), Some(_)) => Err(KeyError::OtherLedger),
            (Linkage::None | Linkage::Release, _, Some(_)) => Err(KeyError::NotLasting),
            (Linkage::None | Linkage::Release, Some(master), None) => Self::derive(pipeline, master, None),
            (Linkage::None | Linkage::Release, None, None) => Self::fresh(pipeline),
        }
    }

    /// Keys that die with the process: all that is needed where nothing is published.
    pub fn fresh(pipeline: &Pipeline) -> Result<Self, KeyError> {
        Self::derive(pipeline, MasterKey::random()?, None)
    }

    fn derive(pipeline: &Pipeline, master: MasterKey, epoch: Option<EpochChoice>) -> Result<Self, KeyError> {
        let credential =
            |source: &Source| source.query.as_ref().map(|query| keys::load_credential(&query.from)).transpose();
        let credentials = pipeline.sources.iter().map(credential).collect::<Result<_, _>>()?;
        let kind = match pipeline.subject.kind {
            SubjectKind::Nir => "nir",
            SubjectKind::Text => "text",
        };
        let dataset = pipeline.name.clone();
        let now = Ground { epoch: epoch.as_ref().map_or(RUN, EpochChoice::current), dataset: &dataset, kind };
        let domain = now.domain("");
        // The digest of a person inside the run never leaves. Under a kept key it is the same in every epoch, so that old and
        // new pseudonyms can both be made of it, without any identifier. No epoch has an empty name.
        // It is the same in all pipelines under that key, so that their samples can be coordinated.
        let subjects = match &epoch {
            Some(_) => Domain { epoch: "", dataset: "", ..domain },
            None => Domain { epoch: RUN, ..domain },
        };
        let mut tie = Locked::zeros();
        // A digest of records settles ties and orders; it never leaves, and one output of the record key keys it.
        *tie = master.shuffle_key(&domain, "ties").order(0, 0).to_be_bytes();
        Ok(Self {
            subject: master.subject_key(&subjects),
            sampling: master.sampling_key(&domain),
            records: master.shuffle_key(&domain, "records"),
            // Without the name of the pipeline: two of them that count the same persons change the counts in the same way, so that
            // nobody gets two independent changes of one count. Another epoch is another draw.
            perturbation: master.perturbation_key(&Domain { dataset: "", ..domain }),
            tie,
            master,
            epoch,
            kind,
            dataset,
            credentials,
        })
    }

    /// The address of the database that a source is read from.
    pub fn credential(&self, source: usize) -> Option<&Credential> {
        self.credentials.get(source).and_then(Option::as_ref)
    }

    /// Puts what decides about the sample under a kept key: who is the same person, the numbers, and what tells records
    /// apart. All pipelines of one coordination group see the same persons with the same numbers; pseudonyms stay under keys of
    /// their own.
    fn keep_draw(&mut self, pipeline: &Pipeline, draw: Option<&MasterKey>) {
        let master = draw.unwrap_or(&self.master);
        let group = group_of(pipeline);
        let domain = Domain { epoch: "", recipient: "", dataset: group, identifier: self.kind };
        let (sampling, records) = (master.sampling_key(&domain), master.shuffle_key(&domain, "records"));
        let tie = master.shuffle_key(&domain, "ties").order(0, 0).to_be_bytes();
        // Pseudonyms that last are made of the person's digest, which stays what it was.
        let everywhere = Domain { dataset: "", ..domain };
        let subject = (self.epoch.is_none()).then(|| master.subject_key(&everywhere));
        self.sampling = sampling;
        self.records = records;
        *self.tie = tie;
        if let Some(subject) = subject {
            self.subject = subject;
        }
    }

    fn ground<'a>(&'a self, epoch: &'a str) -> Ground<'a> {
        Ground { epoch, dataset: &self.dataset, kind: self.kind }
    }

    fn now(&self) -> Ground<'_> {
        self.ground(self.epoch().unwrap_or(RUN))
    }

    /// The epoch of the pseudonyms, where they last.
    pub fn epoch(&self) -> Option<&str> {
        self.epoch.as_ref().map(EpochChoice::current)
    }

    pub fn subject(&self) -> &SubjectKey {
        &self.subject
    }

    pub fn sampling(&self) -> &SamplingKey {
        &self.sampling
    }

    /// Changes the counts of tables: of this run, or of all runs of an epoch.
    pub fn perturbation(&self) -> &PerturbationKey {
        &self.perturbation
    }

    pub fn tie_key(&self) -> &[u8; 16] {
        &self.tie
    }

    /// The unit that a record is, where records are drawn.
    pub fn record_order(&self, person: u128, digest: u64) -> u128 {
        self.records.order(person, digest)
    }

    /// Changes values of per-person outputs: of this run, or of all runs of an epoch, whatever the pipeline and the recipient, so that
    /// nobody gets two independent changes of one value.
    pub fn changes(&self) -> PerturbationKey {
        self.master.perturbation_key(&Domain { dataset: "", ..self.now().domain("persons") })
    }

    /// Makes the pseudonyms of an output: of one recipient, and of this output alone.
    pub fn pseudonyms(&self, pipeline: &Pipeline, persons: &Persons) -> PseudonymKey {
        self.master.pseudonym_key(&self.now().domain(recipient(pipeline, persons)), &persons.name)
    }

    /// Makes the pseudonyms that the same output had for the same recipient in the earlier epoch; `None` where no
    /// correspondence is asked for.
    pub fn earlier_pseudonyms(&self, pipeline: &Pipeline, persons: &Persons) -> Option<PseudonymKey> {
        let from = self.epoch.as_ref()?.from()?;
        Some(self.master.pseudonym_key(&self.ground(from).domain(recipient(pipeline, persons)), &persons.name))
    }

    /// Seals working data that go from machine to machine: of this pipeline as it stands, to the byte.
    pub fn passage(&self, pipeline: &Pipeline) -> PassageKey {
        self.master.passage_key(&Domain { dataset: &pipeline.digest, ..self.now().domain("") })
    }

    /// Orders the rows of an output. The prefix keeps outputs apart from the names used above.
    pub fn shuffle(&self, pipeline: &Pipeline, persons: &Persons) -> ShuffleKey {
        let resource = format!("resource/{}", persons.name);
        self.master.shuffle_key(&self.now().domain(recipient(pipeline, persons)), &resource)
    }
}

/// The name of the recipient of an output; empty where nothing is sealed.
fn recipient<'a>(pipeline: &'a Pipeline, persons: &Persons) -> &'a str {
    persons.recipient.and_then(|r| pipeline.recipients.get(r)).map_or("", |r| r.name.as_str())
}
