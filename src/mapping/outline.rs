//! Which rule of a file a place belongs to, when the file could not be read
//! whole. Only for errors.
//!
//! Heat: cold.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_yaml::Spanned;

use super::diagnosis::{Place, RuleName, Source};
use super::read::{first_document, options};
use super::scalar::{Text, present};
use super::written::Given;

/// As much of a file as tells where its rules begin.
#[derive(Default, Deserialize)]
struct Outline {
    defaults: Given<IgnoredAny>,
    mappings: Option<Vec<Spanned<OutlinedRule>>>,
}

#[derive(Default, Deserialize)]
struct OutlinedRule {
    #[serde(default, rename = "match", deserialize_with = "present")]
    pattern: Given<Text>,
}

impl Outline {
    fn read(text: &str) -> Option<Self> {
        let mut options = options();
        options.duplicate_keys = serde_yaml::DuplicateKeyPolicy::FirstWins;
        first_document(text, options).ok()
    }

    /// The last rule that begins at or before a place.
    fn rule_before(self, offset: usize) -> Option<(RuleName, Place)> {
        let began = |start: usize| start <= offset;
        let defaults = self.defaults.map_or(0, |defaults| Place::of(&defaults).offset);
        let rules = self.mappings.unwrap_or_default().into_iter().enumerate();
        // For an alias, where it is used: it begins a rule there.
        let mut rules = rules.map(|(index, rule)| (index, Place::at(rule.referenced), rule.value));
        let (index, place, rule) = rules.rfind(|(_, place, _)| began(place.offset))?;
        // Defaults that follow the rules are no part of the last rule.
        let in_defaults = began(defaults) && defaults > place.offset;
        let pattern = Some(rule.pattern.and_then(|text| text.value.0).unwrap_or_default());
        (!in_defaults).then_some((RuleName { index: index + 1, pattern }, place))
    }
}

/// The rule in which a place lies. Of a file that is no YAML, the lines above
/// are read: as a rule they are.
pub(super) fn rule_at(source: Source<'_>, place: Place) -> Option<RuleName> {
    if let Some(outline) = Outline::read(source.text) {
        return Some(outline.rule_before(place.offset)?.0);
    }
    let above = source.above(place.line);
    let line = source.line(place.line);
    let (indent, text) = line.split_at_checked(line.len() - line.trim_start().len())?;
    let begins = text.starts_with("- ");
    let last = Outline::read(above).and_then(|outline| outline.rule_before(above.len()));
    match last {
        Some((rule, start)) if begins && indent.chars().count() + 1 < start.column => {
            Some(RuleName { index: rule.index + 1, pattern: None })
        }
        Some((rule, _)) => Some(rule),
        None => {
            let first = begins && above.trim_end().ends_with("mappings:");
            first.then_some(RuleName { index: 1, pattern: None })
        }
    }
}
