//! Which families get the names that `OpenMetrics` wants, and which cannot.
//!
//! A family's plain names are those of the text format; the registry sees to it
//! that no two families share one. In full form a family has some more: counter
//! `x` or `x_total` becomes family `x` with samples `x_total` and `x_created`, a
//! summary or histogram `x` has `x_created` too.
//!
//! The rule: a family has its full form exactly if none of its further names is
//! a plain or a further name of another family. Otherwise it is exposed under its
//! plain names, a counter as type `unknown`, a summary or histogram without
//! `_created`. So of counters `x` and `x_total` both are `unknown`, under the
//! names that they have in the text format; and whatever the families, no name
//! stands in two of them. The rule does not depend on an order.
//!
//! Names are settled once per scrape, before its first line. A family that comes
//! while the scrape is on its way is in the next one.
//!
//! Heat: cold (once per family and scrape).

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use foldhash::quality::RandomState;

use crate::model::Shape;

/// How a family is exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Under the names of the text format.
    Plain,
    /// As `OpenMetrics` wants it.
    Full,
}

/// The families of a scrape, and all names that they might have.
#[derive(Debug, Default)]
pub(super) struct Names {
    families: HashMap<String, Discriminant<Shape>, RandomState>,
    /// By how many families each is wanted.
    wanted: HashMap<String, u32, RandomState>,
}

impl Names {
    /// There is this family. Each is to be added once, and all before the first
    /// question.
    pub(super) fn add(&mut self, name: &str, shape: &Shape) {
        self.families.insert(name.to_owned(), discriminant(shape));
        let plain = plain(name, shape);
        let further = further(name, shape);
        for name in plain.chain(further) {
            *self.wanted.entry(name).or_default() += 1;
        }
    }

    /// The form of a family; `None` if it was not there when names were settled,
    /// or was another.
    pub(super) fn form(&self, name: &str, shape: &Shape) -> Option<Form> {
        self.families.get(name).filter(|there| **there == discriminant(shape))?;
        let alone = |name: String| self.wanted.get(&name) == Some(&1);
        let full = !counter_base(name).is_empty() && further(name, shape).all(alone);
        Some(if full { Form::Full } else { Form::Plain })
    }

    /// Whether the family is a counter.
    pub(super) fn is_counter(&self, name: &str) -> bool {
        self.families.get(name) == Some(&discriminant(&Shape::Counter))
    }
}

/// A counter's family name in full form.
pub(super) fn counter_base(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

fn plain(name: &str, shape: &Shape) -> impl Iterator<Item = String> {
    let suffixes = [""].into_iter().chain(shape.suffixes().iter().copied());
    suffixes.map(move |suffix| [name, suffix].concat())
}

/// The names that the full form has and the plain form has not.
fn further(name: &str, shape: &Shape) -> impl Iterator<Item = String> {
    let (base, suffixes): (&str, &[&str]) = match shape {
        Shape::Counter => (counter_base(name), &["", "_total", "_created"]),
        Shape::Gauge => (name, &[]),
        Shape::Summary(_) | Shape::Histogram(_) => (name, &["_created"]),
    };
    let names = suffixes.iter().map(move |suffix| [base, suffix].concat());
    names.filter(move |further| further != name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn forms(families: &[(&str, Shape)]) -> Vec<(String, bool)> {
        let mut names = Names::default();
        for (name, shape) in families {
            names.add(name, shape);
        }
        let full = |(name, shape): &(&str, Shape)| {
            ((*name).to_owned(), names.form(name, shape) == Some(Form::Full))
        };
        families.iter().map(full).collect()
    }

    fn summary() -> Shape {
        Shape::Summary(Arc::default())
    }

    #[track_caller]
    fn check(families: &[(&str, Shape)], plain: &[&str]) {
        for (name, full) in forms(families) {
            assert_eq!(full, !plain.contains(&name.as_str()), "{name}");
        }
        let backwards: Vec<_> = families.iter().rev().cloned().collect();
        for (name, full) in forms(&backwards) {
            assert_eq!(full, !plain.contains(&name.as_str()), "{name}, added backwards");
        }
    }

    #[test]
    fn who_meets_nobody_has_the_full_form() {
        let all = [
            ("a", Shape::Counter),
            ("b_total", Shape::Counter),
            ("c", Shape::Gauge),
            ("d_total", Shape::Gauge),
            ("e", summary()),
            ("f", Shape::Histogram(Arc::default())),
            ("g_created", Shape::Counter),
        ];
        check(&all, &[]);
    }

    #[test]
    fn who_meets_another_has_its_plain_names() {
        use Shape::{Counter, Gauge};
        check(&[("x", Counter), ("x_total", Counter)], &["x", "x_total"]);
        check(&[("x", Gauge), ("x_total", Counter)], &["x_total"]);
        check(&[("x", Counter), ("x_total", Gauge)], &["x"]);
        check(&[("x", Counter), ("x_created", Gauge)], &["x"]);
        check(&[("x", Counter), ("x_created", Counter)], &["x"]);
        check(&[("x", summary()), ("x_created", Gauge)], &["x"]);
        check(&[("x", summary()), ("x_total", Counter)], &["x", "x_total"]);
        check(&[("x_sum", Counter), ("x_sum_total", Gauge)], &["x_sum"]);
        check(&[("x_count_total", Counter), ("x", summary())], &["x_count_total"]);
        check(&[("_total", Counter)], &["_total"]);
        let three = [("x", Counter), ("x_total", Counter), ("x_total_total", Counter)];
        check(&three, &["x", "x_total", "x_total_total"]);
    }

    #[test]
    fn a_newcomer_waits_for_the_next_scrape() {
        let mut names = Names::default();
        names.add("x", &Shape::Gauge);
        assert_eq!(names.form("y", &Shape::Gauge), None);
        assert_eq!(names.form("x", &Shape::Counter), None, "it was another family then");
        assert_eq!(names.form("x", &Shape::Gauge), Some(Form::Full));
    }
}
