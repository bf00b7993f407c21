//! Numbers as lines write them. The grammar is checked here, so that what Rust's
//! own parser would take beyond it (`+nan`, `1e400`) is refused.
//!
//! Heat: hot (what [`plain_value`] does not take).

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::character::complete::{char, digit0, digit1, one_of};
use nom::combinator::{all_consuming, opt, value};

use super::grammar::Parsed;
use super::plain::{PlainValue, plain_value};

/// How a number may be spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Sign, digits with a fraction, exponent: `1`, `+1`, `.5`, `5.`, `1e-3`.
    Decimal,
    /// `inf`, `infinity` with or without a sign, `nan` without one, in any case.
    Word,
}

/// Reads a value or a rate; `None` if it is not a number or too large for one.
/// What is too small to be told from zero is zero.
pub(super) fn number(text: &str) -> Option<PlainValue> {
    plain_value(text.as_bytes()).or_else(|| any_number(text))
}

fn any_number(text: &str) -> Option<PlainValue> {
    let (_, spelling) = spelling(text).ok()?;
    let value: f64 = text.parse().ok()?;
    let fits = value.is_finite() || spelling == Spelling::Word;
    fits.then(|| PlainValue { value, signed: text.starts_with(['+', '-']) })
}

fn spelling(text: &str) -> Parsed<'_, Spelling> {
    let sign = || opt(one_of("+-"));
    let digits =
        alt((value((), (digit1, opt((char('.'), digit0)))), value((), (char('.'), digit1))));
    let exponent = opt((one_of("eE"), sign(), digit1));
    let infinity = (sign(), alt((tag_no_case("infinity"), tag_no_case("inf"))));
    all_consuming(alt((
        value(Spelling::Decimal, (sign(), digits, exponent)),
        value(Spelling::Word, infinity),
        value(Spelling::Word, tag_no_case("nan")),
    )))
    .parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_with_sign_fraction_and_exponent_are_numbers() {
        for (text, expected) in [
            ("0", 0.0),
            ("00012", 12.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("+1", 1.0),
            ("-1.5", -1.5),
            ("-0", -0.0),
            ("1e-3", 0.001),
            ("1E3", 1000.0),
            ("1e+3", 1000.0),
            ("-.5e1", -5.0),
            ("5.e1", 50.0),
            ("1e-400", 0.0),
            ("-1e-400", -0.0),
            ("1.7976931348623157e308", f64::MAX),
            ("0.000000000000000000000000000000001", 1e-33),
            ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890.0),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("0.1234567890123456789", 0.123_456_789_012_345_68),
        ] {
            let number = number(text).unwrap();
            assert_eq!(number.value.to_bits(), f64::to_bits(expected), "{text}");
            assert_eq!(number.signed, text.starts_with(['+', '-']), "{text}");
        }
    }

    #[test]
    fn infinities_and_an_unsigned_nan_are_numbers_in_any_case() {
        for text in ["inf", "Inf", "INF", "+inf", "infinity", "Infinity", "+InFiNiTy"] {
            assert_eq!(number(text).unwrap().value.to_bits(), f64::INFINITY.to_bits(), "{text}");
        }
        for text in ["-inf", "-Infinity"] {
            let number = number(text).unwrap();
            assert_eq!(number.value.to_bits(), f64::NEG_INFINITY.to_bits(), "{text}");
            assert!(number.signed);
        }
        for text in ["nan", "NaN", "NAN"] {
            assert!(number(text).unwrap().value.is_nan(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_a_number() {
        let too_large = ["1e400", "-1e400", "1.8e308"];
        let words = ["+nan", "-nan", "infin", "infinit", "nann", "in", "x", "one"];
        let bases = ["0x10", "0x1p4", "1_0", "0b1", "0o7", "1f", "1d"];
        let shapes = ["", "+", "-", ".", "+.", "e5", ".e5", "1e", "1e+", "1e1.5", "1.2.3", "--1"];
        let blanks = [" 1", "1 ", "1\r", "\t1", "1 0", "١", "１", "1,5", "İnf"];
        let all = [&too_large[..], &words, &bases, &shapes, &blanks].concat();
        for text in all {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number(&"9".repeat(400)), None);
    }
}
