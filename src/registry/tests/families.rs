//! What is in a family, and in which order a scrape meets it.
//!
//! Heat: cold.

#![expect(clippy::float_cmp, reason = "exact values are meant")]

use std::time::Duration;

use super::*;
use crate::model::{HistogramOptions, SummaryOptions};

#[test]
fn identity_is_the_text() {
    let registry = registry();
    let ask =
        |pairs: &[(&str, &str)]| registry.series(&counter("m"), &labels(pairs), Tick(0)).unwrap();
    let one = ask(&[("a", "1"), ("b", "2")]);
    assert!(one.is(&ask(&[("b", "2"), ("a", "1")])));
    for other in [&[("a", "1")][..], &[("a", "1\",b=\"2")], &[("a", "1"), ("b", "")], &[]] {
        assert!(!one.is(&ask(other)), "{other:?}");
    }
    assert_eq!(one.name_and_labels(), ("m", &br#"{a="1",b="2"}"#[..]));
}

#[test]
fn one_name_may_have_several_sets_of_label_names_each_with_its_options() {
    let registry = registry();
    let with = |bound: f64| {
        let options = HistogramOptions::new(&[bound], None).unwrap();
        spec("h", Shape::Histogram(Arc::new(options)))
    };
    let bound = |bound, tags: &[(&str, &str)]| {
        let series = registry.series(&with(bound), &labels(tags), Tick(0)).unwrap();
        series.record(Update::Observe { value: 0.0, weight: 1 }, Tick(0), TWO);
        match series.value() {
            Value::Histogram(_, histogram) => histogram.options().bounds()[0],
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bound(1.0, &[("a", "1")]), 1.0);
    assert_eq!(bound(2.0, &[("a", "2")]), 1.0, "the first rule of the group keeps it");
    assert_eq!(bound(3.0, &[("b", "1")]), 3.0);
    assert_eq!(bound(4.0, &[]), 4.0);
    assert_eq!(registry.metrics_by_type(), by_type(0, 0, 3, 0));
    registry.sweep(Tick(3));
    assert_eq!(bound(5.0, &[("a", "2")]), 5.0, "a group that was gone begins anew");
}

#[test]
fn the_first_help_stays() {
    let registry = registry();
    for (help, tags) in [("one", &[][..]), ("two", &[]), ("three", &[("x", "1")])] {
        let spec = FamilySpec { help: help.into(), ..counter("m") };
        registry.series(&spec, &labels(tags), Tick(0)).unwrap();
    }
    assert_eq!(registry.snapshot().next().unwrap().help(), "one");
}

#[test]
fn metrics_by_type_counts_what_is_there_now() {
    let registry = registry();
    count(&registry, "a", &[], 0, TWO);
    count(&registry, "a", &[("x", "1")], 0, TWO);
    count(&registry, "a", &[("x", "2")], 0, Ttl::FOREVER);
    count(&registry, "b", &[], 0, TWO);
    let gauge = registry.series(&spec("g", Shape::Gauge), &LabelSet::new(), Tick(0)).unwrap();
    gauge.record(Update::Set(1.0), Tick(0), Ttl::FOREVER);
    assert_eq!(registry.metrics_by_type(), by_type(3, 1, 0, 0));
    registry.sweep(Tick(3));
    assert_eq!(registry.metrics_by_type(), by_type(1, 1, 0, 0));
    assert_eq!(registry.series_count(), 2);
}

#[test]
fn scrapes_are_in_order_whatever_the_order_of_arrival() {
    let registry = registry();
    let mut expected = Vec::new();
    for round in 0..5_u32 {
        for at in 0..60_u32 {
            let (name, tag) =
                (format!("n{}", (at * 7 + round) % 5), ((at * 37 + round * 11) % 101).to_string());
            count(&registry, &name, &[("x", &tag)], 0, Ttl::FOREVER);
            expected.push(format!("{name}{{x=\"{tag}\"}}"));
        }
        expected.sort();
        expected.dedup();
        assert_eq!(texts(&registry), expected);
        assert_eq!(texts(&registry), expected);
    }
}

#[test]
fn a_scrape_on_its_way_keeps_its_order_while_series_come_and_go() {
    let registry = registry();
    (0..10).for_each(|tag| count(&registry, "m", &[("x", &tag.to_string())], 0, TWO));
    let family = registry.snapshot().next().unwrap();
    count(&registry, "m", &[("x", "4a")], 3, TWO);
    registry.sweep(Tick(3));
    assert_eq!(texts(&registry), [r#"m{x="4a"}"#]);
    assert!(family.live_from(0).is_none(), "what was seen before has retired");
}

#[test]
fn many_families_are_met_once_each() {
    let registry = registry();
    (0..500).for_each(|n| count(&registry, &format!("n{n:03}"), &[], 0, TWO));
    let names: Vec<_> = registry.snapshot().map(|family| family.name().to_string()).collect();
    assert_eq!(names, (0..500).map(|n| format!("n{n:03}")).collect::<Vec<_>>());
}

#[test]
fn summaries_take_the_options_of_their_family() {
    let registry = registry();
    let options = SummaryOptions::new(&[], Duration::from_secs(4), 2);
    let spec = spec("s", Shape::Summary(Arc::new(options)));
    let series = registry.series(&spec, &LabelSet::new(), Tick(7)).unwrap();
    match series.value() {
        Value::Summary(created, summary) => {
            assert_eq!((created, summary.options().window_seconds()), (&Tick(7), 2));
        }
        other => panic!("{other:?}"),
    }
}
