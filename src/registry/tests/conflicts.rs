//! Who may have which name, and who is refused.
//!
//! Heat: cold.

use super::*;

#[test]
fn conflicts_are_what_would_collide_in_the_exposition() {
    for (first, second, refused) in [
        ("counter a", "counter a", false),
        ("counter a", "gauge a", true),
        ("counter a", "summary a", true),
        ("summary a", "histogram a", true),
        ("gauge x", "counter x_count", false),
        ("gauge x", "counter x_sum", false),
        ("counter x", "summary x_count", false),
        ("summary t", "counter t_sum", true),
        ("counter t_sum", "summary t", true),
        ("summary t", "gauge t_count", true),
        ("gauge t_count", "summary t", true),
        ("summary t", "summary t_count", true),
        ("summary t_count", "summary t", true),
        ("summary t", "counter t_bucket", false),
        ("histogram t", "counter t_bucket", true),
        ("counter t_bucket", "histogram t", true),
        ("histogram t", "histogram t_bucket", true),
        ("summary t_bucket", "histogram t", true),
        ("summary t", "histogram t_x", false),
        ("summary t_sum", "counter t", false),
        // The one's suffixes against the other's.
        ("summary t", "summary t_sum_sum", false),
        ("summary t_sum", "summary t_sum_sum", true),
        // The bridge's own, each exactly.
        ("gauge x", "counter statsd_exporter_lines_total", true),
        ("gauge x", "summary statsd_exporter_lines_total", true),
        ("gauge x", "counter statsd_exporter_lines_total_", false),
        ("gauge x", "summary statsd_exporter_lines", false),
    ] {
        let registry = registry();
        let ask = |which: &str| {
            let (kind, name) = which.split_once(' ').unwrap();
            registry.series(&spec(name, shape(kind)), &LabelSet::new(), Tick(0)).map(drop)
        };
        assert_eq!(ask(first), Ok(()), "{first}");
        let expected = if refused { Err(Refusal::Conflict) } else { Ok(()) };
        assert_eq!(ask(second), expected, "{first}, then {second}");
        assert_eq!(ask(first), Ok(()), "{first} again");
        assert_eq!(registry.series_count(), if refused || first == second { 1 } else { 2 });
    }
}

#[test]
fn a_suffix_of_an_own_metric_is_reserved_too() {
    let registry = Registry::new(Limits::default(), ["t_sum".to_owned()]);
    let ask = |kind| registry.series(&spec("t", shape(kind)), &LabelSet::new(), Tick(0)).map(drop);
    assert_eq!(ask("summary"), Err(Refusal::Conflict));
    assert_eq!(ask("gauge"), Ok(()));
}

#[test]
fn label_names_that_a_type_keeps_are_refused_whoever_owns_the_name() {
    let registry = registry();
    for (kind, label, refused) in [
        ("counter", "le", None),
        ("gauge", "quantile", None),
        ("summary", "quantile", Some(Refusal::Reserved)),
        ("summary", "le", None),
        ("histogram", "le", Some(Refusal::Reserved)),
        ("histogram", "quantile", None),
        ("histogram", "x", None),
    ] {
        let name = format!("{kind}_{label}");
        let got = registry.series(&spec(&name, shape(kind)), &labels(&[(label, "1")]), Tick(0));
        assert_eq!(got.err(), refused, "{name}");
    }
    assert!(!texts(&registry).contains(&"summary_quantile".to_owned()));
    let summary = spec("counter_le", shape("summary"));
    let got = registry.series(&summary, &labels(&[("quantile", "1")]), Tick(0));
    assert_eq!(got.err(), Some(Refusal::Reserved), "found before the conflict");
}

#[test]
fn a_refused_newcomer_leaves_nothing_behind() {
    let registry = registry();
    let refused =
        registry.series(&spec("s", shape("summary")), &labels(&[("quantile", "")]), Tick(0));
    assert_eq!(refused.err(), Some(Refusal::Reserved));
    assert_eq!((registry.series_count(), registry.snapshot().count()), (0, 0));
    count(&registry, "s_sum", &[], 0, TWO);
}

#[test]
fn a_name_is_free_when_its_last_series_is_gone() {
    let registry = registry();
    let summary = |tags: &[(&str, &str)], at| {
        let series =
            registry.series(&spec("t", shape("summary")), &labels(tags), Tick(at)).unwrap();
        series.record(Update::Observe { value: 1.0, weight: 1 }, Tick(at), TWO);
    };
    summary(&[("x", "1")], 0);
    summary(&[("x", "2")], 2);
    let ask = |at| registry.series(&counter("t_sum"), &LabelSet::new(), Tick(at)).map(drop);
    registry.sweep(Tick(3));
    assert_eq!(ask(3), Err(Refusal::Conflict));
    registry.sweep(Tick(5));
    assert_eq!(ask(5), Ok(()));
    let gauge = spec("t", Shape::Gauge);
    assert!(registry.series(&gauge, &LabelSet::new(), Tick(5)).is_ok());
}

