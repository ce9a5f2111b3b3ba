//! Step 3: the units with the smallest numbers.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;
use serde::{Deserialize, Serialize};

use crate::keys::Prn;

use super::plan::{Cut, SamplePlan, Taken};
use super::sizes::{Part, Sizes, Way, under_rate};
use super::{SampleError, StratumKey};

/// The draw over a part of the units. Parts are drawn on their own and merged; memory is bounded by the size of the
/// sample, at most 40 bytes a unit.
pub struct Draw<'a> {
    sizes: &'a Sizes,
    tallies: HashMap<StratumKey, Tally>,
}

/// What the draw knows of one stratum.
struct Tally {
    part: Part,
    /// Units met.
    seen: u64,
    /// Bernoulli: units drawn so far.
    drawn: u64,
    /// The smallest numbers met, at most `part.size` of them; shifted, in a panel.
    lowest: Lowest,
    /// The same with the shift of the campaign before.
    before: Lowest,
}

/// The `size` smallest numbers, and how many equal to the largest of them found no room.
///
/// Numbers are gathered until there are a quarter more than are wanted, and the largest are thrown away by selection: every
/// number that comes in costs a constant, where a heap would cost a logarithm and a cache miss.
#[derive(Default)]
struct Lowest {
    numbers: Vec<Prn>,
    /// The largest of the wanted numbers after the last selection: nothing above it comes in.
    bound: Option<Prn>,
    /// Numbers equal to `bound` that are not held. Two units have one number only if they are the same record twice; which
    /// of them came first must not decide, so both are drawn.
    equal_outside: u64,
}

impl Lowest {
    #[inline]
    fn add(&mut self, number: Prn, size: u64) {
        if let Some(bound) = &self.bound {
            if number > *bound {
                return;
            }
            if number == *bound {
                self.equal_outside += 1;
                return;
            }
        }
        let room = size.saturating_add(size / 4).max(16);
        if self.numbers.len() == self.numbers.capacity() {
            // A list that grows by doubling would end with room for twice as many.
            let grown = (2 * self.numbers.len()).max(16).min(usize::try_from(room).unwrap_or(usize::MAX));
            self.numbers.reserve_exact(grown.saturating_sub(self.numbers.len()).max(1));
        }
        self.numbers.push(number);
        if self.numbers.len() as u64 >= room {
            self.select(size);
        }
    }

    /// Throws away what is not among the `size` smallest.
    fn select(&mut self, size: u64) {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some(last) = size.checked_sub(1).filter(|last| *last < self.numbers.len()) else {
            if size == 0 {
                self.numbers.clear();
            }
            return;
        };
        let (_, largest, above) = self.numbers.select_nth_unstable(last);
        let largest = *largest;
        let equal = above.iter().filter(|number| **number == largest).count() as u64;
        // What was left out before is at least the old bound: it matters only where the bound is the same.
        if self.bound != Some(largest) {
            self.equal_outside = 0;
        }
        self.equal_outside += equal;
        self.bound = Some(largest);
        self.numbers.truncate(size);
    }

    /// The largest number that is in, once selected.
    fn largest(&self) -> Option<Prn> {
        self.bound.or_else(|| self.numbers.iter().max().copied())
    }

    fn merge(mut self, mut other: Self, size: u64) -> Self {
        other.select(size);
        let (bound, equal_outside) = (other.bound, other.equal_outside);
        for number in other.numbers {
            self.add(number, size);
        }
        self.select(size);
        // What the other part left out equals its own largest: it counts where that is the largest of both.
        if equal_outside > 0 && self.bound == bound {
            self.equal_outside += equal_outside;
        }
        self
    }
}

/// What a draw over a part of the units met: random numbers, which are keyed, and counts. No `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct DrawPart(Vec<StratumPart>);

#[derive(Clone, Serialize, Deserialize)]
struct StratumPart {
    stratum: StratumKey,
    seen: u64,
    drawn: u64,
    lowest: LowestPart,
    before: LowestPart,
}

#[derive(Clone, Serialize, Deserialize)]
struct LowestPart {
    numbers: Vec<[u64; 4]>,
    bound: Option<[u64; 4]>,
    equal_outside: u64,
}

impl StratumPart {
    fn of((stratum, tally): (StratumKey, Tally)) -> Self {
        let Tally { seen, drawn, lowest, before, .. } = tally;
        Self { stratum, seen, drawn, lowest: lowest.into(), before: before.into() }
    }
}

impl From<Lowest> for LowestPart {
    fn from(lowest: Lowest) -> Self {
        let mut numbers: Vec<[u64; 4]> = lowest.numbers.iter().map(Prn::words).collect();
        numbers.sort_unstable();
        Self { numbers, bound: lowest.bound.map(|bound| bound.words()), equal_outside: lowest.equal_outside }
    }
}

impl From<LowestPart> for Lowest {
    fn from(part: LowestPart) -> Self {
        let numbers = part.numbers.into_iter().map(Prn::from_words).collect();
        Self { numbers, bound: part.bound.map(Prn::from_words), equal_outside: part.equal_outside }
    }
}

impl<'a> Draw<'a> {
    /// A draw that has met nobody yet.
    #[must_use]
    pub fn new(sizes: &'a Sizes) -> Self {
        Self { sizes, tallies: HashMap::new() }
    }

