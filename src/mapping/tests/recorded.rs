//! The recorded cases of the incumbent that are about mappings: which files are
//! good, and which series the lines go to. Values are for the tests of the whole.
//!
//! Heat: cold.

use std::collections::BTreeSet;

use super::{LabelName, LabelSet, MetricKind, Routing, RuleSet, Shape, TagStyles};

/// Name of the case, mapping file, whether it is good.
const FILES: &[(&str, &str, bool)] = &[
    ("config-bad-action", "mappings:\n- {match: a, action: keep, name: ab}\n", false),
    ("config-bad-glob", "mappings:\n- {match: 'a.*b', name: ab}\n", false),
    ("config-bad-label", "mappings:\n- {match: a.*, name: ab, labels: {'a-b': c}}\n", false),
    ("config-bad-match-type", "mappings:\n- {match: a, match_type: exact, name: ab}\n", false),
    (
        "config-bad-metric-type",
        "mappings:\n- {match: a, match_metric_type: timer, name: ab}\n",
        false,
    ),
    ("config-bad-name", "mappings:\n- {match: a.*, name: 'a-b'}\n", false),
    ("config-bad-observer", "mappings:\n- {match: a, observer_type: sketch, name: ab}\n", false),
    ("config-bad-regex", "mappings:\n- {match: '(', match_type: regex, name: ab}\n", false),
    ("config-bad-ttl", "mappings:\n- {match: a, ttl: soon, name: ab}\n", false),
    ("config-bad-yaml", "mappings: [", false),
    ("config-drop-without-name", "mappings:\n- {match: a, action: drop}\n", false),
    ("config-duplicate-key", "mappings:\n- {match: a, match: b, name: ab}\n", false),
    ("config-empty-file", "", true),
    ("config-glob-digit-first", "mappings:\n- {match: '1a.b', name: ab}\n", false),
    ("config-glob-digit-later", "mappings:\n- {match: 'a.1b', name: ab}\n", true),
    (
        "config-histogram-with-summary-options",
        "mappings:\n- {match: a, observer_type: histogram, summary_options: {max_age: 5s}, name: ab}\n",
        false,
    ),
    (
        "config-lookahead-regex",
        "mappings:\n- {match: 'a(?=b)', match_type: regex, name: ab}\n",
        false,
    ),
    (
        "config-native-options",
        "mappings:\n- {match: a, observer_type: histogram, histogram_options: {native_histogram_bucket_factor: 1.2, native_histogram_max_buckets: 100}, name: ab}\n",
        true,
    ),
    ("config-no-name", "mappings:\n- {match: a.*}\n", false),
    ("config-one-letter-label", "mappings:\n- {match: a.*, name: ab, labels: {x: c}}\n", true),
    ("config-only-defaults", "defaults: {ttl: 5m}\n", true),
    ("config-scale-string", "mappings:\n- {match: a, scale: big, name: ab}\n", false),
    (
        "config-summary-with-histogram-options",
        "mappings:\n- {match: a, observer_type: summary, histogram_options: {buckets: [1]}, name: ab}\n",
        false,
    ),
    ("config-ttl-units", "mappings:\n- {match: a, ttl: 1h30m, name: ab}\n", true),
    ("config-unknown-key", "mappings:\n- {match: a.*, name: a, colour: red}\n", false),
    ("config-unknown-top-key", "mapings: []\n", false),
];

