//! A rule, ready to be applied: nothing in it is checked or parsed again.
//!
//! Heat: warm (applied once per new spelling of a series).

use std::sync::Arc;

use super::glob::Glob;
use super::template::{Groups, Template};
use super::{Routed, Routing, RuleIndex};
use crate::model::{FamilySpec, LabelName, LabelSet, MetricKind, MetricName, Shape, Ttl};

/// What a rule does to the samples it matches.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) index: RuleIndex,
    /// For a glob, what it captures; a regex is kept in `candidates`.
    pub(super) glob: Option<Glob>,
    pub(super) drop: bool,
    pub(super) name: RuleText<Option<MetricName>>,
    pub(super) labels: RuleLabels,
    pub(super) honor_labels: bool,
    pub(super) family: FamilyOptions,
    pub(super) scale: Option<f64>,
    pub(super) gauge_absolute: bool,
}

/// The labels of a rule and what it writes into them.
pub(super) type RuleLabels = Box<[(LabelName, RuleText<Box<str>>)]>;

/// What a rule, or for names without a rule the defaults, give to a family.
#[derive(Clone, Debug)]
pub(super) struct FamilyOptions {
    pub(super) help: Arc<str>,
    /// What observers become.
    pub(super) observer: Shape,
    pub(super) ttl: Ttl,
}

impl FamilyOptions {
    pub(super) fn spec(&self, name: MetricName, kind: MetricKind) -> FamilySpec {
        let shape = match kind {
            MetricKind::Counter => Shape::Counter,
            MetricKind::Gauge => Shape::Gauge,
            MetricKind::Observer => self.observer.clone(),
        };
        FamilySpec { name, help: Arc::clone(&self.help), shape }
    }
}

/// Something that a rule writes.
#[derive(Clone, Debug)]
pub(super) enum RuleText<T> {
    /// The same for every match, made at load.
    Fixed(T),
    /// With references to what was captured.
    Template(Template),
}

impl<T> RuleText<T> {
    pub(super) fn new(template: Template, make: impl FnOnce(&str) -> T) -> Self {
        match template.fixed() {
            Some(text) => Self::Fixed(make(text)),
            None => Self::Template(template),
        }
    }

    pub(super) const fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

impl Rule {
    /// Whether the rule writes anything that its pattern captured.
    pub(super) fn uses_captures(&self) -> bool {
        let fixed = self.name.is_fixed() && self.labels.iter().all(|(_, value)| value.is_fixed());
        !fixed && !self.drop
    }

    /// Routes a sample that the rule matched.
    pub(super) fn apply(&self, groups: &Groups<'_>, kind: MetricKind, tags: LabelSet) -> Routing {
        let rule = self.index;
        if self.drop {
            return Routing::Drop { rule };
        }
        let name = match &self.name {
            RuleText::Fixed(name) => name.clone(),
            RuleText::Template(template) => MetricName::escaped(&template.render(groups)),
        };
        let Some(name) = name else {
            return Routing::EmptyName { rule };
        };
        Routing::Route(Routed {
            rule: Some(rule),
            spec: self.family.spec(name, kind),
            labels: self.merge(groups, tags),
            ttl: self.family.ttl,
            scale: self.scale,
            gauge_absolute: self.gauge_absolute,
        })
    }

    /// The rule's labels over the sample's tags, or under them.
    fn merge(&self, groups: &Groups<'_>, mut labels: LabelSet) -> LabelSet {
        for (name, value) in &self.labels {
            if self.honor_labels && labels.contains(name.as_str()) {
                continue;
            }
            match value {
                RuleText::Fixed(text) => labels.insert(name.clone(), text.clone()),
                RuleText::Template(template) => {
                    labels.insert(name.clone(), template.render(groups));
                }
            }
        }
        labels
    }
}
