//! The correspondences of a run: for each per-person output a file more, which leads from an earlier epoch to the present one.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blocks::stopped;
use super::error::RunError;
use super::run::Context;
use super::summary::BridgeSummary;
use crate::export::RunDirectory;
use crate::release::BridgeRelease;
use crate::scan::Scanner;
use crate::vault::{People, Store};

/// Buckets that are brought into order at a time.
const WINDOW: usize = 8;

/// One correspondence for each per-person output, in their order; none where none is asked for.
pub(super) struct Bridges(Vec<(BridgeRelease, Store)>);

impl Bridges {
    /// Their positions among the resources come after those of all outputs: the correspondence of the per-person output `i` is
    /// number `persons + aggregates + i`, and goes to the same recipient.
    pub fn new(ctx: &Context<'_>) -> Result<Self, RunError> {
        let pipeline = ctx.pipeline;
        let first = pipeline.persons.len() + pipeline.aggregates.len();
        let asked = pipeline.persons.iter().enumerate().filter_map(|(i, persons)| {
            let earlier = ctx.keys.earlier_pseudonyms(pipeline, persons)?;
            let present = ctx.keys.pseudonyms(pipeline, persons);
            Some(BridgeRelease::new(pipeline, first + i, persons, earlier, present))
        });
        let with_store = asked.map(|bridge| {
            let store = Store::new(BridgeRelease::kinds(), ctx.buckets, Arc::clone(&ctx.budget), &ctx.spill)?;
            Ok((bridge, store))
        });
        with_store.collect::<Result<_, RunError>>().map(Self)
    }

    /// Takes in the persons of a bucket of whom a row leaves with the output at position `output`.
    pub fn take(&self, output: usize, people: &People<'_>, leaves: &[bool]) -> Result<(), RunError> {
        if let Some((bridge, store)) = self.0.get(output) {
            store.append(&bridge.select(people, leaves))?;
        }
        Ok(())
    }

    /// Writes them.
    pub fn write(
        &self,
        ctx: &Context<'_>,
        scanner: &mut Scanner<'_>,
        directory: &mut RunDirectory,
    ) -> Result<Vec<BridgeSummary>, RunError> {
        let first = ctx.pipeline.persons.len() + ctx.pipeline.aggregates.len();
        let mut written = Vec::with_capacity(self.0.len());
        for (i, (bridge, store)) in self.0.iter().enumerate() {
            let mut writer = directory.writer(
                first + i,
                bridge.resource(),
                ctx.pipeline.persons[i].recipient,
                &ctx.pipeline.export.formats,
            )?;
            for start in (0..store.buckets()).step_by(WINDOW) {
                stopped(ctx.watch)?;
                let end = (start + WINDOW).min(store.buckets());
                let chunk = |bucket| -> Result<_, RunError> { Ok(bridge.chunk(&*store.bucket(bucket)?)?) };
                let chunks: Vec<_> = (start..end).into_par_iter().map(chunk).collect::<Result<_, _>>()?;
                for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                    scanner.look(bridge.resource(), chunk)?;
                    writer.write(chunk)?;
                }
            }
            let persons = directory.close(writer)?;
            written.push(BridgeSummary { name: bridge.resource().name.clone(), persons });
        }
        Ok(written)
    }
}
