//! Fingerprints of what is stripped, gathered while records are read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use super::ScanError;
use super::fingerprint::{FingerprintKey, word};
use super::normal::{Shape, bits, normalise, telephone};
use super::report::{Class, Searched};
use crate::config::Pipeline;
use crate::keys::PassageKey;
use crate::schema::{IdentifierKind, Role};
use crate::sieve::Rows;
use crate::validate::ValidBatch;
use crate::vault::{Budget, Store};

/// Words that a thread gathers before it hands them to the store.
const BATCH: usize = 1 << 15;
/// Words that a thread remembers so as not to store them again and again: names, doctors.
const REMEMBERED: usize = 1 << 15;
/// Names of one record that are put side by side.
const MOST_NAMES: usize = 4;
/// Titles stand in columns of their own or beside names, and are no names.
const TITLES: [&[u8]; 14] =
    [b"m", b"mr", b"mrs", b"ms", b"mme", b"mlle", b"dr", b"pr", b"prof", b"madame", b"monsieur", b"jr", b"sr", b"phd"];

/// A column that is stripped.
#[derive(Clone, Copy)]
struct Column {
    field: usize,
    subject: bool,
    identifier: Option<IdentifierKind>,
}

/// What was counted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tally {
    pub searched: [u64; Class::ALL.len()],
    pub too_short: [u64; Class::ALL.len()],
    /// Identifiers by their bits, repeats left out as far as a thread remembers them.
    #[serde(with = "by_bits")]
    pub identifiers: [u64; 64],
}

/// Lists of 64 counts; the library reads arrays of at most 32.
mod by_bits {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(counts: &[u64; 64], to: S) -> Result<S::Ok, S::Error> {
        counts.as_slice().serialize(to)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<[u64; 64], D::Error> {
        Vec::deserialize(from)?.try_into().map_err(|_| D::Error::custom("not 64 counts"))
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self { searched: [0; Class::ALL.len()], too_short: [0; Class::ALL.len()], identifiers: [0; 64] }
    }
}

impl Tally {
    fn merge(&mut self, other: &Self) {
        let add = |a: &mut [u64], b: &[u64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.searched, &other.searched);
        add(&mut self.too_short, &other.too_short);
        add(&mut self.identifiers, &other.identifiers);
    }

    pub fn report(&self) -> Vec<Searched> {
        let of = |class: Class| Searched {
            class,
            searched: self.searched[class as usize],
            too_short: self.too_short[class as usize],
        };
        Class::ALL.into_iter().map(of).collect()
    }
}

/// Fingerprints on their way from one machine to another.
#[derive(Serialize, Deserialize)]
pub struct Carried {
    words: Vec<u128>,
    tally: Tally,
}

/// Fingerprints of all values that were stripped from the input of a run, under a key that lives as long. No `Debug`.
pub struct Stripped {
    pub(super) key: FingerprintKey,
    store: Store,
    /// Per source.
    columns: Vec<Vec<Column>>,
    tally: Mutex<Tally>,
}

/// What one thread remembers while it reads a source. No `Debug`: it holds values.
pub struct Scratch {
    normal: Vec<u8>,
    /// Names of the record at hand, one behind the other, and where each, and its first word, end.
    names: Vec<u8>,
    ends: Vec<(usize, usize, usize)>,
    pair: Vec<u8>,
    words: Vec<u64>,
    known: Vec<u64>,
    tally: Tally,
}

impl Stripped {
    /// Nothing stripped yet. The store lies under the run's budget, spills encrypted, and is destroyed like the others.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub fn new(pipeline: &Pipeline, buckets: usize, budget: &Arc<Budget>, folder: &Path) -> Result<Self, ScanError> {
        Self::with(FingerprintKey::random()?, pipeline, buckets, budget, folder)
    }

    /// The same under a key that is given, where several machines read the input.
    ///
    /// # Errors
    /// As [`Stripped::new`].
    pub fn shared(
        key: &PassageKey,
        pipeline: &Pipeline,
        buckets: usize,
        budget: &Arc<Budget>,
        folder: &Path,
    ) -> Result<Self, ScanError> {
        Self::with(FingerprintKey::given(key.fingerprints()), pipeline, buckets, budget, folder)
    }

    fn with(
        key: FingerprintKey,
        pipeline: &Pipeline,
        buckets: usize,
        budget: &Arc<Budget>,
        folder: &Path,
    ) -> Result<Self, ScanError> {
        let columns = pipeline.sources.iter().map(|source| {
            let fields = source.schema.fields.iter().enumerate();
            let stripped = fields.filter(|(_, f)| f.role.is_some_and(Role::never_leaves));
            let column = stripped.map(|(field, f)| Column {
                field,
                subject: f.role == Some(Role::SubjectIdentifier),
                identifier: f.identifier,
            });
            column.collect()
        });
        Ok(Self {
            columns: columns.collect(),
            key,
            store: Store::new(Vec::new(), buckets, Arc::clone(budget), folder)?,
            tally: Mutex::default(),
        })
    }

