//! What series have in common: a family's heading, and in a family the label
//! names with the options that the first rule gave them.
//!
//! Heat: warm.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::due::Due;
use crate::model::{MetricName, Shape, Tick};

/// What stays of a family from its first series to its last.
#[derive(Debug)]
pub(super) struct Heading {
    pub(super) name: MetricName,
    /// The first help text that the name came with.
    pub(super) help: Arc<str>,
    /// When something in this family may be over.
    pub(super) due: Due,
    /// When something in any family may be.
    pub(super) all: Arc<Due>,
}

impl Heading {
    /// Something in the family may be over at `tick`.
    pub(super) fn no_later_than(&self, tick: Tick) {
        // In this order: the sweeper takes the second away first.
        self.due.no_later_than(Some(tick));
        self.all.no_later_than(Some(tick));
    }
}

/// The series of one family that have the same label names.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) heading: Arc<Heading>,
    /// The label names in their order, each with a `,` behind it.
    pub(super) labels: Box<str>,
    /// Type and options; those of the first rule that made the group.
    pub(super) shape: Shape,
}

/// A group as the key of a map: told by its label names.
#[derive(Debug)]
pub(super) struct ByLabels(pub(super) Arc<Group>);

impl Borrow<str> for ByLabels {
    fn borrow(&self) -> &str {
        &self.0.labels
    }
}

impl Hash for ByLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.labels.hash(state);
    }
}

impl PartialEq for ByLabels {
    fn eq(&self, other: &Self) -> bool {
        self.0.labels == other.0.labels
    }
}

impl Eq for ByLabels {}
