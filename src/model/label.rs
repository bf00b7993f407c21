//! The labels of one series.
//!
//! Heat: warm (built when a spelling is met for the first time).

use super::LabelName;

/// Labels with distinct names, kept in the order of their names. Values are any
/// text, the empty one too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSet(Vec<(LabelName, Box<str>)>);

impl LabelSet {
    /// No labels.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a label; if the name is there, its value is replaced.
    pub fn insert(&mut self, name: LabelName, value: impl Into<Box<str>>) {
        match self.position(name.as_str()) {
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = value.into();
                }
            }
            Err(at) => self.0.insert(at, (name, value.into())),
        }
    }

    /// The value of the label `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.position(name).ok()?;
        self.0.get(at).map(|(_, value)| &**value)
    }

    /// Whether there is a label `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Names and values in the order of the names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&LabelName, &str)> {
        self.0.iter().map(|(name, value)| (name, &**value))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl<V: Into<Box<str>>> FromIterator<(LabelName, V)> for LabelSet {
    /// Of labels with the same name the last one stays. Sorted once: a line may
    /// hold ten thousand tags, and each insertion would move all behind it.
    fn from_iter<I: IntoIterator<Item = (LabelName, V)>>(labels: I) -> Self {
        let mut all: Vec<(LabelName, Box<str>)> =
            labels.into_iter().map(|(name, value)| (name, value.into())).collect();
        // Backwards, so that of the same names the last is the first, which
        // `dedup_by` keeps; the sort leaves equal names in their order.
        all.reverse();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.dedup_by(|(one, _), (other, _)| one == other);
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_the_last_of_a_name_wins() {
        let name = |text| LabelName::verbatim(text).unwrap();
        let set: LabelSet =
            [(name("b"), "1"), (name("a"), "2"), (name("b"), "3")].into_iter().collect();
        let seen: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), value)).collect();
        assert_eq!(seen, [("a", "2"), ("b", "3")]);
        assert_eq!(set.get("b"), Some("3"));
        assert!(!set.contains("c"));
    }
}
