//! Models of the expiry protocol, with the registry's own series. Loom cannot see
//! into dashmap, so one place under a lock of loom's stands for the index; what is
//! done under it is what `family.rs` does under its `state`.
//!
//! Run: `RUSTFLAGS="--cfg loom_model" cargo test --release --lib loom`
//!
//! Heat: cold.

use std::sync::Arc;

use loom::sync::Mutex;
use loom::thread;

use super::due::{Due, earlier};
use super::group::{Group, Heading};
use super::index::TextHash;
use super::life::Judgement;
use super::{Recorded, Series, Value};
use crate::model::{MetricName, Shape, Tick, Ttl, Update};

const TWO: Ttl = Ttl::from_seconds(2);
/// When everyone acts. A series last seen at 0 is over; one seen now is not.
const NOW: Tick = Tick(10);

fn group(shape: Shape) -> Arc<Group> {
    let heading = Heading {
        name: MetricName::escaped("m").unwrap(),
        help: "h".into(),
        due: Due::never(),
        all: Arc::new(Due::never()),
    };
    Arc::new(Group { heading: Arc::new(heading), labels: "".into(), shape })
}

fn series(group: &Arc<Group>, created: Tick) -> Series {
    Series::new("m", TextHash::NONE, Arc::clone(group), created)
}

fn value(series: &Series) -> f64 {
    match series.value() {
        Value::Counter(_, counter) => counter.value(),
        Value::Gauge(_, gauge) => gauge.value(),
        other => panic!("{other:?}"),
    }
}

/// The index of one text, and how often a series was taken out of it.
struct Place {
    group: Arc<Group>,
    there: Mutex<(Option<Series>, u32)>,
}

impl Place {
    fn with(series: Series) -> Self {
        Self { group: Arc::clone(series.group()), there: Mutex::new((Some(series), 0)) }
    }

    fn series(&self) -> Series {
        let mut there = self.there.lock().unwrap();
        match &there.0 {
            Some(series) if !series.is_retired() => return series.clone(),
            Some(_) => there.1 += 1,
            None => {}
        }
        let new = series(&self.group, NOW);
        there.0 = Some(new.clone());
        new
    }

    fn remove(&self, series: &Series) {
        let mut there = self.there.lock().unwrap();
        if there.0.as_ref().is_some_and(|other| other.is(series)) {
            *there = (None, there.1 + 1);
        }
    }
}

fn work(place: &Place, update: Update) {
    // A successor was created now, and is not over.
    if place.series().record(update, NOW, TWO) == Recorded::Retired {
        assert_eq!(place.series().record(update, NOW, TWO), Recorded::Yes);
    }
}

fn sweep(place: &Place, series: &Series) {
    if series.judge(NOW) == Judgement::Retires {
        place.remove(series);
    }
}

/// Two workers with `update`, a sweeper, and an old series that is over.
fn no_update_is_lost(shape: Shape, first: Update, update: Update, before: f64, each: f64) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let old = series(&group(shape.clone()), Tick(0));
        assert_eq!(old.record(first, Tick(0), TWO), Recorded::Yes);
        let place = Arc::new(Place::with(old.clone()));
        let workers = [(); 2].map(|()| {
            let place = Arc::clone(&place);
            thread::spawn(move || work(&place, update))
        });
        sweep(&place, &old);
        for worker in workers {
            worker.join().unwrap();
        }
        let there = place.there.lock().unwrap();
        let (live, removed) = (there.0.as_ref().expect("a series is there"), there.1);
        assert!(live.is_live());
        let from = if live.is(&old) { before } else { 0.0 };
        assert_eq!(value(live), from + 2.0 * each);
        assert_eq!(removed, u32::from(old.is_retired()), "taken out once, if at all");
    });
}

#[test]
fn loom_expiry_loses_no_addition_and_removes_once() {
    no_update_is_lost(Shape::Counter, Update::Add(5.0), Update::Add(1.0), 5.0, 1.0);
}

#[test]
fn loom_expiry_loses_no_gauge_delta() {
    no_update_is_lost(Shape::Gauge, Update::Set(5.0), Update::Shift(-1.5), 5.0, -1.5);
}

#[test]
fn loom_two_sweepers_retire_once() {
    loom::model(|| {
        let old = series(&group(Shape::Counter), Tick(0));
        assert_eq!(old.record(Update::Add(1.0), Tick(0), TWO), Recorded::Yes);
        let place = Arc::new(Place::with(old.clone()));
        let other = {
            let (place, old) = (Arc::clone(&place), old.clone());
            thread::spawn(move || sweep(&place, &old))
        };
        sweep(&place, &old);
        other.join().unwrap();
        let there = place.there.lock().unwrap();
        assert!(there.0.is_none() && there.1 == 1 && old.is_retired());
    });
}

/// A record that brings a shorter lifetime is never slept through: after it, and
/// after any sweep meanwhile, something is due by the time it is over. The sweep
/// looks into this family, or only into others.
fn a_new_lifetime_is_always_due(family_is_due: bool) {
    loom::model(move || {
        let group = group(Shape::Counter);
        let held = series(&group, Tick(0));
        assert_eq!(held.record(Update::Add(1.0), Tick(0), Ttl::FOREVER), Recorded::Yes);
        let heading = &group.heading;
        heading.all.no_later_than(Some(NOW));
        heading.due.no_later_than(family_is_due.then_some(NOW));
        let worker = {
            let held = held.clone();
            thread::spawn(move || held.record(Update::Add(1.0), NOW, TWO))
        };
        // What `Registry::sweep` and `Family::sweep` do.
        if heading.all.take(NOW) {
            if heading.due.take(NOW) {
                let Judgement::Stays(tick) = held.judge(NOW) else { panic!("it is not over") };
                heading.due.no_later_than(tick);
            }
            heading.all.no_later_than(earlier(None, heading.due.tick()));
        }
        assert_eq!(worker.join().unwrap(), Recorded::Yes);
        for due in [&heading.due, &heading.all] {
            assert!(due.tick().is_some_and(|tick| tick <= Tick(13)), "{due:?}");
        }
    });
}

#[test]
fn loom_a_new_lifetime_is_due_though_its_family_is_swept() {
    a_new_lifetime_is_always_due(true);
}

#[test]
fn loom_a_new_lifetime_is_due_though_only_others_are_swept() {
    a_new_lifetime_is_always_due(false);
}
