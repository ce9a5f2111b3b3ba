//! Step 3: the units with the smallest numbers.

use std::collections::BinaryHeap;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use crate::keys::Prn;

use super::allocation::{Allocation, Design, Part, under_rate};
use super::plan::{Cut, SamplePlan, Taken};
use super::{SampleError, StratumKey};

/// The draw over a part of the units. Parts are drawn on their own and merged; memory is bounded by the size of the
/// sample, 32 bytes a unit.
pub struct Draw<'a> {
    allocation: &'a Allocation,
    tallies: HashMap<StratumKey, Tally>,
}

/// What the draw knows of one stratum.
struct Tally {
    part: Part,
    /// Units met.
    seen: u64,
    /// Bernoulli: units drawn so far.
    drawn: u64,
    /// Stratified: the smallest numbers met, at most `part.size` of them.
    lowest: Lowest,
}

/// The `size` smallest numbers, and how many equal to the largest of them found no room.
#[derive(Default)]
struct Lowest {
    heap: BinaryHeap<Prn>,
    /// Numbers equal to the heap's largest that are not in the heap. Two units have one number only if they are the same
    /// record twice; which of them came first must not decide, so both are drawn.
    equal_outside: u64,
}

impl Lowest {
    fn add(&mut self, number: Prn, size: u64) {
        if (self.heap.len() as u64) < size {
            self.heap.push(number);
            return;
        }
        let Some(mut largest) = self.heap.peek_mut() else { return };
        if number > *largest {
            return;
        }
        if number == *largest {
            self.equal_outside += 1;
            return;
        }
        let evicted = std::mem::replace(&mut *largest, number);
        drop(largest);
        // All that was left out before is at least as large as what is evicted now, so it matters only if the new
        // largest still equals that.
        if self.heap.peek() == Some(&evicted) {
            self.equal_outside += 1;
        } else {
            self.equal_outside = 0;
        }
    }

    fn merge(mut self, other: Self, size: u64) -> Self {
        let (largest, equal_outside) = (other.heap.peek().copied(), other.equal_outside);
        for number in other.heap {
            self.add(number, size);
        }
        // What the other part left out equals its own largest: it counts where that is the largest of both.
        if equal_outside > 0 && self.heap.peek().copied() == largest {
            self.equal_outside += equal_outside;
        }
        self
    }
}

impl<'a> Draw<'a> {
    /// A draw that has met nobody yet.
    #[must_use]
    pub fn new(allocation: &'a Allocation) -> Self {
        Self { allocation, tallies: HashMap::new() }
    }

    /// Meets one unit. Every unit of the census is met exactly once in all parts together.
    ///
    /// # Errors
    /// [`SampleError::UnknownStratum`] where the census has no such stratum.
    pub fn add(&mut self, stratum: &[u64], number: Prn) -> Result<(), SampleError> {
        let tally = match self.tallies.entry_ref(stratum) {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) => {
                let part = *self.allocation.strata.get(stratum).ok_or(SampleError::UnknownStratum)?;
                entry.insert_with_key(stratum.into(), Tally { part, seen: 0, drawn: 0, lowest: Lowest::default() })
            }
        };
        tally.seen += 1;
        match self.allocation.design {
            Design::Everyone => {}
            Design::Bernoulli(rate) => tally.drawn += u64::from(under_rate(number.u(), rate)),
            Design::Stratified if tally.part.whole() => {}
            Design::Stratified => tally.lowest.add(number, tally.part.size),
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
                },
            };
            self.tallies.insert(stratum, merged);
        }
        self
    }

    /// Who is in the sample.
    ///
    /// # Errors
    /// [`SampleError::FrameChanged`] where a stratum has more or fewer units than the census counted, unless
    /// [`Allocation::needs_draw`] said that the pass could be skipped.
    pub fn finish(self) -> Result<SamplePlan, SampleError> {
        let Allocation { design, strata } = self.allocation;
        if !self.allocation.needs_draw() {
            let whole = |part: &Part| Taken { frame: part.frame, drawn: part.frame, cut: Cut::All };
            return Ok(SamplePlan::new(*design, strata.iter().map(|(key, part)| (key.clone(), whole(part))).collect()));
        }
        let mut taken = HashMap::with_capacity(strata.len());
        for (stratum, part) in strata {
            let tally = self.tallies.get(stratum);
            let seen = tally.map_or(0, |tally| tally.seen);
            if seen != part.frame {
                return Err(SampleError::FrameChanged { census: part.frame, draw: seen });
            }
            taken.insert(stratum.clone(), tally.map_or(Taken::NOBODY, |tally| tally.taken(*design)));
        }
        Ok(SamplePlan::new(*design, taken))
    }
}

impl Tally {
    fn taken(&self, design: Design) -> Taken {
        let frame = self.part.frame;
        match design {
            Design::Everyone => Taken { frame, drawn: frame, cut: Cut::All },
            Design::Bernoulli(_) => Taken { frame, drawn: self.drawn, cut: Cut::All },
            Design::Stratified if self.part.whole() => Taken { frame, drawn: frame, cut: Cut::All },
            Design::Stratified => match self.lowest.heap.peek() {
                None => Taken { frame, drawn: 0, cut: Cut::Nobody },
                Some(&largest) => Taken {
                    frame,
                    drawn: self.lowest.heap.len() as u64 + self.lowest.equal_outside,
                    cut: Cut::UpTo(largest),
                },
            },
        }
    }
}
