//! Numbers as Go prints them, computed from Rust's shortest digits and from
//! nothing of the bridge.
//!
//! Heat: cold.

/// A number in the one spelling that Go's encoder gives it.
pub fn number(text: &str) -> Result<f64, String> {
    let value = match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            digits.parse().map_err(|_| format!("{digits:?} is no number"))?
        }
        other => return Err(format!("{other:?} is no number")),
    };
    let spelt = go_number(value);
    if spelt == text { Ok(value) } else { Err(format!("{text:?}, where Go prints {spelt:?}")) }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 64)`: the shortest digits, with an
/// exponent below 1e-4 and from 1e+06 on.
pub fn go_number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (mantissa, exponent) = shortest(value.abs());
    let digits = mantissa.replace('.', "");
    if !(-4..6).contains(&exponent) {
        let sign_of_exponent = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{sign_of_exponent}{:02}", exponent.abs());
    }
    format!("{sign}{}", positional(&digits, exponent))
}

/// The shortest digits that mean this number, and its exponent: `1.25` and -7.
/// Rust's `{:e}` has them, but of two that are equally near it takes the larger,
/// where Go takes the even one.
fn shortest(value: f64) -> (String, i32) {
    let split = |text: &str| {
        let (mantissa, exponent) = text.split_once('e').unwrap();
        (mantissa.to_owned(), exponent.parse().unwrap())
    };
    let (mantissa, exponent) = split(&format!("{value:e}"));
    // All digits that the number has: never more than 767.
    let (all, _) = split(&format!("{value:.800e}"));
    let (head, tail) = all.split_at(mantissa.len());
    let halfway = tail.trim_end_matches('0') == "5";
    let even = head.ends_with(['0', '2', '4', '6', '8']);
    let same = format!("{head}e{exponent}").parse() == Ok(value);
    if halfway && even && same { (head.to_owned(), exponent) } else { (mantissa, exponent) }
}

fn positional(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap();
        return format!("0.{}{digits}", "0".repeat(zeros));
    }
    let before = usize::try_from(exponent).unwrap() + 1;
    if digits.len() <= before {
        return format!("{digits}{}", "0".repeat(before - digits.len()));
    }
    format!("{}.{}", &digits[..before], &digits[before..])
}
