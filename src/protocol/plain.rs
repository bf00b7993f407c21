//! The plain line, one value of finite decimal digits, taken apart without the
//! grammar: so that whoever remembers what name and tail mean reads only the value.
//!
//! What is read here never disagrees with the grammar; what is not read here
//! goes to it. A property test holds the two together.
//!
//! Heat: hot (every line).

/// A line `name:value|tail`.
///
/// Two lines with the same name and tail, and values that [`plain_value`] reads,
/// differ in nothing but that value: they hold as many samples, with the same
/// notes, tags, outcome and [`super::Recipe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain<'a> {
    /// The bytes before the first `:`, tags in the name included; not empty.
    pub name: &'a [u8],
    /// The bytes from there to the first `|`: not empty, without a `:`.
    pub value: &'a [u8],
    /// All bytes from that `|` on. It may hold further samples.
    pub tail: &'a [u8],
}

/// Takes a line apart; `None` if it has no such shape.
#[must_use]
pub fn split_plain(line: &[u8]) -> Option<Plain<'_>> {
    let (name, rest) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    let (_colon, rest) = rest.split_first()?;
    // A value is mostly less than ten bytes, where a vector search does not pay.
    let end = rest.iter().position(|byte| matches!(byte, b':' | b'|'))?;
    let (value, tail) = rest.split_at_checked(end)?;
    let plain = !name.is_empty() && !value.is_empty() && tail.first() == Some(&b'|');
    plain.then_some(Plain { name, value, tail })
}

/// A number, and whether it was written with a sign: a gauge is then moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlainValue {
    /// The number, in the unit of the line.
    pub value: f64,
    /// Whether it was written with a leading `+` or `-`.
    pub signed: bool,
}

/// Powers of ten that a double holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Up to here a double holds every whole number exactly.
const EXACT_WHOLE: u64 = 1 << f64::MANTISSA_DIGITS;

/// So many decimal digits fit into a `u64`, whatever they are.
const DIGITS_OF_U64: usize = 19;

/// Reads digits with at most one point and at most one sign. `None` for anything
/// else, which may yet be a number (`1e3`, `inf`) or not.
#[must_use]
pub fn plain_value(text: &[u8]) -> Option<PlainValue> {
    let (sign, digits) = match text {
        [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
        digits => (None, digits),
    };
    let magnitude = scan(digits)?.exact().or_else(|| rounded(digits))?;
    let value = if sign == Some(b'-') { -magnitude } else { magnitude };
    Some(PlainValue { value, signed: sign.is_some() })
}

/// Decimal digits as a whole number and the place of its point.
struct Scan {
    /// The digits without the point; wrapped if they are more than 19.
    whole: u64,
    digits: usize,
    /// How many of the digits stand behind the point.
    decimals: usize,
}

fn scan(text: &[u8]) -> Option<Scan> {
    let (before, rest) = take_digits(0, text);
    let (whole, decimals) = match rest {
        [] => (before, 0),
        [b'.', behind @ ..] => match take_digits(before, behind) {
            (whole, []) => (whole, behind.len()),
            _ => return None,
        },
        _ => return None,
    };
    let digits = text.len() - rest.len() + decimals;
    (digits > 0).then_some(Scan { whole, digits, decimals })
}

/// The digits that `text` begins with, behind those of `whole`, and what is left
/// of the text.
#[inline]
fn take_digits(mut whole: u64, text: &[u8]) -> (u64, &[u8]) {
    let mut rest = text;
    while let [byte, behind @ ..] = rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        whole = whole.wrapping_mul(10).wrapping_add(u64::from(digit));
        rest = behind;
    }
    (whole, rest)
}

impl Scan {
    /// The number, if one division gives it: both its operands are exact, so the
    /// quotient is the nearest double, as IEEE 754 has it.
    #[expect(clippy::cast_precision_loss, reason = "not above EXACT_WHOLE")]
    fn exact(&self) -> Option<f64> {
        let power = POWERS_OF_TEN.get(self.decimals)?;
        let holds = self.digits <= DIGITS_OF_U64 && self.whole <= EXACT_WHOLE;
        holds.then(|| self.whole as f64 / power)
    }
}

/// The number of checked digits that are too many for [`Scan::exact`].
fn rounded(digits: &[u8]) -> Option<f64> {
    let value: f64 = str::from_utf8(digits).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_is_taken_apart() {
        for (line, parts) in [
            ("a:1|c", Some(("a", "1", "|c"))),
            ("a#x=1:1|c|@0.5", Some(("a#x=1", "1", "|c|@0.5"))),
            ("a:x|", Some(("a", "x", "|"))),
            ("a:1|c:2|c", Some(("a", "1", "|c:2|c"))),
            ("a|b:1|c", Some(("a|b", "1", "|c"))),
            ("", None),
            (":1|c", None),
            ("a", None),
            ("a:1", None),
            ("a:|c", None),
            ("a:1:2|ms", None),
            ("a::1|c", None),
            ("a|c:1", None),
        ] {
            let found = split_plain(line.as_bytes());
            let expected = parts.map(|(name, value, tail)| Plain {
                name: name.as_bytes(),
                value: value.as_bytes(),
                tail: tail.as_bytes(),
            });
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn plain_values_are_the_nearest_doubles() {
        for text in [
            "0",
            "1",
            "12",
            "0.5",
            ".5",
            "5.",
            "007",
            "53.50614",
            "0.1",
            "0.3",
            "4503599627370497.5",
            "9007199254740992",
            "9007199254740993",
            "9007199254740993.0",
            "1.7976931348623157",
            "0.12345678901234567",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999.99999",
            "0.0000000000000000000001",
            "0.00000000000000000000012",
            "123456789.0000000000000000000000000001",
            "00000000000000000000000000000000001",
        ] {
            for sign in ["", "+", "-"] {
                let signed = format!("{sign}{text}");
                let found = plain_value(signed.as_bytes()).unwrap();
                let expected: f64 = signed.parse().unwrap();
                assert_eq!(found.value.to_bits(), expected.to_bits(), "{signed}");
                assert_eq!(found.signed, !sign.is_empty());
            }
        }
    }

    #[test]
    fn whatever_is_not_digits_is_left_to_the_grammar() {
        for text in
            ["", "+", "-", ".", "-.", "1e3", "inf", "nan", "1.2.3", "+-1", "1 ", "0x1", "/", "1:"]
        {
            assert_eq!(plain_value(text.as_bytes()), None, "{text}");
        }
        assert_eq!(plain_value("9".repeat(400).as_bytes()), None, "too large");
        assert_eq!(plain_value(b"\xff1"), None);
    }
}