/// Name of the case, mapping file, lines, and the series that they go to.
const ROUTES: &[(&str, &str, &[&str], &[&str])] = &[
    (
        "defaults-histogram",
        r#"defaults: {observer_type: histogram, histogram_options: {buckets: [0.01, 0.02, 1]}, ttl: 0s}
mappings:
- {match: "m.*", name: "mm", labels: {nn: "$1"}}
- {match: "s.*", name: "ss", observer_type: summary, summary_options: {quantiles: [{quantile: 0.5, error: 0.01}]}, labels: {nn: "$1"}}
"#,
        &["u.n:15|ms", "m.a:15|ms", "s.a:15|ms"],
        &[
            r#"mm_count{nn="a"}"#,
            r#"mm_sum{nn="a"}"#,
            r#"ss_count{nn="a"}"#,
            r#"ss_sum{nn="a"}"#,
            "u_n_count{}",
            "u_n_sum{}",
        ],
    ),
    (
        "drop",
        r#"mappings:
- {match: "keep.*", name: "kept", labels: {nn: "$1"}}
- {match: "drop.*", action: drop, name: "dropped"}
- {match: ".", match_type: regex, action: drop, name: "dropped"}
"#,
        &["keep.a:1|c", "drop.a:1|c", "other:1|c"],
        &[r#"kept{nn="a"}"#],
    ),
    (
        "glob-backtracking",
        r#"mappings:
- {match: "a.b.c.e", name: "m1"}
- {match: "a.*.x.d", name: "m2", labels: {vv: "$1"}}
- {match: "a.b.*.d", name: "m3", labels: {vv: "$1"}}
"#,
        &["a.b.c.d:1|c", "a.b.x.d:1|c", "a.q.x.d:1|c", "a.b.x.e:1|c"],
        &["a_b_x_e{}", r#"m2{vv="b"}"#, r#"m2{vv="q"}"#, r#"m3{vv="c"}"#],
    ),
    (
        "glob-basic",
        r#"mappings:
- match: "test.dispatcher.*.*.*"
  name: "dispatcher_events_total"
  labels: {processor: "$1", action: "$2", outcome: "$3", job: "test_dispatcher"}
- match: "*.signup.*.*"
  name: "signup_events_total"
  help: "Signups seen."
  labels: {provider: "$2", outcome: "$3", job: "${1}_server"}
- match: "dyn.*.*.counter"
  name: "${2}_total"
  labels: {provider: "$1"}
"#,
        &[
            "test.dispatcher.FooProcessor.send.success:1|c",
            "foo_product.signup.facebook.failure:2|c",
            "test.web-server.foo.bar:3|c",
            "dyn.p.logins.counter:4|c",
            "test.dispatcher.a.b:1|c",
            "test.dispatcher.a.b.c.d:1|c",
        ],
        &[
            r#"dispatcher_events_total{action="send",job="test_dispatcher",outcome="success",processor="FooProcessor"}"#,
            r#"logins_total{provider="p"}"#,
            r#"signup_events_total{job="foo_product_server",outcome="failure",provider="facebook"}"#,
            "test_dispatcher_a_b_c_d{}",
            "test_dispatcher_a_b{}",
            "test_web_server_foo_bar{}",
        ],
    ),
    (
        "glob-before-regex",
        r#"mappings:
- {match: "a.*", match_type: regex, name: "by_regex"}
- {match: "a.*", name: "by_glob", labels: {xx: "$1"}}
"#,
        &["a.b:1|c", "a.c.d:1|c"],
        &[r#"by_glob{xx="b"}"#, "by_regex{}"],
    ),
    (
        "glob-match-metric-type",
        r#"mappings:
- {match: "m.*", match_metric_type: counter, name: "m_counter", labels: {tt: "$1"}}
- {match: "m.*", match_metric_type: gauge, name: "m_gauge", labels: {tt: "$1"}}
- {match: "m.*", match_metric_type: observer, name: "m_obs", labels: {tt: "$1"}}
"#,
        &["m.x:1|c", "m.x:1|g", "m.x:1|ms"],
        &[
            r#"m_counter{tt="x"}"#,
            r#"m_gauge{tt="x"}"#,
            r#"m_obs_count{tt="x"}"#,
            r#"m_obs_sum{tt="x"}"#,
        ],
    ),
    (
        "glob-ordering-disabled",
        r#"defaults: {glob_disable_ordering: true}
mappings:
- {match: "a.*.*", name: "wild", labels: {one: "$1", two: "$2"}}
- {match: "a.b.c", name: "exact", labels: {kk: v1}}
- {match: "a.*.d", name: "tail", labels: {one: "$1"}}
"#,
        &["a.b.c:1|c", "a.x.c:1|c", "a.x.d:1|c", "a.b.d:1|c"],
        &["a_b_d{}", r#"exact{kk="v1"}"#, r#"tail{one="x"}"#, r#"wild{one="x",two="c"}"#],
    ),
    (
        "glob-ordering",
        r#"mappings:
- {match: "a.*.*", name: "wild", labels: {one: "$1", two: "$2"}}
- {match: "a.b.c", name: "exact", labels: {kk: v1}}
- {match: "a.*.d", name: "tail", labels: {one: "$1"}}
"#,
        &["a.b.c:1|c", "a.x.c:1|c", "a.x.d:1|c", "a.b.d:1|c"],
        &[
            r#"wild{one="b",two="c"}"#,
            r#"wild{one="b",two="d"}"#,
            r#"wild{one="x",two="c"}"#,
            r#"wild{one="x",two="d"}"#,
        ],
    ),
    (
        "histogram",
        r#"mappings:
- {match: "h.*", name: "hist", observer_type: histogram, histogram_options: {buckets: [0.01, 0.025, 0.05, 0.1, 2]}, labels: {nn: "$1"}}
- {match: "k.*", name: "hist_default", observer_type: histogram, labels: {nn: "$1"}}
"#,
        &["h.x:1|ms", "h.x:20|ms", "h.x:5000|ms", "h.x:0.5|h", "h.y:3|d", "k.x:7|h"],
        &[
            r#"hist_count{nn="x"}"#,
            r#"hist_count{nn="y"}"#,
            r#"hist_default_count{nn="x"}"#,
            r#"hist_default_sum{nn="x"}"#,
            r#"hist_sum{nn="x"}"#,
            r#"hist_sum{nn="y"}"#,
        ],
    ),
    (
        "honor-labels",
        r#"mappings:
- {match: "a.*", name: "honored", honor_labels: true, labels: {job: "mapped", nn: "$1"}}
- {match: "b.*", name: "overruled", labels: {job: "mapped", nn: "$1"}}
"#,
        &["a.x:1|c|#job:mine,k:v", "b.x:1|c|#job:mine,k:v", "a.y:1|c"],
        &[
            r#"honored{job="mapped",nn="y"}"#,
            r#"honored{job="mine",k="v",nn="x"}"#,
            r#"overruled{job="mapped",k="v",nn="x"}"#,
        ],
    ),
    (
        "mapped-name-is-escaped",
        r#"mappings:
- {match: "a.*.d", name: "x_$1", labels: {raw: "$1"}}
- {match: "e.*", name: "$1", labels: {raw: "$1"}}
"#,
        &["a.b-c.d:1|c", "e.9x:1|c"],
        &[r#"_9x{raw="9x"}"#, r#"x_b_c{raw="b-c"}"#],
    ),
    (
        "mastodon-published-mapping",
        include_str!("../../../tests/data/mastodon/published-mapping.yml"),
        &[
            "Mastodon.production.web.StatusesController.show.html.status.200:1|c",
            "Mastodon.production.web.StatusesController.show.html.total_duration:41.5|ms",
            "Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.db_time:12.25|ms",
            "Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.view_time:3.5|ms",
            "Mastodon.production.db.tables.accounts.queries.select.duration:0.731|ms",
            "Mastodon.production.cache.read_hit.duration:0.102|ms",
            "Mastodon.production.sidekiq.ActivityPub.DeliveryWorker.processing_time:87|ms",
            "Mastodon.production.sidekiq.ActivityPub.DeliveryWorker.success:1|c",
            "Mastodon.production.sidekiq.FeedInsertWorker.failure:1|c",
            "Mastodon.production.sidekiq.queues.default.enqueued:12|g",
            "Mastodon.production.sidekiq.queues.push.latency:0.731|g",
            "Mastodon.production.sidekiq.dead_size:4|g",
            "Mastodon.production.sidekiq.processed:1048576|g",
        ],
        &[
            r#"mastodon_cache_duration_count{mastodon="cache",operation="read_hit"}"#,
            r#"mastodon_cache_duration_sum{mastodon="cache",operation="read_hit"}"#,
            r#"mastodon_controller_db_time_count{action="show",controller="Api.V1.Timelines.HomeController",format="json",mastodon="web"}"#,
            r#"mastodon_controller_db_time_sum{action="show",controller="Api.V1.Timelines.HomeController",format="json",mastodon="web"}"#,
            r#"mastodon_controller_duration_count{action="show",controller="StatusesController",format="html",mastodon="web"}"#,
            r#"mastodon_controller_duration_sum{action="show",controller="StatusesController",format="html",mastodon="web"}"#,
            r#"mastodon_controller_status{action="show",controller="StatusesController",format="html",mastodon="web",status="200"}"#,
            r#"mastodon_controller_view_time_count{action="show",controller="Api.V1.Timelines.HomeController",format="json",mastodon="web"}"#,
            r#"mastodon_controller_view_time_sum{action="show",controller="Api.V1.Timelines.HomeController",format="json",mastodon="web"}"#,
            r#"mastodon_db_operation_count{mastodon="db",operation="select",table="accounts"}"#,
            r#"mastodon_db_operation_sum{mastodon="db",operation="select",table="accounts"}"#,
            r#"mastodon_sidekiq_dead_size{mastodon="sidekiq"}"#,
            r#"mastodon_sidekiq_processed{mastodon="sidekiq"}"#,
            r#"mastodon_sidekiq_queue_enqueued{mastodon="sidekiq",queue="default"}"#,
            r#"mastodon_sidekiq_queue_latency{mastodon="sidekiq",queue="push"}"#,
            r#"mastodon_sidekiq_worker_failure_total{mastodon="sidekiq",worker="FeedInsertWorker"}"#,
            r#"mastodon_sidekiq_worker_processing_time_count{mastodon="sidekiq",worker="ActivityPub.DeliveryWorker"}"#,
            r#"mastodon_sidekiq_worker_processing_time_sum{mastodon="sidekiq",worker="ActivityPub.DeliveryWorker"}"#,
            r#"mastodon_sidekiq_worker_success_total{mastodon="sidekiq",worker="ActivityPub.DeliveryWorker"}"#,
        ],
    ),
    (
        "match-type-default-regex",
        r#"defaults: {match_type: regex}
mappings:
- {match: 'a\.(b+)\.c', name: "n", labels: {bs: "$1"}}
"#,
        &["a.bb.c:1|c"],
        &[r#"n{bs="bb"}"#],
    ),
    (
        "regex-basic",
        r#"mappings:
- match: "test\\.(\\w+)\\.(\\w+)\\.counter"
  match_type: regex
  name: "${2}_total"
  labels: {provider: "$1"}
- match: "(.*)\\.(.*)--(.*)\\.status\\.(.*)\\.count"
  match_type: regex
  name: "request_total"
  labels: {hostname: "$1", exec: "$2", protocol: "$3", code: "$4"}
"#,
        &["test.api.users.counter:1|c", "web-1.app--http.status.200.count:2|c", "none.of.it:1|c"],
        &[
            "none_of_it{}",
            r#"request_total{code="200",exec="app",hostname="web-1",protocol="http"}"#,
            r#"users_total{provider="api"}"#,
        ],
    ),
    (
        "regex-catch-all",
        r#"mappings:
- {match: ".+", match_type: regex, name: "$0", labels: {statsd_metric_name: "$0"}}
"#,
        &["my.statsd_counter:1|c", "my-other.metric:2|g"],
        &[
            r#"my_other_metric{statsd_metric_name="my-other.metric"}"#,
            r#"my_statsd_counter{statsd_metric_name="my.statsd_counter"}"#,
        ],
    ),
    (
        "regex-is-unanchored-and-first-wins",
        r#"mappings:
- {match: "bar", match_type: regex, name: "bar_hit"}
- {match: "foo", match_type: regex, name: "foo_hit", labels: {all: "$0"}}
"#,
        &["x.foo.y:1|c", "foo:1|c", "barfoo:1|c"],
        &["bar_hit{}", r#"foo_hit{all="foo"}"#],
    ),
    (
        "scale",
        r#"mappings:
- {match: "a.c", name: "a_c", scale: 2}
- {match: "a.g", name: "a_g", scale: 0.5}
- {match: "a.t", name: "a_t", scale: 1000, observer_type: histogram, histogram_options: {buckets: [1, 10, 1000]}}
- {match: "z.c", name: "z_c", scale: 0}
"#,
        &["a.c:5|c", "a.g:10|g", "a.g:+10|g", "a.t:1000|ms", "z.c:3|c"],
        &["a_c{}", "a_g{}", "a_t_count{}", "a_t_sum{}", "z_c{}"],
    ),
    (
        "summary-options",
        r#"mappings:
- match: "s.*"
  name: "ss"
  observer_type: summary
  summary_options:
    quantiles: [{quantile: 0.25, error: 0.001}, {quantile: 0.5, error: 0.001}, {quantile: 0.95, error: 0.001}, {quantile: 1, error: 0.0001}]
    max_age: 30s
    age_buckets: 3
    buf_cap: 1000
  labels: {nn: "$1"}
"#,
        &["s.a:1|ms", "s.a:2|ms"],
        &[r#"ss_count{nn="a"}"#, r#"ss_sum{nn="a"}"#],
    ),
    (
        "templates",
        r#"mappings:
- {match: "a.*.*", name: "n_${1}_$2", labels: {l1: "$1-$2", l2: "${2}${1}", l3: "$3", l4: "x$1x", l5: "100"}}
- {match: 'b\.(\w+)\.(\w+)', match_type: regex, name: "r_${1}_$2", labels: {l1: "$1-$2", l2: "${2}${1}", l3: "$3", l4: "x$1x", l5: "100"}}
"#,
        &["a.one.two:1|c", "b.one.two:1|c"],
        &[
            r#"n_one_two{l1="one-two",l2="twoone",l3="",l4="x",l5="100"}"#,
            r#"r_one_two{l1="one-two",l2="twoone",l3="",l4="x",l5="100"}"#,
        ],
    ),
];

#[test]
fn files_are_good_or_bad_as_recorded() {
    for (name, yaml, good) in FILES {
        let result = RuleSet::parse(yaml, name, TagStyles::ALL);
        assert_eq!(result.is_ok(), *good, "{name}: {:?}", result.err());
    }
}

#[test]
fn lines_go_to_the_recorded_series() {
    for (name, yaml, lines, wanted) in ROUTES {
        let rules = RuleSet::parse(yaml, name, TagStyles::ALL).unwrap().rules;
        let series: BTreeSet<String> = lines.iter().flat_map(|line| series(&rules, line)).collect();
        let wanted: BTreeSet<String> = wanted.iter().map(|&it| it.to_owned()).collect();
        assert_eq!(series, wanted, "{name}");
    }
}

/// The series that a line without tags, or with DogStatsD tags, goes to.
fn series(rules: &RuleSet, line: &str) -> Vec<String> {
    let (name, rest) = line.split_once(':').unwrap();
    let mut parts = rest.split('|').skip(1);
    let kind = match parts.next().unwrap() {
        "c" => MetricKind::Counter,
        "g" => MetricKind::Gauge,
        _ => MetricKind::Observer,
    };
    let tags = parts.flat_map(|part| part.trim_start_matches('#').split(','));
    let tag = |tag: &str| {
        let (key, value) = tag.split_once(':').unwrap();
        (LabelName::escaped(key).unwrap(), value.to_owned())
    };
    let Routing::Route(routed) = rules.route(name, kind, tags.map(tag).collect::<LabelSet>())
    else {
        return Vec::new();
    };
    let label = |(name, value): (&LabelName, &str)| format!("{name}=\"{value}\"");
    let labels: Vec<String> = routed.labels.iter().map(label).collect();
    let suffixes: &[&str] = match routed.spec.shape {
        Shape::Counter | Shape::Gauge => &[""],
        Shape::Summary(_) | Shape::Histogram(_) => &["_sum", "_count"],
    };
    let series = |suffix| format!("{}{suffix}{{{}}}", routed.spec.name, labels.join(","));
    suffixes.iter().map(series).collect()
}
