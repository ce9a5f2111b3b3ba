//! Pipeline files: TOML → checked values. Unknown keys are refused.

mod aggregates;
mod derive;
mod error;
mod files;
mod form;
mod generalise;
mod hierarchy;
mod keep;
mod limits;
mod model;
mod outputs;
mod problem;
mod raw;
mod read;
mod sample;
mod settings;
mod sources;
mod sql;
#[cfg(test)]
mod tests;
mod words;

pub use error::{ConfigError, ConfigErrors};
pub use hierarchy::HierarchyProblem;
pub use model::{
    Aggregate, ColumnRef, Dataset, Derived, Destroy, Dropped, Encoding, Exclude, Export, ExportFormat, FileFormat,
    Generalise, Join, Kept, Limits, Linkage, Measure, MissingSubject, Over, Persons, Pipeline, Rate, Sample,
    SampleSize, SampleUnit, Share, Source, Subject, SubjectKind, Threshold,
};
pub use problem::{Known, Problem};
