//! The largest contributors of a cell to one amount, as far as any rule looks, in a form that can be merged.

use num_bigint::BigInt;

use super::amount::{Amount, ONE, Sum, Weight};
use super::{MOST_KEPT, Overlap, RuleError, Tally};

/// Who contributes how much to one amount of one cell: the largest contributions, the totals, and the numbers of
/// contributors, all exact and independent of the order in which contributors are offered or accumulators merged.
///
/// *Every contributor is offered once, with his whole contribution to the cell.* Somebody offered in two halves counts
/// as two smaller contributors, and a dominated cell may pass for a safe one. Contributors whose parts come scattered
/// (all records of one health centre) are gathered in [`Holdings`](super::Holdings) first.
///
/// **Signs.** Sensitivity rules are meant for contributions that are not negative (Hundepool et al. 2012, §4.2.1).
/// Where there are negative ones, a contribution's *size* ranks it, as in τ-ARGUS (|x| is what its list of largest
/// contributions holds); the total is kept both signed and as the sum of sizes, see [`Signs`].
///
/// **Sampling weights.** As in τ-ARGUS (4.1 manual, §4.4.4 “Weight”; Hundepool et al. 2012, §4.2.1 “Sampling weights”),
/// a sampled contributor of contribution x and weight w stands for w contributors of x each: with 100 (weight 4) and 10
/// (weight 7) the two largest are 100 and 100, and the total 470. Where weights are not whole, the sum of the n largest
/// takes each contribution w times, in falling order, until n contributors are counted, the last one by the fraction
/// that is missing: no rounding. (That “simple extension” is not spelled out in the manual; it is how τ-ARGUS
/// computes.) One thing is stricter here: a weight below 1 lowers the contribution to the total but not the number of
/// contributors it stands for, because the sampled one himself does exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributors {
    /// Contributors that the list of largest is exact for.
    keep: u8,
    /// Falling by size, then weight: ties are settled by values alone, so that they cannot depend on order. Only as
    /// many as are needed to count `keep` contributors.
    largest: Vec<Step>,
    count: u64,
    /// At least and at most so many who contributed anything but 0; two numbers only after an overlapping union.
    nonzero: u64,
    nonzero_most: u64,
    total: Sum,
    sizes: Sum,
    /// Sum of weights, in 10⁻⁹.
    population: u128,
    weighted: bool,
    signed: bool,
    asked: Option<Amount>,
}

/// So many contributors (in 10⁻⁹) of a certain size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    size: Amount,
    replicates: u64,
}

/// Whether contributions can be negative, which whoever reads the table is taken to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signs {
    /// Never. No cell can then lose more than its value.
    NonNegative,
    /// They can: rules are applied to sizes of contributions, and to this size of the cell.
    Signed(CellSize),
}

/// What stands for the cell's total in concentration rules where contributions of both signs make it smaller than what
/// went into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum CellSize {
    /// The size of the total, as in τ-ARGUS, which compares sizes of contributions with the cell's total (there the
    /// signed one, under which no cell of negative total is ever dominated; here its size). Never larger than the sum
    /// of sizes, so that more cells are unsafe: the cautious choice.
    #[default]
    SizeOfTotal,
    /// The sum of sizes: every rule is applied as if all contributions were positive.
    SumOfSizes,
}

impl Contributors {
    /// No contributor yet; to be exact for the `keep` largest, between 1 and [`MOST_KEPT`].
    ///
    /// # Errors
    /// [`RuleError::Parameter`] for any other number.
    pub fn new(keep: u8) -> Result<Self, RuleError> {
        if !(1..=MOST_KEPT).contains(&keep) {
            return Err(RuleError::Parameter);
        }
        Ok(Self {
            keep,
            largest: Vec::new(),
            count: 0,
            nonzero: 0,
            nonzero_most: 0,
            total: Sum::default(),
            sizes: Sum::default(),
            population: 0,
            weighted: false,
            signed: false,
            asked: None,
        })
    }

