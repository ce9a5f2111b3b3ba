//! The order of the stages, readable top to bottom.

mod acknowledging;
mod admitted;
mod blocks;
mod bridge;
mod certifying;
mod checking;
mod closing;
mod cluster;
mod content;
mod context;
mod csv;
mod delivered;
mod documents;
mod drawing;
mod earlier;
mod error;
mod estimates;
mod exposure;
mod foresee;
mod frame;
mod identity;
mod intake;
mod keys;
mod opening;
mod output;
mod passes;
mod pending;
mod people;
mod perturbed;
mod protected;
mod purging;
mod readymade;
mod recoded;
mod run;
mod samples;
mod summary;
mod tables;
mod uniqueness;
mod utility;
mod watch;
mod weights;
mod wished;

/// What the rooms beneath a run refuse, for those who tell it.
pub mod refusals {
    pub use crate::admission::AdmissionError;
    pub use crate::export::{ExportError, Mismatch, Operation};
    pub use crate::protect::perturb::budget::BudgetError;
    pub use crate::protect::perturb::controlled::ControlledError;
    pub use crate::protect::perturb::noise::NoiseError;
    pub use crate::protect::perturb::ptable::PTableError;
    pub use crate::protect::perturb::rounding::RoundingError;
    pub use crate::protect::tables::audit::AuditError;
    pub use crate::protect::tables::{SystemError, TableError};
    pub use crate::sample::allocation::AllocationError;
    pub use crate::sample::designs::DesignError;
    pub use crate::sample::{SampleError, Unfit};
    pub use crate::summarise::SummariseError;
    pub use crate::vault::VaultError;
}

pub use crate::ingest::{Container, IngestError};
pub use crate::release::{STATUS_COLUMN, TOTAL_CODE};
pub use checking::check;
pub use closing::{Closed, Closing, Waiting, close, sender_of};
pub use cluster::{
    Around, ClusterError, Emit, End, Gathered, Part, Parts, Pass, begin, finish, merge, sieve, stages, work,
};
pub use csv::line as csv_line;
pub use delivered::note_delivery;
pub use error::{Rejection, RunError};
pub use exposure::{Exposure, ProtectionCost, ProtectionSummary};
pub use foresee::{ForeseeKeys, Foreseen, ForeseenOutput, foresee};
pub use identity::Repeat;
pub use people::{
    Anonymised, Groups, Individual, Linked, Measured, PersonsError, RiskOptions, SizeBands, Small, Special, anonymise,
    choice_word, measure_risk,
};
pub use perturbed::PerturbError;
pub use purging::purge;
pub use readymade::{
    Attack, AttackOptions, Fallen, Needed, ReadyFile, ReadyProtected, ReadymadeError, attack, columns_of_table,
    release_ready,
};
pub use run::{RunOptions, run};
pub use samples::{FrameSample, FrameUnit, OneFile, Replay, columns_of_frame, draw_frame, replay};
pub use summary::{
    BridgeSummary, EarlierRelease, EarlierSummary, PersonsSummary, RunSummary, SourceSummary, TableSummary,
};
pub use watch::{Stage, Unwatched, Watch};
