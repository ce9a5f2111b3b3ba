//! Drop, generalise, pseudonymise: the allow-list. What is not named does not pass.

mod codebook;
mod declared;
mod dictionary;
mod generalise;
mod join;
mod pass;
mod rows;
mod subject;

pub use codebook::{Cell, Codebook, Dictionaries, MISSING_TEXT_KEY};
pub use declared::declared_paths;
pub use dictionary::{Dictionary, Frozen};
pub use join::{JoinCounts, JoinPlan, LeftOut, StagedBatch, Stager};
pub use pass::{Layout, Sieve, SieveScratch, SievedBatch};
pub(crate) use pass::{place_of, record_number};
pub use rows::{Kind, LayoutError, MISSING_CODE, MISSING_INTEGER, Rows, Values};
pub(crate) use subject::SubjectDigest;
pub use subject::{Excluded, RegisterError};
