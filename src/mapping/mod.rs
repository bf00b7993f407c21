//! The rule set: which family, labels and lifetime a metric name is exposed
//! with. Made from a mapping file (`mapping/README.md` teaches the language), or
//! empty.
//!
//! Read `written` for the file as it is written, `compile` for how it
//! becomes rules, and [`RuleSet::route`] for what happens to a name. Globs are
//! tried first, all at once in a `trie`; then the regexes that are worth it,
//! in the order of the file (`candidates`).
//!
//! This room imports only `model`. It knows no file system: text comes in, rules
//! or a [`ConfigError`] come out. It is the only room that names `serde_yaml`
//! and `regex`.
//!
//! Heat: warm (a name is routed once per new spelling of a series).

mod candidates;
mod compile;
mod context;
mod defaults;
mod diagnosis;
pub(crate) mod duration;
mod glob;
mod graph;
mod literals;
mod observer;
mod order;
mod outline;
mod preset;
mod re2;
mod read;
mod rule;
mod scalar;
mod template;
mod trie;
mod written;

pub use diagnosis::ConfigError;

use candidates::Regexes;
use glob::Components;
use rule::{FamilyOptions, Rule};
use template::Groups;
use trie::Trie;

use crate::model::{Dialect, FamilySpec, LabelSet, MetricKind, MetricName, TagStyles, Ttl};

/// All rules, ready to route names. Never changes; a reload makes a new one.
#[derive(Debug)]
pub struct RuleSet {
    rules: Box<[Rule]>,
    globs: Trie,
    regexes: Regexes,
    /// What names without a rule get.
    unmapped: FamilyOptions,
    dialect: Dialect,
}

/// A rule set that was read, and what its author should know about it.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub rules: RuleSet,
    /// Whole sentences, each beginning with file and line.
    pub warnings: Vec<String>,
}

/// The place of a rule in its file, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(u32);

impl RuleIndex {
    /// Stands for no rule in [`Routing::EmptyName`] if a sample's own name is
    /// empty, which no sample's is.
    pub const NONE: Self = Self(u32::MAX);

    /// The place, counted from 0.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Where a sample goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Routing {
    /// Nowhere: a rule with `action: drop` took it.
    Drop {
        /// That rule.
        rule: RuleIndex,
    },
    /// Nowhere: the name that the rule wrote came out empty.
    EmptyName {
        /// That rule.
        rule: RuleIndex,
    },
    /// To a series.
    Route(Routed),
}

/// The series that a sample goes to, and what is done to its value on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// The rule that matched; `None` if none did.
    pub rule: Option<RuleIndex>,
    /// Name, help, type and options of the family.
    pub spec: FamilySpec,
    /// The labels of the series.
    pub labels: LabelSet,
    /// How long the series stays without samples.
    pub ttl: Ttl,
    /// What the value is multiplied by.
    pub scale: Option<f64>,
    /// Whether a signed gauge value sets instead of shifting.
    pub gauge_absolute: bool,
}

impl RuleSet {
    /// No rules: every name is unmapped.
    #[must_use]
    pub fn empty(flags: TagStyles) -> Self {
        compile::empty(flags)
    }

    /// Reads a mapping file. `file` is how errors and warnings call it, `flags`
    /// are the tag styles for names that the mapping gives none of its own.
    ///
    /// # Errors
    ///
    /// The first fault of the file, with its line: see [`ConfigError`].
    pub fn parse(yaml: &str, file: &str, flags: TagStyles) -> Result<Loaded, ConfigError> {
        let source = diagnosis::Source { file, text: yaml };
        compile::compile(source, &read::read(source)?, flags)
    }

    /// The same of bytes, which must be a text in UTF-8.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::parse`], and if the bytes are no such text.
    pub fn parse_bytes(yaml: &[u8], file: &str, flags: TagStyles) -> Result<Loaded, ConfigError> {
        match str::from_utf8(yaml) {
            Ok(text) => Self::parse(text, file, flags),
            Err(error) => Err(diagnosis::not_text(file, yaml, error)),
        }
    }

    /// Which tag styles are read, for which names.
    #[must_use]
    pub const fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// How many rules there are: `statsd_exporter_loaded_mappings`.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Finds the series of a sample: its name without tags, its kind, and its
    /// tags as labels.
    #[must_use]
    pub fn route(&self, name: &str, kind: MetricKind, tags: LabelSet) -> Routing {
        match self.find(name, kind) {
            Some((rule, groups)) => rule.apply(&groups, kind, tags),
            None => self.route_unmapped(name, kind, tags),
        }
    }

    fn find<'n>(&self, name: &'n str, kind: MetricKind) -> Option<(&Rule, Groups<'n>)> {
        let rule_at = |index: u32| self.rules.get(index as usize);
        if !self.globs.is_empty() {
            let components = Components::of(name);
            if let Some(rule) = self.globs.find(&components, kind).and_then(rule_at) {
                let glob = rule.glob.as_ref().filter(|_| rule.uses_captures());
                let groups = glob.and_then(|glob| glob.capture(&components));
                return Some((rule, groups.unwrap_or_default()));
            }
        }
        let (index, groups) = self.regexes.find(name, kind)?;
        Some((rule_at(index)?, groups))
    }

    fn route_unmapped(&self, name: &str, kind: MetricKind, labels: LabelSet) -> Routing {
        let Some(name) = MetricName::escaped(name) else {
            return Routing::EmptyName { rule: RuleIndex::NONE };
        };
        Routing::Route(Routed {
            rule: None,
            spec: self.unmapped.spec(name, kind),
            labels,
            ttl: self.unmapped.ttl,
            scale: None,
            gauge_absolute: false,
        })
    }
}

#[cfg(test)]
mod tests;
