//! Numbers as Go prints them (`strconv.FormatFloat(f, 'g', -1, 64)`), which is
//! what `le` and `quantile` labels are told by: the shortest digits that give the
//! same float; an exponent, of at least two digits, if it would be below -4 or
//! above 5; `NaN`, `+Inf`, `-Inf`. A negative zero is `0`, as the incumbent's text
//! encoder has it.
//!
//! Heat: cold (a few times per series and scrape).

use bytes::BufMut;

use crate::metric::whole;

/// Numbers from here to below [`LARGEST`] are written without an exponent.
const SMALLEST: f64 = 1e-4;
const LARGEST: f64 = 1e6;

/// Puts `value` behind what is in `out`. Allocates nothing itself.
pub fn write_number(out: &mut impl BufMut, value: f64) {
    if value.is_nan() {
        return out.put_slice(b"NaN");
    }
    if value < 0.0 {
        out.put_u8(b'-');
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        return out.put_slice(if value > 0.0 { b"+Inf" } else { b"Inf" });
    }
    // Below 2^53 the digits of a whole number are its shortest ones, but for the
    // zeros at the end. Ryu writes the others as Go does, but for the exponent.
    if let Some(whole) = whole(magnitude) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(whole).as_bytes();
        if magnitude < LARGEST {
            out.put_slice(digits);
        } else {
            write_scientific(out, digits, place(digits.len()) - 1);
        }
        return;
    }
    let mut buffer = ryu::Buffer::new();
    let decimal = buffer.format_finite(magnitude);
    if (SMALLEST..LARGEST).contains(&magnitude) {
        out.put_slice(decimal.as_bytes());
    } else {
        write_anew(out, decimal);
    }
}

/// Writes a positive decimal, which may have a point, an exponent or both, with
/// an exponent.
fn write_anew(out: &mut impl BufMut, decimal: &str) {
    let (mantissa, exponent) = decimal.split_once('e').unwrap_or((decimal, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = [0; 32];
    let mut room = digits.as_mut_slice();
    // Ryu writes at most 24 bytes in all.
    room.put_slice(integer.as_bytes());
    room.put_slice(fraction.as_bytes());
    let digits = digits.get(..integer.len() + fraction.len()).unwrap_or_default();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    write_scientific(out, digits, place(integer.len()) - place(zeros) + exponent - 1);
}

/// A length below 100 as a place in a decimal.
fn place(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// Writes digits, of which the first is not 0, with the point behind the first.
fn write_scientific(out: &mut impl BufMut, digits: &[u8], exponent: i32) {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let significant = digits.get(..digits.len() - zeros).unwrap_or_default();
    let (first, rest) = significant.split_at_checked(1).unwrap_or_default();
    out.put_slice(first);
    if !rest.is_empty() {
        out.put_u8(b'.');
        out.put_slice(rest);
    }
    out.put_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.put_u8(b'0');
    }
    out.put_slice(itoa::Buffer::new().format(exponent.unsigned_abs()).as_bytes());
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_number(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn as_go_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (10.0, "10"),
            (100.0, "100"),
            (120.0, "120"),
            (0.99, "0.99"),
            (0.1, "0.1"),
            (2.5, "2.5"),
            (123.456, "123.456"),
            (99999.0, "99999"),
            (100_000.0, "100000"),
            (123_456.0, "123456"),
            (123_456.789, "123456.789"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (-1_200_000.0, "-1.2e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (1e15, "1e+15"),
            (9_007_199_254_740_991.0, "9.007199254740991e+15"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (977_319_419_992_970.2, "9.773194199929702e+14"),
            (5.684_341_886_080_802e-14, "5.684341886080802e-14"),
            (1e16, "1e+16"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (0.000_123, "0.000123"),
            (0.000_01, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(value), text);
        }
    }

    proptest! {
        #[test]
        fn it_reads_back_to_the_same_bits(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite() && value != 0.0);
            let text = written(value);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits, "{}", text);
        }

        /// Rust's `{:e}` has the shortest digits too, and no layout to get wrong.
        #[test]
        fn digits_and_exponent_are_those_of_another_printer(
            value in prop_oneof![any::<f64>(), -1e7..1e7_f64, (-10_000_000..10_000_000_i32).prop_map(f64::from)],
        ) {
            prop_assume!(value.is_finite() && value != 0.0);
            let (digits, exponent) = format!("{value:e}").split_once('e')
                .map(|(digits, exponent)| (digits.to_owned(), exponent.parse::<i32>().unwrap())).unwrap();
            let expected = if (-4..6).contains(&exponent) {
                format!("{value}")
            } else {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{digits}e{sign}{:02}", exponent.abs())
            };
            // Of two shortest forms that are equally near, Go's and ryu's last digit
            // is the even one, and that printer's is not.
            let but_the_last_digit = |text: &str| {
                let (digits, exponent) = text.split_once('e').unwrap_or((text, ""));
                (digits[..digits.len() - 1].to_owned(), exponent.to_owned())
            };
            let text = written(value);
            prop_assert_eq!(but_the_last_digit(&text), but_the_last_digit(&expected), "{}", text);
        }
    }
}
