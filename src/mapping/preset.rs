//! The mapping files that are built in. They are the files of the folder
//! `mapping/`, as they stand there.
//!
//! Heat: cold.

use super::{Loaded, RuleSet};
use crate::model::TagStyles;

const PRESETS: [(&str, &str, &str); 1] =
    [("mastodon", "mastodon.yml (built in)", include_str!("../../mapping/mastodon.yml"))];

impl RuleSet {
    /// The built-in mapping of this name; `None` if there is none.
    #[must_use]
    pub fn preset(name: &str, flags: TagStyles) -> Option<Loaded> {
        let (_, file, yaml) = PRESETS.iter().find(|(preset, ..)| *preset == name)?;
        // A test holds that each of them loads.
        Self::parse(yaml, file, flags).ok()
    }

    /// The names of the built-in mappings.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, ..)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_loads_without_a_warning() {
        for name in RuleSet::presets() {
            let loaded = RuleSet::preset(name, TagStyles::ALL).unwrap();
            assert!(!loaded.rules.is_empty(), "{name}");
            assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
        }
        assert!(RuleSet::preset("none", TagStyles::ALL).is_none());
    }
}
