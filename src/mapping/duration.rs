//! Durations as Go writes them: `1h30m`, `200ms`, `1.5h`, `-3s`, `0`. Flags are
//! written so too.
//!
//! Heat: cold.

/// A duration in nanoseconds, which may be negative; `None` if the text is not
/// one, or does not fit into 64 bits (292 years).
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanoseconds, after) = one_part(rest)?;
        total = total.checked_add(nanoseconds)?;
        rest = after;
    }
    let total = if negative { -i128::from(total) } else { i128::from(total) };
    i64::try_from(total).ok()
}

/// A decimal with its unit, and what follows it.
fn one_part(text: &str) -> Option<(u64, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end)?;
    let unit = nanoseconds_of(unit)?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    Some((whole.checked_mul(unit)?.checked_add(part_of(unit, fraction))?, rest))
}

/// The leading digits, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

const fn nanoseconds_of(unit: &str) -> Option<u64> {
    Some(match unit.as_bytes() {
        b"ns" => 1,
        // `µs` with U+00B5 (micro sign) and with U+03BC (Greek mu).
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `unit` times the fraction with these digits, rounded down. Digits behind the
/// eighteenth are below a nanosecond for every unit.
fn part_of(unit: u64, fraction: &str) -> u64 {
    let (mut numerator, mut denominator) = (0u128, 1u128);
    for digit in fraction.bytes().take(18) {
        numerator = numerator * 10 + u128::from(digit - b'0');
        denominator *= 10;
    }
    u64::try_from(numerator * u128::from(unit) / denominator).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("+0", 0),
            ("0s", 0),
            ("5s", 5_000_000_000),
            ("-5s", -5_000_000_000),
            ("+5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("200ms", 200_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("3us", 3_000),
            ("3µs", 3_000),
            ("3μs", 3_000),
            ("1ns", 1),
            ("1.9ns", 1),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("1m1m", 120_000_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            assert_eq!(parse(text), Some(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "+",
            "-",
            "5",
            "soon",
            ".s",
            "s",
            "1d",
            "1 s",
            " 1s",
            "1s ",
            "--1s",
            "+-1s",
            "1h-1m",
            "1e3s",
            "1S",
            "1..5s",
            "1.5.5s",
            "9223372036854775808ns",
            "99999999999999999999s",
            "3000000h",
            "µ",
            "1µ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
