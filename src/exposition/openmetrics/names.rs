//! Which families get the names that `OpenMetrics` wants, and which cannot.
//!
//! Names that must not stand in two families are more here than in the text
//! format, where the registry sees to it:
//!
//! * A summary or histogram `x` owns `x_created` too. A family of that very name is
//!   left out, whatever its type; other formats show it.
//! * A counter `x` or `x_total` becomes family `x` with samples `x_total` and
//!   `x_created`, if none of these names is another family's, or would be one's that
//!   is a counter as well. Else it keeps the name that it has in the text format,
//!   and is of type `unknown`. So of counters `x` and `x_total` both are.
//!
//! Neither depends on an order.
//!
//! Names are settled once per scrape, before its first line. A family that comes
//! while the scrape is on its way is in the next one.
//!
//! Heat: cold (once per family and scrape).

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use crate::model::Shape;
use crate::seeded::Seeded;

/// What the name of the sample ends in that says when a series began.
const CREATED: &str = "_created";

/// How a family is exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A counter under the name that it has in the text format, as `unknown`.
    Plain,
    /// As `OpenMetrics` wants it.
    Full,
}

/// The families of a scrape, and all names that they might have.
#[derive(Debug, Default)]
pub(super) struct Names {
    families: HashMap<String, Discriminant<Shape>, Seeded>,
    /// By how many families each is wanted.
    wanted: HashMap<String, u32, Seeded>,
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

    /// The form of a family; `None` if it is left out, or was not there when names
    /// were settled, or was another.
    pub(super) fn form(&self, name: &str, shape: &Shape) -> Option<Form> {
        self.families.get(name).filter(|there| **there == discriminant(shape))?;
        let owner = name.strip_suffix(CREATED).and_then(|owner| self.families.get(owner));
        if owner.is_some_and(|owner| Self::has_own_created(*owner)) {
            return None;
        }
        let alone = |name: String| self.wanted.get(&name) == Some(&1);
        let full = !counter_base(name).is_empty() && further(name, shape).all(alone);
        Some(if full { Form::Full } else { Form::Plain })
    }

    fn has_own_created(of: Discriminant<Shape>) -> bool {
        of != discriminant(&Shape::Counter) && of != discriminant(&Shape::Gauge)
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

/// The names that a family has in any case.
fn plain(name: &str, shape: &Shape) -> impl Iterator<Item = String> {
    let created = matches!(shape, Shape::Summary(_) | Shape::Histogram(_)).then_some(CREATED);
    let suffixes = [""].into_iter().chain(shape.suffixes().iter().copied()).chain(created);
    suffixes.map(move |suffix| [name, suffix].concat())
}

/// The names that a counter has in full form beside the one it has in any case.
fn further(name: &str, shape: &Shape) -> impl Iterator<Item = String> {
    let suffixes: &[&str] =
        if matches!(shape, Shape::Counter) { &["", "_total", CREATED] } else { &[] };
    let names = suffixes.iter().map(move |suffix| [counter_base(name), suffix].concat());
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
    fn a_counter_that_meets_another_keeps_its_name() {
        use Shape::{Counter, Gauge};
        check(&[("x", Counter), ("x_total", Counter)], &["x", "x_total"]);
        check(&[("x", Gauge), ("x_total", Counter)], &["x_total"]);
        check(&[("x", Counter), ("x_total", Gauge)], &["x"]);
        check(&[("x", Counter), ("x_created", Gauge)], &["x"]);
        check(&[("x", Counter), ("x_created", Counter)], &["x"]);
        check(&[("x", summary()), ("x_total", Counter)], &["x_total"]);
        check(&[("x", summary()), ("x_created_total", Counter)], &["x_created_total"]);
        check(&[("x_sum", Counter), ("x_sum_total", Gauge)], &["x_sum"]);
        check(&[("x_count_total", Counter), ("x", summary())], &["x_count_total"]);
        check(&[("_total", Counter)], &["_total"]);
        let three = [("x", Counter), ("x_total", Counter), ("x_total_total", Counter)];
        check(&three, &["x", "x_total", "x_total_total"]);
    }

    #[test]
    fn what_a_summary_or_histogram_owns_is_left_out() {
        for owner in [summary(), Shape::Histogram(Arc::default())] {
            for other in [Shape::Counter, Shape::Gauge, summary()] {
                let mut names = Names::default();
                names.add("x", &owner);
                names.add("x_created", &other);
                assert_eq!(names.form("x", &owner), Some(Form::Full));
                assert_eq!(names.form("x_created", &other), None);
            }
        }
        check(&[("x", Shape::Gauge), ("x_created", Shape::Gauge)], &[]);
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
