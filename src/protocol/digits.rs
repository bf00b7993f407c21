//! Decimal digits as a number, eight at a time: whole words are compared and
//! multiplied instead of bytes, so that how long a value is decides few branches.
//!
//! It reads digits and one point, nothing else: no sign, no exponent, no word.
//!
//! Heat: hot (every line).

/// Powers of ten that a double holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// Up to here a double holds every whole number exactly.
const EXACT_WHOLE: u64 = 1 << f64::MANTISSA_DIGITS;
/// So many decimal digits fit into a `u64`, whatever they are.
const DIGITS_OF_U64: usize = 19;
/// Bytes of a word.
const WORD: usize = 8;

/// A byte in all places of a word.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; WORD])
}

/// How many bytes come before the first that is marked.
#[inline]
const fn bytes_before(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Decimal digits as a whole number and the place of its point.
struct Scan {
    /// The digits without the point; wrapped if they are more than 19.
    whole: u64,
    digits: usize,
    /// How many of the digits stand behind the point.
    decimals: usize,
}

/// The nearest double of the digits, with at most one point, that `text` begins
/// with, and how many bytes these are; `None` if it begins with none, and for a
/// number that is not finite.
#[inline]
pub(super) fn leading(text: &[u8]) -> Option<(f64, usize)> {
    let (before, mut rest) = take_few(0, text);
    let mut scan = Scan { whole: before, digits: text.len() - rest.len(), decimals: 0 };
    if let [b'.', behind @ ..] = rest {
        (scan.whole, rest) = take_many(before, behind);
        scan.decimals = behind.len() - rest.len();
        scan.digits += scan.decimals;
    }
    if scan.digits == 0 {
        return None;
    }
    let length = text.len() - rest.len();
    let value = scan.exact().or_else(|| scan.nearest());
    Some((value.or_else(|| by_the_library(text.get(..length)?))?, length))
}

/// The digits that `text` begins with, behind those of `whole`, and what is left
/// of the text. Before a point they are few.
#[inline]
fn take_few(mut whole: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [byte, behind @ ..] = text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        whole = whole.wrapping_mul(10).wrapping_add(u64::from(digit));
        text = behind;
    }
    (whole, text)
}

/// The same where they are many, as behind a point.
#[inline]
fn take_many(mut whole: u64, mut text: &[u8]) -> (u64, &[u8]) {
    const SHIFTS: [u64; WORD + 1] =
        [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
    while let Some(word) = text.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) {
        let count = bytes_before(other_than_digits(word));
        let (Some(shift), Some(rest)) = (SHIFTS.get(count), text.get(count..)) else { break };
        whole = whole.wrapping_mul(*shift).wrapping_add(first_digits(word, count));
        text = rest;
        if count < WORD {
            return (whole, text);
        }
    }
    take_few(whole, text)
}

/// The highest bit of each byte that is no digit.
const fn other_than_digits(word: u64) -> u64 {
    // Digits are 0 to 9 now, and 0x76 more takes 10 and above over 0x80.
    let from_zero = word ^ all(b'0');
    (((from_zero & all(0x7f)) + all(0x76)) | from_zero) & all(0x80)
}

