//! `tamis run`.

use std::path::Path;
use std::sync::Arc;

use super::args::{Format, RunArgs};
use super::progress::Bars;
use super::signals::Signals;
use super::{Shell, close, keys, plan, report, show};
use crate::clock::SystemClock;
use crate::config::Pipeline;
use crate::pipeline::{self, RunError, RunOptions};

/// Runs a pipeline and tells what became of it.
pub(super) fn run(shell: &Shell, args: &RunArgs) -> u8 {
    let mut pipeline = match Pipeline::read(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(error) => return shell.refuse_pipeline(error),
    };
    for named in &args.releases {
        let taken = named.split_once('=').is_some_and(|(source, folder)| {
            !folder.is_empty() && pipeline.take_release_from(source, Path::new(folder))
        });
        if !taken {
            return shell.complain(2, "write --release SOURCE=DIR, with a source of the pipeline that is a release");
        }
    }
    if let Some(code) = plan::population_refused(shell, &pipeline) {
        return code;
    }
    let keys::Kept { key, epoch, draw_key } = match keys::for_run(shell, args, &pipeline) {
        Ok(kept) => kept,
        Err(code) => return code,
    };
    let signer = match keys::of_run(shell, &pipeline, args.signing_key.as_deref()) {
        Ok(signer) => signer,
        Err(code) => return code,
    };
    let operator = match close::operator(shell, args.operator.as_deref()) {
        Ok(operator) => operator,
        Err(code) => return code,
    };
    let bars = Bars::new(shell.lang, Signals::listen());
    let options = RunOptions {
        out: args.out.clone(),
        threads: shell.threads,
        key,
        draw_key,
        epoch,
        signer: signer.as_ref(),
        operator: Some(operator),
        clock: Arc::new(SystemClock),
        watch: &bars,
    };
    let outcome = pipeline::run(&pipeline, options);
    bars.clear();
    match outcome {
        Ok(summary) => {
            if let Some(run) = summary.dossier.parent() {
                report::leave(shell, run);
            }
            let printed = match shell.format {
                Format::Human => shell.print(&show::summary(shell.lang, &summary, &pipeline, &args.pipeline)),
                Format::Json => shell.print_json(&summary.to_json()),
            };
            if printed == 0 { summary.exit_code() } else { printed }
        }
        Err(error) => {
            if let (RunError::Rejected { sources, .. }, Format::Human) = (&error, shell.format) {
                shell.print(&show::findings(shell.lang, sources, pipeline.limits.places.min(5)));
            }
            shell.complain(error.exit_code(), &show::with_causes(&error))
        }
    }
}
