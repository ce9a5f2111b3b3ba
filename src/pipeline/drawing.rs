//! The sample of a run: census, what is laid down before the draw, draw, weights.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::cluster::Gathered;
use super::error::RunError;
use super::frame::{Columns, Faults, Frame, Meaning, Units};
use super::passes::over_buckets;
use super::run::Context;
use super::watch::Stage;
use super::weights;
use crate::config::Disclosure;
use crate::keys::Prn;
use crate::sample::{
    Census, Draw, Fitted, Listing, SampleDigest, SampleError, SamplePlan, Sizes, StratumKey, StratumReport, Trait,
    Unit, draw_listed, frame_digest,
};
use crate::vault::{People, Vault};

/// Largest number that a design computes with, in size.
const LARGEST: f64 = 1e12;

/// The frame, counted.
pub(super) struct Counted {
    pub census: Census,
    pub faults: Faults,
    /// The units, where the design holds them in memory.
    listing: Listing,
    /// What the frame says of the margins.
    margins: Vec<Margin>,
}

/// What the frame says of a column with known margins.
#[derive(Clone, Default)]
pub(super) struct Margin {
    /// Sum of a number, in thousandths.
    pub sum: i128,
    /// Units with each value.
    pub counts: BTreeMap<u64, u64>,
}

impl Counted {
    /// What is counted of a frame that is not held in memory and has no margins.
    pub fn into_counts(self) -> (Census, Faults) {
        (self.census, self.faults)
    }

    fn empty(margins: usize) -> Self {
        Self {
            census: Census::default(),
            faults: Faults::default(),
            listing: Listing::default(),
            margins: vec![Margin::default(); margins],
        }
    }

    fn merge(mut self, other: Self) -> Result<Self, RunError> {
        for (ours, theirs) in self.margins.iter_mut().zip(other.margins) {
            ours.sum += theirs.sum;
            theirs.counts.into_iter().for_each(|(value, units)| *ours.counts.entry(value).or_insert(0) += units);
        }
        Ok(Self {
            census: self.census.merge(other.census),
            faults: self.faults.merge(other.faults),
            listing: self.listing.merge(other.listing)?,
            margins: self.margins,
        })
    }

    /// One unit of the frame.
    fn add(&mut self, frame: &Frame<'_>, meaning: &Meaning<'_>, units: &Units, unit: usize, number: &Prn) {
        let columns = &frame.columns;
        let words = units.words(unit);
        let mut numeric = |column: usize| {
            let value = meaning.number(column, words[column]).filter(|x| x.abs() <= LARGEST);
            self.faults.numbers += u64::from(value.is_none());
            value.unwrap_or(0.0)
        };
        let spread = columns.spread.map_or(0, |column| thousandths(numeric(column)));
        for (column, margin) in columns.margins.clone().zip(&mut self.margins) {
            if columns.is_number(column) {
                margin.sum += i128::from(thousandths(numeric(column)));
            } else {
                *margin.counts.entry(words[column]).or_insert(0) += 1;
            }
        }
        self.census.add(units.stratum(unit), number, spread);
    }

    /// One unit of a frame that is held in memory.
    fn list(
        &mut self,
        columns: &Columns,
        meaning: &Meaning<'_>,
        units: &Units,
        unit: usize,
        number: Prn,
    ) -> Result<(), SampleError> {
        let words = units.words(unit);
        let size = match columns.size.map(|column| size_of(columns, meaning, column, words[column])) {
            None => 1,
            Some(Some(size)) => size,
            Some(None) => {
                self.faults.sizes += 1;
                0
            }
        };
        let mut balance = Vec::with_capacity(columns.balance.len());
        for column in columns.balance.clone() {
            balance.push(if columns.is_number(column) {
                let value = meaning.number(column, words[column]).filter(|x| x.abs() <= LARGEST);
                self.faults.numbers += u64::from(value.is_none());
                Trait::Number(value.unwrap_or(0.0))
            } else {
                Trait::Value(words[column])
            });
        }
        let single = columns.cluster.filter(|_| !columns.shares_clusters);
        let single: Vec<(u64, Vec<u64>)> =
            single.map(|column| (words[column], units.stratum(unit).to_vec())).into_iter().collect();
        let links = if columns.shares_clusters { units.links(unit) } else { single.as_slice() };
        let named = |(cluster, _): &&(u64, Vec<u64>)| {
            columns.cluster.is_some_and(|column| meaning.text(column, *cluster).is_some())
        };
        let clusters: Vec<(u64, Vec<u64>)> = links.iter().filter(named).cloned().collect();
        self.listing.push(&Unit {
            number,
            stratum: units.stratum(unit),
            second: &words[columns.second.clone()],
            size,
            order: &words[columns.order.clone()],
            balance: &balance,
            clusters: &clusters,
        })
    }
}

