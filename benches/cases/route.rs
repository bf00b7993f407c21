//! From a name to its family and labels. A miss is a name that no route is known
//! for, so the rules are asked; a hit is a whole line whose route is cached, and
//! shows that it costs the same with any number of rules.
//!
//! Heat: cold.

use std::hint::black_box;

use statsd_bridge::ingest::Worker;
use statsd_bridge::model::{LabelSet, MetricKind, Tick};

use super::scene::{Rules, engine};
use super::{Case, THOUSAND};

pub fn cases() -> Vec<Case> {
    let misses = Rules::all().into_iter().map(miss);
    let unmatched = [Rules::Globs(1000), Rules::Regexes(1000), Rules::SharedPrefix(1000)];
    let hits = [Rules::Published, Rules::Globs(10)].into_iter().chain(unmatched);
    misses.chain(unmatched.map(unmatched_name)).chain(hits.map(hit)).collect()
}

fn route(name: String, rules: Rules, names: impl Fn(usize) -> String + 'static) -> Case {
    Case::new(name, THOUSAND, move || {
        let names: Vec<String> = (0..THOUSAND).map(&names).collect();
        let rules = rules.parse();
        move || {
            for name in &names {
                let _ = black_box(rules.route(name, MetricKind::Observer, LabelSet::new()));
            }
        }
    })
}

fn miss(rules: Rules) -> Case {
    // 157 and 1000 have no common divisor: the rules are met in no order.
    let name = move |at| rules.matching_name(at * 157, at);
    route(format!("route/miss, {}", rules.name()), rules, name)
}

fn unmatched_name(rules: Rules) -> Case {
    let name = |at| format!("app.host{at:07}.accounts.service.duration");
    route(format!("route/no match, {}", rules.name()), rules, name)
}

fn hit(rules: Rules) -> Case {
    Case::new(format!("route/hit, {}", rules.name()), THOUSAND, move || {
        let lines: Vec<_> =
            (0..THOUSAND).map(|at| format!("{}:12.25|ms", rules.matching_name(at, at))).collect();
        let mut worker = Worker::new(engine(rules.parse()));
        move || {
            for line in &lines {
                worker.ingest_line(black_box(line.as_bytes()), Tick(0));
            }
        }
    })
}
