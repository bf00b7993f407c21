//! The plain line, one value of finite decimal digits, taken apart without the
//! grammar: so that whoever remembers what name and tail mean reads only the value.
//!
//! What is read here never disagrees with the grammar; what is not read here
//! goes to it. A property test holds the two together.
//!
//! Heat: hot (every line).

use super::digits::leading;

/// A line `name:value|tail`, whose value [`plain_value`] reads.
///
/// Two lines with the same name and tail differ in nothing but that value: they
/// hold as many samples, with the same notes, tags, outcome and [`super::Recipe`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain<'a> {
    /// The bytes before the first `:`, tags in the name included; not empty.
    pub name: &'a [u8],
    /// The number between that and the first `|`.
    pub value: PlainValue,
    /// All bytes from that `|` on. It may hold further samples.
    pub tail: &'a [u8],
}

/// Takes a line apart; `None` if it has no such shape.
#[must_use]
pub fn split_plain(line: &[u8]) -> Option<Plain<'_>> {
    split_plain_at(line, memchr::memchr(b':', line)?)
}

/// The same for whoever knows where the first `:` is.
#[must_use]
#[inline]
pub fn split_plain_at(line: &[u8], colon: usize) -> Option<Plain<'_>> {
    let (name, rest) = line.split_at_checked(colon)?;
    let (value, tail) = take_value(rest.get(1..)?)?;
    let plain = !name.is_empty() && tail.first() == Some(&b'|');
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

/// Reads digits with at most one point and at most one sign. `None` for anything
/// else, which may yet be a number (`1e3`, `inf`) or not.
#[must_use]
pub fn plain_value(text: &[u8]) -> Option<PlainValue> {
    let (value, behind) = take_value(text)?;
    behind.is_empty().then_some(value)
}

/// The value that `text` begins with, and what is left of the text.
#[inline]
fn take_value(text: &[u8]) -> Option<(PlainValue, &[u8])> {
    let (sign, digits) = match text {
        [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
        digits => (None, digits),
    };
    let (magnitude, length) = leading(digits)?;
    let value = if sign == Some(b'-') { -magnitude } else { magnitude };
    Some((PlainValue { value, signed: sign.is_some() }, digits.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_is_taken_apart() {
        for (line, parts) in [
            ("a:1|c", Some(("a", "1", "|c"))),
            ("a:-1.5|c", Some(("a", "-1.5", "|c"))),
            ("a#x=1:1|c|@0.5", Some(("a#x=1", "1", "|c|@0.5"))),
            ("a:2|", Some(("a", "2", "|"))),
            ("a:x|c", None),
            ("a:1e3|c", None),
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
                value: plain_value(value.as_bytes()).unwrap(),
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
