//! Numbers as `OpenMetrics` shows them: as everywhere else, but a float that has
//! neither a point nor an exponent gets a `.0`, in values and in `le` and
//! `quantile` alike.
//!
//! Heat: cold (a few times per series and scrape).

use std::time::Duration;

use crate::exposition::write_number;

/// A float.
pub(super) fn write_float(out: &mut Vec<u8>, value: f64) {
    let from = out.len();
    write_number(out, value);
    let written = out.get(from..).unwrap_or_default();
    if value.is_finite() && !written.iter().any(|byte| matches!(byte, b'.' | b'e')) {
        out.extend_from_slice(b".0");
    }
}

/// A point in time, given as the time since 1970: seconds, to the millisecond.
pub(super) fn write_moment(out: &mut Vec<u8>, moment: Duration) {
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(moment.as_secs()).as_bytes());
    out.push(b'.');
    // One more digit in front, cut off again, keeps the zeros.
    let millis = buffer.format(1000 + moment.subsec_millis());
    out.extend_from_slice(millis.get(1..).unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_floats_have_a_point() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (1.0, "1.0"),
            (-3.0, "-3.0"),
            (0.5, "0.5"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1e-5, "1e-05"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            let mut out = b"12e".to_vec();
            write_float(&mut out, value);
            assert_eq!(str::from_utf8(&out[3..]).unwrap(), text);
        }
    }

    #[test]
    fn moments_have_milliseconds() {
        for (moment, text) in [
            (Duration::ZERO, "0.000"),
            (Duration::from_millis(1_700_000_000_007), "1700000000.007"),
            (Duration::from_nanos(1_999_999_999), "1.999"),
        ] {
            let mut out = Vec::new();
            write_moment(&mut out, moment);
            assert_eq!(str::from_utf8(&out).unwrap(), text);
        }
    }
}
