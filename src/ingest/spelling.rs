//! What a line of one plain sample has besides its value: the bytes before the
//! first `:` and those from the first `|` on. How spellings are hashed, compared
//! and written down.
//!
//! Heat: hot.

use std::hash::{BuildHasher, Hasher};

use crate::protocol::Plain;
use crate::seeded::Seeded;

/// How spellings are hashed, the same for the tables of all workers. It is seeded,
/// so that a sender cannot aim at one bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct SpellingHash(Seeded);

impl SpellingHash {
    #[cfg(all(test, not(loom_model)))]
    pub(super) const fn seeded(seeded: Seeded) -> Self {
        Self(seeded)
    }

    #[inline]
    pub(super) fn of(&self, line: &Plain<'_>) -> u64 {
        let Plain { name, tail, .. } = line;
        let mut hasher = self.0.build_hasher();
        hasher.write(name);
        match short(tail) {
            // Of texts of different lengths the words may be equal.
            Some(word) => {
                hasher.write_u64(word);
                hasher.write_usize(tail.len());
            }
            None => hasher.write(tail),
        }
        hasher.finish()
    }
}

/// Whether `written` is the spelling of `line`.
#[inline]
pub(super) fn is_of(written: &[u8], line: &Plain<'_>) -> bool {
    let Plain { name, tail, .. } = line;
    if written.len() != length(line) {
        return false;
    }
    let Some((begin, end)) = written.split_at_checked(name.len()) else { return false };
    let Some((b':', end)) = end.split_first() else { return false };
    let tails_equal = || match (short(end), short(tail)) {
        (Some(one), Some(other)) => one == other,
        _ => end == *tail,
    };
    tails_equal() && begin == *name
}

/// The bytes of the spelling of `line`.
#[inline]
pub(super) const fn length(line: &Plain<'_>) -> usize {
    line.name.len() + 1 + line.tail.len()
}

/// Writes the spelling of `line`, `name:tail`, into `key`. The first `:` ends the
/// name, so the text is unambiguous.
pub(super) fn write(line: &Plain<'_>, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(line.name);
    key.push(b':');
    key.extend_from_slice(line.tail);
}

/// A text of up to eight bytes as a word: `|c` and its like are handled without a
/// call. Of texts of one length, equal words are equal texts.
#[inline]
fn short(text: &[u8]) -> Option<u64> {
    if let (4..=8, Some(first), Some(last)) = (text.len(), text.first_chunk(), text.last_chunk()) {
        return Some(
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last)),
        );
    }
    match *text {
        [one, two] => Some(u64::from(u16::from_le_bytes([one, two]))),
        [one, two, three] => Some(u64::from(u32::from_le_bytes([one, two, three, 0]))),
        _ => None,
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::split_plain;

    fn written(line: &str) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        write(&split_plain(line.as_bytes())?, &mut key);
        Some(key)
    }

    #[test]
    fn a_spelling_is_name_and_tail() {
        for (line, spelling) in [
            ("a:1|c", "a:|c"),
            ("a.b:-2.5|ms|@0.1|#k:v", "a.b:|ms|@0.1|#k:v"),
            ("a:1|", "a:|"),
            ("a:1|c:2|c", "a:|c:2|c"),
        ] {
            assert_eq!(written(line).unwrap(), spelling.as_bytes(), "{line}");
        }
    }

    #[test]
    fn of_texts_of_one_length_words_are_equal_where_texts_are() {
        for length in 0..12 {
            let text = b"abcdefghijkl".get(..length).unwrap();
            assert_eq!(short(text).is_some(), (2..=8).contains(&length), "{length}");
            for at in 0..length {
                let mut other = text.to_vec();
                other[at] ^= 1;
                assert!(short(text).is_none() || short(text) != short(&other), "{length} {at}");
            }
        }
    }

    proptest! {
        /// Names and tails that differ in little.
        #[test]
        fn a_line_is_of_its_own_spelling_and_of_no_other(
            one in ("[ab]{1,40}", "\\|[c|]{0,12}"), other in ("[ab]{1,40}", "\\|[c|]{0,12}"),
            twist in 0_u8..3,
        ) {
            let other = match twist {
                0 => other,
                1 => (one.0.clone(), other.1),
                _ => (other.0, one.1.clone()),
            };
            let lines = [one, other].map(|(name, tail)| format!("{name}:1{tail}"));
            let [one, other] = lines.each_ref().map(|line| split_plain(line.as_bytes()).unwrap());
            let [key, other_key] = lines.each_ref().map(|line| written(line).unwrap());
            prop_assert!(is_of(&key, &one));
            prop_assert_eq!(is_of(&key, &other), key == other_key);
            prop_assert_eq!(is_of(&other_key, &one), key == other_key);
            let hash = SpellingHash::default();
            prop_assert_eq!(hash.of(&one) == hash.of(&other), key == other_key);
        }
    }
}
