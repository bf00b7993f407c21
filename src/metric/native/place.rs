//! Where a value falls among the buckets of a native histogram, read off the
//! bits of the float.
//!
//! A schema `s` from -4 to 8 cuts the numbers above zero at the powers of
//! `2^(2^-s)`, each inclusive: bucket `i` holds `2^((i-1) 2^-s) < v <= 2^(i 2^-s)`.
//! Every second bound of one schema is a bound of the next lower one, so a bucket
//! of the lower one is a pair of buckets, and one index becomes the other by a
//! shift that rounds up. Below zero it is the same, mirrored. What is no further
//! from zero than [`ZERO_THRESHOLD`] has no bucket of these.
//!
//! (Prometheus' own client cuts at a table that is printed in decimals and is off
//! by up to 4 units in the last place; here the cut is where the definition says.
//! To tell, a value must agree with a bound in all its 16 digits.)
//!
//! Heat: hot.

use super::bounds::ROOTS;

/// The finest schema there is.
pub(super) const FINEST: i8 = 8;
/// The coarsest.
pub(super) const COARSEST: i8 = -4;

/// `2^-128`, as in Prometheus' own client: the zero bucket ends here, inclusive.
pub(super) const ZERO_THRESHOLD: f64 = f64::from_bits((BIAS - 128) << MANTISSA_BITS);

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const BIAS: u64 = 1023;

/// A sign and the index of a bucket. Indices are between `-128 * 256` and
/// `1024 * 256`, the ends of the finest schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) negative: bool,
    pub(super) index: i32,
}

/// Added to an index, it makes a number that is above zero, and the more so for
/// the index of a chunk.
const ABOVE: i32 = 1 << 16;

impl Place {
    /// The place of a finite value in a schema; `None` for the zero bucket.
    pub(super) fn of(value: f64, schema: i8) -> Option<Self> {
        let size = value.abs();
        if size <= ZERO_THRESHOLD {
            return None;
        }
        let finest = Self { negative: value < 0.0, index: finest_index(size) };
        Some(finest.lowered(FINEST.abs_diff(schema)))
    }

    /// The place in the schema that is lower by `steps`.
    pub(super) const fn lowered(self, steps: u8) -> Self {
        let up = (1 << steps) - 1;
        Self { index: (self.index + up) >> steps, ..self }
    }

    /// The last of the places that are one place in the schema lower by `steps`.
    pub(super) const fn last_alike(self, steps: u8) -> Self {
        Self { index: self.lowered(steps).index << steps, ..self }
    }

    /// A number that tells it from others; never 0.
    pub(super) const fn code(self) -> u32 {
        (self.index + ABOVE).cast_unsigned() << 1 | self.negative as u32
    }

    pub(super) const fn from_code(code: u32) -> Self {
        Self { negative: code & 1 == 1, index: (code >> 1).cast_signed() - ABOVE }
    }
}

/// The index in the finest schema of a normal number above zero.
#[expect(clippy::cast_possible_truncation, reason = "11 bits, and at most 256")]
#[expect(clippy::cast_possible_wrap, reason = "likewise")]
fn finest_index(size: f64) -> i32 {
    let bits = size.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32 - BIAS as i32;
    let mantissa = bits & MANTISSA;
    let part = (mantissa >> PART_BITS) as usize;
    let mut below = BELOW_PART.get(part).map_or(0, |below| usize::from(*below));
    for _ in 0..ROOTS_OF_PART {
        below += usize::from(ROOTS.get(below).is_some_and(|root| *root < mantissa));
    }
    exponent * ROOTS.len() as i32 + below as i32
}

/// The mantissas in 256 equal parts. Where the roots are closest, near 1, two
/// fall into one part.
const PART_BITS: u32 = MANTISSA_BITS - 8;
const ROOTS_OF_PART: usize = 2;

/// How many roots are below each part.
static BELOW_PART: [u16; 256] = below_parts();

