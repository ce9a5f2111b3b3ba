//! Which classes fall together when their codes are made coarser.

use rayon::prelude::*;

/// One column under a map. Every code must have an entry in `map`, every entry must be below `size`.
#[derive(Debug, Clone, Copy)]
pub struct Coded<'a> {
    /// The code of each class.
    pub codes: &'a [u32],
    /// From a code to its group.
    pub map: &'a [u32],
    /// Number of groups.
    pub size: u32,
}

/// Memory for grouping. Large tables are costly to get anew each time.
#[derive(Debug, Default)]
pub(crate) struct Room {
    keys: Vec<u32>,
    slots: Vec<u32>,
}

/// A partition of classes: the group of each class, and for each group one class of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    of: Vec<u32>,
    first: Vec<u32>,
}

impl Grouping {
    /// Groups classes with equal keys; groups are numbered by their first class. A key is written as one number in the
    /// mixed radix of the columns' sizes, so that grouping looks at one word per class.
    pub fn new(columns: &[Coded], classes: usize) -> Self {
        Self::within(&mut Room::default(), columns, classes)
    }

    /// The same, in room that is used again and again.
    pub(crate) fn within(room: &mut Room, columns: &[Coded], classes: usize) -> Self {
        let active: Vec<&Coded> = columns.iter().filter(|column| column.size > 1).collect();
        let span = active.iter().try_fold(1_u32, |span, column| span.checked_mul(column.size));
        match span {
            Some(span) => {
                keys(&mut room.keys, &active, classes);
                group(&room.keys, u64::from(span), &mut room.slots)
            }
            None => wide(&active, classes),
        }
    }

