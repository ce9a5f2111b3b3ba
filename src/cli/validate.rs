//! `tamis validate`.

use super::args::{Format, ValidateArgs};
use super::progress::Bars;
use super::signals::Signals;
use super::{Shell, show};
use crate::config::Pipeline;
use crate::pipeline::{self, RunError};
use crate::schema::TableSchema;

/// Judges files against a schema, or the sources of a pipeline against theirs.
pub(super) fn validate(shell: &Shell, args: &ValidateArgs) -> u8 {
    let mut pipeline = match &args.schema {
        Some(path) => match TableSchema::read(path) {
            Ok(schema) => Pipeline::for_validation(path, schema, &args.files),
            Err(error) => return shell.complain(2, &show::with_causes(&error)),
        },
        None => match args.files.as_slice() {
            [file] if file.extension().is_some_and(|e| e == "toml") => match Pipeline::read(file) {
                Ok(pipeline) => pipeline,
                Err(error) => return shell.refuse_pipeline(error),
            },
            _ => return shell.complain(2, show::needs_schema(shell.lang)),
        },
    };
    pipeline.limits.places = args.places;
    let bars = Bars::new(shell.lang, Signals::listen());
    let outcome = pipeline::check(&pipeline, shell.threads, &bars);
    bars.clear();
    match outcome {
        Ok(sources) => {
            let printed = match shell.format {
                Format::Human => shell.print(&show::findings(shell.lang, &sources, args.places)),
                Format::Json => {
                    let sources: Vec<_> = sources.iter().map(pipeline::SourceSummary::to_json).collect();
                    shell.print_json(&serde_json::json!({ "sources": sources }))
                }
            };
            let clean = sources.iter().all(|s| s.findings.is_empty());
            if printed != 0 { printed } else { u8::from(!clean) }
        }
        Err(error @ RunError::Validate(_)) => shell.complain(2, &show::with_causes(&error)),
        Err(error) => shell.complain(error.exit_code(), &show::with_causes(&error)),
    }
}
