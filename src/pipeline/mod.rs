//! The order of the stages, readable top to bottom.

mod blocks;
mod bridge;
mod documents;
mod error;
mod frame;
mod intake;
mod keys;
mod output;
mod passes;
mod run;
mod summary;
mod tables;
mod watch;

pub use error::RunError;
pub use run::{RunOptions, check, run};
pub use summary::{BridgeSummary, PersonsSummary, RunSummary, SourceSummary, TableSummary};
pub use watch::{Stage, Unwatched, Watch};
