//! One series: its text, its numbers, its life.
//!
//! Heat: hot ([`Series::record`]).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use triomphe::ThinArc;

use super::group::Group;
use super::index::TextHash;
use super::life::{Judgement, Life, Touch};
use super::spellings::Spellings;
use super::text::labels;
use crate::metric::{Ahead, Counter, Gauge, Histogram, Overflow, Summary};
use crate::model::{MetricName, Shape, Tick, Ttl, Update};
use crate::prefetch::{prefetch, prefetch_bytes};

/// A series. Workers hold it and record to it, whether or not it is in the
/// registry still; see the expiry protocol in `life.rs`. A clone is the same
/// series.
///
/// It is one pointer to one allocation that ends with the text (its bytes are
/// those of a `str`): with millions of series a second allocation is what counts.
#[derive(Clone)]
pub struct Series(ThinArc<Body, u8>);

/// What a sample touches comes first.
#[repr(C)]
struct Body {
    life: Life,
    value: Value,
    group: Arc<Group>,
    spellings: Spellings,
    /// Beside the spellings there is room for it.
    text_hash: TextHash,
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
    /// `text_hash` is the index's hash of `text`.
    pub(super) fn new(text: &str, text_hash: TextHash, group: Arc<Group>, created: Tick) -> Self {
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
        let (life, spellings) = (Life::fresh(), Spellings::none());
        let body = Body { life, value, group, spellings, text_hash };
        Self(ThinArc::from_header_and_slice(body, text.as_bytes()))
    }

    fn body(&self) -> &Body {
        &self.0.header.header
    }

    /// Applies an update, and says that the series was recorded to at `now` and
    /// lives for `ttl` from then on. Lock-free. Allocates only when a summary
    /// grows.
    ///
    /// An update of another type than the series' is refused as an overflow; a
    /// caller that got the series for the update's own shape never sends one.
    #[expect(clippy::must_use_candidate, reason = "what it is called for is the update")]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is called for each sample")]
    pub fn record(&self, update: Update, now: Tick, ttl: Ttl) -> Recorded {
        let applied = self.apply(update, now);
        if applied.is_err() {
            // A successor, which starts from zero, may take what this one cannot.
            return if self.is_retired() { Recorded::Retired } else { Recorded::Overflow };
        }
        match self.body().life.touch(now, ttl) {
            Touch::Done => Recorded::Yes,
            Touch::Rescheduled(tick) => {
                self.body().group.heading.no_later_than(tick);
                Recorded::Yes
            }
            Touch::Retired => Recorded::Retired,
        }
    }

    /// Asks for the memory of the series that a sample touches.
    #[inline]
    pub fn prefetch(&self) {
        // The reference count, which lies before it, is not touched.
        let body: *const Body = self.body();
        prefetch_bytes(body.cast(), size_of::<Life>() + size_of::<Value>());
    }

    /// Asks for all of the series that stands in one place, and most texts. What
    /// stands elsewhere is a hop further.
    pub(super) fn prefetch_whole(&self) {
        const COUNT_AND_LENGTH: usize = 2 * size_of::<usize>();
        const USUAL_TEXT: usize = 80;
        let bytes = COUNT_AND_LENGTH + size_of::<Body>() + USUAL_TEXT;
        prefetch_bytes(self.0.as_ptr().cast(), bytes);
    }

    /// Asks for the numbers of a summary or a histogram: the second hop.
    pub(super) fn prefetch_numbers(&self) {
        match self.value() {
            Value::Summary(_, summary) => summary.prefetch(),
            Value::Histogram(_, histogram) => prefetch(&**histogram),
            Value::Counter(..) | Value::Gauge(..) => {}
        }
    }

    /// Asks for the buckets of a histogram: the third one.
    pub(super) fn prefetch_buckets(&self) {
        if let Value::Histogram(_, histogram) = self.value() {
            histogram.prefetch();
        }
    }

    /// Asks for what of the numbers stands beside the series; and gives what to ask
    /// on with, if there is more behind that for an observation of `value`.
    #[inline]
    #[must_use]
    pub fn ahead(&self, value: f64) -> Option<Ahead<'_>> {
        match self.value() {
            Value::Summary(_, summary) => Some(summary.ahead(value)),
            Value::Histogram(_, histogram) => {
                histogram.prefetch();
                None
            }
            Value::Counter(..) | Value::Gauge(..) => None,
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the same")]
    fn apply(&self, update: Update, now: Tick) -> Result<(), Overflow> {
        match (&self.body().value, update) {
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
        self.body().life.is_retired()
    }

    /// Whether a scrape shows it: it has been recorded to and has not expired.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.body().life.is_live()
    }

    /// `name{label="value",…}`, or just `name`, as UTF-8.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0.slice
    }

    /// The family's name, and the rest of the text: `{…}` or nothing, as UTF-8.
    #[must_use]
    pub fn name_and_labels(&self) -> (&str, &[u8]) {
        let name = self.name().as_str();
        // The text begins with the name.
        (name, self.text().get(name.len()..).unwrap_or_default())
    }

    /// Label names and values, in the order of the names.
    pub fn labels(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        labels(str::from_utf8(self.name_and_labels().1).unwrap_or_default())
    }

    /// The family's name.
    #[must_use]
    pub fn name(&self) -> &MetricName {
        &self.body().group.heading.name
    }

    /// The numbers.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.body().value
    }

    /// When it was created.
    #[must_use]
    pub fn created(&self) -> Tick {
        match self.value() {
            Value::Counter(created, _)
            | Value::Gauge(created, _)
            | Value::Histogram(created, _)
            | Value::Summary(created, _) => *created,
        }
    }

    /// How many spellings of a line lead here through a table that all workers
    /// share. The table keeps the number up; nothing here reads it.
    pub(crate) fn spellings(&self) -> &Spellings {
        &self.body().spellings
    }

    /// How the index finds it.
    pub(super) fn text_hash(&self) -> TextHash {
        self.body().text_hash
    }

    /// Whether the two are one series, not just of one text.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.address() == other.address()
    }

    pub(super) fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// Whether a sample of this type may be recorded to it; options aside.
    #[must_use]
    pub fn has_type_of(&self, shape: &Shape) -> bool {
        std::mem::discriminant(&self.body().group.shape) == std::mem::discriminant(shape)
    }

    pub(super) fn group(&self) -> &Arc<Group> {
        &self.body().group
    }

    /// Retires it if it is over at `now`.
    pub(super) fn judge(&self, now: Tick) -> Judgement {
        self.body().life.judge(self.created(), now)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("text", &self.text().escape_ascii())
            .field("life", &self.body().life)
            .field("value", self.value())
            .finish_non_exhaustive()
    }
}