    /// `count` contributors of a full count who contribute `total` together, and of whom the `largest`, falling, are known: as
    /// published tables tell of a cell. Exact for as many as are known, and for any number where they are all.
    ///
    /// # Errors
    /// [`RuleError::Contradiction`] where these cannot be the contributors of one cell: not falling, more than there are, or too
    /// small or too large for the total; [`RuleError::Parameter`] for none known of some, or more than [`MOST_KEPT`];
    /// [`RuleError::TooLarge`] beyond 128 bits.
    pub fn of_largest(largest: &[Amount], total: Amount, count: u64) -> Result<Self, RuleError> {
        Self::gathered(largest, total, count, false)
    }

    /// The same, where it is known whether any contribution, told or not, is negative. The sum of sizes is then a lower bound.
    ///
    /// # Errors
    /// As for [`Contributors::of_largest`].
    pub fn gathered(largest: &[Amount], total: Amount, count: u64, negative: bool) -> Result<Self, RuleError> {
        let known = largest.len() as u64;
        let all = known == count;
        let keep = if all { MOST_KEPT } else { u8::try_from(largest.len()).map_err(|_| RuleError::Parameter)? };
        let mut of = Self::new(keep)?;
        largest.iter().try_for_each(|contribution| of.offer(*contribution))?;
        of.signed |= negative || total < Amount::ZERO;
        let sizes: Vec<Amount> = largest.iter().map(|one| one.size()).collect::<Result<_, _>>()?;
        let rest = total.plus(Amount::from_units(-of.total.floor().units()))?;
        let most =
            sizes.last().map_or(BigInt::default(), |last| BigInt::from(last.units()) * count.saturating_sub(known));
        let fits = BigInt::from(rest.size()?.units()) <= most && (of.signed || rest >= Amount::ZERO);
        if known > count || !sizes.is_sorted_by(|a, b| a >= b) || !fits {
            return Err(RuleError::Contradiction);
        }
        (of.count, of.population) = (count, u128::from(count) * ONE.unsigned_abs());
        of.nonzero += u64::from(rest != Amount::ZERO);
        of.nonzero_most = if of.signed || total != Amount::ZERO { count } else { 0 };
        (of.total, of.sizes) = (total.into(), of.sizes.plus(rest.size()?.into())?);
        Ok(of)
    }

    /// Counts one contributor with his whole contribution, in a full count.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits. The accumulator is then as it was.
    pub fn offer(&mut self, contribution: Amount) -> Result<(), RuleError> {
        self.offer_sampled(contribution, Weight::ONE)
    }

    /// Counts one sampled contributor with his own (unweighted) whole contribution and his weight.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits. The accumulator is then as it was.
    pub fn offer_sampled(&mut self, contribution: Amount, weight: Weight) -> Result<(), RuleError> {
        let size = contribution.size()?;
        let total = self.total.plus(Sum::product(contribution, weight)?)?;
        let sizes = self.sizes.plus(Sum::product(size, weight)?)?;
        let count = self.count.checked_add(1).ok_or(RuleError::TooLarge)?;
        let population = self.population.checked_add(weight.units().into()).ok_or(RuleError::TooLarge)?;
        (self.total, self.sizes, self.count, self.population) = (total, sizes, count, population);
        let nonzero = u64::from(size > Amount::ZERO);
        self.nonzero += nonzero;
        self.nonzero_most += nonzero;
        self.weighted |= weight != Weight::ONE;
        self.signed |= contribution < Amount::ZERO;
        self.insert(Step { size, replicates: weight.units().max(Weight::ONE.units()) });
        Ok(())
    }

    /// Counts one contributor who has asked that his data be protected, for the request rule; else like
    /// [`Contributors::offer`].
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits. The accumulator is then as it was.
    pub fn offer_asking(&mut self, contribution: Amount) -> Result<(), RuleError> {
        self.offer(contribution)?;
        self.asked = self.asked.max(Some(contribution.size()?));
        Ok(())
    }

