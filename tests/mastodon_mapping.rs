//! The built-in mapping gives the names and labels of the published one, for
//! every environment.
//!
//! Heat: cold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::LazyLock;

use proptest::prelude::*;
use statsd_bridge::mapping::{Routed, Routing, RuleSet};
use statsd_bridge::model::{LabelSet, MetricKind, TagStyles};

static PUBLISHED: LazyLock<RuleSet> = LazyLock::new(|| {
    let yaml = include_str!("data/mastodon/published-mapping.yml");
    RuleSet::parse(yaml, "published-mapping.yml", TagStyles::ALL).unwrap().rules
});

static BUILT_IN: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::preset("mastodon", TagStyles::ALL).unwrap().rules);

fn route(rules: &RuleSet, name: &str, kind: MetricKind) -> Routed {
    match rules.route(name, kind, LabelSet::new()) {
        Routing::Route(routed) => routed,
        other => panic!("{name}: {other:?}"),
    }
}

/// The shapes of the names that Mastodon sends, by the rows of its table, with
/// what fills their gaps.
const SHAPES: &[(&str, MetricKind)] = &[
    ("web.<dotted>.<word>.<word>.total_duration", MetricKind::Observer),
    ("web.<dotted>.<word>.<word>.db_time", MetricKind::Observer),
    ("web.<dotted>.<word>.<word>.view_time", MetricKind::Observer),
    ("web.<dotted>.<word>.<word>.status.<word>", MetricKind::Counter),
    ("db.tables.<dotted>.queries.<word>.duration", MetricKind::Observer),
    ("cache.<dotted>.duration", MetricKind::Observer),
    ("sidekiq.<dotted>.processing_time", MetricKind::Observer),
    ("sidekiq.<dotted>.success", MetricKind::Counter),
    ("sidekiq.<dotted>.failure", MetricKind::Counter),
    ("sidekiq.<word>", MetricKind::Gauge),
    ("sidekiq.<dotted>", MetricKind::Gauge),
    ("sidekiq.queues.<dotted>.enqueued", MetricKind::Gauge),
    ("sidekiq.queues.<dotted>.latency", MetricKind::Gauge),
];

fn words() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        &[
            "(SELECT",
            "account_stats(account_id,",
            "`x`",
            "exist?",
            "a b",
            "\"q\"",
            "ü",
            "200",
            "*",
            "dead_size",
        ][..],
    );
    prop_oneof![3 => "[A-Za-z][A-Za-z0-9_]{0,8}", 1 => odd.prop_map(str::to_owned)]
}

fn names() -> impl Strategy<Value = (String, MetricKind)> {
    let filling = prop::collection::vec(words(), 10);
    (prop::sample::select(SHAPES), filling, 1usize..6).prop_map(|((shape, kind), words, dots)| {
        let (dotted, words) = words.split_at(dots);
        let mut words = words.iter();
        let mut name = shape.replace("<dotted>", &dotted.join("."));
        while name.contains("<word>") {
            name = name.replacen("<word>", words.next().unwrap(), 1);
        }
        (name, kind)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_and_labels_are_those_of_the_published_mapping(
        (name, kind) in names(),
        environment in "[a-z_]{1,12}",
    ) {
        let wanted = route(&PUBLISHED, &format!("Mastodon.production.{name}"), kind);
        prop_assert!(wanted.rule.is_some(), "{}", name);
        for environment in ["production", &environment] {
            let routed = route(&BUILT_IN, &format!("Mastodon.{environment}.{name}"), kind);
            prop_assert_eq!(&routed.spec, &wanted.spec, "{}", name);
            prop_assert_eq!(&routed.labels, &wanted.labels, "{}", name);
            prop_assert_eq!((routed.ttl, routed.scale), (wanted.ttl, wanted.scale));
        }
    }

    #[test]
    fn other_names_are_not_touched(name in "[A-Za-z.]{1,20}", kind in prop::sample::select(&MetricKind::ALL[..])) {
        prop_assume!(!name.starts_with("Mastodon."));
        let alone = RuleSet::empty(TagStyles::ALL);
        prop_assert_eq!(route(&BUILT_IN, &name, kind), route(&alone, &name, kind));
        let (ours, flags) = (&BUILT_IN, alone);
        prop_assert_eq!(ours.dialect().styles_for(name.as_bytes()), flags.dialect().styles_for(name.as_bytes()));
    }
}

#[test]
fn gauges_of_sidekiq_are_absolute() {
    let rules = &BUILT_IN;
    for name in ["dead_size", "queues.default.latency", "queues.default.enqueued"] {
        let name = format!("Mastodon.production.sidekiq.{name}");
        assert!(route(rules, &name, MetricKind::Gauge).gauge_absolute, "{name}");
    }
    assert!(!route(rules, "other", MetricKind::Gauge).gauge_absolute);
}

#[test]
fn under_mastodon_only_dogstatsd_tags_are_read() {
    let rules = &BUILT_IN;
    let styles =
        rules.dialect().styles_for(b"Mastodon.production.db.tables.a(b,.queries.select.duration");
    assert_eq!(styles, TagStyles { dogstatsd: true, ..TagStyles::NONE });
}
