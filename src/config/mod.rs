//! Pipeline files: TOML → checked values. Unknown keys are refused.

mod aggregates;
mod derive;
mod describe;
mod design;
mod error;
mod estimator;
mod files;
mod form;
mod frame;
mod generalise;
mod hierarchy;
mod keep;
mod limits;
mod lineage;
mod linked;
mod model;
mod outputs;
mod problem;
mod raw;
mod read;
mod ready_method;
mod ready_raw;
mod ready_rules;
mod ready_tables;
mod recipients;
mod sample;
mod secrets;
mod settings;
mod sources;
mod sql;
#[cfg(test)]
mod tests;
mod transmission;
mod words;

pub use design::{
    AllocationRule, Calibration, CalibrationMethod, Design, Disclosure, DrawKey, FramePolicy, KnownTotals, Margin,
    NamedStratum, OnDuplicate, OnEmptyStratum, OnMissingStratum, OnShortStratum, OnStratumConflict, Power,
    UnequalMethod,
};
pub use error::{ConfigError, ConfigErrors};
pub use estimator::CONFIDENCE;
pub use frame::FrameDesign;
pub use hierarchy::HierarchyProblem;
pub use lineage::Dimension;
pub use linked::{Linked, Shape};
pub use model::{
    Aggregate, ColumnRef, Dataset, Delivery, Derived, Destroy, Dropped, Encoding, Exclude, Export, ExportFormat,
    FileFormat, Generalise, Join, Kept, Limits, Linkage, Measure, MissingSubject, Over, Persons, Pipeline, Rate,
    Recipient, S3, Sample, SampleSize, SampleUnit, Sender, Sftp, Share, Source, Subject, SubjectKind, Threshold,
    UseUntil, When,
};
pub use problem::{Known, Problem};
pub use ready_tables::{Method, Objective, Percentage, ReadyForm, ReadyMeasure, ReadyRules, ReadyTable, ReadyTables};