#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
const fn below_parts() -> [u16; 256] {
    let mut below = [0; 256];
    let (mut part, mut root) = (0, 0);
    while part < below.len() {
        while root < ROOTS.len() && ROOTS[root] < (part as u64) << PART_BITS {
            root += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 256")]
        let roots = root as u16;
        below[part] = roots;
        part += 1;
    }
    below
}

/// The lowest schema whose buckets grow by no more than `factor` from one to the
/// next; the finest if even that grows by more.
pub(super) fn schema_of(factor: f64) -> i8 {
    (COARSEST..FINEST).find(|schema| growth(*schema) <= factor).unwrap_or(FINEST)
}

/// `2^(2^-schema)`, rounded down.
fn growth(schema: i8) -> f64 {
    match u32::try_from(schema) {
        Ok(schema @ 1..) => {
            let mantissa = ROOTS.get(ROOTS.len() >> schema).copied().unwrap_or_default();
            f64::from_bits(BIAS << MANTISSA_BITS | mantissa)
        }
        _ => 2.0_f64.powi(1 << schema.unsigned_abs()),
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "limbs are halves of what holds them, and numbers are small"
    )]

    use proptest::prelude::*;

    use super::*;

    /// A whole number of any size, in limbs of 32 bits, the lowest first.
    struct Whole(Vec<u32>);

    impl Whole {
        fn of(number: u64) -> Self {
            Self(vec![(number & 0xffff_ffff) as u32, (number >> 32) as u32])
        }

        fn squared(&self) -> Self {
            let mut limbs = vec![0; self.0.len() * 2];
            for (i, a) in self.0.iter().enumerate() {
                let mut carry = 0;
                for (j, b) in self.0.iter().enumerate() {
                    let sum = u64::from(limbs[i + j]) + u64::from(*a) * u64::from(*b) + carry;
                    limbs[i + j] = (sum & 0xffff_ffff) as u32;
                    carry = sum >> 32;
                }
                limbs[i + self.0.len()] = carry as u32;
            }
            Self(limbs)
        }

        /// To the power of `2^squarings`.
        fn power(number: u64, squarings: u8) -> Self {
            (0..squarings).fold(Self::of(number), |power, _| power.squared())
        }

        /// The least `n` such that the number is at most `2^n`.
        fn log2_rounded_up(&self) -> i32 {
            let at = self.0.iter().rposition(|limb| *limb != 0).expect("not zero");
            let top = at as i32 * 32 + self.0[at].ilog2().cast_signed();
            let ones: u32 = self.0.iter().map(|limb| limb.count_ones()).sum();
            top + i32::from(ones > 1)
        }
    }

    /// The index by the definition, in exact arithmetic: the least `i` such that
    /// `v <= 2^(i 2^-s)`, which for `s >= 0` is `v^(2^s) <= 2^i`.
    fn exact_index(value: f64, schema: i8) -> i32 {
        let bits = value.to_bits();
        let exponent = (bits >> 52) as i32 - 1023 - 52;
        let mantissa = bits & MANTISSA | 1 << 52;
        if let Ok(schema) = u8::try_from(schema) {
            return Whole::power(mantissa, schema).log2_rounded_up() + (exponent << schema);
        }
        let octave = exponent + Whole::of(mantissa).log2_rounded_up();
        (-2000..2000).find(|index| octave <= index * (1 << -schema)).expect("in range")
    }

    fn index(value: f64, schema: i8) -> i32 {
        Place::of(value, schema).expect("not zero").index
    }

    #[test]
    fn the_table_is_exact() {
        for (at, root) in ROOTS.iter().enumerate() {
            // root^256 <= 2^at < (root + 1)^256, in units of 2^-52.
            let limit = 52 * 256 + i32::try_from(at).unwrap();
            let root = root | 1 << 52;
            assert!(Whole::power(root, 8).log2_rounded_up() <= limit, "{at}");
            assert!(Whole::power(root + 1, 8).log2_rounded_up() > limit, "{at}");
        }
    }

    #[test]
    fn every_root_ends_its_bucket() {
        for (at, root) in ROOTS.iter().enumerate() {
            let [at, below] = [at, ROOTS.partition_point(|other| *other < root + 1)]
                .map(|index| i32::try_from(index).unwrap());
            let of = |mantissa| finest_index(f64::from_bits(BIAS << 52 | mantissa));
            assert_eq!((of(*root), of(root + 1)), (at, below));
        }
    }

    #[test]
    fn known_places() {
        for (value, schema, expected) in [
            (1.0, 0, 0),
            (1.0, 8, 0),
            (1.0, -4, 0),
            (2.0, 0, 1),
            (2.0, 3, 8),
            (2.0_f64.next_up(), 3, 9),
            (2.0, -1, 1),
            (4.0, -1, 1),
            (4.0_f64.next_up(), -1, 2),
            (1.1, 3, 2),
            (0.5, 0, -1),
            (0.3, 3, -13),
            (0.25, -1, -1),
            (0.26, -1, 0),
            (65_536.0, -4, 1),
            (65_537.0, -4, 2),
            (f64::MAX, 0, 1024),
            (f64::MAX, 8, 1024 * 256),
            (f64::MAX, -4, 64),
            (ZERO_THRESHOLD.next_up(), 8, -128 * 256 + 1),
            (ZERO_THRESHOLD.next_up(), -4, -7),
        ] {
            assert_eq!(index(value, schema), expected, "{value} {schema}");
            assert_eq!(exact_index(value, schema), expected, "{value} {schema}");
            let mirrored = Place { negative: true, index: expected };
            assert_eq!(Place::of(-value, schema), Some(mirrored), "-{value} {schema}");
        }
    }

    #[test]
    fn zero_and_what_is_near_it_has_no_place() {
        assert_eq!(ZERO_THRESHOLD.to_bits(), 2.938_735_877_055_719e-39_f64.to_bits());
        for value in [0.0, -0.0, f64::from_bits(1), -f64::MIN_POSITIVE, -ZERO_THRESHOLD] {
            assert_eq!(Place::of(value, 8), None, "{value}");
        }
    }

    #[test]
    fn every_bound_is_inclusive() {
        for schema in 1..=8_i8 {
            for (at, root) in ROOTS.iter().enumerate().step_by(256 >> schema) {
                let bound = f64::from_bits(BIAS << 52 | root);
                let at = i32::try_from(at >> (8 - schema)).unwrap();
                assert_eq!((index(bound, schema), index(bound.next_up(), schema)), (at, at + 1));
            }
        }
    }

    #[test]
    fn the_schema_is_the_lowest_that_is_fine_enough() {
        for (factor, schema) in [
            (1.000_01, 8),
            (1.002, 8),
            (1.0028, 8),
            (1.005, 8),
            (1.0055, 7),
            (1.05, 4),
            (1.090_507, 4),
            (1.090_507_732_665_257_7, 3),
            (1.1, 3),
            (1.2, 2),
            (1.5, 1),
            (1.999_999, 1),
            (2.0, 0),
            (3.99, 0),
            (4.0, -1),
            (17.0, -2),
            (256.0, -3),
            (65_535.0, -3),
            (65_536.0, -4),
            (1e300, -4),
        ] {
            assert_eq!(schema_of(factor), schema, "{factor}");
        }
    }

    proptest! {
        #[test]
        fn an_index_is_what_the_definition_says(bits in any::<u64>(), schema in -4..=8_i8) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite() && value.abs() > ZERO_THRESHOLD);
            let place = Place::of(value, schema).unwrap();
            prop_assert_eq!(place.index, exact_index(value.abs(), schema));
            prop_assert_eq!(place.negative, value < 0.0);
            prop_assert_eq!(Place::from_code(place.code()), place);
        }

        #[test]
        fn lowering_a_place_is_placing_lower(
            value in prop_oneof![1e-6..1e6_f64, 1e-38..1e300_f64],
            schema in -4..=8_i8,
            lower in -4..=8_i8,
        ) {
            prop_assume!(lower <= schema);
            let (steps, place) = (schema.abs_diff(lower), Place::of(value, schema).unwrap());
            prop_assert_eq!(Some(place.lowered(steps)), Place::of(value, lower));
            let last = place.last_alike(steps);
            prop_assert!(last >= place && last.lowered(steps) == place.lowered(steps));
            let next = Place { index: last.index + 1, ..last };
            prop_assert!(next.lowered(steps) != last.lowered(steps));
        }
    }
}
