//! What the three datasets have in common.

use super::draw::{Draw, Purpose};
use super::person::World;
use super::row::Row;

/// A record to come: which of its person's, of what kind (band, programme, certificate), on what day.
#[derive(Clone, Copy)]
pub(super) struct Event {
    /// Number among the person's records, below 8.
    pub(super) record: u8,
    pub(super) kind: u8,
    /// Days since 1970-01-01.
    pub(super) day: i32,
}

/// A dataset: who has records, and what stands in them.
pub(super) trait Dataset: Sync {
    /// Name of its schema.
    const NAME: &'static str;
    /// The fields that [`Dataset::fill`] writes, in that order.
    const FIELDS: &'static [&'static str];
    /// The streams of its records.
    const PURPOSE: Purpose;
    /// The person that records are about.
    type Subject: Send;

    /// How many persons there are to draw from.
    fn subjects(&self, world: &World) -> u64;
    /// Adds the records of one person, at most 8; `None` if there are none.
    fn plan(&self, world: &World, index: u64, events: &mut Vec<Event>) -> Option<Self::Subject>;
    /// Writes the cells of a record, one for each field.
    fn fill(&self, row: &mut Row, index: u64, subject: &Self::Subject, event: Event, draw: &mut Draw);
    /// Makes a correct record break a rule between fields.
    fn break_rule(&self, row: &mut Row, draw: &mut Draw);
}