    /// Meets one unit. Every unit of the census is met exactly once in all parts together.
    ///
    /// # Errors
    /// [`SampleError::UnknownStratum`] where the census has no such stratum.
    pub fn add(&mut self, stratum: &[u64], number: Prn) -> Result<(), SampleError> {
        let tally = match self.tallies.entry_ref(stratum) {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) => {
                let part = *self.sizes.strata.get(stratum).ok_or(SampleError::UnknownStratum)?;
                entry.insert_with_key(stratum.into(), Tally::of(part))
            }
        };
        tally.seen += 1;
        match self.sizes.way {
            Way::Everyone | Way::Listed => {}
            Way::Bernoulli(rate) => tally.drawn += u64::from(under_rate(number.u(), rate)),
            _ if tally.part.whole() => {}
            Way::Lowest => tally.lowest.add(number, tally.part.size),
            Way::Shifted { start, before } => {
                tally.lowest.add(number.shifted(start), tally.part.size);
                if let Some(before) = before {
                    tally.before.add(number.shifted(before), tally.part.size);
                }
            }
        }
        Ok(())
    }

    /// The draw over both parts. Both come from the same allocation.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for (stratum, theirs) in other.tallies {
            let merged = match self.tallies.remove(&stratum) {
                None => theirs,
                Some(ours) => Tally {
                    part: ours.part,
                    seen: ours.seen + theirs.seen,
                    drawn: ours.drawn + theirs.drawn,
                    lowest: ours.lowest.merge(theirs.lowest, ours.part.size),
                    before: ours.before.merge(theirs.before, ours.part.size),
                },
            };
            self.tallies.insert(stratum, merged);
        }
        self
    }

    /// What this draw met, for one that goes on elsewhere.
    #[must_use]
    pub fn into_part(mut self) -> DrawPart {
        for tally in self.tallies.values_mut() {
            tally.lowest.select(tally.part.size);
            tally.before.select(tally.part.size);
        }
        let mut strata: Vec<StratumPart> = self.tallies.into_iter().map(StratumPart::of).collect();
        strata.sort_unstable_by(|a, b| a.stratum.cmp(&b.stratum));
        DrawPart(strata)
    }

    /// A draw that met what another one of the same allocation met.
    ///
    /// # Errors
    /// [`SampleError::UnknownStratum`] where the census has no such stratum.
    pub fn of_part(sizes: &'a Sizes, DrawPart(strata): DrawPart) -> Result<Self, SampleError> {
        let tally = |of: StratumPart| {
            let part = *sizes.strata.get(&of.stratum).ok_or(SampleError::UnknownStratum)?;
            let (lowest, before) = (of.lowest.into(), of.before.into());
            Ok::<_, SampleError>((of.stratum, Tally { part, seen: of.seen, drawn: of.drawn, lowest, before }))
        };
        Ok(Self { sizes, tallies: strata.into_iter().map(tally).collect::<Result<_, _>>()? })
    }

    /// Who is in the sample.
    ///
    /// # Errors
    /// [`SampleError::FrameChanged`] where a stratum has more or fewer units than the census counted, unless
    /// [`Sizes::needs_draw`] said that the pass could be skipped.
    pub fn finish(mut self) -> Result<SamplePlan, SampleError> {
        for tally in self.tallies.values_mut() {
            tally.lowest.select(tally.part.size);
            tally.before.select(tally.part.size);
        }
        let Sizes { way, strata } = self.sizes;
        if !self.sizes.needs_draw() {
            let whole = |part: &Part| Tally::of(*part).taken(*way);
            return Ok(SamplePlan::new(*way, strata.iter().map(|(key, part)| (key.clone(), whole(part))).collect()));
        }
        let mut taken = HashMap::with_capacity(strata.len());
        for (stratum, part) in strata {
            let tally = self.tallies.get(stratum);
            let seen = tally.map_or(0, |tally| tally.seen);
            if seen != part.frame {
                return Err(SampleError::FrameChanged { census: part.frame, draw: seen });
            }
            taken.insert(stratum.clone(), tally.map_or(Taken::NOBODY, |tally| tally.taken(*way)));
        }
        Ok(SamplePlan::new(*way, taken))
    }
}

impl Tally {
    fn of(part: Part) -> Self {
        Self { part, seen: 0, drawn: 0, lowest: Lowest::default(), before: Lowest::default() }
    }

    fn taken(&self, way: Way) -> Taken {
        let frame = self.part.frame;
        let lowest = match way {
            Way::Bernoulli(rate) if rate.numerator() != rate.denominator() => {
                return Taken { drawn: self.drawn, ..Taken::whole(frame) };
            }
            Way::Lowest | Way::Shifted { .. } if !self.part.whole() => &self.lowest,
            _ => return Taken { overlap: self.overlap(way), ..Taken::whole(frame) },
        };
        let Some(largest) = lowest.largest() else { return Taken { frame, ..Taken::NOBODY } };
        let drawn = lowest.numbers.len() as u64 + lowest.equal_outside;
        Taken { frame, drawn, cut: Cut::UpTo(largest), overlap: self.overlap(way) }
    }

    /// Units that are drawn now and were in the campaign before, as this frame gives it.
    fn overlap(&self, way: Way) -> Option<u64> {
        let Way::Shifted { start, before: Some(before) } = way else { return None };
        if self.part.whole() {
            return Some(self.part.frame);
        }
        let Some(last) = self.before.largest() else { return Some(0) };
        let was = |number: &&Prn| number.shifted(start.wrapping_neg()).shifted(before) <= last;
        Some(self.lowest.numbers.iter().filter(was).count() as u64)
    }
}