    /// The accumulator of the contributors of both, of whom nobody is in both. Associative and commutative; exact for
    /// the smaller of the two numbers of contributors kept.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits.
    pub fn merge(&self, other: &Self) -> Result<Self, RuleError> {
        let mut both = Self {
            keep: self.keep.min(other.keep),
            largest: self.largest.iter().chain(&other.largest).copied().collect(),
            count: self.count.checked_add(other.count).ok_or(RuleError::TooLarge)?,
            nonzero: self.nonzero.saturating_add(other.nonzero),
            nonzero_most: self.nonzero_most.saturating_add(other.nonzero_most),
            total: self.total.plus(other.total)?,
            sizes: self.sizes.plus(other.sizes)?,
            population: self.population.checked_add(other.population).ok_or(RuleError::TooLarge)?,
            weighted: self.weighted || other.weighted,
            signed: self.signed || other.signed,
            asked: self.asked.max(other.asked),
        };
        both.largest.sort_unstable_by(|a, b| b.cmp(a));
        both.cut();
        Ok(both)
    }

    /// What is known of the contributors of two cells together. [`Contributors::merge`] where they are disjoint. Where
    /// they may overlap, the worst case for every rule: the largest of one is taken to be the largest of the other, the
    /// second the second, and so on, which bounds the n largest contributors together from above for every n at once;
    /// numbers of contributors and sizes are bounded from below. The total is exact in either case.
    ///
    /// # Errors
    /// [`RuleError::TooLarge`] beyond 128 bits.
    pub fn union(&self, other: &Self, overlap: Overlap) -> Result<Self, RuleError> {
        let merged = self.merge(other)?;
        if overlap == Overlap::Disjoint {
            return Ok(merged);
        }
        // Contributions of opposite sign may cancel out, down to what the total needs.
        let cancelled = merged.signed.then(|| merged.total.size()).transpose()?;
        Ok(Self {
            largest: aligned(&self.largest, &other.largest)?,
            count: self.count.max(other.count),
            nonzero: match cancelled {
                Some(size) => u64::from(size != Sum::default()),
                None => self.nonzero.max(other.nonzero),
            },
            sizes: cancelled.unwrap_or(merged.sizes),
            population: self.population.max(other.population),
            asked: match (self.asked, other.asked) {
                (Some(one), Some(two)) => Some(one.plus(two)?),
                (one, two) => one.max(two),
            },
            ..merged
        }
        .cut_to_keep())
    }

    /// Contributors that the largest contributions are exact for.
    #[must_use]
    pub fn keep(&self) -> u8 {
        self.keep
    }

    /// Contributors, whatever they contributed; sampled ones under sampling.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Contributors who contributed anything but 0.
    #[must_use]
    pub fn nonzero(&self) -> Tally {
        Tally::between(self.nonzero, self.nonzero_most)
    }

    /// Estimated number of contributors in the population: the sum of weights, in 10⁻⁹.
    #[must_use]
    pub fn population(&self) -> u128 {
        self.population
    }

    /// Whether any weight was not 1.
    #[must_use]
    pub fn weighted(&self) -> bool {
        self.weighted
    }

    /// The (weighted) total, signed.
    #[must_use]
    pub fn total(&self) -> Sum {
        self.total
    }

    /// The (weighted) sum of sizes of contributions.
    #[must_use]
    pub fn sizes(&self) -> Sum {
        self.sizes
    }

    /// Whether there are negative contributions.
    #[must_use]
    pub fn signed(&self) -> bool {
        self.signed
    }

    /// Sizes of the largest contributions, falling, one for each contributor (or step of weights) on the list.
    pub fn largest(&self) -> impl Iterator<Item = Amount> {
        self.largest.iter().map(|step| step.size)
    }