/// A number in thousandths; within ±10^15.
fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

/// The size of a unit as a whole number: integers as they are, other numbers in millionths. `None` where it is missing,
/// negative or too large.
fn size_of(columns: &Columns, meaning: &Meaning<'_>, column: usize, word: u64) -> Option<u64> {
    let value = meaning.number(column, word).filter(|x| (0.0..=1e13).contains(x))?;
    let scale = if columns.logical.get(column) == Some(&crate::schema::Logical::Integer) { 1.0 } else { 1e6 };
    Some((value * scale).round() as u64)
}

/// Counts the frame.
pub(super) fn census(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>) -> Result<Counted, RunError> {
    if let Some((census, faults)) = ctx.gathered.and_then(Gathered::census) {
        return Ok(Counted { census, faults, ..Counted::empty(0) });
    }
    let meaning = frame.meaning();
    let holds = frame.sample.is_some_and(|sample| sample.design.holds_frame());
    let nobody = Prn::from_digest(&[0; 32]);
    over_buckets(
        ctx,
        vault,
        Stage::Census,
        || Counted::empty(frame.columns.margins.len()),
        |counted, people| {
            let units = frame.units(people);
            counted.faults = counted.faults.merge(units.faults);
            // Without a sample nobody has a number.
            let numbers = if frame.sample.is_some() { frame.numbers(people)? } else { vec![nobody; units.len()] };
            for (unit, number) in numbers.iter().enumerate().filter(|(unit, _)| !units.is_out(*unit)) {
                counted.add(frame, &meaning, &units, unit, number);
                if holds {
                    counted.list(&frame.columns, &meaning, &units, unit, *number)?;
                }
            }
            Ok(())
        },
        Ok,
        Counted::merge,
    )
}

/// What is laid down before the draw: whoever holds the key can show later that neither key nor frame was changed.
pub(super) struct Commitment {
    /// SHA-256 over key and nonce.
    pub key: [u8; 32],
    /// Told to the sender alone, after the draw.
    pub nonce: [u8; 32],
    /// Digest of the frame.
    pub frame: [u8; 32],
}

impl Commitment {
    /// Lays down the key of the run and the frame that was counted.
    ///
    /// The nonce keeps two commitments to one key apart. It is made of key and frame, so that the same run gives the same
    /// bytes.
    pub fn new(ctx: &Context<'_>, frame: &Frame<'_>, counted: &Counted) -> Self {
        let listing = frame.sample.filter(|sample| sample.design.holds_frame()).map(|_| &counted.listing);
        let digest = frame_digest(&counted.census, listing, &frame.meaning());
        let key = ctx.keys.sampling();
        let nonce = key.nonce(&digest);
        Self { key: key.commitment(&nonce), nonce, frame: digest }
    }
}

/// How far a balanced sample is from balance in a stratum, one number for each variable: relative, `None` where the total
/// is 0.
pub(super) type Balance = (StratumKey, Vec<Option<f64>>);

/// What the sample passes found.
pub(super) struct Sampled {
    pub plan: SamplePlan,
    pub frame: u64,
    pub faults: Faults,
    /// How far a balanced sample is from balance.
    pub balances: Vec<Balance>,
    /// Strata whose sizes tell more than the pipeline wants.
    pub telling: u64,
    /// What the frame says of the margins.
    pub margins: Vec<Margin>,
    pub commitment: Option<Commitment>,
    /// What the weights were fitted to, where tables need it for their errors.
    pub fitted: Option<Fitted>,
}

/// Counts the frame, lets `lay_down` put it down together with the key, and only then draws, and fits the weights.
pub(super) fn sample(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    lay_down: &mut dyn FnMut(&Commitment, u64) -> Result<(), RunError>,
) -> Result<Sampled, RunError> {
    let counted = census(ctx, vault, frame)?;
    let Some(sample) = frame.sample else { return draw(ctx, vault, frame, counted, None) };
    counted.faults.judge(sample)?;
    let commitment = Commitment::new(ctx, frame, &counted);
    lay_down(&commitment, counted.census.total())?;
    let sampled = draw(ctx, vault, frame, counted, Some(commitment))?;
    weights::fit(ctx, vault, frame, sampled)
}

