//! Who owns the numbers: families by name, their series by text, and the
//! protocols by which series come and go while workers update them.
//!
//! Three kinds of callers meet here. Workers update series that they hold,
//! lock-free ([`Series::record`]), and come to [`Registry::series`] for those
//! that they do not. A housekeeper calls [`Registry::sweep`] once a second.
//! Scrapes walk a [`Snapshot`].
//!
//! # Locks
//! * the catalog: families by name, and the names that they claim. The order of the
//!   names is for walks alone, so newcomers wait for the next walk to be put into
//!   it: no worker waits for the search through it.
//! * `state` of a family: its groups, counts and newcomers;
//! * `order` of a family: its series sorted. Only scrapes and the sweeper take
//!   it; they sort and walk under it, so neither delays a worker.
//! * a shard of the index (inside dashmap).
//!
//! Who holds the catalog or an `order` may take a `state`; who holds a `state`
//! may take a shard; nothing else is taken while holding something.
//!
//! What each guards:
//! * A family is put into the catalog, with its first series in it, and taken out
//!   under the catalog's write lock; a further series is added under its read
//!   lock. So a family that is found cannot leave before the series is in, a
//!   family that leaves has none, and none is ever seen empty.
//! * The index gains and loses a family's series under that family's `state`.
//!   So of two workers that create the same series one finds the other's; and a
//!   creator that finds a RETIRED one takes it out itself, with its counts. The
//!   sweeper then finds it gone (told by pointer) and counts nothing twice.
//!
//! Heat: warm (once per new spelling of a series); what is hot says so.

mod budget;
mod catalog;
mod claims;
mod due;
mod family;
mod group;
mod groups;
mod house;
mod index;
mod life;
mod locks;
mod order;
mod series;
mod sharded;
mod snapshot;
mod spellings;
mod sweep;
mod text;

#[cfg(test)]
#[cfg(loom_model)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

use std::fmt;
use std::sync::{Arc, RwLock};

pub use self::series::{Recorded, Series, Value};
pub use self::sharded::{Hashed, Member, ShardedSet};
pub use self::snapshot::{FamilyView, Snapshot};
pub(crate) use self::text::{push_help_escaped, push_value_escaped};

use self::catalog::{Catalog, Verdict};
use self::due::Due;
use self::family::{Arrival, Family};
use self::house::House;
use self::locks::{read, write};
use crate::model::{FamilySpec, LabelSet, Tick};

/// How many series there may be, where one whose text is longer than a KiB counts
/// for as many as it has begun; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// In all. Families with names of a KiB and more count too.
    pub max_series: usize,
    /// Of one family.
    pub max_series_per_family: usize,
}

/// Why there is no such series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A name that the series would be exposed under belongs to a family of
    /// another name or type, or to the bridge itself.
    Conflict,
    /// It has a label that its type keeps for itself.
    Reserved,
    /// There are as many series as there may be.
    OverBudget,
}

/// All series that were mapped, by family.
pub struct Registry {
    catalog: RwLock<Catalog>,
    house: House,
    /// When the next family may have something to sweep.
    due: Arc<Due>,
}

impl Registry {
    /// An empty registry. `reserved` are the names that the bridge's own metrics
    /// are exposed under: each exactly, no prefixes.
    #[must_use]
    pub fn new(limits: Limits, reserved: impl IntoIterator<Item = String>) -> Self {
        Self {
            catalog: RwLock::new(Catalog::new(reserved)),
            house: House::new(limits),
            due: Arc::new(Due::never()),
        }
    }

    /// The series of this family with these labels, made if it is not there. A
    /// new one is exposed, and its lifetime begins, when it is first recorded to.
    ///
    /// # Errors
    /// [`Refusal::Reserved`] is found first, since it is for ever: it depends on
    /// nothing but what is asked for. Then [`Refusal::Conflict`], and last
    /// [`Refusal::OverBudget`].
    pub fn series(
        &self,
        spec: &FamilySpec,
        labels: &LabelSet,
        now: Tick,
    ) -> Result<Series, Refusal> {
        if spec.shape.reserved_label().is_some_and(|label| labels.contains(label)) {
            return Err(Refusal::Reserved);
        }
        let arrival = Arrival::new(spec, labels, &self.house, now);
        // Its text begins with the name, so it is of the family asked for.
        if let Some(series) = arrival.find(&self.house)
            && series.has_type_of(&spec.shape)
            && !series.is_retired()
        {
            return Ok(series);
        }
        let catalog = read(&self.catalog);
        match decide(&catalog, &arrival)? {
            Some(family) => family.admit(&arrival, &self.house, false),
            None if arrival.may_found(&self.house) => {
                let changes = catalog.changes();
                drop(catalog);
                self.found(&arrival, changes)
            }
            // Seen under the lock: the last place went to another family. So a
            // flood of names takes no write lock.
            None => Err(Refusal::OverBudget),
        }
    }

    /// How many series there are; those that expired stay in the count until
    /// they are swept.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.house.series_count()
    }

    /// How much of [`Limits::max_series`] they take.
    #[must_use]
    pub fn places_taken(&self) -> usize {
        self.house.budget.used()
    }

    /// What [`Registry::series`] has refused, it refuses again as long as this
    /// number, read before it was asked, is the same: nothing has become free.
    #[must_use]
    pub fn era(&self) -> u64 {
        self.house.era()
    }

    /// How many (name, label names) pairs there are now, by the word of their
    /// type.
    #[must_use]
    pub fn metrics_by_type(&self) -> [(&'static str, u64); 4] {
        self.house.groups_by_type()
    }

    /// Puts a family, unless another worker was faster, with its first series in
    /// it: who asks for the same series meanwhile must not find the family
    /// without it and the last place of the budget taken. Its names were free when
    /// the catalog had seen so many changes.
    fn found(&self, arrival: &Arrival<'_>, changes: u64) -> Result<Series, Refusal> {
        let mut catalog = write(&self.catalog);
        if catalog.changes() != changes
            && let Some(family) = decide(&catalog, arrival)?
        {
            return family.admit(arrival, &self.house, false);
        }
        let family = Family::new(arrival.spec, &self.due);
        let series = family.admit(arrival, &self.house, true)?;
        let family = catalog.add(family);
        drop(catalog);
        self.house.new_era();
        // Once more: a sweep may have passed before the family could be found.
        self.due.no_later_than(family.due());
        Ok(series)
    }
}

/// The family that the newcomer joins; `None` if it has to be put first.
fn decide(catalog: &Catalog, arrival: &Arrival<'_>) -> Result<Option<Arc<Family>>, Refusal> {
    match catalog.decide(&arrival.spec.name, &arrival.spec.shape) {
        Verdict::Conflict => Err(Refusal::Conflict),
        Verdict::Known(family) => Ok(Some(family)),
        Verdict::Free => Ok(None),
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("house", &self.house)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}
