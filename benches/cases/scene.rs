//! What several cases need: rule sets, an engine, the captured traffic.
//!
//! Heat: cold.

use std::fmt::Write;
use std::sync::Arc;

use statsd_bridge::ingest::Engine;
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::TagStyles;
use statsd_bridge::registry::{Limits, Registry};
use statsd_bridge::telemetry::Telemetry;

const PUBLISHED: &str = include_str!("../../tests/data/mastodon/published-mapping.yml");
const CAPTURE: &str = include_str!("../../tests/data/mastodon/mastodon.jsonl");

/// How many rules a made-up rule set has.
pub const SIZES: [usize; 3] = [10, 100, 1000];

/// The rule sets that names are routed by.
#[derive(Clone, Copy)]
pub enum Rules {
    /// The one that is built in: globs.
    BuiltIn,
    /// The one that was published with the dashboard: regexes.
    Published,
    /// So many globs.
    Globs(usize),
    /// So many regexes, each with a literal of its own before its first group.
    Regexes(usize),
    /// So many regexes that begin with the same `.+\..+`.
    SharedPrefix(usize),
}

impl Rules {
    /// The two that are in use, and the made-up ones in all sizes.
    pub fn all() -> Vec<Self> {
        let made_up = [Self::Globs, Self::Regexes, Self::SharedPrefix];
        let sized = made_up.into_iter().flat_map(|rules| SIZES.map(rules));
        [Self::BuiltIn, Self::Published].into_iter().chain(sized).collect()
    }

    pub fn name(self) -> String {
        match self {
            Self::BuiltIn => "built-in mapping".to_owned(),
            Self::Published => "published mapping".to_owned(),
            Self::Globs(count) => format!("{count} globs"),
            Self::Regexes(count) => format!("{count} regexes"),
            Self::SharedPrefix(count) => format!("{count} regexes with one prefix"),
        }
    }

    /// The mapping file, with a ttl of one second if series are to go again.
    fn yaml(self, mortal: bool) -> String {
        let (count, rule): (usize, fn(usize) -> String) = match self {
            Self::BuiltIn => unreachable!("it is no file"),
            Self::Published => return format!("{}{PUBLISHED}", ttl(mortal)),
            Self::Globs(count) => (count, |at| format!("match: app.*.service{at:04}.*.time")),
            Self::Regexes(count) => (count, |at| {
                format!(r"match: 'app\.service{at:04}\.(.+)\.(.+)\.time', match_type: regex")
            }),
            Self::SharedPrefix(count) => (count, |at| {
                format!(r"match: '(.+)\.(.+)\.service{at:04}\.time', match_type: regex")
            }),
        };
        let mut yaml = format!("{}mappings:\n", ttl(mortal));
        for at in 0..count {
            // One family: what a new one costs is not what a rule costs.
            let labels = format!("labels: {{host: $1, path: $2, service: s{at}}}");
            writeln!(yaml, "  - {{{}, name: time, {labels}}}", rule(at)).unwrap();
        }
        yaml
    }

    pub fn parse(self) -> RuleSet {
        match self {
            Self::BuiltIn => RuleSet::preset("mastodon", TagStyles::ALL).unwrap().rules,
            _ => RuleSet::parse(&self.yaml(false), "rules.yml", TagStyles::ALL).unwrap().rules,
        }
    }

    /// The same rules, with series that are gone a second later.
    pub fn parse_mortal(self) -> RuleSet {
        let yaml = match self {
            // Its defaults are written as a block.
            Self::BuiltIn => {
                let text = include_str!("../../mapping/mastodon.yml");
                text.replacen("defaults:\n", "defaults:\n  ttl: 1s\n", 1)
            }
            _ => self.yaml(true),
        };
        RuleSet::parse(&yaml, "rules.yml", TagStyles::ALL).unwrap().rules
    }

    /// A name that one of the rules matches: with another `at` another rule of
    /// the made-up ones, with another `unique` another series.
    pub fn matching_name(self, at: usize, unique: usize) -> String {
        match self {
            Self::BuiltIn | Self::Published => format!(
                "Mastodon.production.web.Api.V1.Timelines.Home{unique:07}Controller.show.json.db_time"
            ),
            Self::Globs(count) => {
                format!("app.host{unique:07}.service{:04}.accounts.time", at % count)
            }
            Self::Regexes(count) => {
                format!("app.service{:04}.host{unique:07}.accounts.time", at % count)
            }
            Self::SharedPrefix(count) => {
                format!("host{unique:07}.accounts.service{:04}.time", at % count)
            }
        }
    }
}

fn ttl(mortal: bool) -> &'static str {
    if mortal { "defaults: {ttl: 1s}\n" } else { "" }
}

/// An engine without series.
pub fn engine(rules: RuleSet) -> Arc<Engine> {
    limited_engine(rules, Limits::default())
}

/// One that takes so many series and no more.
pub fn limited_engine(rules: RuleSet, limits: Limits) -> Arc<Engine> {
    let registry = Registry::new(limits, Telemetry::reserved_names());
    Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())))
}

/// The datagrams of the capture of real traffic; nearly all are one line.
pub fn capture() -> Vec<String> {
    let record = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    CAPTURE.lines().map(|line| record(line)["data"].as_str().unwrap().to_owned()).collect()
}
