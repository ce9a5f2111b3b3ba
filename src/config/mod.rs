//! Pipeline files: TOML → checked values. Unknown keys are refused.

mod model;

pub use model::{
    Aggregate, ColumnRef, Dataset, Derived, Destroy, Dropped, Encoding, Exclude, Export, ExportFormat, FileFormat,
    Generalise, Join, Kept, Limits, Linkage, Measure, Over, Persons, Pipeline, Rate, Sample, SampleSize, SampleUnit,
    Share, Source, Subject, SubjectKind, Threshold,
};