    /// Size of the largest contribution of somebody who has asked for protection.
    #[must_use]
    pub fn asked(&self) -> Option<Amount> {
        self.asked
    }

    /// [`Contributors::asked`], in 10⁻¹⁸.
    pub(super) fn asked_size(&self) -> Option<BigInt> {
        self.asked.map(|asked| Sum::from(asked).scaled())
    }

    /// x₁, in 10⁻¹⁸; 0 without contributors.
    pub(super) fn first(&self) -> BigInt {
        self.largest.first().map_or_else(BigInt::default, |step| Sum::from(step.size).scaled())
    }

    /// x₁ + … + xₙ, in 10⁻¹⁸, where a contributor of weight w stands for w of them.
    ///
    /// # Errors
    /// [`RuleError::TooFewKept`] where n exceeds the number of contributors kept.
    pub(super) fn top(&self, n: u8) -> Result<BigInt, RuleError> {
        if n > self.keep {
            return Err(RuleError::TooFewKept);
        }
        let mut missing = u64::from(n) * Weight::ONE.units();
        let mut sum = BigInt::default();
        for step in &self.largest {
            let taken = step.replicates.min(missing);
            sum += BigInt::from(step.size.units()) * taken;
            missing -= taken;
        }
        Ok(sum)
    }

    /// X, in 10⁻¹⁸.
    pub(super) fn size(&self, signs: Signs) -> BigInt {
        match signs {
            Signs::NonNegative | Signs::Signed(CellSize::SumOfSizes) => self.sizes.scaled(),
            Signs::Signed(CellSize::SizeOfTotal) => BigInt::from(self.total.scaled().magnitude().clone()),
        }
    }

    /// What a cell that cannot be negative can lose: its value, in 10⁻⁹; `None` where it can be negative.
    pub(super) fn floor(&self, signs: Signs) -> Option<i128> {
        (signs == Signs::NonNegative).then(|| self.total.floor().units())
    }

    fn insert(&mut self, step: Step) {
        let at = self.largest.partition_point(|before| *before >= step);
        self.largest.insert(at, step);
        self.cut();
    }

    /// Drops whatever stands behind `keep` contributors. A step on the final list has fewer than that before it in any
    /// smaller list too, and is never dropped early: that is why merging is associative.
    fn cut(&mut self) {
        let limit = u128::from(self.keep) * ONE.unsigned_abs();
        let mut before = 0_u128;
        let needed = self.largest.iter().take_while(|step| {
            let needed = before < limit;
            before += u128::from(step.replicates);
            needed
        });
        let needed = needed.count();
        self.largest.truncate(needed);
    }

    fn cut_to_keep(mut self) -> Self {
        self.cut();
        self
    }
}

/// Two falling staircases added step by step: the i-th contributor of one on top of the i-th of the other.
fn aligned(one: &[Step], two: &[Step]) -> Result<Vec<Step>, RuleError> {
    let mut sum = Vec::with_capacity(one.len() + two.len());
    let (mut one, mut two) = (one.iter().copied().peekable(), two.iter().copied().peekable());
    loop {
        let (a, b) = (one.peek().copied(), two.peek().copied());
        let Some(replicates) = a.iter().chain(&b).map(|step| step.replicates).min() else { return Ok(sum) };
        let size = [a, b].iter().flatten().try_fold(Amount::ZERO, |size, step| size.plus(step.size))?;
        sum.push(Step { size, replicates });
        for (side, step) in [(&mut one, a), (&mut two, b)] {
            if let Some(step) = step {
                shorten(side, step, replicates);
            }
        }
    }
}

/// Takes `replicates` off the step in front.
fn shorten(side: &mut std::iter::Peekable<impl Iterator<Item = Step>>, step: Step, replicates: u64) {
    if step.replicates == replicates {
        side.next();
    } else if let Some(front) = side.peek_mut() {
        front.replicates -= replicates;
    }
}

#[cfg(test)]
mod tests;
