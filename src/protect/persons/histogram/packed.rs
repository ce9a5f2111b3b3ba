//! Keys of several codes as one number: 64 bits where they fit, else 128, else the codes as they are.

/// How many bits each column has. The first column stands highest, so that packed keys sort as the codes do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packing {
    bits: Vec<u32>,
    shifts: Vec<u32>,
}

impl Packing {
    /// For columns whose codes are below the sizes.
    pub fn of(sizes: &[u32]) -> Self {
        // One bit at least: no shift reaches the width of the number then.
        let bits: Vec<u32> =
            sizes.iter().map(|size| (u32::BITS - size.saturating_sub(1).leading_zeros()).max(1)).collect();
        let mut shifts = vec![0; bits.len()];
        let mut total = 0;
        for (shift, bits) in shifts.iter_mut().zip(&bits).rev() {
            *shift = total;
            total += bits;
        }
        Self { bits, shifts }
    }

    /// Bits of a whole key.
    pub fn total(&self) -> u32 {
        self.bits.iter().sum()
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.bits.len()
    }

    /// The first column whose code has more bits than it may have.
    pub fn beyond(&self, codes: &[u32]) -> Option<usize> {
        codes.iter().zip(&self.bits).position(|(&code, &bits)| u64::from(code) >> bits != 0)
    }
}

/// A key in one of its forms. All of them sort as the codes do.
pub(crate) trait Packed: Clone + Eq + Ord + Send + Sync {
    /// Codes as a key. There must be one per column, and none beyond its bits.
    fn pack(packing: &Packing, codes: &[u32]) -> Self;

    /// The code of a column.
    fn code(&self, packing: &Packing, column: usize) -> u32;

    /// A number that spreads over all of its bits, the highest above all. It decides on speed alone.
    fn spread(&self) -> u64;
}

/// The finaliser of SplitMix64: Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

impl Packed for u64 {
    fn pack(packing: &Packing, codes: &[u32]) -> Self {
        codes.iter().zip(&packing.bits).fold(0, |key, (&code, &bits)| key << bits | Self::from(code))
    }

    fn code(&self, packing: &Packing, column: usize) -> u32 {
        (self >> packing.shifts[column] & ((1 << packing.bits[column]) - 1)) as u32
    }

    fn spread(&self) -> u64 {
        mixed(*self)
    }
}

impl Packed for u128 {
    fn pack(packing: &Packing, codes: &[u32]) -> Self {
        codes.iter().zip(&packing.bits).fold(0, |key, (&code, &bits)| key << bits | Self::from(code))
    }

    fn code(&self, packing: &Packing, column: usize) -> u32 {
        (self >> packing.shifts[column] & ((1 << packing.bits[column]) - 1)) as u32
    }

    fn spread(&self) -> u64 {
        mixed(*self as u64 ^ mixed((self >> 64) as u64))
    }
}

impl Packed for Box<[u32]> {
    fn pack(_: &Packing, codes: &[u32]) -> Self {
        codes.into()
    }

    fn code(&self, _: &Packing, column: usize) -> u32 {
        self[column]
    }

    fn spread(&self) -> u64 {
        self.iter().fold(0, |word, &code| mixed(word ^ u64::from(code)))
    }
}