#[test]
fn budgets_hold_and_what_is_there_goes_on() {
    let limits = Limits { max_series: 4, max_series_per_family: 2 };
    let registry = Registry::new(limits, []);
    let ask = |name: &str, tag: &str, now| {
        registry.series(&counter(name), &labels(&[("x", tag)]), Tick(now)).map(|series| {
            assert_eq!(series.record(Update::Add(1.0), Tick(now), TWO), Recorded::Yes);
        })
    };
    for (name, tag, expected) in [
        ("a", "1", Ok(())),
        ("a", "2", Ok(())),
        ("a", "3", Err(Refusal::OverBudget)),
        ("b", "1", Ok(())),
        ("c", "1", Ok(())),
        ("c", "2", Err(Refusal::OverBudget)),
        ("d", "1", Err(Refusal::OverBudget)),
        ("a", "2", Ok(())),
    ] {
        assert_eq!(ask(name, tag, 0), expected, "{name} {tag}");
    }
    assert_eq!((registry.series_count(), registry.snapshot().count()), (4, 3));
    let conflict = registry.series(&spec("a", Shape::Gauge), &labels(&[("x", "9")]), Tick(0));
    assert_eq!(conflict.err(), Some(Refusal::Conflict), "a conflict is found before the budget");
    registry.sweep(Tick(3));
    assert_eq!((ask("d", "1", 3), registry.series_count()), (Ok(()), 1));
}

/// A text of 60 kB costs what 59 short ones do, and gives back as much.
#[test]
fn long_texts_cost_as_many_places_as_they_have_begun_kib() {
    let limits = Limits { max_series: 200, max_series_per_family: 100 };
    let registry = Registry::new(limits, []);
    let long = "a".repeat(60_000);
    let ask = |name: &str, tag: &str, now| {
        registry.series(&counter(name), &labels(&[("x", tag)]), Tick(now)).map(|series| {
            assert_eq!(series.record(Update::Add(1.0), Tick(now), TWO), Recorded::Yes);
        })
    };
    assert_eq!((ask("b", &long, 0), registry.places_taken()), (Ok(()), 59));
    assert_eq!(ask("b", &"c".repeat(60_000), 0), Err(Refusal::OverBudget), "of the family");
    // Its own names cost 58 more, which the family's series do not pay.
    assert_eq!((ask(&long, "1", 0), registry.places_taken()), (Ok(()), 59 + 59 + 58));
    assert_eq!(ask(&long, "2", 0), Err(Refusal::OverBudget));
    assert_eq!(ask("c", &"d".repeat(24 * 1024), 0), Err(Refusal::OverBudget), "24 are left");
    assert_eq!((ask("c", &"d".repeat(24 * 1024 - 8), 0), registry.places_taken()), (Ok(()), 200));
    assert_eq!(ask("d", "", 0), Err(Refusal::OverBudget));
    assert_eq!((registry.series_count(), registry.snapshot().count()), (3, 3));
    registry.sweep(Tick(3));
    assert_eq!((registry.series_count(), registry.places_taken()), (0, 0));
    assert_eq!((ask("d", "", 3), registry.places_taken()), (Ok(()), 1));
}

/// What a creator takes out in the sweeper's place is paid back once.
#[test]
fn places_are_paid_back_once_whoever_takes_a_series_out() {
    let registry = registry();
    let name = "m".repeat(3000);
    count(&registry, &name, &[], 0, TWO);
    let taken = registry.places_taken();
    assert_eq!(taken, 3 + 2);
    let old = registry.series(&counter(&name), &LabelSet::new(), Tick(0)).unwrap();
    assert_eq!(old.judge(Tick(9)), life::Judgement::Retires);
    count(&registry, &name, &[], 9, TWO);
    assert_eq!(registry.places_taken(), taken);
    registry.sweep(Tick(9));
    assert_eq!(registry.places_taken(), taken);
    registry.sweep(Tick(12));
    assert_eq!(registry.places_taken(), 0);
}

#[test]
fn a_refusal_holds_until_something_has_become_free() {
    let registry = Registry::new(Limits { max_series: 2, max_series_per_family: 0 }, []);
    let eras = std::cell::RefCell::new(vec![registry.era()]);
    let ends = || {
        let era = registry.era();
        let ended = eras.borrow().last() != Some(&era);
        eras.borrow_mut().push(era);
        ended
    };
    count(&registry, "a", &[], 0, TWO);
    assert!(ends(), "a family has come");
    count(&registry, "a", &[("x", "1")], 1, TWO);
    count(&registry, "a", &[], 1, TWO);
    assert!(!ends());
    let ask = |spec: &FamilySpec| registry.series(spec, &LabelSet::new(), Tick(1)).err();
    assert_eq!(ask(&counter("b")), Some(Refusal::OverBudget));
    assert_eq!(ask(&spec("a", Shape::Gauge)), Some(Refusal::Conflict));
    registry.sweep(Tick(3));
    assert!(!ends(), "what is refused, and what stays, frees nothing");
    registry.sweep(Tick(4));
    assert!(ends(), "a place and a name are free");
    assert_eq!((ask(&counter("b")), ask(&spec("a", Shape::Gauge))), (None, None));
}
