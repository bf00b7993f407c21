//! Where a value falls in a log-linear scale, read off the bits of the float:
//! an octave is a sign and an exponent, cut into [`CELLS`] cells of equal width
//! by the highest bits of the mantissa.
//!
//! A cell of octave `e` is `2^e / 64` wide and its middle is reported, so a value
//! is off by at most half of that: 1/128 of it, 0.8 %. Zero and the subnormals,
//! all below 2.3e-308, are one octave and are reported as 0.
//!
//! Heat: hot.

/// Cells of an octave. A model of two shows the protocols as well as one of 64.
pub(super) const CELLS: usize = if cfg!(loom_model) { 2 } else { 64 };

const CELL_BITS: u32 = CELLS.trailing_zeros();
const MANTISSA_BITS: u32 = 52;
#[expect(clippy::cast_possible_truncation, reason = "there are at most 256")]
const LAST_CELL: u8 = (CELLS - 1) as u8;

/// A sign and an exponent: 0 for zero and the subnormals, up to ±2046. Octaves
/// are ordered as their values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Octave(i16);

/// An octave and a cell in it. In negative octaves too, cells are in the order
/// of their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) octave: Octave,
    pub(super) cell: u8,
}

impl Place {
    /// The place of a finite value.
    #[expect(clippy::cast_possible_truncation, reason = "both are masked to fewer bits")]
    pub(super) const fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = ((bits >> MANTISSA_BITS) & 0x7ff) as i16;
        if exponent == 0 {
            return Self { octave: Octave(0), cell: 0 };
        }
        let cell = (bits >> (MANTISSA_BITS - CELL_BITS)) as u8 & LAST_CELL;
        if value.is_sign_negative() {
            Self { octave: Octave(-exponent), cell: LAST_CELL - cell }
        } else {
            Self { octave: Octave(exponent), cell }
        }
    }
}

impl Octave {
    /// The octave as bits that fit a key, and back.
    pub(super) const fn bits(self) -> u16 {
        self.0.cast_unsigned()
    }

    pub(super) const fn from_bits(bits: u16) -> Self {
        Self(bits.cast_signed())
    }

    /// How many octaves lie between the two.
    pub(super) const fn distance(self, other: Self) -> u16 {
        self.0.abs_diff(other.0)
    }

    /// The cell that is nearest to the values of another octave.
    pub(super) fn edge_towards(self, other: Self) -> u8 {
        if other > self { LAST_CELL } else { 0 }
    }

    /// The middle of a cell.
    pub(super) fn middle(self, cell: u8) -> f64 {
        let Self(signed) = self;
        if signed == 0 {
            return 0.0;
        }
        let from_zero = if signed < 0 { LAST_CELL - cell } else { cell };
        let halves = 2 * u64::from(from_zero) + 1;
        let bits = u64::from(signed.unsigned_abs()) << MANTISSA_BITS
            | halves << (MANTISSA_BITS - CELL_BITS - 1);
        f64::from_bits(bits).copysign(f64::from(signed))
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn zero_and_subnormals_are_one_octave() {
        for value in [0.0, -0.0, f64::from_bits(1), -f64::from_bits(1 << 51)] {
            let Place { octave, cell } = Place::of(value);
            assert_eq!((octave, octave.middle(cell)), (Octave(0), 0.0));
        }
    }

    #[test]
    fn the_ends_of_the_scale() {
        for value in [f64::MIN_POSITIVE, -f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1.0, -1.0] {
            let Place { octave, cell } = Place::of(value);
            let middle = octave.middle(cell);
            assert!((middle / value - 1.0).abs() <= 1.0 / 128.0, "{value} {middle}");
        }
    }

    #[test]
    fn the_edge_faces_the_other_octave() {
        let (low, high) = (Place::of(-8.0).octave, Place::of(8.0).octave);
        assert_eq!((low.edge_towards(high), high.edge_towards(low)), (LAST_CELL, 0));
        assert!(low.middle(low.edge_towards(high)) > low.middle(0));
    }

    proptest! {
        #[test]
        fn the_middle_is_within_a_128th(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_normal());
            let Place { octave, cell } = Place::of(value);
            let off = octave.middle(cell) / value - 1.0;
            prop_assert!(off.abs() <= 1.0 / 128.0, "{} {}", value, off);
            prop_assert_eq!(Octave::from_bits(octave.bits()), octave);
        }

        #[test]
        fn places_are_in_the_order_of_values(a in -1e6..1e6_f64, b in -1e6..1e6_f64) {
            let key = |value: f64| {
                let place = Place::of(value);
                (place.octave, place.cell)
            };
            prop_assert!(a > b || key(a) <= key(b), "{} {}", a, b);
        }
    }
}
