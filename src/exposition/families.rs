//! The families of a scrape in the order of their names, the bridge's own among
//! those of the registry. Every format walks them through here.
//!
//! Heat: cold (once per family and scrape).

use std::iter::Peekable;
use std::vec;

use crate::model::Shape;
use crate::model::own::OwnFamily;
use crate::registry::{FamilyView, Snapshot};

/// What is left of a scrape.
#[derive(Debug)]
pub(super) struct Families<'r> {
    mapped: Peekable<Snapshot<'r>>,
    own: Peekable<vec::IntoIter<OwnFamily>>,
}

/// The next family.
#[derive(Debug)]
pub(super) enum AnyFamily {
    /// Of the registry.
    Mapped(FamilyView),
    /// The bridge's own; it has a series.
    Own(OwnFamily),
}

impl<'r> Families<'r> {
    /// Own families without a series are left out.
    pub(super) fn new(snapshot: Snapshot<'r>, mut own: Vec<OwnFamily>) -> Self {
        own.retain(|family| !family.series.is_empty());
        own.sort_by(|a, b| a.name.cmp(&b.name));
        Self { mapped: snapshot.peekable(), own: own.into_iter().peekable() }
    }
}

impl Iterator for Families<'_> {
    type Item = AnyFamily;

    fn next(&mut self) -> Option<AnyFamily> {
        let own_is_next = match (self.mapped.peek(), self.own.peek()) {
            (Some(mapped), Some(own)) => own.name.as_str() < mapped.name().as_str(),
            (mapped, _) => mapped.is_none(),
        };
        if own_is_next {
            self.own.next().map(AnyFamily::Own)
        } else {
            self.mapped.next().map(AnyFamily::Mapped)
        }
    }
}

/// The type of an own family.
pub(super) const fn own_shape(family: &OwnFamily) -> &'static Shape {
    if family.is_counter { &Shape::Counter } else { &Shape::Gauge }
}
