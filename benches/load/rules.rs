//! Rule sets for the cost of a first sight, and lines whose names meet certain
//! rules of them.
//!
//! Heat: cold.

use crate::figure::grouped;

/// A rule set and the lines to send to it.
pub struct Rules {
    pub name: String,
    /// Of the curve in the plot, and the number of rules.
    pub curve: &'static str,
    pub count: usize,
    /// The mapping file's text.
    pub text: String,
    pub cases: Vec<Case>,
    /// Written in what only this project's mapping language has.
    pub ours_only: bool,
    /// Seconds that a first sight may cost.
    pub target: f64,
}

/// Which rule takes the names; how they become lines.
pub struct Case {
    pub name: &'static str,
    /// For the plot: the case that has to look at the most rules.
    pub is_last: bool,
    pub line: Box<dyn Fn(usize) -> String>,
}

/// The kinds that are generated in any number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    Globs,
    Regexes,
    /// Regexes that begin with the same `.+\..+`.
    Prefixed,
}

/// Names a series, where many names are one series: fewer than are remembered.
const SHARING: usize = 500;

pub const PUBLISHED: &str = include_str!("../../tests/data/mastodon/published-mapping.yml");
pub const BUILT_IN: &str = include_str!("../../mapping/mastodon.yml");

/// The rules of Mastodon.
pub fn mastodon(name: &'static str, text: &str, target: f64) -> Rules {
    let case =
        |name, is_last, line: fn(usize) -> String| Case { name, is_last, line: Box::new(line) };
    let cases = vec![
        case("of web", false, |i| {
            format!("Mastodon.production.web.C{i}Controller.show.json.status.200:1|c")
        }),
        case("of db, summaries", true, |i| {
            format!("Mastodon.production.db.tables.t{i}.queries.select.duration:1|ms")
        }),
        case("no rule, families", false, |i| format!("Elsewhere.production.thing.t{i}:1|c")),
    ];
    let count = text.matches("match:").count();
    let (text, ours_only) = (text.to_owned(), text == BUILT_IN);
    Rules { name: name.to_owned(), curve: name, count, text, cases, ours_only, target }
}

impl Generated {
    pub const ALL: [Self; 3] = [Self::Globs, Self::Regexes, Self::Prefixed];

    const fn name(self) -> &'static str {
        match self {
            Self::Globs => "globs",
            Self::Regexes => "regexes",
            Self::Prefixed => "regexes with a shared prefix",
        }
    }

    /// So many rules. With `sharing`, many names are one series.
    pub fn rules(self, count: usize, sharing: bool) -> Rules {
        let kind = if self == Self::Globs { "glob" } else { "regex" };
        let rule = |rule: usize| {
            let labels = if sharing { "group: $1" } else { "group: $1, member: $2" };
            let pattern = self.pattern(rule);
            let rule = format!("rule: r{rule}");
            format!(
                "  - {{match: '{pattern}', match_type: {kind}, name: seen, labels: {{{rule}, {labels}}}}}\n"
            )
        };
        let text = format!("mappings:\n{}", (0..count).map(rule).collect::<String>());
        let suffix = if sharing { ", many names a series" } else { "" };
        let mut cases = vec![self.case("the first rule", 0), self.case("the last rule", count - 1)];
        cases[1].is_last = !sharing;
        if !sharing {
            // No rule has this number; a name that no rule takes is a family.
            cases.push(self.case("no rule, families", count));
        }
        let name = format!("{} {}{suffix}", grouped(count as f64), self.name());
        let (curve, target) = (self.name(), self.target(count));
        Rules { name, curve, count, text, cases, ours_only: false, target }
    }

    fn pattern(self, rule: usize) -> String {
        match self {
            Self::Globs => format!("app{rule}.*.took.*"),
            Self::Regexes => format!(r"app{rule:05}\.(.+)\.took\.(.+)"),
            Self::Prefixed => format!(r".+\..+\.name{rule:05}\.(.+)\.(.+)"),
        }
    }

    fn case(self, name: &'static str, rule: usize) -> Case {
        let line = move |i: usize| {
            let group = i / SHARING;
            match self {
                Self::Globs => format!("app{rule}.group-{group}.took.member-{i}:1|c"),
                Self::Regexes => format!("app{rule:05}.group-{group}.took.member-{i}:1|c"),
                Self::Prefixed => format!("an.app.name{rule:05}.group-{group}.member-{i}:1|c"),
            }
        };
        Case { name, is_last: false, line: Box::new(line) }
    }

    /// Twice as much with a thousand rules.
    const fn target(self, count: usize) -> f64 {
        match (self, count) {
            (Self::Globs, ..=999) => 2e-6,
            (Self::Globs, _) => 4e-6,
            (Self::Regexes, ..=999) => 5e-6,
            (Self::Regexes, _) => 10e-6,
            (Self::Prefixed, _) => 20e-6,
        }
    }
}
