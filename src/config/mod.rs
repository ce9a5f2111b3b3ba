//! Pipeline files: TOML → checked values. Unknown keys are refused.

mod aggregates;
mod anonymise;
mod concentration;
mod derive;
mod describe;
mod design;
mod editor;
mod effective;
mod error;
mod estimator;
mod files;
mod form;
mod frame;
mod generalise;
mod hierarchy;
mod inputs;
mod keep;
mod known;
mod ledger;
mod limits;
mod lineage;
mod linked;
mod model;
mod outputs;
mod perturb;
pub mod plan;
mod problem;
mod query;
mod raw;
mod read;
mod ready_method;
mod ready_perturb;
mod ready_raw;
mod ready_rules;
mod ready_tables;
mod recipients;
mod references;
mod release;
mod sample;
mod sdmx;
mod secrets;
mod settings;
mod sources;
mod spanned;
mod sql;
#[cfg(test)]
pub(crate) mod tests;
mod transmission;
mod wishes;
mod words;

pub use anonymise::{
    Anonymise, Change, ChangeMethod, DatePart, EvidenceLimits, Levels, Local, LossAggregate, LossChoice, LossMeasure,
    Population, Protection, Quasi, RiskWanted, Rule, RuleDistance, RuleModel, Search, Sensitive, special_sets,
};
pub use concentration::Concentration;
pub use design::{
    AllocationRule, Calibration, CalibrationMethod, Design, Disclosure, DrawKey, FramePolicy, KnownTotals, Margin,
    NamedStratum, OnDuplicate, OnEmptyStratum, OnMissingStratum, OnShortStratum, OnStratumConflict, Power,
    UnequalMethod,
};
pub use editor::{json_schema_of_pipelines, sections};
pub use effective::{Effective, effective};
pub use error::{ConfigError, ConfigErrors};
pub use estimator::CONFIDENCE;
pub use frame::FrameDesign;
pub use hierarchy::HierarchyProblem;
pub use lineage::Dimension;
pub use linked::{Linked, Shape};
pub use model::{
    Aggregate, ColumnRef, Dataset, Delivery, Derived, Destroy, Dropped, Encoding, Exclude, Export, ExportFormat,
    FileFormat, Generalise, Join, Kept, Ledger, Limits, Linkage, Measure, MissingSubject, Over, Persons, Pipeline,
    Rate, Recipient, S3, Sample, SampleSize, SampleUnit, Sender, Sftp, Share, Source, Subject, SubjectKind, Threshold,
    UseUntil, When,
};
pub use outputs::SDMX_SUFFIX;
pub use perturb::{
    CellKey, Decimal, Noise, NoiseKind, Perturb, PrivacyBudget, Probability, RoundTo, SumChange, SumHow, Units,
};
pub use problem::{Known, Problem};
pub use query::SourceQuery;
pub use ready_method::ChosenBy;
pub use ready_tables::{
    Objective, Percentage, ReadyForm, ReadyMeasure, ReadyPerturb, ReadyRules, ReadyTable, ReadyTables,
};
pub use references::Reference;
pub use release::{SourceRelease, Verifier};
pub use sdmx::sdmx_id;
pub use wishes::{Cost, Decision, DecisionsProblem, Wish, Wishes, Zeros};
pub use words::nearest;