/// Draws.
fn draw(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    counted: Counted,
    commitment: Option<Commitment>,
) -> Result<Sampled, RunError> {
    let Counted { census, faults, listing, margins } = counted;
    let total = census.total();
    let Some(sample) = frame.sample else {
        let plan = Draw::new(&Sizes::everyone(&census)).finish()?;
        let (balances, telling) = (Vec::new(), 0);
        return Ok(Sampled { plan, frame: total, faults, balances, telling, margins, commitment, fitted: None });
    };
    let meaning = frame.meaning();
    let sizes = Sizes::of(&census, sample, &meaning)?;
    let mut balances = Vec::new();
    let plan = if sample.design.holds_frame() {
        ctx.watch.stage(Stage::Draw, None);
        let (plan, found) = draw_listed(sample, &listing, &sizes, &meaning, &meaning)?;
        let relative = |(stratum, all): (StratumKey, Vec<_>)| {
            (stratum, all.iter().map(crate::sample::designs::Imbalance::relative).collect())
        };
        balances = found.into_iter().map(relative).collect();
        plan
    } else if sizes.needs_draw() {
        draw_lowest(ctx, vault, frame, &sizes)?
    } else {
        Draw::new(&sizes).finish()?
    };
    let telling = telling(&plan.report(), &sample.disclosure);
    if telling > 0 && sample.disclosure.refuse {
        return Err(SampleError::Discloses { strata: telling }.into());
    }
    Ok(Sampled { plan, frame: total, faults, balances, telling, margins, commitment, fitted: None })
}

fn draw_lowest(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>, sizes: &Sizes) -> Result<SamplePlan, RunError> {
    let draw = match ctx.gathered.map(|gathered| gathered.drawn(sizes)).transpose()?.flatten() {
        Some(draw) => draw,
        None => lowest(ctx, vault, frame, sizes)?,
    };
    Ok(draw.finish()?)
}

/// How many units of each stratum are drawn, where that is known without looking at the units again.
pub(super) fn sizes_to_draw(ctx: &Context<'_>, vault: &Vault, frame: &Frame<'_>) -> Result<Option<Sizes>, RunError> {
    let counted = census(ctx, vault, frame)?;
    let Some(sample) = frame.sample else { return Ok(None) };
    counted.faults.judge(sample)?;
    let sizes = Sizes::of(&counted.census, sample, &frame.meaning())?;
    Ok(sizes.needs_draw().then_some(sizes))
}

/// The units with the smallest numbers. All threads draw into one place: what has been drawn keeps out most of what comes,
/// where a draw of each thread's own part would hold nearly everybody until the parts are merged.
pub(super) fn lowest<'s>(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    sizes: &'s Sizes,
) -> Result<Draw<'s>, RunError> {
    let draw = Mutex::new(Draw::new(sizes));
    let look = |(): &mut (), people: &People<'_>| {
        let units = frame.units(people);
        let numbers = frame.numbers(people)?;
        let mut draw = draw.lock().unwrap_or_else(PoisonError::into_inner);
        for (unit, number) in numbers.into_iter().enumerate().filter(|(unit, _)| !units.is_out(*unit)) {
            draw.add(units.stratum(unit), number)?;
        }
        Ok(())
    };
    over_buckets(ctx, vault, Stage::Draw, || (), look, Ok, |(), ()| Ok(()))?;
    Ok(draw.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Strata of which so much is drawn, or which are so small, that being in the frame tells of being in the sample.
fn telling(strata: &[StratumReport], limits: &Disclosure) -> u64 {
    let beyond = |line: &&StratumReport| {
        let much = limits.max_fraction.is_some_and(|most| {
            u128::from(line.drawn) * u128::from(most.denominator())
                > u128::from(most.numerator()) * u128::from(line.frame)
        });
        let small = limits.min_stratum.is_some_and(|least| line.drawn > 0 && line.frame < least);
        much || small
    };
    strata.iter().filter(beyond).count() as u64
}

/// Gathers who was drawn, for a replay.
pub(super) fn digest(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    plan: &SamplePlan,
) -> Result<SampleDigest, RunError> {
    over_buckets(
        ctx,
        vault,
        Stage::Summarise,
        SampleDigest::default,
        |digest, people| {
            frame.drawn(people, plan, |_, _, number, chance| digest.add(number, chance))?;
            Ok(())
        },
        Ok,
        |a, b| Ok(a.merge(b)),
    )
}
