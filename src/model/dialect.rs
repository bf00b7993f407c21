//! Which ways of writing tags are read, and for which names.
//!
//! Heat: hot ([`Dialect::styles_for`] is asked once per parsed line).

/// The four tag styles, each on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of four flags")]
pub struct TagStyles {
    /// `name:1|c|#key:value,…`
    pub dogstatsd: bool,
    /// `name,key=value,…:1|c`
    pub influxdb: bool,
    /// `name#key=value,…:1|c`
    pub librato: bool,
    /// `na[key=value,…]me:1|c`
    pub signalfx: bool,
}

impl TagStyles {
    /// All styles are read: the default.
    pub const ALL: Self = Self { dogstatsd: true, influxdb: true, librato: true, signalfx: true };
    /// No style is read.
    pub const NONE: Self =
        Self { dogstatsd: false, influxdb: false, librato: false, signalfx: false };
}

/// The tag styles of the flags, and those that a mapping's
/// `defaults.tag_styles` gives to names that begin with some text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    styles: TagStyles,
    /// Longest prefix first, so that the most specific one is met first.
    by_prefix: Box<[(Box<str>, TagStyles)]>,
}

impl Dialect {
    /// The same styles for every name.
    #[must_use]
    pub fn uniform(styles: TagStyles) -> Self {
        Self { styles, by_prefix: Box::default() }
    }

    /// `styles`, but for names that begin with one of the prefixes the styles
    /// given there; of several prefixes that fit, the longest decides.
    #[must_use]
    pub fn with_prefixes(
        styles: TagStyles,
        prefixes: impl IntoIterator<Item = (Box<str>, TagStyles)>,
    ) -> Self {
        let mut by_prefix: Vec<_> = prefixes.into_iter().collect();
        by_prefix.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Self { styles, by_prefix: by_prefix.into() }
    }

    /// The styles to read on a line that begins with these bytes.
    #[must_use]
    pub fn styles_for(&self, line: &[u8]) -> TagStyles {
        self.by_prefix
            .iter()
            .find(|(prefix, _)| line.starts_with(prefix.as_bytes()))
            .map_or(self.styles, |(_, styles)| *styles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        let dialect = Dialect::with_prefixes(
            TagStyles::ALL,
            [("a.".into(), TagStyles::NONE), ("a.b.".into(), TagStyles::ALL)],
        );
        assert_eq!(dialect.styles_for(b"a.x:1|c"), TagStyles::NONE);
        assert_eq!(dialect.styles_for(b"a.b.c:1|c"), TagStyles::ALL);
        assert_eq!(dialect.styles_for(b"b:1|c"), TagStyles::ALL);
    }
}
