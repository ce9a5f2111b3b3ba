//! Distinct persons, counted without a set: records come sorted by person.

use super::SummariseError;

/// Distinct persons of a bucket so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct People {
    /// Number of distinct persons.
    pub count: u64,
    /// The last one counted, plus 1; 0 for none.
    last: u64,
}

impl People {
    /// Meets a person; true the first time.
    pub fn meet(&mut self, person: u32) -> bool {
        let person = u64::from(person) + 1;
        let new = self.last != person;
        self.count += u64::from(new);
        self.last = person;
        new
    }
}

/// Makes sure that persons come sorted, and tells when the next one begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn(Option<u32>);

impl Turn {
    /// Whether the person is another one than before.
    pub fn next(&mut self, person: u32) -> Result<bool, SummariseError> {
        let new = match self.0 {
            Some(last) if person < last => return Err(SummariseError::Unsorted),
            Some(last) => person != last,
            None => true,
        };
        self.0 = Some(person);
        Ok(new)
    }
}
