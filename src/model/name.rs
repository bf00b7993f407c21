//! Names as Prometheus has them, made from whatever `StatsD` clients send.
//!
//! The rule of escaping (the incumbent's): every character, not byte, outside
//! `[a-zA-Z0-9_]` becomes one `_`; in a run of `-` only the first does and the
//! rest vanish; a leading digit gets a `_` before it.
//!
//! Heat: warm (making a name allocates; once per new spelling of a series).

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

/// The name of a metric family: `[a-zA-Z_][a-zA-Z0-9_]*`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricName(Arc<str>);

impl MetricName {
    /// The name that `text` is exposed under; `None` if `text` is empty.
    #[must_use]
    pub fn escaped(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(escaped(text)))
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`, and not one of those that
/// Prometheus keeps for itself (they begin with `__`). Cheap to clone: a rule
/// gives its labels to every series that it makes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelName(Arc<str>);

impl LabelName {
    /// The label that a tag with this key becomes; `None` if the key is empty
    /// or its escaped form begins with `__`.
    #[must_use]
    pub fn escaped(key: &str) -> Option<Self> {
        Self::is_tag_key(key).then(|| Self(escaped(key)))
    }

    /// Whether [`LabelName::escaped`] would give a label, found without
    /// allocating.
    #[must_use]
    pub fn is_tag_key(key: &str) -> bool {
        let mut escaped = escaped_chars(key);
        match (escaped.next(), escaped.next()) {
            (None, _) => false,
            (Some(first), second) => first != '_' || second != Some('_'),
        }
    }

    /// A label name that must be valid as it stands (a rule's label, or one of
    /// the bridge's own); `None` if it is not.
    #[must_use]
    pub fn verbatim(name: &str) -> Option<Self> {
        let valid = Self::is_tag_key(name) && escaped_chars(name).eq(name.chars());
        valid.then(|| Self(name.into()))
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn escaped(text: &str) -> Arc<str> {
    if is_escaped_byte_by_byte(text.as_bytes()) {
        let mut bytes = SmallVec::<[u8; 128]>::from_slice(text.as_bytes());
        bytes.iter_mut().filter(|byte| !stands(**byte)).for_each(|byte| *byte = b'_');
        // It is text: each byte of it is ASCII.
        if let Ok(escaped) = str::from_utf8(&bytes) {
            return escaped.into();
        }
    }
    escaped_chars(text).collect::<String>().into()
}

/// Whether a byte may stand in a name as it is.
const fn stands(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether the escaped form of a text has a byte for each byte of it, as most have:
/// the place of each decides nothing then.
fn is_escaped_byte_by_byte(text: &[u8]) -> bool {
    let digit_first = text.first().is_some_and(u8::is_ascii_digit);
    !digit_first && text.is_ascii() && !text.contains(&b'-')
}

/// The characters of the escaped form of `text`.
fn escaped_chars(text: &str) -> impl Iterator<Item = char> {
    let digit_first = text.starts_with(|first: char| first.is_ascii_digit());
    let mut previous = None;
    let body = text.chars().filter_map(move |char| {
        let follows_dash = previous.replace(char) == Some('-');
        match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => Some(char),
            '-' if follows_dash => None,
            _ => Some('_'),
        }
    });
    digit_first.then_some('_').into_iter().chain(body)
}

/// So that a map of names is asked with a text.
impl Borrow<str> for MetricName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_escape_as_the_incumbent_does() {
        for (text, escaped) in [
            ("a-b", "a_b"),
            ("a--b", "a_b"),
            ("a---b", "a_b"),
            ("a-.-b", "a___b"),
            ("9lives", "_9lives"),
            ("a b", "a_b"),
            ("a/b.c", "a_b_c"),
            ("a$%b", "a__b"),
            ("ünï.code", "_n__code"),
            ("A.B_c", "A_B_c"),
            ("_A1_", "_A1_"),
            ("a..b", "a__b"),
            (".a.", "_a_"),
            ("-", "_"),
            ("\0\n", "__"),
        ] {
            assert_eq!(MetricName::escaped(text).unwrap().as_str(), escaped, "{text:?}");
        }
        assert_eq!(MetricName::escaped(""), None);
    }

    proptest! {
        /// One character after the other.
        #[test]
        fn a_name_escapes_alike_at_once(
            text in "([a-zA-Z0-9_. :/]{0,200}|[a-z0-9_.-]{0,20}|\\PC{0,20})",
        ) {
            let expected: String = escaped_chars(&text).collect();
            prop_assert_eq!(&*escaped(&text), expected);
        }
    }

    #[test]
    fn a_tag_key_is_refused_when_prometheus_keeps_the_name() {
        for key in ["__name__", "--x", "_-", "..", "ü_", "__", ""] {
            // `--x` escapes to `_x`: in a run of dashes the rest vanish.
            assert_eq!(LabelName::escaped(key).is_some(), key == "--x", "{key:?}");
            assert_eq!(LabelName::is_tag_key(key), LabelName::escaped(key).is_some());
        }
        for (key, label) in [("1st", "_1st"), ("b-c", "b_c"), ("_", "_"), ("_x", "_x"), ("é", "_")]
        {
            assert_eq!(LabelName::escaped(key).unwrap().as_str(), label);
        }
    }

    #[test]
    fn a_verbatim_label_is_taken_only_as_it_stands() {
        for good in ["x", "_x", "a1", "job"] {
            assert_eq!(LabelName::verbatim(good).unwrap().as_str(), good);
        }
        for bad in ["", "a-b", "1a", "__name__", "ü", "a.b"] {
            assert_eq!(LabelName::verbatim(bad), None, "{bad:?}");
        }
    }
}
