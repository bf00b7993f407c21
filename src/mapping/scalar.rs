//! Single values of a mapping file, with the incumbent's idea of types (YAML
//! 1.1 as Go's yaml.v2 reads it): where text is wanted, a number and a boolean
//! are taken as they are written, and null is the empty text; a quoted string is
//! neither a number nor a boolean.
//!
//! A value of a wrong type is not refused here: `context` does that, which
//! knows the rule and can show what was written.
//!
//! Heat: cold.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_yaml::Spanned;

/// Text. `None` is a null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_none<E: Error>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        String::deserialize(deserializer).map(|text| Text(Some(text)))
    }
}

/// Where a null may stand for text too: keeps the value's place, which
/// `Option<Spanned<_>>` would lose.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Spanned<Text>>, D::Error> {
    Spanned::<Text>::deserialize(deserializer).map(Some)
}

/// A value where a number, a boolean or a duration is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// `true false yes no on off y n`.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// Another number; may be infinite or NaN.
    Decimal(f64),
    /// Text, or anything that is quoted.
    Text(String),
    /// Null inside a list; elsewhere a null is a value left out.
    Null,
}

impl Scalar {
    /// The value as a number.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a decimal is rounded like that too")]
            Self::Whole(number) => Some(*number as f64),
            Self::Decimal(number) => Some(*number),
            Self::Flag(_) | Self::Text(_) | Self::Null => None,
        }
    }

    /// The value as a whole number: `3.0` is one, `2.5` is none.
    pub(super) fn count(&self) -> Option<u32> {
        match self {
            Self::Whole(number) => u32::try_from(*number).ok(),
            Self::Decimal(number) => {
                let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "checked to be one"
                )]
                whole.then_some(*number as u32)
            }
            Self::Flag(_) | Self::Text(_) | Self::Null => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Decimal(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }
}

/// The pairs of a YAML mapping in the order of the file, with the places of the
/// keys.
#[derive(Clone, Debug)]
pub(super) struct Pairs<V>(pub(super) Vec<(Spanned<Text>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
    type Value = Pairs<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of names to values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a, T: Deserialize<'a>>(yaml: &'a str) -> Option<T> {
        serde_yaml::from_str_with_options(yaml, super::super::read::options()).ok()
    }

    #[test]
    fn text_is_taken_as_written() {
        for (yaml, text) in [
            ("200", "200"),
            ("0x1F", "0x1F"),
            ("1_000", "1_000"),
            ("1.50", "1.50"),
            ("yes", "yes"),
            ("TRUE", "TRUE"),
            ("2001-01-01", "2001-01-01"),
            ("'null'", "null"),
            ("\"a\\tb\"", "a\tb"),
            ("!!str 5", "5"),
        ] {
            assert_eq!(read::<Text>(yaml), Some(Text(Some(text.into()))), "{yaml}");
        }
        for null in ["~", "null"] {
            assert_eq!(read::<Text>(null), Some(Text(None)), "{null}");
        }
        assert_eq!(read::<Text>("[a]"), None);
    }

    #[test]
    fn booleans_are_those_of_yaml_1_1_and_not_quoted() {
        for (yaml, value) in [
            ("true", true),
            ("Yes", true),
            ("on", true),
            ("y", true),
            ("no", false),
            ("OFF", false),
        ] {
            assert_eq!(read::<Scalar>(yaml), Some(Scalar::Flag(value)), "{yaml}");
        }
        for text in ["'true'", "\"yes\"", "maybe", "!!str on"] {
            assert!(matches!(read(text), Some(Scalar::Text(_))), "{text}");
        }
    }

    #[test]
    fn numbers_are_not_quoted() {
        for (yaml, value) in [
            ("1", 1.0),
            ("-2.5", -2.5),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("0x10", 16.0),
            ("010", 8.0),
            ("1_000", 1000.0),
            ("+7", 7.0),
            (".inf", f64::INFINITY),
            ("-.Inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(read::<Scalar>(yaml).unwrap().number(), Some(value), "{yaml}");
        }
        for text in ["'1'", "\"2.5\"", "big", "true", "1 2", "1d", "0x1p4"] {
            assert_eq!(read::<Scalar>(text).unwrap().number(), None, "{text}");
        }
        assert_eq!(read::<Scalar>("{}"), None);
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        assert_eq!(read::<Scalar>("3.0").unwrap().count(), Some(3));
        assert_eq!(read::<Scalar>("4294967295").unwrap().count(), Some(u32::MAX));
        for bad in ["-1", "4294967296", "2.5", "'3'", ".nan", "1e40", "no"] {
            assert_eq!(read::<Scalar>(bad).unwrap().count(), None, "{bad}");
        }
    }
}
