//! What becomes of names that the registry refuses: they are counted, they cost
//! no more than known ones, and they are taken when there is room.
//!
//! Heat: cold.

use std::sync::Arc;

use super::{Engine, Worker};
use crate::mapping::RuleSet;
use crate::model::{Outcome, TagStyles, Tick};
use crate::registry::{Limits, Registry, Value};
use crate::telemetry::{Live, Telemetry};

fn engine(yaml: &str, max_series: usize, max_series_per_family: usize) -> Arc<Engine> {
    let limits = Limits { max_series, max_series_per_family };
    let registry = Registry::new(limits, Telemetry::reserved_names());
    let rules = RuleSet::parse(yaml, "rules.yml", TagStyles::ALL).unwrap().rules;
    Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())))
}

/// The value of a counter or gauge that is there.
fn value(engine: &Engine, name: &str) -> Option<f64> {
    let family = engine.registry().snapshot().find(|family| family.name().as_str() == name)?;
    match family.at(0)?.value() {
        Value::Counter(_, counter) => Some(counter.value()),
        Value::Gauge(_, gauge) => Some(gauge.value()),
        other => panic!("{other:?}"),
    }
}

/// `series_rejected_total`, by family.
fn rejected(engine: &Engine) -> Vec<(String, f64)> {
    let own = engine.telemetry().own_families(&Live::default());
    let name = "statsd_exporter_series_rejected_total";
    let family = own.into_iter().find(|family| family.name == name);
    let series = family.map(|family| family.series).unwrap_or_default();
    series.into_iter().map(|series| (series.labels[0].1.clone(), series.value)).collect()
}

fn over_budget(engine: &Engine) -> u64 {
    engine.telemetry().totals().weight(Outcome::OverBudget)
}

#[test]
fn a_refused_name_is_taken_when_there_is_room() {
    let engine = engine("defaults: {ttl: 1s}", 1, 0);
    let mut workers = [(); 2].map(|()| Worker::new(Arc::clone(&engine)));
    workers[0].ingest_line(b"a:1|c", Tick(0));
    for worker in &mut workers {
        (0..3).for_each(|_| worker.ingest_line(b"b:1|c", Tick(0)));
        worker.ingest_line(b"a:1|g", Tick(0));
        worker.flush();
    }
    assert_eq!((value(&engine, "b"), over_budget(&engine)), (None, 6));
    engine.sweep(Tick(2));
    workers[1].ingest_line(b"b:1|c", Tick(2));
    // The other has a refusal of its own at hand; it has ended with the era.
    workers[0].ingest_line(b"b:1|c", Tick(2));
    assert_eq!((value(&engine, "a"), value(&engine, "b")), (None, Some(2.0)));
    workers[0].ingest_line(b"a:1|g", Tick(2));
    workers[0].flush();
    assert_eq!(over_budget(&engine), 7, "no conflict any more, but no room");
    engine.sweep(Tick(4));
    workers[0].ingest_line(b"a:7|g", Tick(4));
    assert_eq!(value(&engine, "a"), Some(7.0));
}

#[test]
fn a_refused_spelling_is_remembered_for_as_long_as_it_is_refused() {
    let engine = engine("", 1, 0);
    let mut worker = Worker::new(Arc::clone(&engine));
    worker.ingest_line(b"a:1|c", Tick(0));
    let long = format!("a:1|c|#x:{}", "y".repeat(2000));
    for second in 0..10 {
        for line in ["b:1|c", "a:1|g", "a:1|ms|#quantile:x", "a:1|c|#x:1", &long] {
            worker.ingest_line(line.as_bytes(), Tick(second));
        }
    }
    worker.flush();
    let totals = engine.telemetry().totals();
    assert_eq!((totals.cache_gets(), totals.cache_hits()), (51, 45), "each was looked up once");
    assert_eq!(totals.outcome(Outcome::OverBudget), 30);
    assert_eq!(totals.outcome(Outcome::Conflict), 10);
    assert_eq!(totals.outcome(Outcome::ReservedLabel), 10);
    assert_eq!(engine.route_count(), 1, "refusals are in no shared table");
}