    /// Groups classes with equal keys; groups are numbered in ascending order of the keys.
    pub(crate) fn sorted(columns: &[Vec<u32>], classes: usize) -> Self {
        let maps: Vec<Vec<u32>> = columns
            .iter()
            .map(|codes| (0..codes.iter().max().map_or(0, |&code| code + 1)).collect::<Vec<u32>>())
            .collect();
        let coded: Vec<Coded> = columns
            .iter()
            .zip(&maps)
            .map(|(codes, map)| Coded { codes, map, size: map.len().try_into().unwrap_or(u32::MAX) })
            .collect();
        let grouping = Self::new(&coded, classes);
        let order = ordered(&coded, &grouping.first);
        let mut rank = vec![0_u32; order.len()];
        order.iter().enumerate().for_each(|(place, &group)| rank[group as usize] = place as u32);
        Self {
            of: grouping.of.iter().map(|&group| rank[group as usize]).collect(),
            first: order.iter().map(|&group| grouping.first[group as usize]).collect(),
        }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The group of each class.
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// The first class of each group.
    pub fn first(&self) -> &[u32] {
        &self.first
    }
}

/// The groups in ascending order of the keys of their first classes: by one number with the first column on top, where 64
/// bits hold it, else column by column.
fn ordered(columns: &[Coded], first: &[u32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..first.len() as u32).collect();
    if columns.iter().try_fold(1_u64, |span, column| span.checked_mul(u64::from(column.size))).is_some() {
        let key = |&class: &u32| {
            columns.iter().fold(0, |key, column| key * u64::from(column.size) + u64::from(column.codes[class as usize]))
        };
        let keys: Vec<u64> = first.iter().map(key).collect();
        order.sort_unstable_by_key(|&group| keys[group as usize]);
    } else {
        order.sort_unstable_by(|&one, &two| {
            let (one, two) = (first[one as usize] as usize, first[two as usize] as usize);
            let columns = columns.iter().map(|column| column.codes[one].cmp(&column.codes[two]));
            columns.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
    }
    order
}

/// Classes whose keys are computed together: few enough for the cache, many enough for a thread of their own.
const TOGETHER: usize = 1 << 14;

/// The keys of columns whose sizes multiply to less than `T` holds: the longest loops of a search.
fn keys<T>(keys: &mut Vec<T>, columns: &[&Coded], classes: usize)
where
    T: Copy + Default + From<u32> + std::ops::Add<Output = T> + std::ops::Mul<Output = T> + std::ops::AddAssign,
    T: Send + Sync,
{
    let mut span = T::from(1);
    // The first column weighs most: classes stand in its order, so that neighbours have keys that lie close together.
    let mut strides: Vec<Vec<T>> = columns
        .iter()
        .rev()
        .map(|column| {
            let stride = span;
            span = span * T::from(column.size);
            column.map.iter().map(|&group| T::from(group) * stride).collect()
        })
        .collect();
    strides.reverse();
    keys.clear();
    keys.resize(classes, T::default());
    let part = |(at, keys): (usize, &mut [T])| {
        let these = at * TOGETHER..at * TOGETHER + keys.len();
        let parts =
            columns.iter().zip(&strides).map(|(column, strides)| (&column.codes[these.clone()], strides.as_slice()));
        sum(keys, parts.collect());
    };
    match classes {
        ..TOGETHER => keys.chunks_mut(TOGETHER).enumerate().for_each(part),
        _ => keys.par_chunks_mut(TOGETHER).enumerate().for_each(part),
    }
}

/// Adds to each key what the code of each column stands for, four columns at a time.
fn sum<T>(keys: &mut [T], mut rest: Vec<(&[u32], &[T])>)
where
    T: Copy + std::ops::Add<Output = T> + std::ops::AddAssign,
{
    while rest.len() >= 4 {
        let four = [rest.remove(0), rest.remove(0), rest.remove(0), rest.remove(0)];
        let [(a, of_a), (b, of_b), (c, of_c), (d, of_d)] = four;
        for ((((key, &a), &b), &c), &d) in keys.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *key += (of_a[a as usize] + of_b[b as usize]) + (of_c[c as usize] + of_d[d as usize]);
        }
    }
    for (codes, of) in rest {
        keys.iter_mut().zip(codes).for_each(|(key, &code)| *key += of[code as usize]);
    }
}

/// Groups by columns whose sizes multiply to more than 32 bits hold: as many at a time as 64 bits hold, the groups so far
/// (at most one per class) being the first column of the next time.
fn wide(columns: &[&Coded], classes: usize) -> Grouping {
    let mut so_far = Grouping { of: vec![0; classes], first: (0..classes.min(1) as u32).collect() };
    let mut rest = columns;
    while !rest.is_empty() {
        let (of, groups) = (so_far.of.clone(), so_far.len() as u32);
        let map: Vec<u32> = (0..groups).collect();
        let held = Coded { codes: &of, map: &map, size: groups };
        let mut span = u64::from(groups);
        let mut taken = 0;
        // At least one is taken: two sizes of 32 bits multiply to 64.
        while let Some(wider) = rest.get(taken).and_then(|column| span.checked_mul(u64::from(column.size))) {
            span = wider;
            taken += 1;
        }
        let (now, later) = rest.split_at(taken);
        let now: Vec<&Coded> = std::iter::once(&held).chain(now.iter().copied()).collect();
        let mut words: Vec<u64> = Vec::new();
        keys(&mut words, &now, classes);
        so_far = group(&words, span, &mut Vec::new());
        rest = later;
    }
    so_far
}

/// No group yet.
const NONE: u32 = u32::MAX;

/// Numbers equal keys, all below `span`, by a table where it is small beside the classes, else by hashing.
fn group<T: Copy + Into<u64>>(keys: &[T], span: u64, slots: &mut Vec<u32>) -> Grouping {
    if span <= (8 * keys.len() as u64).max(1 << 14) { by_table(keys, span as usize, slots) } else { by_hash(keys) }
}

/// One slot per possible key.
fn by_table<T: Copy + Into<u64>>(keys: &[T], span: usize, slots: &mut Vec<u32>) -> Grouping {
    slots.clear();
    slots.resize(span, NONE);
    let mut first = Vec::new();
    let of = keys
        .iter()
        .enumerate()
        .map(|(class, &key)| {
            let slot = &mut slots[key.into() as usize];
            if *slot == NONE {
                *slot = first.len() as u32;
                first.push(class as u32);
            }
            *slot
        })
        .collect();
    Grouping { of, first }
}

/// Open addressing with linear probing in a table at most half full. The hash decides on speed alone: groups are numbered
/// in the order in which they come.
fn by_hash<T: Copy + Into<u64>>(keys: &[T]) -> Grouping {
    let bits = (2 * keys.len()).next_power_of_two().trailing_zeros().max(4);
    let (mask, shift) = ((1_usize << bits) - 1, 64 - bits);
    let mut slots = vec![(0_u64, NONE); 1 << bits];
    let mut first = Vec::new();
    let mut of = Vec::with_capacity(keys.len());
    for (class, &key) in keys.iter().enumerate() {
        let key: u64 = key.into();
        let mut at = ((key ^ (key >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize;
        loop {
            let (held, group) = slots[at];
            if group == NONE {
                slots[at] = (key, first.len() as u32);
                of.push(first.len() as u32);
                first.push(class as u32);
                break;
            }
            if held == key {
                of.push(group);
                break;
            }
            at = (at + 1) & mask;
        }
    }
    Grouping { of, first }
}
