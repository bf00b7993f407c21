//! How series expire and come back, one step at a time.
//!
//! Heat: cold.

use super::*;

/// The recorded case `ttl`: a rule with a ttl of 2 s, and one without.
#[test]
fn a_series_expires_after_its_ttl_and_comes_back_from_zero() {
    let registry = registry();
    let tags = [("nn", "x")];
    let both = [r#"aa{nn="x"}"#, r#"bb{nn="x"}"#];
    count(&registry, "aa", &tags, 10, TWO);
    count(&registry, "bb", &tags, 10, Ttl::FOREVER);
    for (now, expected) in [(11, &both[..]), (12, &both), (13, &both[1..]), (1_000_000, &both[1..])]
    {
        registry.sweep(Tick(now));
        assert_eq!(texts(&registry), expected, "{now}");
    }
    count(&registry, "aa", &tags, 1_000_000, TWO);
    assert_eq!(seen(&registry), both.map(|text| (text.to_owned(), 1.0)));
}

#[test]
fn a_record_puts_the_end_off_and_the_next_one_brings_its_ttl() {
    let registry = registry();
    let ttl = Ttl::from_seconds;
    for (at, lifetime) in [(0, ttl(2)), (2, ttl(2)), (4, ttl(9)), (13, ttl(1)), (14, Ttl::FOREVER)]
    {
        registry.sweep(Tick(at));
        count(&registry, "m", &[], at, lifetime);
    }
    registry.sweep(Tick(900));
    assert_eq!(seen(&registry), [("m".to_owned(), 5.0)]);
    count(&registry, "m", &[], 900, ttl(1));
    registry.sweep(Tick(901));
    assert_eq!(registry.series_count(), 1);
    registry.sweep(Tick(902));
    assert_eq!(registry.series_count(), 0);
}

#[test]
fn a_held_series_that_expired_says_so() {
    let registry = registry();
    let held = registry.series(&counter("m"), &LabelSet::new(), Tick(0)).unwrap();
    assert_eq!(held.record(Update::Add(5.0), Tick(0), TWO), Recorded::Yes);
    registry.sweep(Tick(3));
    assert_eq!(held.record(Update::Add(1.0), Tick(3), TWO), Recorded::Retired);
    count(&registry, "m", &[], 3, TWO);
    assert_eq!(seen(&registry), [("m".to_owned(), 1.0)]);
}

#[test]
fn a_creator_that_is_faster_than_the_sweeper_replaces_what_retired() {
    let registry = registry();
    count(&registry, "m", &[], 0, TWO);
    let old = registry.series(&counter("m"), &LabelSet::new(), Tick(0)).unwrap();
    // As if the sweeper had stopped between retiring and taking out.
    assert_eq!(old.judge(Tick(9)), life::Judgement::Retires);
    count(&registry, "m", &[], 9, TWO);
    assert_eq!((registry.series_count(), seen(&registry)), (1, vec![("m".to_owned(), 1.0)]));
    registry.sweep(Tick(9));
    assert_eq!((registry.series_count(), seen(&registry).len()), (1, 1));
    assert_eq!(registry.metrics_by_type(), by_type(1, 0, 0, 0));
}

#[test]
fn a_series_whose_every_update_was_refused_is_not_seen_and_goes() {
    let registry = registry();
    let series = registry.series(&counter("m"), &LabelSet::new(), Tick(0)).unwrap();
    assert_eq!(series.record(Update::Add(f64::NAN), Tick(0), Ttl::FOREVER), Recorded::Overflow);
    assert_eq!(series.record(Update::Set(1.0), Tick(0), Ttl::FOREVER), Recorded::Overflow);
    assert!(texts(&registry).is_empty());
    registry.sweep(Tick(6));
    assert_eq!(registry.series_count(), 0);
}

#[test]
fn a_sweep_looks_at_nothing_before_something_can_be_over() {
    let registry = registry();
    count(&registry, "m", &[], 100, Ttl::from_seconds(60));
    assert_eq!(registry.due.tick(), Some(Tick(106)), "a fresh series might stay so");
    registry.sweep(Tick(106));
    assert_eq!(registry.due.tick(), Some(Tick(161)));
    count(&registry, "m", &[], 110, Ttl::FOREVER);
    registry.sweep(Tick(161));
    assert_eq!(registry.due.tick(), None);
    count(&registry, "m", &[], 170, TWO);
    assert_eq!(registry.due.tick(), Some(Tick(173)));
}