/// Lines that arrive together are looked up together, before the first is taken: what
/// the first leaves behind serves the others all the same.
#[test]
fn what_leads_to_no_series_is_parsed_once_in_a_datagram_too() {
    let yaml = "mappings: [{match: 'drop.*', name: d, action: drop}]";
    for (line, outcome) in [
        ("b:1|c", Outcome::OverBudget),
        ("a:1|g", Outcome::Conflict),
        ("drop.x:1|c", Outcome::Dropped),
        ("a:1|c|#x:1", Outcome::OverBudget),
    ] {
        let engine = engine(yaml, 1, 0);
        let mut worker = Worker::new(Arc::clone(&engine));
        worker.ingest_line(b"a:1|c", Tick(0));
        worker.ingest_datagram([line; 40].join("\n").as_bytes(), Tick(0));
        worker.flush();
        let totals = engine.telemetry().totals();
        assert_eq!(totals.outcome(outcome), 40, "{line}");
        assert_eq!((totals.cache_gets(), totals.cache_hits()), (41, 39), "{line}");
    }
}

/// A family that comes begins a new era, in which what was refused is asked for anew.
#[test]
fn a_family_that_comes_in_the_middle_of_a_datagram_ends_what_was_refused_before_it() {
    let engine = engine("", 2, 0);
    let mut worker = Worker::new(Arc::clone(&engine));
    worker.ingest_line(b"a:1|c", Tick(0));
    worker.ingest_datagram(b"a:1|g\na:1|g\nb:1|c\na:1|g\na:1|g\nb:1|c", Tick(0));
    worker.flush();
    let totals = engine.telemetry().totals();
    assert_eq!((totals.outcome(Outcome::Conflict), value(&engine, "b")), (4, Some(2.0)));
    assert_eq!((totals.cache_gets(), totals.cache_hits()), (7, 3), "a refusal for each era");
}

#[test]
fn what_is_refused_is_attributed_whether_its_family_is_there_or_not() {
    let engine = engine("mappings: [{match: 'mapped.*', name: 'm', labels: {x: $1}}]", 3, 2);
    let mut worker = Worker::new(Arc::clone(&engine));
    for line in ["a:1|c|#x:1", "a:1|c|#x:2", "a:1|c|#x:3", "b:1|c", "c:1|ms|@0.1", "mapped.x:1|g"] {
        worker.ingest_line(line.as_bytes(), Tick(0));
        worker.ingest_line(line.as_bytes(), Tick(1));
    }
    // Spellings without a route, and what the exposition cannot show as it is.
    let long = format!("d:1|c|#x:{}", "y".repeat(3000));
    worker.ingest_datagram(b"e:1|c:1|c\n\xf0\x9f\x98\x80\"\\:1|c", Tick(1));
    worker.ingest_line(long.as_bytes(), Tick(1));
    worker.ingest_line(b"a:5|c|#x:1", Tick(1));
    worker.flush();
    let expected = [("___", 1.0), ("a", 2.0), ("c", 20.0), ("d", 1.0), ("e", 2.0), ("m", 2.0)];
    assert_eq!(rejected(&engine), expected.map(|(name, count)| (name.to_owned(), count)));
    assert_eq!(over_budget(&engine), 28);
    assert_eq!(value(&engine, "a"), Some(7.0), "what was there goes on");
}

#[test]
fn a_flood_of_names_is_counted_to_the_last_and_hurts_no_series() {
    const NAMES: u32 = 20_000;
    let engine = engine("", 100, 50);
    let mut worker = Worker::new(Arc::clone(&engine));
    (0..99).for_each(|n| worker.ingest_line(format!("good.{n}:1|c").as_bytes(), Tick(0)));
    (0..80).for_each(|n| worker.ingest_line(format!("one:1|c|#x:{n}").as_bytes(), Tick(0)));
    for number in 0..NAMES {
        worker.ingest_line(format!("flood.{number}:1|c").as_bytes(), Tick(number / 5000));
    }
    let hits = |worker: &mut Worker| {
        worker.flush();
        engine.telemetry().totals().cache_hits()
    };
    let before = hits(&mut worker);
    (0..99).for_each(|n| worker.ingest_line(format!("good.{n}:1|c").as_bytes(), Tick(4)));
    assert_eq!(hits(&mut worker) - before, 99, "no route of a series had to give way");
    assert!((0..99).all(|n| value(&engine, &format!("good_{n}")) == Some(2.0)));
    let rejected = rejected(&engine);
    let sum: f64 = rejected.iter().map(|(_, count)| count).sum();
    assert_eq!((rejected.len(), sum), (101, f64::from(NAMES + 79)));
    assert_eq!(over_budget(&engine), u64::from(NAMES + 79));
    assert!(rejected.contains(&("one".to_owned(), 79.0)), "{rejected:?}");
    assert_eq!((engine.registry().series_count(), engine.route_count()), (100, 100));
}