/// The number that the first `count` bytes write, which are digits.
#[inline]
const fn first_digits(word: u64, count: usize) -> u64 {
    if count == 0 {
        return 0;
    }
    // Zeros before the digits make them eight; then pairs, fours and all.
    let digits = (word & all(0x0f)) << (8 * (WORD - count));
    let pairs = digits.wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

impl Scan {
    /// The number, if one division gives it: both its operands are exact, so the
    /// quotient is the nearest double, as IEEE 754 has it.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "not above EXACT_WHOLE")]
    fn exact(&self) -> Option<f64> {
        let power = POWERS_OF_TEN.get(self.decimals)?;
        let holds = self.digits <= DIGITS_OF_U64 && self.whole <= EXACT_WHOLE;
        holds.then(|| self.whole as f64 / power)
    }

    /// The number, if its digits are in `whole`: what Ruby writes of a float that
    /// was multiplied, `0.33911299988176324`, has more of them than a double.
    ///
    /// The quotient is taken to 63 or 64 bits of a whole number, whose lowest also
    /// says whether anything is left. So the conversion, which rounds to 53, rounds
    /// as it would the exact quotient; and a power of two changes no bit of it.
    #[expect(clippy::cast_possible_truncation, reason = "the quotient is below 2^64")]
    #[expect(clippy::cast_precision_loss, reason = "that is the rounding")]
    fn nearest(&self) -> Option<f64> {
        let divisor = 10_u64.checked_pow(u32::try_from(self.decimals).ok()?)?;
        if self.digits > DIGITS_OF_U64 || self.whole == 0 {
            return None;
        }
        let (up, down) = (self.whole.leading_zeros(), divisor.leading_zeros());
        // Both from 2^63 on: their quotient lies between a half and two.
        let (dividend, divisor) = (u128::from(self.whole << up) << 63, u128::from(divisor << down));
        let (quotient, rest) = (dividend / divisor, dividend % divisor);
        let rounded = (quotient as u64 | u64::from(rest > 0)) as f64;
        let exponent = 1023 + u64::from(down) - u64::from(up) - 63;
        Some(rounded * f64::from_bits(exponent << (f64::MANTISSA_DIGITS - 1)))
    }
}

/// The number of digits that are too many for the above.
#[cold]
fn by_the_library(digits: &[u8]) -> Option<f64> {
    let value: f64 = str::from_utf8(digits).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The number, if there is nothing behind it.
    fn magnitude(text: &str) -> Option<f64> {
        let (value, length) = leading(text.as_bytes())?;
        (length == text.len()).then_some(value)
    }

    #[test]
    fn every_byte_is_a_digit_or_not() {
        for byte in 0..=u8::MAX {
            for at in 0..WORD {
                let mut bytes = [b'7'; WORD];
                bytes[at] = byte;
                let count = bytes_before(other_than_digits(u64::from_le_bytes(bytes)));
                assert_eq!(count, if byte.is_ascii_digit() { WORD } else { at }, "{bytes:?}");
            }
        }
    }

    #[test]
    fn ties_go_to_the_even_double() {
        for text in [
            // Halfway between two doubles, and a unit of the last digit to each side.
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.5",
            "9007199254740994.5",
            "4503599627370496.5",
            "4503599627370497.5",
            "4503599627370497.499",
            "4503599627370497.501",
            "9999999999999999999",
            "1.000000000000000111",
            "1.000000000000000112",
            "0.9999999999999999999",
            "0000000000000000001",
            ".0000000000000000001",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(magnitude(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// The library reads the same text, with all bits.
        #[test]
        fn numbers_are_those_of_the_library(text in "[0-9]{0,22}\\.?[0-9]{0,24}") {
            let expected = text.parse().ok().map(f64::to_bits);
            prop_assert_eq!(magnitude(&text).map(f64::to_bits), expected, "{}", text);
        }

        /// What the library writes of a double comes back.
        #[test]
        fn what_was_written_comes_back(value in 1e-9..1e15_f64) {
            let text = value.to_string();
            prop_assert_eq!(magnitude(&text), Some(value), "{}", text);
        }

        /// What follows is left alone, be there a word of it or less.
        #[test]
        fn a_number_ends_where_its_digits_do(
            digits in "[0-9]{1,20}(\\.[0-9]{0,20})?", behind in "([:|;/ e+-][0-9.:|]{0,9})?",
        ) {
            let found = leading(format!("{digits}{behind}").as_bytes());
            prop_assert_eq!(found, digits.parse().ok().map(|value| (value, digits.len())));
        }

        #[test]
        fn anything_else_is_no_number(text in "[0-9.:;/ +-]{0,20}") {
            let is_number = text.bytes().filter(|byte| *byte == b'.').count() < 2
                && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && text.bytes().any(|byte| byte.is_ascii_digit());
            prop_assert_eq!(magnitude(&text).is_some(), is_number, "{}", text);
        }
    }
}
