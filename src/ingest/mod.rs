//! Files → batches with positions. No judgement.

mod batch;

pub use batch::{InputFile, Malformed, MalformedRecord, RawBatch};