    /// Memory for one thread.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch {
            normal: Vec::new(),
            names: Vec::new(),
            ends: Vec::new(),
            pair: Vec::new(),
            words: Vec::with_capacity(BATCH + 64),
            known: vec![0; REMEMBERED],
            tally: Tally::default(),
        }
    }

    /// Takes note of what is stripped from the judged records of a block of a source.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn take(&self, source: usize, batch: &ValidBatch<'_>, scratch: &mut Scratch) -> Result<(), ScanError> {
        let columns = self.columns.get(source).map_or(&[][..], Vec::as_slice);
        for &row in batch.rows() {
            scratch.names.clear();
            scratch.ends.clear();
            for column in columns {
                if let Some(text) = batch.text(row, column.field) {
                    self.value(text, *column, scratch);
                }
            }
            self.full_names(scratch);
            if scratch.words.len() >= BATCH {
                self.store(&mut scratch.words)?;
            }
        }
        Ok(())
    }

    /// Takes note of a value alone, for tests.
    #[cfg(test)]
    pub(super) fn take_record(&self, values: &[(&str, Role)], scratch: &mut Scratch) -> Result<(), ScanError> {
        scratch.names.clear();
        scratch.ends.clear();
        for (text, role) in values {
            let column = Column { field: 0, subject: *role == Role::SubjectIdentifier, identifier: None };
            self.value(text, column, scratch);
        }
        self.full_names(scratch);
        self.store(&mut scratch.words)
    }

    /// A thread is done.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn close(&self, mut scratch: Scratch) -> Result<(), ScanError> {
        self.store(&mut scratch.words)?;
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).merge(&scratch.tally);
        Ok(())
    }

    /// Two words make one key of the store: it holds nothing else.
    fn store(&self, words: &mut Vec<u64>) -> Result<(), ScanError> {
        let pair = |pair: &[u64]| u128::from(pair[0]) << 64 | u128::from(*pair.last().unwrap_or(&pair[0]));
        let key: Vec<u128> = words.chunks(2).map(pair).collect();
        words.clear();
        Ok(self.store.append(&Rows { key, columns: Vec::new() })?)
    }

    /// Shows the fingerprints, two to a word, and what was counted, for another machine.
    ///
    /// # Errors
    /// Where the store or `take` fails.
    pub fn carry<E: From<ScanError>>(&self, mut take: impl FnMut(Carried) -> Result<(), E>) -> Result<(), E> {
        let mut words = Vec::new();
        for bucket in 0..self.store.buckets() {
            self.store.each_key(bucket, |keys| words.extend_from_slice(keys)).map_err(ScanError::from)?;
            if words.len() >= BATCH {
                words.sort_unstable();
                take(Carried { words: std::mem::take(&mut words), tally: Tally::default() })?;
            }
        }
        words.sort_unstable();
        take(Carried { words, tally: self.tally() })
    }

    /// Takes in what another machine gathered under the same key.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn bring(&self, Carried { words, tally }: Carried) -> Result<(), ScanError> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).merge(&tally);
        Ok(self.store.append(&Rows { key: words, columns: Vec::new() })?)
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows every stored word to `look`, bucket by bucket in parallel; gives what each bucket came to.
    pub(super) fn each<T: Send>(
        &self,
        empty: impl Fn() -> T + Sync,
        look: impl Fn(&mut T, u64) + Sync,
    ) -> Result<Vec<T>, ScanError> {
        let bucket = |bucket| {
            let mut seen = empty();
            self.store.each_key(bucket, |keys| {
                for key in keys {
                    let (high, low) = ((key >> 64) as u64, *key as u64);
                    look(&mut seen, high);
                    if low != high {
                        look(&mut seen, low);
                    }
                }
            })?;
            Ok(seen)
        };
        (0..self.store.buckets()).into_par_iter().map(bucket).collect()
    }

    fn value(&self, text: &str, column: Column, scratch: &mut Scratch) {
        let shape = normalise(text, &mut scratch.normal);
        if scratch.normal.is_empty() {
            return;
        }
        let class = classify(&scratch.normal, shape, column);
        match class {
            Class::Telephone => {
                let mut canonical = [0; 17];
                if let Some(number) = telephone(&scratch.normal, shape.plus, &mut canonical) {
                    let fingerprint = self.key.of_telephone(number);
                    scratch.note(fingerprint, class);
                    return;
                }
            }
            Class::Name => {
                let start = scratch.names.len();
                if scratch.ends.len() < MOST_NAMES {
                    scratch.names.extend_from_slice(&scratch.normal);
                    scratch.ends.push((start, start + shape.first_word, scratch.names.len()));
                }
            }
            // The street alone: what stands before the first comma, where that is more than a number
            Class::Address
                if shape.digit_first && shape.comma < scratch.normal.len() && shape.comma >= class.least() =>
            {
                let fingerprint = self.key.of(&scratch.normal[..shape.comma]);
                scratch.note(fingerprint, class);
            }
            _ => {}
        }
        if scratch.normal.len() < class.least() {
            scratch.tally.too_short[class as usize] += 1;
            return;
        }
        let fingerprint = self.key.of(&scratch.normal);
        if scratch.note(fingerprint, class) && class == Class::Identifier {
            scratch.tally.identifiers[usize::from(bits(shape.digits, shape.letters))] += 1;
        }
    }

    /// Every two names of the record side by side, in both orders, each whole or by its first word. A name of several words
    /// that is alone in its record is a full name itself.
    fn full_names(&self, scratch: &mut Scratch) {
        let ends = std::mem::take(&mut scratch.ends);
        if let [(start, first, end)] = ends[..]
            && first < end
            && first - start >= 3
            && end - first >= 3
        {
            self.side_by_side((start, first), (first, end), scratch);
        }
        for (i, &a) in ends.iter().enumerate() {
            for &b in &ends[i + 1..] {
                for a in forms(a) {
                    for b in forms(b) {
                        self.side_by_side(a, b, scratch);
                    }
                }
            }
        }
        scratch.ends = ends;
    }

    fn side_by_side(&self, a: (usize, usize), b: (usize, usize), scratch: &mut Scratch) {
        if a.1 - a.0 + b.1 - b.0 < Class::FullName.least() {
            scratch.tally.too_short[Class::FullName as usize] += 1;
            return;
        }
        for (first, second) in [(a, b), (b, a)] {
            let Scratch { pair, names, .. } = &mut *scratch;
            pair.clear();
            pair.extend_from_slice(&names[first.0..first.1]);
            pair.extend_from_slice(&names[second.0..second.1]);
            let fingerprint = self.key.of(pair);
            scratch.note(fingerprint, Class::FullName);
        }
    }
}

