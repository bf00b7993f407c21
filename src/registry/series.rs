//! One series: its text, its numbers, its life.
//!
//! Heat: hot ([`Series::record`]).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::group::Group;
use super::life::{Judgement, Life, Touch};
use super::text::labels;
use crate::metric::{Counter, Gauge, Histogram, Overflow, Summary};
use crate::model::{MetricName, Shape, Tick, Ttl, Update};

/// A series. Workers hold it and record to it, whether or not it is in the
/// registry still; see the expiry protocol in `life.rs`.
pub struct Series {
    text: Box<str>,
    group: Arc<Group>,
    life: Life,
    value: Value,
}

/// The numbers of a series, and the tick at which it was created. (The tick
/// stands here and not in [`Series`], since beside the variant's tag there is
/// room for it: it makes a counter 16 bytes smaller.)
#[derive(Debug)]
pub enum Value {
    /// Of a family of type counter.
    Counter(Tick, Counter),
    /// Of a family of type gauge.
    Gauge(Tick, Gauge),
    /// Of a family of type histogram.
    Histogram(Tick, Box<Histogram>),
    /// Of a family of type summary.
    Summary(Tick, Box<Summary>),
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the series.
    Yes,
    /// Refused: a number would not be finite any more. Nothing has changed.
    Overflow,
    /// The series has expired: get its successor from the registry and record
    /// there. Nothing has changed that anyone will see.
    Retired,
}

impl Series {
    pub(super) fn new(text: Box<str>, group: Arc<Group>, created: Tick) -> Self {
        let value = match &group.shape {
            Shape::Counter => Value::Counter(created, Counter::new()),
            Shape::Gauge => Value::Gauge(created, Gauge::new()),
            Shape::Histogram(options) => {
                Value::Histogram(created, Box::new(Histogram::new(Arc::clone(options))))
            }
            Shape::Summary(options) => {
                Value::Summary(created, Box::new(Summary::new(Arc::clone(options))))
            }
        };
        Self { text, group, life: Life::fresh(), value }
    }

    /// Applies an update, and says that the series was recorded to at `now` and
    /// lives for `ttl` from then on. Lock-free. Allocates only when a summary
    /// grows.
    ///
    /// An update of another type than the series' is refused as an overflow; a
    /// caller that got the series for the update's own shape never sends one.
    pub fn record(&self, update: Update, now: Tick, ttl: Ttl) -> Recorded {
        let applied = self.apply(update, now);
        if applied.is_err() {
            // A successor, which starts from zero, may take what this one cannot.
            return if self.is_retired() { Recorded::Retired } else { Recorded::Overflow };
        }
        match self.life.touch(now, ttl) {
            Touch::Done => Recorded::Yes,
            Touch::Rescheduled(tick) => {
                self.group.heading.no_later_than(tick);
                Recorded::Yes
            }
            Touch::Retired => Recorded::Retired,
        }
    }

    fn apply(&self, update: Update, now: Tick) -> Result<(), Overflow> {
        match (&self.value, update) {
            (Value::Counter(_, counter), Update::Add(amount)) => counter.add(amount),
            (Value::Gauge(_, gauge), Update::Set(value)) => {
                gauge.set(value);
                Ok(())
            }
            (Value::Gauge(_, gauge), Update::Shift(delta)) => gauge.shift(delta),
            (Value::Histogram(_, histogram), Update::Observe { value, weight }) => {
                histogram.observe(value, weight)
            }
            (Value::Summary(_, summary), Update::Observe { value, weight }) => {
                summary.observe(value, weight, now)
            }
            _ => Err(Overflow),
        }
    }

    /// Whether it has expired for good.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.life.is_retired()
    }

    /// Whether a scrape shows it: it has been recorded to and has not expired.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.life.is_live()
    }

    /// `name{label="value",…}`, or just `name`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The family's name, and the rest of the text: `{…}` or nothing.
    #[must_use]
    pub fn name_and_labels(&self) -> (&str, &str) {
        let name = self.name().as_str();
        // The text begins with the name.
        self.text.split_at_checked(name.len()).unwrap_or((name, ""))
    }

    /// Label names and values, in the order of the names.
    pub fn labels(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        labels(self.name_and_labels().1)
    }

    /// The family's name.
    #[must_use]
    pub fn name(&self) -> &MetricName {
        &self.group.heading.name
    }

    /// The numbers.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// When it was created.
    #[must_use]
    pub const fn created(&self) -> Tick {
        match self.value {
            Value::Counter(created, _)
            | Value::Gauge(created, _)
            | Value::Histogram(created, _)
            | Value::Summary(created, _) => created,
        }
    }

    /// Whether a sample of this type may be recorded to it; options aside.
    #[must_use]
    pub fn has_type_of(&self, shape: &Shape) -> bool {
        std::mem::discriminant(&self.group.shape) == std::mem::discriminant(shape)
    }

    pub(super) fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// Retires it if it is over at `now`.
    pub(super) fn judge(&self, now: Tick) -> Judgement {
        self.life.judge(self.created(), now)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("text", &self.text)
            .field("life", &self.life)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}
