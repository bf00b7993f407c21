//! The casts between integers and floats that this room and those above it
//! need, each with its range.
//!
//! Heat: hot.

/// Above this, not every whole number is a float.
const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

/// A count as a float: exact up to 2^53, above that the nearest.
#[expect(clippy::cast_precision_loss, reason = "the nearest float is what is exposed")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// `value` as an integer, if it is a whole number from 0 to below 2^53.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "inside the checked range the cast only cuts the fraction, which is looked at next"
)]
pub(crate) fn whole(value: f64) -> Option<u64> {
    if !(0.0..EXACT).contains(&value) {
        return None;
    }
    let whole = value as u64;
    (float(whole).to_bits() == value.to_bits()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_only() {
        for (value, expected) in [
            (0.0, Some(0)),
            (1.0, Some(1)),
            (EXACT - 1.0, Some((1 << 53) - 1)),
            (EXACT, None),
            (0.5, None),
            (-0.0, None),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(whole(value), expected, "{value}");
        }
    }
}