/// A name whole, and by its first word where it has several.
fn forms((start, first, end): (usize, usize, usize)) -> impl Iterator<Item = (usize, usize)> + Clone {
    let short = (first < end && first - start >= 3).then_some((start, first));
    std::iter::once((start, end)).chain(short)
}

impl Scratch {
    /// Whether it is new to this thread.
    fn note(&mut self, fingerprint: u64, class: Class) -> bool {
        self.tally.searched[class as usize] += 1;
        let word = word(fingerprint, class);
        let slot = &mut self.known[(fingerprint >> 49) as usize % REMEMBERED];
        if *slot == word {
            return false;
        }
        *slot = word;
        self.words.push(word);
        true
    }
}

/// The class of a value, by its shape and by what its column is.
fn classify(normal: &[u8], shape: Shape, column: Column) -> Class {
    let Shape { letters, digits, words, .. } = shape;
    if shape.at && letters > 0 {
        return Class::Email;
    }
    if column.subject || column.identifier.is_some() {
        return Class::Identifier;
    }
    if letters == 0 {
        let mut number = [0; 17];
        let reads = telephone(normal, shape.plus, &mut number).is_some();
        return if reads { Class::Telephone } else { Class::Identifier };
    }
    if digits == 0 {
        let name = words <= 4 && !TITLES.contains(&normal);
        return if name { Class::Name } else { Class::Text };
    }
    if words >= 3 && letters >= 3 {
        return if shape.digit_first || holds_postcode(normal) { Class::Address } else { Class::Text };
    }
    if digits * 3 >= digits + letters { Class::Identifier } else { Class::Name }
}

/// Whether five digits stand together.
fn holds_postcode(normal: &[u8]) -> bool {
    normal.split(|b| !b.is_ascii_digit()).any(|run| run.len() == 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Class {
        let mut normal = Vec::new();
        let shape = normalise(text, &mut normal);
        classify(&normal, shape, Column { field: 0, subject: false, identifier: None })
    }

    #[test]
    fn values_are_told_apart_by_their_shape() {
        for (text, expected) in [
            ("2 84 05 88 321 025 32", Class::Identifier),
            ("AB12-3456", Class::Identifier),
            ("c10e497b-ed25-d6c6-e043-144724bf84da", Class::Identifier),
            ("06 39 98 62 55", Class::Telephone),
            ("+32 2 555 12 12", Class::Telephone),
            ("a.b@example.com", Class::Email),
            ("N'Diaye", Class::Name),
            ("Valentine262", Class::Name),
            ("Jean-Gabriel Luc", Class::Name),
            ("104 boulevard Molière, 68270 Wittenheim", Class::Address),
            ("Le Bourg 31400 Toulouse", Class::Address),
            ("Mme", Class::Text),
            ("patient vu ce jour en consultation", Class::Text),
        ] {
            assert_eq!(class(text), expected, "{text}");
        }
    }
}
