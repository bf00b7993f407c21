//! A family: the series of one name, in groups by their label names.
//!
//! Heat: warm.

use std::sync::{Arc, Mutex};

use smallvec::SmallVec;

use super::budget;
use super::due::{Due, earlier};
use super::group::{Group, Heading};
use super::groups::Groups;
use super::house::House;
use super::index::TextHash;
use super::life::{Judgement, Life};
use super::locks::lock;
use super::order::merged;
use super::text::{label_names, series_text};
use super::{Refusal, Series};
use crate::model::{FamilySpec, LabelSet, MetricName, Shape, Tick};

#[derive(Debug)]
pub(super) struct Family {
    heading: Arc<Heading>,
    /// The first one it came with. All groups have its type; the options are the
    /// groups' own.
    shape: Shape,
    state: Mutex<State>,
    /// `None` stands for an empty one.
    order: Mutex<Option<Arc<Vec<Series>>>>,
}

#[derive(Debug, Default)]
struct State {
    groups: Groups,
    /// Series in the index.
    series: usize,
    /// What they cost of the budgets.
    places: usize,
    /// Those not yet in `order`.
    newcomers: SmallVec<[Series; 1]>,
    /// Whether `order` or `newcomers` hold retired series.
    some_left: bool,
}

/// A series that is asked for and may be new.
pub(super) struct Arrival<'a> {
    pub(super) text: String,
    /// The index's.
    pub(super) hash: TextHash,
    pub(super) spec: &'a FamilySpec,
    pub(super) labels: &'a LabelSet,
    now: Tick,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(
        spec: &'a FamilySpec,
        labels: &'a LabelSet,
        house: &House,
        now: Tick,
    ) -> Self {
        let text = series_text(spec.name.as_str(), labels);
        let hash = house.index.hash_of(&text);
        Self { text, hash, spec, labels, now }
    }

    /// The series that is asked for, if it is there, retired or not.
    pub(super) fn find(&self, house: &House) -> Option<Series> {
        house.index.get(self.hash, &self.text)
    }

    fn places(&self) -> usize {
        budget::of_series(self.text.as_bytes())
    }

    /// Whether it would find room as the first of its family.
    pub(super) fn may_found(&self, house: &House) -> bool {
        let places = self.places();
        let of_family = budget::of_family(&self.spec.name, &self.spec.shape);
        house.has_in_family(0, places) && house.budget.has(places + of_family)
    }
}

impl Family {
    pub(super) fn new(spec: &FamilySpec, all: &Arc<Due>) -> Self {
        let heading = Heading {
            name: spec.name.clone(),
            help: Arc::clone(&spec.help),
            due: Due::never(),
            all: Arc::clone(all),
        };
        Self {
            heading: Arc::new(heading),
            shape: spec.shape.clone(),
            state: Mutex::default(),
            order: Mutex::default(),
        }
    }

    pub(super) fn name(&self) -> &MetricName {
        &self.heading.name
    }

    pub(super) fn help(&self) -> &str {
        &self.heading.help
    }

    pub(super) const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The first tick at which a series may be over.
    pub(super) fn due(&self) -> Option<Tick> {
        self.heading.due.tick()
    }

    pub(super) fn has_type_of(&self, shape: &Shape) -> bool {
        std::mem::discriminant(&self.shape) == std::mem::discriminant(shape)
    }

    /// What it costs of the budget beside its series.
    pub(super) fn places(&self) -> usize {
        budget::of_family(&self.heading.name, &self.shape)
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.state).series == 0
    }

    /// The series that the arrival asks for, made if it is not there. The caller
    /// keeps the family in the catalog meanwhile, or others from finding it; then
    /// the series founds it, and takes the family's places with its own.
    pub(super) fn admit(
        &self,
        arrival: &Arrival<'_>,
        house: &House,
        founds: bool,
    ) -> Result<Series, Refusal> {
        let mut state = lock(&self.state);
        // A family leaves the catalog when the last of its series has left the index:
        // who founds it anew finds none of them there.
        let there = if founds { None } else { arrival.find(house) };
        if let Some(series) = there {
            if !series.is_retired() {
                return Ok(series);
            }
            state.remove(&series, house);
        }
        let places = arrival.places();
        let all = if founds { places + self.places() } else { places };
        if !house.has_in_family(state.places, places) || !house.budget.take(all) {
            return Err(Refusal::OverBudget);
        }
        let group = state.join_group(&self.heading, arrival, house);
        let series = Series::new(&arrival.text, arrival.hash, group, arrival.now);
        state.series += 1;
        state.places += places;
        house.series_came();
        state.newcomers.push(series.clone());
        house.index.insert(series.clone());
        drop(state);
        self.heading.no_later_than(Life::fresh_over_at(arrival.now));
        Ok(series)
    }

    /// The series by their text. Retired and fresh ones may be among them.
    pub(super) fn order(&self) -> Arc<Vec<Series>> {
        let mut order = lock(&self.order);
        let mut state = lock(&self.state);
        let newcomers = std::mem::take(&mut state.newcomers);
        let some_left = std::mem::take(&mut state.some_left);
        drop(state);
        if some_left || !newcomers.is_empty() {
            let old = order.take().unwrap_or_default();
            *order = Some(Arc::new(merged(old, newcomers, some_left)));
        }
        order.clone().unwrap_or_default()
    }

    /// Retires and takes out every series that is over at `now`. True if none
    /// was left when it ended.
    pub(super) fn sweep(&self, now: Tick, house: &House) -> bool {
        /// Few, so that a creator does not wait long.
        const BATCH: usize = 128;
        if !self.heading.due.take(now) {
            return false;
        }
        let (mut over, mut next) = (Vec::new(), None);
        for series in self.order().iter() {
            match series.judge(now) {
                Judgement::Retires => over.push(series.clone()),
                Judgement::Stays(tick) => next = earlier(next, tick),
                Judgement::WasRetired => {}
            }
        }
        self.heading.due.no_later_than(next);
        for batch in over.chunks(BATCH) {
            let mut state = lock(&self.state);
            for series in batch {
                state.remove(series, house);
            }
        }
        if !over.is_empty() {
            // Lets go of them now; there may be no scrape for long.
            drop(over);
            self.order();
        }
        self.is_empty()
    }
}

impl State {
    /// The group of the arrival's label names, with one series more.
    fn join_group(
        &mut self,
        heading: &Arc<Heading>,
        arrival: &Arrival<'_>,
        house: &House,
    ) -> Arc<Group> {
        let labels = label_names(arrival.labels);
        self.groups.join(&labels, || {
            let (heading, shape) = (Arc::clone(heading), arrival.spec.shape.clone());
            house.group_came(&shape);
            Arc::new(Group { heading, labels: labels.as_str().into(), shape })
        })
    }

    /// Takes a retired series out of the index and the counts, unless someone
    /// has done so before.
    fn remove(&mut self, series: &Series, house: &House) {
        if !house.index.remove(series) {
            return;
        }
        let places = budget::of_series(series.text());
        self.series -= 1;
        self.places -= places;
        self.some_left = true;
        house.series_left(places);
        let group = series.group();
        if self.groups.leave(&group.labels) {
            house.group_left(&group.shape);
        }
    }
}
